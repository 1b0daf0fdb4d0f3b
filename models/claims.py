"""What an appointment takes, for how long, and which unit of each resource."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.appointment import Appointment
from models.calendar import Hold
from models.clinic import Room, Service
from models.hours import Window
from models.setup import ClinicSetup, equipment_ref, provider_ref, room_ref
from models.wall_clock import Minute, ceil_minute, floor_minute


def hold_of(service: Service, start: Minute, end: Minute) -> Window:
    """How long a visit keeps its provider and equipment: with the buffers on either side."""
    return start - service.buffer_before_minutes, end + service.buffer_after_minutes


def room_hold_of(service: Service, room: Room, start: Minute, end: Minute) -> Window:
    """How long a visit keeps its room: with the buffers, and the turnaround behind them."""
    held_from, held_until = hold_of(service, start, end)
    return held_from, held_until + room.turnaround_minutes


def holds_of(appointment: Appointment, setup: ClinicSetup) -> list[Hold]:
    """One hold per unit of provider, room and equipment that an appointment takes."""
    service = setup.service_by_id[appointment.service_id]
    start, end = floor_minute(appointment.starts_at), ceil_minute(appointment.ends_at)
    held_from, held_until = hold_of(service, start, end)
    index = setup.resource_index
    holds: list[Hold] = [(index[provider_ref(appointment.provider_id)], held_from, held_until)]
    if appointment.room_id is not None:
        room = setup.room_by_id[appointment.room_id]
        holds.append((index[room_ref(room.id)], *room_hold_of(service, room, start, end)))
    for use in appointment.equipment:
        holds += [(index[equipment_ref(use.id)], held_from, held_until)] * use.units
    return holds


@dataclass(frozen=True, slots=True)
class UnitHold:
    """A unit of some resource, held over `window`."""

    unit: int
    window: Window


def free_units(held: Iterable[UnitHold], capacity: int, window: Window) -> list[int]:
    """The units, numbered from 0, that nobody holds at any minute of the window."""
    start, end = window
    taken = {hold.unit for hold in held if hold.window[0] < end and start < hold.window[1]}
    return [unit for unit in range(capacity) if unit not in taken]


def recolored(windows: Sequence[Window], capacity: int) -> list[int] | None:
    """A unit for each window so that no unit is held twice at once; None if there are too few units.

    Windows in order of start, each to the lowest unit that is free by then: optimal on interval
    graphs (Golumbic, Algorithmic Graph Theory, 1980).
    """
    until: list[Minute | None] = [None] * capacity
    units = [0] * len(windows)
    for index in sorted(range(len(windows)), key=lambda position: windows[position]):
        start, end = windows[index]
        for unit, busy_until in enumerate(until):
            if busy_until is None or busy_until <= start:
                until[unit] = end
                units[index] = unit
                break
        else:
            return None
    return units
