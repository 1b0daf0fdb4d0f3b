"""Which rooms would do for a visit, and from which pools its equipment comes.

Search lists them and booking takes the first, so both ask here.
"""

from collections.abc import Iterable, Iterator

from models.appointment import EquipmentUse
from models.claims import hold_of
from models.clinic import EquipmentNeed, EquipmentPool, Location, Room, Service, suits
from models.refs import equipment_ref
from models.room_fit import room_excess
from models.rules import ROOM_RULES
from models.setup import ClinicSetup
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute


def rooms_in_order(setup: ClinicSetup, service: Service, location: Location) -> list[Room]:
    """The rooms at a location that suit a service: the least excess first, then by name."""

    def in_order() -> list[Room]:
        suitable = [room for room in setup.rooms if room.location_id == location.id and suits(room, service)]
        return sorted(suitable, key=lambda room: (room_excess(setup, service, room), room.name, room.id))

    return setup.derived(("rooms in order", service.id, location.id), in_order)


def rooms_that_would_do(
    placement: Placement, rooms: Iterable[Room], snapshot: ClinicSnapshot
) -> Iterator[Room]:
    """Those of the rooms in which the placement breaks no rule about rooms."""
    for room in rooms:
        inside = placement.in_room(room)
        for rule in ROOM_RULES:
            if rule(inside, snapshot) is not None:
                break
        else:
            yield room


def pools_in_order(setup: ClinicSetup, need: EquipmentNeed, location: Location | None) -> list[EquipmentPool]:
    """The pools of a type at a location, or anywhere for a visit without one: largest first, then by name."""
    pools = [
        pool
        for pool in setup.equipment
        if pool.type == need.type and (location is None or pool.location_id == location.id)
    ]
    return sorted(pools, key=lambda pool: (-pool.quantity, pool.name, pool.id))


def equipment_for(
    service: Service,
    location: Location | None,
    start: Minute,
    end: Minute,
    snapshot: ClinicSnapshot,
    only_pools: frozenset[str] | None = None,
) -> tuple[EquipmentUse, ...] | None:
    """Units for every need of the service, or None if some are missing.

    One pool that has all the units is preferred to several that have them together.
    """
    if not service.equipment:
        return ()
    uses: list[EquipmentUse] = []
    for need in service.equipment:
        free = [
            (pool, min(need.units, free_units_of(pool, service, start, end, snapshot)))
            for pool in pools_in_order(snapshot.setup, need, location)
            if only_pools is None or pool.id in only_pools
        ]
        taken = _fewest_pools(need.units, free)
        if taken is None:
            return None
        uses += taken
    return tuple(uses)


def free_units_of(
    pool: EquipmentPool, service: Service, start: Minute, end: Minute, snapshot: ClinicSnapshot
) -> int:
    """How many units of a pool a visit could take."""
    ref = equipment_ref(pool.id)
    if not snapshot.setup.open_windows(ref, start, end).contain(start, end):
        return 0
    peak = snapshot.calendar.busy(snapshot.setup.resource_index[ref]).peak(*hold_of(service, start, end))
    return max(0, pool.quantity - peak)


def _fewest_pools(units: int, free: list[tuple[EquipmentPool, int]]) -> list[EquipmentUse] | None:
    uses: list[EquipmentUse] = []
    for pool, available in sorted(free, key=lambda item: -item[1]):
        if units and available:
            uses.append(EquipmentUse(id=pool.id, units=min(units, available)))
            units -= uses[-1].units
    return None if units else uses
