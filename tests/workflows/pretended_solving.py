"""A solver that does as it is told, in a process of its own: what a scenario is called is how it behaves.

Behind the first word of its name may be what it needs to know for that.
"""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from api.jobs.solve_order import Draft, SolveOrder, Tell
from api.jobs.solving import Solving
from models.errors import InvalidScenario
from models.planning import Assignment, PlanLimits
from models.scenario import Scenario, ScenarioMode
from models.setup import ClinicSetup
from models.wall_clock import MINUTES_PER_DAY, ceil_minute

PROGRAM = f"{__name__}:pretend_to_solve"
WORST, STEP = 1000, 10
"""The first plan costs so much, and each one after it so much less."""
PAUSE_SECONDS = 0.05


def read_request(
    request: Mapping[str, Any],
    setup: ClinicSetup,
    now: datetime,
    answers: Mapping[str, Any],
    hint: Mapping[str, Assignment],
) -> Scenario:
    """A week from now on; `request` has only how to behave."""
    if request["behaves"] == "nonsense":
        raise InvalidScenario("this cannot be asked")
    if request["behaves"] == "gibberish":
        raise ValueError("no such word")
    return Scenario(
        name=request["behaves"],
        mode=ScenarioMode.REPAIR,
        earliest=ceil_minute(now),
        latest=ceil_minute(now) + 7 * MINUTES_PER_DAY,
        limits=PlanLimits(seconds=1.0),
    )


PRETENDING = Solving(read_order=read_request, program=PROGRAM, memory_mb=1024)


def pretend_to_solve(order: SolveOrder, tell: Tell) -> Draft:
    """Behave as the scenario is called."""
    return BEHAVIOUR[order.scenario.name.split()[0]](order, tell)


def quick(order: SolveOrder, tell: Tell) -> Draft:
    """One plan, proven, at once; it tells how many appointments were seen, and from where it started."""
    return draft_at(100, bound=100, order=order)


def steady(order: SolveOrder, tell: Tell) -> Draft:
    """Better and better until its time is nearly over, or until it is told to stop; then it explains."""
    return _bettering(order, tell, until=order.scenario.limits.seconds - 0.1, obeys=True)


def endless(order: SolveOrder, tell: Tell) -> Draft:
    """Better and better, whatever its time and whatever it is told."""
    return _bettering(order, tell, until=3600.0)


def _bettering(order: SolveOrder, tell: Tell, until: float, *, obeys: bool = False) -> Draft:
    started, cost = time.monotonic(), WORST
    while True:
        seconds = time.monotonic() - started
        draft = draft_at(cost, bound=5, order=order)
        if seconds > until or (obeys and tell.stopped()):
            return draft_at(cost, bound=5, order=order, explained=True)
        tell.draft(draft)
        cost = max(STEP, cost - STEP)
        time.sleep(PAUSE_SECONDS)


def alone(order: SolveOrder, tell: Tell) -> Draft:
    """Better and better for so many seconds, and sure that nobody else claims the same file meanwhile."""
    _, path, seconds = order.scenario.name.split()
    with open(path, "a", encoding="ascii") as claimed:
        try:
            fcntl.flock(claimed, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            claimed.write("twice\n")
            raise
        return _bettering(order, tell, until=float(seconds))


def silent(order: SolveOrder, tell: Tell) -> NoReturn:
    """Finds nothing, for ever."""
    while True:
        time.sleep(1)


def refusing(order: SolveOrder, tell: Tell) -> NoReturn:
    """Sees that it cannot be done."""
    raise InvalidScenario("2 frozen appointments cannot stay where they are")


def greedy(order: SolveOrder, tell: Tell) -> NoReturn:
    """Wants more memory than there is."""
    tell.draft(draft_at(WORST, bound=5, order=order))
    hoard = []
    while True:
        hoard.append(bytearray(1 << 26))


def dying(order: SolveOrder, tell: Tell) -> NoReturn:
    """Finds a plan, and is killed."""
    tell.draft(draft_at(WORST, bound=5, order=order))
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("killed")


def broken(order: SolveOrder, tell: Tell) -> NoReturn:
    """Has a fault, and says more than it should."""
    print("this goes to standard error, not into the pipe")
    sys.exit(3)


def explaining(order: SolveOrder, tell: Tell) -> Draft:
    """Has its plan in time, and takes longer to explain it."""
    found = draft_at(WORST, bound=5, order=order)
    tell.draft(found)
    time.sleep(order.scenario.limits.seconds)
    tell.explaining()
    time.sleep(4)
    return draft_at(WORST, bound=5, order=order, explained=True)


BEHAVIOUR = {
    one.__name__: one
    for one in (quick, steady, endless, alone, silent, refusing, greedy, dying, broken, explaining)
}


def draft_at(cost: int, *, bound: int, order: SolveOrder, explained: bool = False) -> Draft:
    """A plan at that price."""
    document = {
        "moves": [],
        "cost": cost,
        "explained": explained,
        "seen": len(order.appointments),
        "patients": sorted(patient.id for patient in order.patients),
        "from": None if order.hint is None else order.hint["cost"],
    }
    return Draft(plan=document, document=lambda: document, objective=cost, bound=bound)
