"""From `slotwright serve --demo` to the first answered search: in an empty folder, and in one with data."""

import re
import subprocess
from pathlib import Path
from time import perf_counter

import orjson

from tests.benchmarks.lean_http import one_answer, request_bytes
from tests.benchmarks.measuring import sample
from tests.benchmarks.rows import Row, absolute, seconds_below
from tests.benchmarks.run import Run
from tests.benchmarks.services import HOST, started_service, stop

_CALL = re.compile(r"curl .*Bearer (?P<token>[^']+)' 'http://[^/]+(?P<path>/[^']+)'")


def measure(run: Run) -> list[Row]:
    """The rows of this subject."""
    rounds = run.rounds(5, 1)
    empty: list[float] = []
    existing: list[float] = []
    with run.telling("first answer: starting over and over", 2 * rounds) as tick:
        for number in range(rounds):
            for times in (empty, existing):
                times.append(seconds_to_first_answer(run.folder / f"demo-{number}"))
                tick()
    target = seconds_below(5)
    return [
        absolute("first search after a start, data exist", sample(existing, "s"), target, {}),
        absolute("first search after a start, empty folder", sample(empty, "s"), target, {}),
    ]


def seconds_to_first_answer(data_dir: Path) -> float:
    """Start the service, make the call that it prints, and stop it."""
    started = perf_counter()
    process, port = started_service(data_dir, "--demo", output=subprocess.PIPE)
    try:
        token, path = _call_printed_by(process)
        request = request_bytes("GET", path, {"Authorization": f"Bearer {token}"}, None)
        answered = one_answer(HOST, port, request)
        seconds = perf_counter() - started
        if answered.status != 200 or not orjson.loads(answered.body)["slots"]:
            raise AssertionError(f"the printed call answered {answered.status}: {answered.body[:500]!r}")
        return seconds
    finally:
        stop(process)


def _call_printed_by(process: "subprocess.Popen[bytes]") -> tuple[str, str]:
    """The token and the path of the call that the service greets with."""
    assert process.stdout is not None
    for line in process.stdout:
        found = _CALL.search(line.decode())
        if found:
            return found["token"], found["path"]
    raise AssertionError("the service ended before it greeted")
