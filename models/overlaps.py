"""Who takes what twice: overlapping holds among all appointments of a clinic, in one sweep each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import TypeAlias

from models.appointment import Appointment
from models.claims import Visit, own_uses, shared_uses
from models.counters import is_hard, regular_ref
from models.group_visit import GroupKey, group_key
from models.refs import patient_ref, provider_ref
from models.setup import ClinicSetup
from models.wall_clock import Minute, ceil_minute, floor_minute

Taking: TypeAlias = tuple[Minute, Minute, int, int]
"""Two minutes, start and end, between which an appointment (its position) takes so many units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """An appointment (its position) that finds its resource taken by another one."""

    resource: str
    appointment: int
    other: int


def overlaps_of(appointments: Sequence[Appointment], setup: ClinicSetup) -> list[Overlap]:
    """For each resource the appointments without which the others fit, the later in the list first to go.

    What is wrong in other ways, such as a room that does not exist, is left out.
    """
    units = setup.capacities
    by_resource: dict[str, list[Taking]] = {}
    groups: set[GroupKey] = set()
    for position, appointment in enumerate(appointments):
        for resource, taking in _takings(position, appointment, setup, groups):
            by_resource.setdefault(resource, []).append(taking)
    found = [
        overlap
        for resource, takings in by_resource.items()
        for overlap in _swept(resource, takings, units.get(resource, 1))
    ]
    shown = {regular_ref(one.id): provider_ref(one.id) for one in setup.providers}
    found = [replace(one, resource=shown.get(one.resource, one.resource)) for one in found]
    once = {(overlap.appointment, overlap.resource): overlap for overlap in reversed(found)}
    return sorted(once.values(), key=lambda overlap: overlap.appointment)


def _takings(
    position: int, appointment: Appointment, setup: ClinicSetup, groups: set[GroupKey]
) -> Iterator[tuple[str, Taking]]:
    """What an appointment takes; of a group visit, only the first one that is asked takes what they share."""
    if not appointment.status.holds_resources:
        return
    start, end = floor_minute(appointment.starts_at), ceil_minute(appointment.ends_at)
    yield patient_ref(appointment.patient_id), (start, end, position, 1)
    visit = _visit(appointment, setup)
    if visit is None:
        return
    uses = list(own_uses(visit, setup))
    key = group_key(appointment)
    if not visit.service.is_for_groups or key not in groups:
        groups.add(key)
        uses += shared_uses(visit, setup)
    for ref, units, (held_from, held_until) in uses:
        if ref not in setup.counters or is_hard(ref):
            yield ref, (held_from, held_until, position, units)


def _visit(appointment: Appointment, setup: ClinicSetup) -> Visit | None:
    """The visit as far as the clinic knows what it names; None for an unknown service or provider."""
    service = setup.service_by_id.get(appointment.service_id)
    provider = setup.provider_by_id.get(appointment.provider_id)
    if service is None or provider is None:
        return None
    room = setup.room_by_id.get(appointment.room_id or "") if service.needs_room else None
    pools = {use.id: use for use in appointment.equipment if use.id in setup.pool_by_id}
    return Visit(
        service=service,
        provider=provider,
        location=None if room is None else setup.location_by_id.get(room.location_id),
        room=room,
        equipment=tuple(use for use in pools.values() if use.units <= setup.pool_by_id[use.id].quantity),
        start=floor_minute(appointment.starts_at),
        end=ceil_minute(appointment.ends_at),
        overbook=appointment.overbook,
    )


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
