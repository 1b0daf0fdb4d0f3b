"""Who may see whom, and where."""

from ortools.sat.python.cp_model import CpModel

from solver.hard_rules.phrases import forbid_unless
from solver.problem import SearchProblem
from solver.variables import Variables


def provider_offers_the_service(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A provider is booked only for services that they offer."""
    for one in variables.undecided:
        forbid_unless(model, one.offered, problem.request.service.id in one.option.provider.service_ids)


def service_allows_the_provider(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A service that names its providers is given by nobody else."""
    allowed = problem.request.service.allowed_provider_ids
    for one in variables.undecided:
        forbid_unless(model, one.offered, allowed is None or one.option.provider.id in allowed)


def provider_works_at_the_location(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A visit takes place where its provider works."""
    for one in variables.undecided:
        place = one.option.site or problem.request.location
        forbid_unless(model, one.offered, place is None or place.id in one.option.provider.location_ids)


def provider_is_not_blocked_for_the_patient(
    model: CpModel, variables: Variables, problem: SearchProblem
) -> None:
    """A provider whom the patient must not see is never offered to them."""
    patient = problem.request.patient
    for one in variables.undecided:
        forbid_unless(
            model, one.offered, patient is None or one.option.provider.id not in patient.blocked_provider_ids
        )
