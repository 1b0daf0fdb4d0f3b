"""Who may see whom, and where."""

from models.refs import provider_ref
from models.rules.violation import Violation, refused
from models.slot import Placement
from models.snapshot import ClinicSnapshot


def provider_offers_the_service(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A provider is booked only for services that they offer."""
    if placement.service.id in placement.provider.service_ids:
        return None
    ref = provider_ref(placement.provider.id)
    message = f"{placement.provider.name} does not offer {placement.service.name}"
    return refused(provider_offers_the_service, ref, message)


def service_allows_the_provider(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A service that names its providers is given by nobody else."""
    allowed = placement.service.allowed_provider_ids
    if allowed is None or placement.provider.id in allowed:
        return None
    message = f"{placement.service.name} is not given by {placement.provider.name}"
    return refused(service_allows_the_provider, provider_ref(placement.provider.id), message)


def provider_works_at_the_location(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A visit takes place where its provider works."""
    if placement.location is None or placement.location.id in placement.provider.location_ids:
        return None
    ref = provider_ref(placement.provider.id)
    message = f"{placement.provider.name} does not work at {placement.location.name}"
    return refused(provider_works_at_the_location, ref, message)


def provider_is_not_blocked_for_the_patient(
    placement: Placement, snapshot: ClinicSnapshot
) -> Violation | None:
    """A provider whom the patient must not see is never offered to them."""
    patient = placement.patient
    if patient is None or placement.provider.id not in patient.blocked_provider_ids:
        return None
    ref = provider_ref(placement.provider.id)
    message = f"{placement.provider.name} is blocked for this patient"
    return refused(provider_is_not_blocked_for_the_patient, ref, message)
