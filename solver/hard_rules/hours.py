"""When the place is open and the provider works."""

from ortools.sat.python.cp_model import CpModel

from models.refs import CLINIC, location_ref, provider_ref
from solver.hard_rules.phrases import (
    forbid_unless,
    open_through,
)
from solver.problem import SearchProblem
from solver.variables import Variables


def location_is_open(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """No visit takes place while the clinic or its location is closed."""
    for one in variables.undecided:
        ref = CLINIC if one.option.site is None else location_ref(one.option.site.id)
        forbid_unless(model, one.offered, open_through(one.option, ref, problem))


def provider_is_working(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """The whole visit lies inside the provider's working hours."""
    for one in variables.undecided:
        ref = provider_ref(one.option.provider.id)
        forbid_unless(model, one.offered, open_through(one.option, ref, problem))
