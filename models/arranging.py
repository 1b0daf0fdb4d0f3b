"""Rooms and equipment for several visits that may compete for them."""

from collections.abc import Iterator, Sequence

from models.allocation import equipment_for, free_units_of, pools_in_order
from models.appointment import EquipmentUse
from models.chain import own_holds_collide
from models.clinic import EquipmentNeed, EquipmentPool, Room
from models.rules import first_violation
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.tentative import with_visit


def arrangements(
    visits: Sequence[Placement], rooms: Sequence[Sequence[Room]], snapshot: ClinicSnapshot
) -> Iterator[tuple[Placement, ...]]:
    """Every way to give visits their rooms and equipment so that they can be booked in that order.

    `rooms` has for each visit the rooms to try, in order. The usual way comes first: the first rooms, and
    the equipment that a single booking would take.
    """
    if not visits:
        yield ()
        return
    for placement in _ways(visits[0], rooms[0], snapshot):
        if any(own_holds_collide(placement, later) for later in visits[1:]):
            return
        if first_violation(placement, snapshot) is None:
            for others in arrangements(visits[1:], rooms[1:], with_visit(snapshot, placement)):
                yield (placement, *others)


def _ways(visit: Placement, rooms: Sequence[Room], snapshot: ClinicSnapshot) -> Iterator[Placement]:
    if visit.joins is not None:
        yield visit
        return
    for equipment in equipment_ways(visit, snapshot):
        for room in rooms or (None,):
            yield visit._replace(room=room, equipment=equipment)


def equipment_ways(visit: Placement, snapshot: ClinicSnapshot) -> Iterator[tuple[EquipmentUse, ...]]:
    """Every way to lend the units that a visit needs; first the one that a booking would choose."""
    usual = equipment_for(visit.service, visit.location, visit.start, visit.end, snapshot)
    if usual is None:
        return
    yield usual
    if not visit.service.equipment:
        return
    told = {frozenset((use.id, use.units) for use in usual)}
    for uses in _lent(visit, visit.service.equipment, snapshot):
        key = frozenset((use.id, use.units) for use in uses)
        if key not in told:
            told.add(key)
            yield uses


def _lent(
    visit: Placement, needs: Sequence[EquipmentNeed], snapshot: ClinicSnapshot
) -> Iterator[tuple[EquipmentUse, ...]]:
    if not needs:
        yield ()
        return
    pools = [
        (pool, free_units_of(pool, visit.service, visit.start, visit.end, snapshot))
        for pool in pools_in_order(snapshot.setup, needs[0], visit.location)
    ]
    for uses in _split(needs[0].units, pools):
        for others in _lent(visit, needs[1:], snapshot):
            yield (*uses, *others)


def _split(units: int, pools: Sequence[tuple[EquipmentPool, int]]) -> Iterator[tuple[EquipmentUse, ...]]:
    if not pools:
        if not units:
            yield ()
        return
    (pool, free), others = pools[0], pools[1:]
    for taken in range(min(units, free), -1, -1):
        for rest in _split(units - taken, others):
            yield (EquipmentUse(id=pool.id, units=taken), *rest) if taken else rest
