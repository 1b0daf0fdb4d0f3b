"""What is counted: visits of a day, and the gap between two."""

from models.claims import gap_hold_of
from models.counters import gap_ref, provider_day_ref, service_day_ref
from models.refs import provider_ref, service_ref
from models.rules.evidence import counted_that_day
from models.rules.violation import Violation, taken
from models.slot import Placement
from models.snapshot import ClinicSnapshot


def provider_has_visits_left_that_day(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A provider sees at most so many patients on one day of the clinic; what was completed counts."""
    most, provider = placement.provider.max_visits_per_day, placement.provider
    if most is None or counted_that_day(provider_day_ref(provider.id), placement, snapshot) < most:
        return None
    message = f"{provider.name} sees at most {most} patients a day"
    return taken(provider_has_visits_left_that_day, provider_ref(provider.id), message)


def service_has_visits_left_that_day(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A service is given at most so many times on one day of the clinic; what was completed counts."""
    most, service = placement.service.max_per_day, placement.service
    if most is None or counted_that_day(service_day_ref(service.id), placement, snapshot) < most:
        return None
    message = f"{service.name} is given at most {most} times a day"
    return taken(service_has_visits_left_that_day, service_ref(service.id), message)


def visits_of_a_service_keep_their_gap(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """Between two visits of a service at one provider lies its minimum gap; buffers do not count."""
    service, provider = placement.service, placement.provider
    if not service.min_gap_minutes or placement.joins is not None:
        return None
    ref = gap_ref(provider.id, service.id)
    hold = gap_hold_of(service, placement.start, placement.end)
    if not snapshot.calendar.busy(snapshot.setup.resource_index[ref]).overlapping(*hold):
        return None
    message = f"{provider.name} needs {service.min_gap_minutes} minutes between visits of {service.name}"
    return taken(visits_of_a_service_keep_their_gap, provider_ref(provider.id), message)
