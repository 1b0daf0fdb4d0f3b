"""Why nothing fits, and what would help; for a range that has slots, what hides others.

The plain rules name what closes, and searches show what opens: nothing here is read off the solver.
"""

from collections.abc import Callable
from dataclasses import replace

from models.clinic import Location
from models.explanation import Explanation
from models.slot import SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import MINUTES_PER_DAY, Minute
from solver.closings import grounds, smallest_set
from solver.hidden_starts import hidden_starts
from solver.moves import BEGUN_BEFORE, FURTHEST, moves_that_help
from solver.offers import RuleBroken
from solver.problem import SearchProblem
from solver.relaxations import DAYS_LATER, next_available, relaxations
from solver.searching_again import Question

MOST_CLOSINGS = 20
DAYS_BEFORE = 3


def explained_span(problem: SearchProblem) -> tuple[Minute, Minute]:
    """`[low, high)`: all minutes that an explanation can depend on.

    A fortnight past the range, what an appointment in its way could meet, and other places' days.
    """
    later = replace(problem.request, latest=problem.request.latest + (DAYS_LATER + 2) * MINUTES_PER_DAY)
    low, high = replace(problem, request=later).span
    return low - DAYS_BEFORE * MINUTES_PER_DAY, high


def clock_of_explanation(problem: SearchProblem) -> tuple[Minute, Minute]:
    """What the clock has to do with an explanation: it changes as time passes only when one of these does.

    Notices and horizons are told to the minute; who can move has not begun, and may need notice too.
    """
    low, high = problem.span[0] - BEGUN_BEFORE - FURTHEST, explained_span(problem)[1]
    location, setup = problem.request.location, problem.setup
    if location is not None and any(setup.zone_of(one) != setup.zone_of(location) for one in setup.locations):
        low -= DAYS_BEFORE * MINUTES_PER_DAY  # read by another clock, the range may begin earlier
    notice = max((service.min_notice_minutes for service in setup.services), default=0)
    horizon = min((service.max_future_days for service in setup.services), default=0) * MINUTES_PER_DAY
    first = problem.snapshot.first_minute_from_now + notice
    return max(low, first), min(high, problem.snapshot.last_minute_until_now + horizon)


def why_nothing_fits(
    snapshot: ClinicSnapshot,
    request: SlotRequest,
    *,
    at: Callable[[Location], SlotRequest | None] | None = None,
) -> Explanation:
    """For a range without a slot: the smallest set that closes it, and single changes that would open it.

    `at` reads the question again for another location; without it, its minutes stay as they are. The
    snapshot must know all resources of the clinic over `explained_span`.
    """
    question = Question(
        snapshot=snapshot, request=request, at=at or (lambda location: replace(request, location=location))
    )
    where = grounds(SearchProblem(snapshot=snapshot, request=request), everybody=True)
    closed_by = smallest_set(where)
    if not closed_by:
        raise RuleBroken(f"a slot of {request.service.name} breaks no rule, and was not offered")
    next_date = next_available(question)
    found = [*relaxations(question, hidden_starts(where), next_date), *moves_that_help(question, where)]
    return Explanation(closed_by=tuple(closed_by), relaxations=tuple(found), next_available=next_date)


def what_hides_more(snapshot: ClinicSnapshot, request: SlotRequest) -> Explanation:
    """For a range that has slots: what alone hides others of those who may be asked, most first."""
    where = grounds(SearchProblem(snapshot=snapshot, request=request), everybody=False)
    hidden = hidden_starts(where)[:MOST_CLOSINGS]
    return Explanation(closed_by=tuple(one.closing for one in hidden))
