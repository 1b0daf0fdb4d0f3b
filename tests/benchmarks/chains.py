"""Chains of three and series of six, inside the process.

One measurement is the mean over all questions that have an answer: three services in any order one after
the other within two hours, for any, the same and another provider; a series of each service.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

from api.slot_query import SlotQuery
from models.chain import ChainRequest, ChainStep, WhoSees
from models.series import SeriesRequest
from models.slot import SlotRequest
from models.snapshot import ClinicSnapshot
from scenarios.synthetic import synthetic_clinic
from solver.chains import offer_chains
from solver.series import offer_series
from tests.benchmarks.measuring import Sample, alternated, sample
from tests.benchmarks.rows import Row, absolute, milliseconds_below
from tests.benchmarks.run import Run

SEED = 1
START = date(2027, 3, 1)  # a Monday; the clocks change in the fourth week of the series
NOW = datetime(2027, 2, 28, 12, tzinfo=UTC)
STEPS, TOP, WITHIN_MINUTES = 3, 10, 120
VISITS = 6
MOST_CHAINS = 12

Questions = dict[str, Callable[[], object]]


def measure(run: Run) -> list[Row]:
    """The rows of this subject."""
    with run.telling("chains: every answer is proven"):
        chains, series = _chains(), _series()
    rounds = run.rounds(20, 5)
    with run.telling("chains: in turns", 2 * rounds) as tick:
        times = alternated({"chains": _all(chains), "series": _all(series)}, rounds, tick)
    size = f"5 x 8 x {VISITS} weeks"
    return [
        absolute(
            f"chains of {STEPS}, 5 x 8 x 14 days, top {TOP}",
            _each(times["chains"], len(chains)),
            milliseconds_below(150),
            {"seed": SEED, "chains": list(chains)},
        ),
        absolute(
            f"series of {VISITS}, {size}, best",
            _each(times["series"], len(series)),
            milliseconds_below(300),
            {"seed": SEED, "series": list(series)},
        ),
    ]


def _chains() -> Questions:
    snapshot, visits = _clinic(days=14, asked=14)
    found: Questions = {}
    for services in permutations(visits, STEPS):
        for how in WhoSees:
            steps = tuple(
                ChainStep(
                    request=visits[service],
                    max_minutes_after=WITHIN_MINUTES if number else None,
                    provider=how if number else WhoSees.ANY,
                )
                for number, service in enumerate(services)
            )
            request = ChainRequest(steps=steps, limit=TOP)
            answer = offer_chains(snapshot, request)
            if not answer.proven:
                raise AssertionError(f"the product could not prove its chains of {services}")
            if answer.chains:
                found[f"{' '.join(services)}, {how}"] = _asking_for_chains(snapshot, request)
    every = max(1, len(found) // MOST_CHAINS)
    return {name: found[name] for name in list(found)[::every]}


def _series() -> Questions:
    snapshot, visits = _clinic(days=7 * VISITS, asked=7)
    found: Questions = {}
    for service, visit in visits.items():
        request = SeriesRequest(request=visit, count=VISITS)
        answer = offer_series(snapshot, request)
        if not answer.proven:
            raise AssertionError(f"the product could not prove its series of {service}")
        if answer.series is not None:
            found[service] = _asking_for_series(snapshot, request)
    return found


def _clinic(*, days: int, asked: int) -> tuple[ClinicSnapshot, dict[str, SlotRequest]]:
    """A booked clinic, and a question for each of its services."""
    file = synthetic_clinic(SEED, providers=5, rooms=8, days=days, start=START)
    snapshot = ClinicSnapshot.of(file.setup, appointments=file.appointments, now=NOW)
    last = START + timedelta(days=asked - 1)
    visits = {}
    for service in file.setup.services:
        query = SlotQuery(service_id=service.id, start=START.isoformat(), end=last.isoformat())
        visits[service.id] = replace(query.request(file.setup, None), limit=1)
    return snapshot, visits


def _asking_for_chains(snapshot: ClinicSnapshot, request: ChainRequest) -> Callable[[], object]:
    return lambda: offer_chains(snapshot, request)


def _asking_for_series(snapshot: ClinicSnapshot, request: SeriesRequest) -> Callable[[], object]:
    return lambda: offer_series(snapshot, request)


def _all(questions: Questions) -> Callable[[], None]:
    def one_round() -> None:
        for ask in questions.values():
            ask()

    return one_round


def _each(times: Sample, questions: int) -> Sample:
    return sample([milliseconds / questions for milliseconds in times.values])
