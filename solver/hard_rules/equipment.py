"""Which equipment, when it is available, and that it suffices."""

from ortools.sat.python.cp_model import CpModel, LinearExpr

from models.claims import hold_of
from models.refs import equipment_ref
from solver.hard_rules.phrases import (
    at_most,
    held_in,
    open_through,
)
from solver.problem import SearchProblem
from solver.variables import Variables


def equipment_is_what_the_service_needs(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A visit takes exactly the units of each type that its service needs, from pools at its location."""
    for one in variables.undecided:
        site = one.option.site
        for need, lent in one.equipment:
            for pool, units in lent:
                if site is not None and pool.location_id != site.id:
                    model.add(units == 0)
            needed = LinearExpr.sum([units for _, units in lent]) == need.units
            model.add(needed).only_enforce_if(one.offered)


def equipment_is_open(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """The whole visit lies inside the hours of its equipment, where that has any."""
    for one in variables.undecided:
        for _, lent in one.equipment:
            for pool, units in lent:
                if not open_through(one.option, equipment_ref(pool.id), problem):
                    model.add(units == 0)


def equipment_is_never_overbooked(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A pool never lends more units at once than it has; buffers count as busy."""
    for one in variables.opening:
        hold = hold_of(problem.request.service, one.option.start, one.option.end)
        for _, lent in one.equipment:
            for pool, units in lent:
                held = held_in(problem, equipment_ref(pool.id), hold)
                at_most(model, hold, one.offered, held, pool.quantity, units=units)
