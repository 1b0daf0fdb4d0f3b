"""Booked appointments that change room or units of equal fitness to make space: who may, where to, and
whether all of it together breaks no rule.

Never a time, a provider or a patient changes.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from models.appointment import Appointment, AppointmentStatus, EquipmentUse
from models.calendar import Calendar, Hold
from models.claims import Visit, hold_of, room_hold_of
from models.clinic import EquipmentPool, Room, Service, suits
from models.refs import equipment_ref, room_ref
from models.room_fit import room_excess
from models.rules import (
    ROOM_RULES,
    Rule,
    Violation,
    equipment_is_never_overbooked,
    equipment_is_open,
)
from models.setup import ClinicSetup
from models.slot import Placement, Rearrangement, ScoreBreakdown
from models.snapshot import ClinicSnapshot
from models.wall_clock import MINUTES_PER_DAY, Minute

NEAR_MINUTES = MINUTES_PER_DAY
"""Only appointments that lie at most a day outside the range asked for may change."""

MOST_CHANGES = 4
"""Appointments that change for one slot at most: each of them has to be told."""

CHANGEABLE = frozenset({AppointmentStatus.PENDING, AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED})
"""Nobody who has come already is sent elsewhere."""

APPOINTMENT_MAY_CHANGE = "appointment_may_change"
APPOINTMENT_IS_WHERE_IT_WAS = "appointment_is_where_it_was"
CHANGE_IS_OF_EQUAL_FITNESS = "change_is_of_equal_fitness"


def may_change(appointment: Appointment, setup: ClinicSetup, now: datetime) -> bool:
    """Whether an appointment may change room or units: it holds some, is still to come, and is no group's."""
    service = setup.service_by_id[appointment.service_id]
    return (
        appointment.status in CHANGEABLE
        and appointment.holds_at(now)
        and appointment.starts_at >= now
        and not service.is_for_groups
    )


def equal_rooms(setup: ClinicSetup, service: Service, room: Room) -> tuple[Room, ...]:
    """The other rooms at a room's location that fit a service exactly as well, by name; open or not."""

    def found() -> tuple[Room, ...]:
        if not suits(room, service):
            return ()
        fitness = room_excess(setup, service, room)
        alike = (
            other
            for other in setup.rooms
            if other.location_id == room.location_id
            and other.id != room.id
            and suits(other, service)
            and room_excess(setup, service, other) == fitness
        )
        return tuple(sorted(alike, key=lambda other: (other.name, other.id)))

    return setup.derived(("equal rooms", service.id, room.id), found)


def equal_pools(setup: ClinicSetup, pool: EquipmentPool, units: int) -> tuple[EquipmentPool, ...]:
    """The other pools of a pool's type at its location that have so many units at all, by name."""

    def found() -> tuple[EquipmentPool, ...]:
        alike = (
            other
            for other in setup.equipment
            if other.type == pool.type
            and other.location_id == pool.location_id
            and other.id != pool.id
            and other.quantity >= units
        )
        return tuple(sorted(alike, key=lambda other: (other.name, other.id)))

    return setup.derived(("equal pools", pool.id, units), found)


def score_after(score: ScoreBreakdown, changes: int) -> ScoreBreakdown:
    """The score of a slot for which so many appointments change: its room earns that much less."""
    return score._replace(room=score.room // (1 + changes))


def after_changes(
    snapshot: ClinicSnapshot, changes: Iterable[Rearrangement], booked: Mapping[str, Appointment]
) -> ClinicSnapshot:
    """The clinic after the changes; `booked` has the appointments by their ids."""
    minus: list[Hold] = []
    plus: list[Hold] = []
    for change in changes:
        appointment = booked[change.appointment_id]
        minus += place_holds(appointment, snapshot.setup)
        plus += place_holds(moved(appointment, change), snapshot.setup)
    return snapshot.replace_calendar(_with_holds(snapshot.calendar, minus, plus))


def moved(appointment: Appointment, change: Rearrangement) -> Appointment:
    """The appointment in its new room, with its new units."""
    return replace(appointment, room_id=change.to_room_id, equipment=change.to_equipment)


def place_holds(appointment: Appointment, setup: ClinicSetup) -> list[Hold]:
    """What an appointment holds of rooms and pools."""
    visit = Visit.of(appointment, setup)
    return list(_holds_in(visit.service, visit.room, visit.equipment, visit.start, visit.end, setup))


def first_objection(
    changes: Sequence[Rearrangement],
    placement: Placement,
    snapshot: ClinicSnapshot,
    booked: Mapping[str, Appointment],
) -> Violation | None:
    """The first thing that forbids changes that make space for a placement, on the clinic as it is now.

    Each appointment has to be where the change finds it, may change, goes to something of equal fitness,
    and breaks no rule there once all have changed and the placement is booked.
    """
    for change in changes:
        objection = objection_to(change, booked[change.appointment_id], snapshot.setup, snapshot.now)
        if objection is not None:
            return objection
    after = after_changes(snapshot, changes, booked).calendar
    with_visit = _with_holds(after, (), _holds_of_placement(placement, snapshot.setup))
    for change in changes:
        appointment = booked[change.appointment_id]
        own = place_holds(moved(appointment, change), snapshot.setup)
        others = snapshot.replace_calendar(_with_holds(with_visit, own, ()))
        violation = violation_there(change, appointment, others)
        if violation is not None:
            return violation
    return None


def objection_to(
    change: Rearrangement, appointment: Appointment, setup: ClinicSetup, now: datetime
) -> Violation | None:
    """Why an appointment may not change so, whatever else is booked."""
    if not may_change(appointment, setup, now):
        return _objection(APPOINTMENT_MAY_CHANGE, appointment, "may not change its room or equipment")
    was = (change.from_room_id, _units(change.from_equipment))
    if (appointment.room_id, _units(appointment.equipment)) != was:
        return _objection(APPOINTMENT_IS_WHERE_IT_WAS, appointment, "has changed its room or equipment")
    if not _is_of_equal_fitness(change, appointment, setup):
        return _objection(CHANGE_IS_OF_EQUAL_FITNESS, appointment, "would be worse off")
    return None


def _objection(rule: str, appointment: Appointment, what: str) -> Violation:
    return Violation(
        rule=rule,
        resource=f"appointments/{appointment.id}",
        message=f"an appointment that would have to make space {what}",
        taken=True,
    )


def _is_of_equal_fitness(change: Rearrangement, appointment: Appointment, setup: ClinicSetup) -> bool:
    """Another room that fits as well, or none; as many units of each type, from the same locations."""
    if change.to_room_id != appointment.room_id:
        if change.to_room_id is None or appointment.room_id is None:
            return False
        room = setup.room_by_id[appointment.room_id]
        service = setup.service_by_id[appointment.service_id]
        if all(other.id != change.to_room_id for other in equal_rooms(setup, service, room)):
            return False
    return _units_by_kind(change.to_equipment, setup) == _units_by_kind(appointment.equipment, setup)


def _units_by_kind(equipment: Iterable[EquipmentUse], setup: ClinicSetup) -> dict[tuple[str, str], int]:
    units: Counter[tuple[str, str]] = Counter()
    for use in equipment:
        pool = setup.pool_by_id[use.id]
        units[pool.type, pool.location_id] += use.units
    return dict(units)


def _units(equipment: Iterable[EquipmentUse]) -> dict[str, int]:
    units: Counter[str] = Counter()
    for use in equipment:
        units[use.id] += use.units
    return dict(units)


def violation_there(
    change: Rearrangement, appointment: Appointment, others: ClinicSnapshot
) -> Violation | None:
    """The rule that an appointment would break where it goes, beside `others`; what stays is not judged."""
    after = moved(appointment, change)
    visit = Visit.of(after, others.setup)
    before = _units(appointment.equipment)
    placement = Placement(
        service=visit.service,
        provider=visit.provider,
        location=visit.location,
        room=visit.room,
        start=visit.start,
        end=visit.end,
        equipment=tuple(use for use in visit.equipment if before.get(use.id) != use.units),
    )
    rules: list[Rule] = list(ROOM_RULES) if after.room_id != appointment.room_id else []
    for rule in (*rules, equipment_is_open, equipment_is_never_overbooked):
        violation = rule(placement, others)
        if violation is not None:
            return violation
    return None


def _holds_of_placement(placement: Placement, setup: ClinicSetup) -> Iterator[Hold]:
    return _holds_in(
        placement.service, placement.room, placement.equipment, placement.start, placement.end, setup
    )


def _holds_in(
    service: Service,
    room: Room | None,
    equipment: Iterable[EquipmentUse],
    start: int,
    end: int,
    setup: ClinicSetup,
) -> Iterator[Hold]:
    index = setup.resource_index
    if room is not None:
        yield index[room_ref(room.id)], *room_hold_of(service, room, start, end)
    hold = hold_of(service, start, end)
    for use in equipment:
        for _ in range(use.units):
            yield index[equipment_ref(use.id)], *hold


def _with_holds(calendar: Calendar, minus: Iterable[Hold], plus: Iterable[Hold]) -> Calendar:
    """The calendar with some holds less and some more."""
    resources, starts, ends = calendar.resources[:], calendar.starts[:], calendar.ends[:]
    after = Calendar(resources, starts, ends, calendar.patient_visits)
    for resource, start, end in minus:
        alike = _beginning(after, resource, start)
        position = next((number for number in alike if ends[number] == end), None)
        if position is None:
            raise ValueError("an appointment that should change does not hold what it was said to hold")
        del resources[position], starts[position], ends[position]
    for resource, start, end in plus:
        position = _beginning(after, resource, start).stop
        resources.insert(position, resource)
        starts.insert(position, start)
        ends.insert(position, end)
    return after


def _beginning(calendar: Calendar, resource: int, start: Minute) -> range:
    """The positions of the holds of a resource that begin at a minute: where one of them would stand."""
    low, high = bisect_left(calendar.resources, resource), bisect_right(calendar.resources, resource)
    return range(
        bisect_left(calendar.starts, start, low, high), bisect_right(calendar.starts, start, low, high)
    )
