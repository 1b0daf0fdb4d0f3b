"""That provider and patient are free."""

from models.refs import patient_ref, provider_ref
from models.rules.evidence import overbooking_rules, provider_peak
from models.rules.violation import Violation, taken
from models.slot import Placement
from models.snapshot import ClinicSnapshot


def provider_is_never_double_booked(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """No provider holds two visits at once, but where a rule adds lanes; buffers count as busy."""
    if placement.joins is not None:
        return None
    peak = provider_peak(placement, snapshot)
    if not peak or any(rule.lanes >= peak for rule in overbooking_rules(placement, snapshot)):
        return None
    provider = placement.provider
    return taken(provider_is_never_double_booked, provider_ref(provider.id), f"{provider.name} is taken then")


def patient_is_never_in_two_places(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A patient has one visit at a time; buffers do not count."""
    patient = placement.patient
    if patient is None:
        return None
    if not snapshot.calendar.visits_of(patient.id).overlapping(placement.start, placement.end):
        return None
    message = "the patient has another visit then"
    return taken(patient_is_never_in_two_places, patient_ref(patient.id), message)
