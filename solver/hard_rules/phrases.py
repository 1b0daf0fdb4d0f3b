"""The phrases that rules are made of: what must not be, and what is held beside what is booked."""

from collections.abc import Iterable

from ortools.sat.python.cp_model import CpModel, IntervalVar, IntVar

from models.calendar import BusyTimes
from models.clinic import OverbookingRule
from models.hours import Window
from models.overbooking import rules_at
from solver.options import Option
from solver.problem import SearchProblem


def forbid_unless(model: CpModel, literal: IntVar, allowed: bool) -> None:
    """Rule the literal out where the rule says so."""
    if not allowed:
        model.add_bool_and(literal.negated())


def open_through(option: Option, ref: str, problem: SearchProblem) -> bool:
    """Whether a resource or a place is open during the whole visit."""
    windows = problem.setup.open_windows(ref, option.start, option.end)
    return windows.contain(option.start, option.end)


def held_in(problem: SearchProblem, ref: str, hold: Window) -> list[Window]:
    """What is booked of a resource and could meet a hold."""
    return problem.snapshot.calendar.busy(problem.setup.resource_index[ref]).overlapping(*hold)


def optional_interval(model: CpModel, window: Window, presence: IntVar) -> IntervalVar:
    """A hold that is there if the literal is true."""
    start, end = window
    return model.new_optional_fixed_size_interval_var(start, end - start, presence, "")


def pins(model: CpModel, windows: Iterable[Window]) -> list[IntervalVar]:
    """What is booked stays where it is."""
    return [model.new_fixed_size_interval_var(start, end - start, "") for start, end in windows]


def at_most(
    model: CpModel,
    hold: Window,
    presence: IntVar,
    held: list[Window],
    capacity: int,
    *,
    units: IntVar | int = 1,
) -> None:
    """The visit takes its units beside what is held, or is not there.

    What is booked stays, even where there is more of it than the capacity: then it is the capacity, and
    leaves no room for the visit.
    """
    start, end = hold
    inside = [(max(held_from, start), min(held_until, end)) for held_from, held_until in held]
    most = max(capacity, BusyTimes.of(inside).peak(*hold))
    visit = optional_interval(model, hold, presence)
    pinned = pins(model, inside)
    model.add_cumulative([visit, *pinned], [units, *[1] * len(pinned)], most)


def counts(model: CpModel, presence: IntVar, ref: str, window: Window, problem: SearchProblem) -> None:
    """One more of what is counted, if it is counted, over a window, or not there."""
    most = problem.setup.counters.get(ref)
    if most == 0:
        model.add_bool_and(presence.negated())
    elif most is not None:
        at_most(model, window, presence, held_in(problem, ref, window), most)


def overbooking_rules(option: Option, problem: SearchProblem) -> list[OverbookingRule]:
    """The overbooking rules that apply to a visit."""
    service = problem.request.service
    return rules_at(problem.setup, option.provider, service, option.site, option.start, option.end)
