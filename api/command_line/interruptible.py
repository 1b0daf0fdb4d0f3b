"""A solve that Ctrl-C ends early, with the best plan until then."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Final, NamedTuple, NoReturn

from api.command_line import interrupts
from api.command_line.failures import INTERRUPTED
from models.plan import Plan, PlanProgress
from models.planning import PlanLimits, PlanQuestion
from models.scenario import Scenario
from models.snapshot import ClinicSnapshot
from scenarios.report import PlanReport
from scenarios.solving import solve_scenario
from solver.planning.planner import Report

PERCENT: Final = 100


class FoundReport(NamedTuple):
    """A plan with its reasons, and whether somebody was impatient."""

    report: PlanReport
    was_interrupted: bool


def solved_or_interrupted(scenario: Scenario, snapshot: ClinicSnapshot) -> FoundReport:
    """The best plan within the limits, or until Ctrl-C; how far it has come is told on a terminal.

    Without any plan until then, the process ends as one that was interrupted. Ctrl-C must be held back.
    """
    solving = _Solving(scenario, snapshot)
    with _told() as tell:
        solving.tell = tell
        try:
            return FoundReport(solving.result(), was_interrupted=False)
        except KeyboardInterrupt:
            best = solving.best
    if best is None:
        leave_now(INTERRUPTED)
    return FoundReport(_explained(best.plan, scenario, snapshot), was_interrupted=True)


def _explained(plan: Plan, scenario: Scenario, snapshot: ClinicSnapshot) -> PlanReport:
    """A plan that is at hand, with its reasons."""

    def at_hand(question: PlanQuestion, limits: PlanLimits, report: Report) -> Plan:
        del question, limits, report
        return plan

    return solve_scenario(scenario, snapshot, _silently, planner=at_hand)


def _silently(progress: PlanProgress) -> None:
    del progress


@dataclass(slots=True)
class _Solving:
    """A solve in a thread of its own, while the main thread looks for Ctrl-C."""

    scenario: Scenario
    snapshot: ClinicSnapshot
    tell: Report = _silently
    best: PlanProgress | None = None
    report: PlanReport | None = None
    failure: list[Exception] = field(default_factory=list)

    def result(self) -> PlanReport:
        """The report, once it is there; raises what the solve raised."""
        thread = Thread(target=self._run, daemon=True)
        thread.start()
        interrupts.join(thread)
        if self.report is None:
            raise self.failure[0]
        return self.report

    def _run(self) -> None:
        try:
            self.report = solve_scenario(self.scenario, self.snapshot, self._hear)
        except Exception as failure:  # noqa: BLE001 - raised again by whoever waits
            self.failure.append(failure)

    def _hear(self, progress: PlanProgress) -> None:
        self.best = progress
        self.tell(progress)


@contextmanager
def _told() -> Iterator[Report]:
    """Something that tells a person at a terminal how far a solve has come; nobody else hears of it."""
    if not sys.stderr.isatty():
        yield _silently
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with console.status("looking for a plan") as status:
        yield lambda progress: status.update(_line(progress))


def _line(progress: PlanProgress) -> str:
    incumbent, gap = progress.plan.optimality.objective, progress.gap * PERCENT
    return (
        f"best so far {incumbent:,}, at least {progress.bound:,} (gap {gap:.1f} %), {progress.seconds:.1f} s"
    )


def leave_now(status: int = 0) -> NoReturn:
    """End the process without waiting for a solve that nobody wants any more."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
