"""Visits that several patients share."""

from collections import Counter
from collections.abc import Iterable

from models.appointment import EquipmentUse
from models.counters import seats_ref
from models.group_visit import GroupKey
from models.refs import CLINIC, provider_ref
from models.rules.violation import Violation, refused, taken
from models.slot import Placement
from models.snapshot import ClinicSnapshot


def group_visit_has_a_seat_left(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A provider has no more patients of a service for groups at one time than it has seats."""
    service, provider = placement.service, placement.provider
    if not service.is_for_groups:
        return None
    seats = snapshot.setup.resource_index[seats_ref(provider.id, service.id)]
    if snapshot.calendar.busy(seats).peak(placement.start, placement.end) < service.seats:
        return None
    message = f"all {service.seats} seats of {service.name} are taken then"
    return taken(group_visit_has_a_seat_left, provider_ref(provider.id), message)


def group_visit_is_shared_whole(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A group visit is joined whole: its provider, room, equipment and time; none is held beside it."""
    joined = placement.joins
    room_id = placement.room.id if placement.room else None
    key = GroupKey(placement.service.id, placement.provider.id, placement.start, placement.end, room_id)
    if joined is None:
        if not placement.service.is_for_groups or not snapshot.has_group_visit_like(key):
            return None
    elif key == joined.key and _units(placement.equipment) == _units(joined.equipment):
        return None
    message = f"{placement.service.name} is one group visit then, in one room with the same equipment"
    return refused(group_visit_is_shared_whole, CLINIC, message)


def _units(uses: Iterable[EquipmentUse]) -> Counter[str]:
    units: Counter[str] = Counter()
    for use in uses:
        units[use.id] += use.units
    return units
