"""What an appointment takes, for how long, and which unit of each resource.

What a visit takes for itself is told from what the patients of a group visit share.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from models.appointment import Appointment, EquipmentUse
from models.calendar import Hold
from models.clinic import Location, Provider, Room, Service
from models.counters import (
    gap_ref,
    overbooking_ref,
    provider_day_ref,
    regular_ref,
    seats_ref,
    service_day_ref,
)
from models.group_visit import groups_of
from models.hours import Window
from models.overbooking import rules_at, rules_for
from models.refs import equipment_ref, provider_ref, room_ref
from models.setup import ClinicSetup
from models.wall_clock import Minute, at_wall_clock, ceil_minute, floor_minute, local_date, tomorrow


def hold_of(service: Service, start: Minute, end: Minute) -> Window:
    """How long a visit keeps its provider and equipment: with the buffers on either side."""
    return start - service.buffer_before_minutes, end + service.buffer_after_minutes


def room_hold_of(service: Service, room: Room, start: Minute, end: Minute) -> Window:
    """How long a visit keeps its room: with the buffers, and the turnaround behind them."""
    held_from, held_until = hold_of(service, start, end)
    return held_from, held_until + room.turnaround_minutes


def day_of(setup: ClinicSetup, start: Minute) -> Window:
    """The clinic-local day on which a visit starts: what counts of a day are held over."""
    return whole_day(setup, local_date(start, setup.zone))


def whole_day(setup: ClinicSetup, day: date) -> Window:
    """A clinic-local day, from midnight to midnight."""

    def window() -> Window:
        return at_wall_clock(day, 0, setup.zone), at_wall_clock(tomorrow(day), 0, setup.zone)

    return setup.derived(("day", day), window)


def gap_hold_of(service: Service, start: Minute, end: Minute) -> Window:
    """How long no other visit of the service at the provider may begin, nor end within its own gap."""
    return start, end + service.min_gap_minutes


class Use(NamedTuple):
    """So many units of one resource, over a window."""

    ref: str
    units: int
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Whatever decides what is taken: who does what, where and when, and on top of others or not."""

    service: Service
    provider: Provider
    location: Location | None
    room: Room | None
    equipment: tuple[EquipmentUse, ...]
    start: Minute
    end: Minute
    overbook: bool

    @staticmethod
    def of(appointment: Appointment, setup: ClinicSetup) -> "Visit":
        """Of something booked."""
        room = None if appointment.room_id is None else setup.room_by_id[appointment.room_id]
        return Visit(
            service=setup.service_by_id[appointment.service_id],
            provider=setup.provider_by_id[appointment.provider_id],
            location=None if room is None else setup.location_by_id[room.location_id],
            room=room,
            equipment=appointment.equipment,
            start=floor_minute(appointment.starts_at),
            end=ceil_minute(appointment.ends_at),
            overbook=appointment.overbook,
        )


def shared_uses(visit: Visit, setup: ClinicSetup) -> Iterator[Use]:
    """What is taken once, however many patients come: provider, room, pools, then what is counted."""
    service, provider, start, end = visit.service, visit.provider, visit.start, visit.end
    hold = hold_of(service, start, end)
    yield Use(provider_ref(provider.id), 1, hold)
    if visit.room is not None:
        yield Use(room_ref(visit.room.id), 1, room_hold_of(service, visit.room, start, end))
    for use in visit.equipment:
        yield Use(equipment_ref(use.id), use.units, hold)
    if service.min_gap_minutes:
        yield Use(gap_ref(provider.id, service.id), 1, gap_hold_of(service, start, end))
    if visit.overbook:
        for rule in rules_at(setup, provider, service, visit.location, start, end):
            if rule.max_per_day is not None:
                ref = overbooking_ref(rule.id, provider.id)
                if ref in setup.counters:
                    yield Use(ref, 1, day_of(setup, start))
    elif provider.id in setup.lanes:
        yield Use(regular_ref(provider.id), 1, hold)


def own_uses(visit: Visit, setup: ClinicSetup) -> Iterator[Use]:
    """What each patient's appointment takes for itself: a seat, and its place in the counts of the day."""
    service, provider = visit.service, visit.provider
    if service.is_for_groups:
        yield Use(seats_ref(provider.id, service.id), 1, (visit.start, visit.end))
    if service.max_per_day is not None:
        yield Use(service_day_ref(service.id), 1, day_of(setup, visit.start))
    if provider.max_visits_per_day is not None:
        yield Use(provider_day_ref(provider.id), 1, day_of(setup, visit.start))


def counters_for(setup: ClinicSetup, provider: Provider, service: Service) -> tuple[str, ...]:
    """Every counter that could stand in the way of a service at a provider."""
    refs = [
        service_day_ref(service.id),
        provider_day_ref(provider.id),
        gap_ref(provider.id, service.id),
        seats_ref(provider.id, service.id),
        *(overbooking_ref(rule.id, provider.id) for rule in rules_for(setup, provider, service)),
    ]
    return tuple(ref for ref in refs if ref in setup.counters)


def holds_of(appointment: Appointment, setup: ClinicSetup) -> list[Hold]:
    """One hold per unit of everything that an appointment takes where nobody shares it; patients aside."""
    visit = Visit.of(appointment, setup)
    return [*holds_of_uses(shared_uses(visit, setup), setup), *holds_of_uses(own_uses(visit, setup), setup)]


def holds_of_all(appointments: Iterable[Appointment], setup: ClinicSetup) -> list[Hold]:
    """The holds of all appointments; what the patients of a group visit share is held once."""
    holds: list[Hold] = []
    seated: list[Appointment] = []
    for appointment in appointments:
        if setup.service_by_id[appointment.service_id].is_for_groups:
            seated.append(appointment)
        else:
            holds += holds_of(appointment, setup)
    for members in groups_of(seated).values():
        holds += holds_of_uses(shared_uses(Visit.of(members[0], setup), setup), setup)
        for member in members:
            holds += holds_of_uses(own_uses(Visit.of(member, setup), setup), setup)
    return holds


def holds_of_uses(uses: Iterable[Use], setup: ClinicSetup) -> Iterator[Hold]:
    """One hold per unit of whatever is taken."""
    index = setup.resource_index
    for ref, units, (start, end) in uses:
        for _ in range(units):
            yield index[ref], start, end


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
