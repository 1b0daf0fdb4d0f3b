"""That provider and patient are free."""

from ortools.sat.python.cp_model import CpModel

from models.claims import hold_of
from models.refs import provider_ref
from solver.hard_rules.phrases import (
    at_most,
    held_in,
    optional_interval,
    overbooking_rules,
    pins,
)
from solver.problem import SearchProblem
from solver.variables import Variables


def provider_is_never_double_booked(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """No provider holds two visits at once, but where a rule adds lanes; buffers count as busy."""
    for one in variables.opening:
        hold = hold_of(problem.request.service, one.option.start, one.option.end)
        held = held_in(problem, provider_ref(one.option.provider.id), hold)
        lanes = max((rule.lanes for rule in overbooking_rules(one.option, problem)), default=0)
        at_most(model, hold, one.offered, held, 1 + lanes)


def patient_is_never_in_two_places(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A patient has one visit at a time; buffers do not count."""
    patient = problem.request.patient
    if patient is None:
        return
    for one in variables.undecided:
        visit = (one.option.start, one.option.end)
        pinned = pins(model, problem.snapshot.calendar.visits_of(patient.id).overlapping(*visit))
        model.add_no_overlap([optional_interval(model, visit, one.offered), *pinned])
