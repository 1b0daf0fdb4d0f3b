"""When the place is open and the provider works."""

from models.refs import CLINIC, location_ref, provider_ref
from models.rules.violation import Violation, refused
from models.slot import Placement
from models.snapshot import ClinicSnapshot


def location_is_open(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """No visit takes place while the clinic or its location is closed."""
    ref = CLINIC if placement.location is None else location_ref(placement.location.id)
    if snapshot.setup.open_windows(ref, placement.start, placement.end).contain(
        placement.start, placement.end
    ):
        return None
    return refused(location_is_open, ref, "the clinic is closed then")


def provider_is_working(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """The whole visit lies inside the provider's working hours."""
    ref = provider_ref(placement.provider.id)
    if snapshot.setup.open_windows(ref, placement.start, placement.end).contain(
        placement.start, placement.end
    ):
        return None
    return refused(provider_is_working, ref, f"{placement.provider.name} does not work then")
