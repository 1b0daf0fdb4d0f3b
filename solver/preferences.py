"""What makes one menu better than another: named integer terms of the objective.

A term is a list of `(literal, points)`, points in hundredths. What each is worth is defined in
`models.score` (which names the sources) and computed in `solver.bounds`; here it is attached to the literals.
"""

from collections.abc import Callable
from typing import TypeAlias

from ortools.sat.python.cp_model import IntVar

from solver.variables import Variables

Term: TypeAlias = list[tuple[IntVar, int]]
Preference: TypeAlias = Callable[[Variables], Term]


def patients_see_whom_they_know_when_both_like_it(variables: Variables) -> Term:
    """`preference`, the room aside: the time of day asked for, the provider's windows, and continuity."""
    return [(one.offered, one.option.base.preference) for one in variables.of_options]


def providers_work_in_rooms_they_like(variables: Variables) -> Term:
    """`preference`, as far as it depends on the room: what the chosen one adds."""
    return [(chosen, choice.liking) for one in variables.of_options for choice, chosen in one.rooms]


def days_keep_rests_that_can_be_booked(variables: Variables) -> Term:
    """`gap`: the marginal cost of the visit to the provider's day, by best fit (see `models.gaps`)."""
    return [(one.offered, one.option.base.gap) for one in variables.of_options]


def scarce_rooms_are_kept_for_those_who_need_them(variables: Variables) -> Term:
    """`room`: the fit of the chosen room, seen over the whole range; full for a visit without one."""
    without_room = [(one.offered, one.option.base.room) for one in variables.of_options]
    return without_room + [
        (chosen, choice.fit) for one in variables.of_options for choice, chosen in one.rooms
    ]


def visits_do_not_overlap(variables: Variables) -> Term:
    """`overbook`: the points for not lying on top of another visit."""
    return [(one.offered, one.option.base.overbook) for one in variables.of_options]


def work_is_shared_between_providers(variables: Variables) -> Term:
    """`fairness`: the points for having less booked than the others; a weight of 0 switches it off."""
    return [
        (one.offered, one.option.base.fairness) for one in variables.of_options if one.option.base.fairness
    ]


PREFERENCES: tuple[Preference, ...] = (
    patients_see_whom_they_know_when_both_like_it,
    providers_work_in_rooms_they_like,
    days_keep_rests_that_can_be_booked,
    scarce_rooms_are_kept_for_those_who_need_them,
    visits_do_not_overlap,
    work_is_shared_between_providers,
)


def ties_break_by_start_then_name(variables: Variables) -> Term:
    """Less than one hundredth of a point each: options stand in the order that breaks ties."""
    count = len(variables.of_options)
    return [(one.offered, count - place) for place, one in enumerate(variables.of_options)]
