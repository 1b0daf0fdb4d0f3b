"""Who takes what twice: overlapping holds among all appointments of a clinic, in one sweep each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import TypeAlias

from models.appointment import Appointment
from models.claims import hold_of, room_hold_of
from models.setup import ClinicSetup, equipment_ref, patient_ref, provider_ref, room_ref
from models.wall_clock import Minute, ceil_minute, floor_minute

Taking: TypeAlias = tuple[Minute, Minute, int, int]
"""Two minutes, start and end, between which an appointment (its position) takes so many units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """An appointment (its position) that finds its resource taken by another one."""

    resource: str
    appointment: int
    other: int


def capacities(setup: ClinicSetup) -> Mapping[str, int]:
    """How many units of each resource can be held at once; whatever is not listed has one.

    A provider has one, also for visits marked `overbook`: this is where overbooking rules would
    widen it.
    """
    rooms = {room_ref(room.id): room.capacity for room in setup.rooms}
    return rooms | {equipment_ref(pool.id): pool.quantity for pool in setup.equipment}


def overlaps_of(appointments: Sequence[Appointment], setup: ClinicSetup) -> list[Overlap]:
    """For each resource the appointments without which the others fit, the later in the list first to go.

    What is wrong in other ways, such as a room that does not exist, is left out.
    """
    units = capacities(setup)
    by_resource: dict[str, list[Taking]] = {}
    for position, appointment in enumerate(appointments):
        for resource, taking in _takings(position, appointment, setup):
            by_resource.setdefault(resource, []).append(taking)
    found = [
        overlap
        for resource, takings in by_resource.items()
        for overlap in _swept(resource, takings, units.get(resource, 1))
    ]
    return sorted(found, key=lambda overlap: overlap.appointment)


def _takings(position: int, appointment: Appointment, setup: ClinicSetup) -> Iterator[tuple[str, Taking]]:
    if not appointment.status.holds_resources:
        return
    start, end = floor_minute(appointment.starts_at), ceil_minute(appointment.ends_at)
    yield patient_ref(appointment.patient_id), (start, end, position, 1)
    service = setup.service_by_id.get(appointment.service_id)
    if service is None:
        return
    held_from, held_until = hold_of(service, start, end)
    yield provider_ref(appointment.provider_id), (held_from, held_until, position, 1)
    room = setup.room_by_id.get(appointment.room_id or "")
    if room is not None and service.needs_room:
        yield room_ref(room.id), (*room_hold_of(service, room, start, end), position, 1)
    for use in {use.id: use for use in appointment.equipment}.values():
        pool = setup.pool_by_id.get(use.id)
        if pool is not None and use.units <= pool.quantity:
            yield equipment_ref(pool.id), (held_from, held_until, position, use.units)


def _swept(resource: str, takings: Iterable[Taking], capacity: int) -> Iterator[Overlap]:
    active: list[Taking] = []  # a heap: the first to end comes first
    used = 0
    for start, end, position, units in sorted(takings):
        while active and active[0][0] <= start:
            used -= heappop(active)[3]
        heappush(active, (end, start, position, units))
        used += units
        while used > capacity:
            surplus = max(active, key=lambda other: other[2])
            active.remove(surplus)
            heapify(active)
            used -= surplus[3]
            yield Overlap(resource=resource, appointment=surplus[2], other=active[0][2])
