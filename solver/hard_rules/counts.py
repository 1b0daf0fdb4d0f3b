"""What is counted: visits of a day, and the gap between two."""

from ortools.sat.python.cp_model import CpModel

from models.claims import day_of, gap_hold_of
from models.counters import gap_ref, provider_day_ref, service_day_ref
from solver.hard_rules.phrases import counts
from solver.problem import SearchProblem
from solver.variables import Variables


def provider_has_visits_left_that_day(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A provider sees at most so many patients on one day of the clinic; what was completed counts."""
    for one in variables.undecided:
        ref = provider_day_ref(one.option.provider.id)
        counts(model, one.offered, ref, day_of(problem.setup, one.option.start), problem)


def service_has_visits_left_that_day(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A service is given at most so many times on one day of the clinic; what was completed counts."""
    for one in variables.undecided:
        ref = service_day_ref(problem.request.service.id)
        counts(model, one.offered, ref, day_of(problem.setup, one.option.start), problem)


def visits_of_a_service_keep_their_gap(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """Between two visits of a service at one provider lies its minimum gap; buffers do not count."""
    service = problem.request.service
    for one in variables.opening:
        ref = gap_ref(one.option.provider.id, service.id)
        hold = gap_hold_of(service, one.option.start, one.option.end)
        counts(model, one.offered, ref, hold, problem)
