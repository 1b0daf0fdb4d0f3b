"""Plans made by processes of their own: ours, and what is known of them afterwards.

`python -m tests.benchmarks.plan_process QUESTION ANSWER --seconds S --workers N` reads a pickled question and
writes a pickled `Made`.
"""

import argparse
import pickle
import resource
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pathlib import Path
from time import perf_counter

from models.plan import Plan, PlanProgress
from models.planning import PlanLimits, PlanQuestion
from solver.planning.planner import make_plan
from tests.benchmarks.measuring import sample
from tests.benchmarks.rows import Row, Target
from tests.planning.plan_checker import Verdict, verdict_on_plan

MEBIBYTES_OF_MEMORY = 1536
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A plan, how long it took, when the first one was there, and the most memory that was held."""

    plan: Plan
    seconds: float
    first_seconds: float
    peak_mib: float

    def summary(self) -> dict[str, object]:
        """For `bench.json`."""
        told = self.plan.optimality
        return {
            "seconds": round(self.seconds, 3),
            "first": round(self.first_seconds, 3),
            "objective": told.objective,
            "bound": told.bound,
            "gap": round(told.gap, 5),
            "unplaced": len(self.plan.unplaced),
            "peak MiB": round(self.peak_mib),
        }


def started(
    question: PlanQuestion, limits: PlanLimits, folder: Path
) -> "tuple[subprocess.Popen[bytes], Path]":
    """A process that makes the plan, and where it will write it."""
    number = next(_NUMBERS)
    asked, answer = folder / f"question-{number}.pickle", folder / f"answer-{number}.pickle"
    asked.write_bytes(pickle.dumps(question))
    command = [sys.executable, "-m", "tests.benchmarks.plan_process", str(asked), str(answer)]
    options = {"seconds": limits.seconds, "workers": limits.workers, "seed": limits.seed}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return subprocess.Popen([*command, *words]), answer


def finished(process: "subprocess.Popen[bytes]", answer: Path) -> Made:
    """What it made, once it has ended."""
    if process.wait() != 0:
        raise AssertionError(f"a planning process ended with {process.returncode}")
    made = pickle.loads(answer.read_bytes())  # noqa: S301  written by our own process
    if not isinstance(made, Made):
        raise AssertionError(f"a planning process wrote {made!r}")
    return made


def made_alone(question: PlanQuestion, limits: PlanLimits, folder: Path) -> Made:
    """One process, and nothing beside it; a plan with a fault stops the benchmark."""
    made = finished(*started(question, limits, folder))
    refuse_faults(verdict_on_plan(question, made.plan))
    return made


def memory_row(of_what: str, made: Iterable[Made]) -> Row:
    """The most that any of these processes held."""
    peak = sample([one.peak_mib for one in made], "MiB")
    return Row(
        subject=f"most memory of a {of_what}",
        ours=peak,
        value=max(peak.values),
        target=Target(at_most=MEBIBYTES_OF_MEMORY, unit="MiB"),
        facts={},
    )


def refuse_faults(verdict: Verdict) -> None:
    """Plans that break a rule must not be compared, whoever made them."""
    if verdict.faults:
        raise AssertionError("; ".join(verdict.faults[:5]))


def main() -> int:
    """Make the plan of a question in a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("question", type=Path)
    parser.add_argument("answer", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    question = pickle.loads(given.question.read_bytes())  # noqa: S301  written by the benchmark itself
    first: list[float] = []

    def report(_: PlanProgress) -> None:
        if not first:
            first.append(perf_counter() - began)

    began = perf_counter()
    limits = PlanLimits(seconds=given.seconds, workers=given.workers, seed=given.seed)
    plan = make_plan(question, limits, report)
    took = perf_counter() - began
    made = Made(
        plan=plan,
        seconds=took,
        first_seconds=first[0] if first else took,
        peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )
    given.answer.write_bytes(pickle.dumps(made))
    return 0


if __name__ == "__main__":
    # What is pickled must have the name under which others know it.
    sys.exit(import_module("tests.benchmarks.plan_process").main())
