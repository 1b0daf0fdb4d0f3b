"""Visits that several patients share: one provider, one room, one time, and a seat for each."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from models.appointment import Appointment, EquipmentUse
from models.wall_clock import Minute, ceil_minute, floor_minute


class GroupKey(NamedTuple):
    """What the patients of one group visit have in common."""

    service_id: str
    provider_id: str
    start: Minute
    end: Minute
    room_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupVisit:
    """A group visit that takes place, with so many `patients` so far.

    `id` names the holder of provider, room and equipment; in a clinic file it is the first appointment.
    """

    id: str
    key: GroupKey
    location_id: str | None
    equipment: tuple[EquipmentUse, ...] = ()
    overbook: bool = False
    patients: int = 1


def group_key(appointment: Appointment) -> GroupKey:
    """Appointments of a service for groups that share this key share one visit."""
    return GroupKey(
        appointment.service_id,
        appointment.provider_id,
        floor_minute(appointment.starts_at),
        ceil_minute(appointment.ends_at),
        appointment.room_id,
    )


def groups_of(appointments: Iterable[Appointment]) -> dict[GroupKey, list[Appointment]]:
    """The appointments of each group visit, in the order in which they came."""
    found: dict[GroupKey, list[Appointment]] = {}
    for appointment in appointments:
        found.setdefault(group_key(appointment), []).append(appointment)
    return found
