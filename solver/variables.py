"""Every decision variable of the menu model, made in one place.

A menu offers several placements of one wanted visit at once. Each option is a world of its own:
two options of one provider at overlapping times may both be offered, since only one will be booked.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ortools.sat.python.cp_model import CpModel, IntVar

from models.clinic import EquipmentNeed, EquipmentPool
from solver.options import Option, RoomChoice
from solver.problem import SearchProblem


class OptionVariables(NamedTuple):
    """`offered`: the option is on the menu; then exactly one of `rooms` is true, if there are any."""

    option: Option
    offered: IntVar
    rooms: tuple[tuple[RoomChoice, IntVar], ...]
    equipment: tuple[tuple[EquipmentNeed, tuple[tuple[EquipmentPool, IntVar], ...]], ...] = ()
    """Units lent by each pool for each need; only where pruning has not counted them already."""


@dataclass(frozen=True)
class Variables:
    """The variables of all options, in the order of the options."""

    of_options: tuple[OptionVariables, ...]
    limit: int

    @cached_property
    def undecided(self) -> tuple[OptionVariables, ...]:
        """Options about which pruning has not settled every rule: the model has to say them."""
        return tuple([one for one in self.of_options if not one.option.decided])

    @cached_property
    def opening(self) -> tuple[OptionVariables, ...]:
        """Those of them that take a provider, a room and equipment of their own: they join no group visit."""
        return tuple([one for one in self.undecided if one.option.joins is None])


def create_variables(model: CpModel, options: tuple[Option, ...], problem: SearchProblem) -> Variables:
    """A literal per option, one per choice of room where there is more than one, and units lent by pools."""
    return Variables(
        tuple(_variables_of(model, option, problem) for option in options), problem.request.limit
    )


def _variables_of(model: CpModel, option: Option, problem: SearchProblem) -> OptionVariables:
    offered = model.new_bool_var("")
    choices = option.room_choices
    if len(choices) == 1:  # the only choice is made whenever the option is offered
        return OptionVariables(option, offered, ((choices[0], offered),), _lent(model, option, problem))
    literals = tuple(model.new_bool_var("") for _ in choices)
    if literals:
        model.add_exactly_one([*literals, offered.negated()])
    rooms = tuple(zip(choices, literals, strict=True))
    return OptionVariables(option, offered, rooms, _lent(model, option, problem))


def _lent(
    model: CpModel, option: Option, problem: SearchProblem
) -> tuple[tuple[EquipmentNeed, tuple[tuple[EquipmentPool, IntVar], ...]], ...]:
    if option.decided:
        return ()
    return tuple(
        (
            need,
            tuple(
                (pool, model.new_int_var(0, pool.quantity, ""))
                for pool in problem.setup.equipment
                if pool.type == need.type
            ),
        )
        for need in problem.request.service.equipment
    )
