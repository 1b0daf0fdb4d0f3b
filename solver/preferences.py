"""What makes one menu better than another: named integer terms of the objective.

A term is a list of `(literal, points)`, points in hundredths. The score itself is defined in
`models.score`; here it is attached to literals.
"""

from collections.abc import Callable
from typing import TypeAlias

from ortools.sat.python.cp_model import IntVar

from solver.variables import Variables

Term: TypeAlias = list[tuple[IntVar, int]]
Preference: TypeAlias = Callable[[Variables], Term]


def good_times_with_liked_providers_come_first(variables: Variables) -> Term:
    """The points that provider and start earn: preference, gap, and not overbooking."""
    return [(one.offered, one.option.base_points) for one in variables.of_options]


def rooms_fit_the_service(variables: Variables) -> Term:
    """The points of the room that is chosen."""
    return [(chosen, choice.points) for one in variables.of_options for choice, chosen in one.rooms]


PREFERENCES: tuple[Preference, ...] = (
    good_times_with_liked_providers_come_first,
    rooms_fit_the_service,
)


def ties_break_by_start_then_name(variables: Variables) -> Term:
    """Less than one hundredth of a point each: options stand in the order that breaks ties."""
    count = len(variables.of_options)
    return [(one.offered, count - place) for place, one in enumerate(variables.of_options)]
