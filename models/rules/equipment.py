"""Which equipment, when it is available, and that it suffices."""

from collections import Counter

from models.claims import hold_of
from models.refs import CLINIC, equipment_ref
from models.rules.violation import Violation, refused, taken
from models.slot import Placement
from models.snapshot import ClinicSnapshot


def equipment_is_what_the_service_needs(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A visit takes exactly the units of each type that its service needs, from pools at its location."""
    pools = snapshot.setup.pool_by_id
    units: dict[str, int] = {}
    for use in placement.equipment:
        pool = pools[use.id]
        if placement.location is not None and pool.location_id != placement.location.id:
            message = f"{pool.name} stands at another location"
            return refused(equipment_is_what_the_service_needs, equipment_ref(pool.id), message)
        units[pool.type] = units.get(pool.type, 0) + use.units
    if units == {need.type: need.units for need in placement.service.equipment}:
        return None
    message = f"{placement.service.name} needs other equipment than {units or 'none'}"
    return refused(equipment_is_what_the_service_needs, CLINIC, message)


def equipment_is_open(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """The whole visit lies inside the hours of its equipment, where that has any."""
    for use in placement.equipment:
        ref = equipment_ref(use.id)
        windows = snapshot.setup.open_windows(ref, placement.start, placement.end)
        if not windows.contain(placement.start, placement.end):
            message = f"{snapshot.setup.pool_by_id[use.id].name} is not available then"
            return refused(equipment_is_open, ref, message)
    return None


def equipment_is_never_overbooked(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A pool never lends more units at once than it has; buffers count as busy."""
    if placement.joins is not None:
        return None
    hold = hold_of(placement.service, placement.start, placement.end)
    wanted: Counter[str] = Counter()
    for use in placement.equipment:
        wanted[use.id] += use.units
    for pool_id, units in wanted.items():
        ref = equipment_ref(pool_id)
        pool = snapshot.setup.pool_by_id[pool_id]
        peak = snapshot.calendar.busy(snapshot.setup.resource_index[ref]).peak(*hold)
        if peak + units > pool.quantity:
            return taken(equipment_is_never_overbooked, ref, f"{pool.name}: all units are taken then")
    return None
