"""Search over HTTP: the service's own time, the price of a 304, and what sixteen clients get."""

from concurrent.futures import Executor
from itertools import count

from scenarios.synthetic import synthetic_clinic
from tests.benchmarks.http_questions import DAYS, Questions, next_monday
from tests.benchmarks.lean_http import Load, drive, own_process, paced
from tests.benchmarks.measuring import sample
from tests.benchmarks.rows import (
    Facts,
    Row,
    at_quantile,
    compared,
    milliseconds_below,
    times_at_least,
    times_at_most,
)
from tests.benchmarks.run import Run
from tests.benchmarks.services import HOST, running_service

SEED = 1
CLIENTS = 16
HEALTH_CHECKS_PER_SECOND = 50.0


def measure(run: Run) -> list[Row]:
    """The rows of this subject."""
    start = next_monday()
    file = synthetic_clinic(SEED, providers=5, rooms=8, days=DAYS, start=start)
    facts = {"seed": SEED, "visits": len(file.appointments), "start": str(start)}
    numbers = count(1)
    with run.telling("search over HTTP: one client"), running_service(run.folder / "search") as service:
        questions = Questions.about(service, service.imported(file), file, start)
        with own_process() as client, own_process() as watcher:
            for _ in range(4):  # new connections each time, so that every process of the service is warm
                asked = questions.requests(10 * CLIENTS, numbers)
                client.submit(drive, HOST, service.port, asked, clients=CLIENTS).result()
            alone = _one_client(run, questions, client, numbers, facts)
            together = _many_clients(run, questions, client, watcher, numbers, facts)
    return [*alone, *together]


def _one_client(
    run: Run, questions: Questions, client: Executor, numbers: "count[int]", facts: Facts
) -> list[Row]:
    """Solved, not modified, solved, not modified, ... on one connection."""
    service = questions.service
    known = questions.path(questions.service_ids[0], 0)
    tag = drive(HOST, service.port, [service.request("GET", known)], keep_bodies=True).answers[0].etag
    conditional = service.request("GET", known, headers={"If-None-Match": tag})
    asked = questions.requests(run.rounds(1000, 200), numbers)
    pairs = [request for one in asked for request in (one, conditional)]
    load: Load = client.submit(drive, HOST, service.port, pairs).result()
    _refuse_other_statuses(load, {200: len(asked), 304: len(asked)})
    solved = [one for one in load.answers if one.status == 200]
    unchanged = [one for one in load.answers if one.status == 304]
    server, server_304 = (sample([one.server_ms for one in some]) for some in (solved, unchanged))
    seen, seen_304 = (sample([one.client_ms for one in some]) for some in (solved, unchanged))
    fifth = times_at_most(0.2)
    return [
        at_quantile("search over HTTP, server time, p95", server, 0.95, milliseconds_below(40), facts),
        compared("304, server time", server_304, "a solve", server, fifth, facts),
        compared("304, as the client sees it", seen_304, "a solve", seen, fifth, facts),
    ]


def _many_clients(
    run: Run, questions: Questions, client: Executor, watcher: Executor, numbers: "count[int]", facts: Facts
) -> list[Row]:
    """One client and sixteen in turns; meanwhile somebody asks for the service's health."""
    port, seconds = questions.service.port, run.rounds(4, 2)
    health = questions.service.request("GET", "/healthz")
    rates: dict[int, list[float]] = {1: [], CLIENTS: []}
    waited: list[float] = []
    rounds = run.rounds(5, 2)
    with run.telling("search over HTTP: one client and sixteen in turns", 2 * rounds) as tick:
        for _ in range(rounds):
            for clients, per_second in rates.items():
                asked = questions.requests(seconds * 600 * min(clients, 3), numbers)
                load = client.submit(drive, HOST, port, asked, clients=clients, seconds=seconds)
                if clients > 1:
                    watched = watcher.submit(
                        paced, HOST, port, health, per_second=HEALTH_CHECKS_PER_SECOND, seconds=seconds - 0.5
                    )
                    waited += watched.result()
                done: Load = load.result()
                _refuse_other_statuses(done, {200: len(done.answers)})
                per_second.append(done.per_second)
                tick()
    one, many = sample(rates[1], "/s"), sample(rates[CLIENTS], "/s")
    return [
        compared(f"{CLIENTS} clients searching", many, "one client", one, times_at_least(1.6), facts),
        at_quantile("/healthz meanwhile, p99", sample(waited), 0.99, milliseconds_below(50), facts),
    ]


def _refuse_other_statuses(load: Load, expected: dict[int, int]) -> None:
    if load.statuses() != expected:
        raise AssertionError(f"answers by status: {load.statuses()}, expected {expected}")
