"""When a visit may start."""

from ortools.sat.python.cp_model import CpModel

from models.wall_clock import MINUTES_PER_DAY, local_date, minute_of_day
from solver.hard_rules.phrases import forbid_unless
from solver.problem import SearchProblem
from solver.variables import Variables


def start_is_aligned(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A visit starts a whole number of the service's steps after local midnight."""
    step = problem.request.service.slot_step_minutes
    for one in variables.undecided:
        shown = minute_of_day(one.option.start, problem.setup.zone_of(one.option.site))
        forbid_unless(model, one.offered, shown % step == 0)


def start_respects_notice(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A visit starts neither in the past nor sooner than the service's minimum notice."""
    earliest = problem.snapshot.first_minute_from_now + problem.request.service.min_notice_minutes
    for one in variables.undecided:
        forbid_unless(model, one.offered, one.option.start >= earliest)


def start_is_within_the_booking_horizon(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A visit starts no further in the future than the service allows."""
    days = problem.request.service.max_future_days
    latest = problem.snapshot.last_minute_until_now + days * MINUTES_PER_DAY
    for one in variables.undecided:
        forbid_unless(model, one.offered, one.option.start <= latest)


def service_is_not_blacked_out(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A service is not given on its blackout dates, as the calendar on the wall of the place shows them."""
    dates = problem.request.service.blackout_dates
    for one in variables.undecided:
        day = local_date(one.option.start, problem.setup.zone_of(one.option.site))
        forbid_unless(model, one.offered, day not in dates)
