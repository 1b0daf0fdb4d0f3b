"""Every hard rule as a plain check; the last word on whatever is shown or stored.

Each rule has the same name here, in `solver.hard_rules`, in the tests and in `docs/rules.md`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from models.claims import hold_of, room_hold_of
from models.clinic import Modality
from models.score import suits
from models.setup import CLINIC, equipment_ref, location_ref, patient_ref, provider_ref, room_ref
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.wall_clock import MINUTES_PER_DAY, local_of, minute_of_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Why a placement cannot be: the rule, the resource it speaks of, and a sentence.

    `taken` tells a resource that somebody else holds from a rule that forbids.
    """

    rule: str
    resource: str
    message: str
    taken: bool = False


Rule: TypeAlias = Callable[[Placement, ClinicSnapshot], Violation | None]


def _refused(rule: Rule, resource: str, message: str) -> Violation:
    return Violation(rule=rule.__name__, resource=resource, message=message)


def _taken(rule: Rule, resource: str, message: str) -> Violation:
    return Violation(rule=rule.__name__, resource=resource, message=message, taken=True)


def provider_offers_the_service(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A provider is booked only for services that they offer."""
    if placement.service.id in placement.provider.service_ids:
        return None
    ref = provider_ref(placement.provider.id)
    message = f"{placement.provider.name} does not offer {placement.service.name}"
    return _refused(provider_offers_the_service, ref, message)


def provider_works_at_the_location(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A visit takes place where its provider works."""
    if placement.location is None or placement.location.id in placement.provider.location_ids:
        return None
    ref = provider_ref(placement.provider.id)
    message = f"{placement.provider.name} does not work at {placement.location.name}"
    return _refused(provider_works_at_the_location, ref, message)


def provider_is_not_blocked_for_the_patient(
    placement: Placement, snapshot: ClinicSnapshot
) -> Violation | None:
    """A provider whom the patient must not see is never offered to them."""
    patient = placement.patient
    if patient is None or placement.provider.id not in patient.blocked_provider_ids:
        return None
    ref = provider_ref(placement.provider.id)
    message = f"{placement.provider.name} is blocked for this patient"
    return _refused(provider_is_not_blocked_for_the_patient, ref, message)


def start_is_aligned(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A visit starts a whole number of the service's steps after local midnight."""
    zone = snapshot.setup.zone_of(placement.location)
    step = placement.service.slot_step_minutes
    if minute_of_day(placement.start, zone) % step == 0:
        return None
    message = f"{placement.service.name} starts every {step} minutes from local midnight"
    return _refused(start_is_aligned, CLINIC, message)


def start_respects_notice(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A visit starts neither in the past nor sooner than the service's minimum notice."""
    notice = placement.service.min_notice_minutes
    if placement.start >= snapshot.first_minute_from_now + notice:
        return None
    message = (
        "the start lies in the past"
        if placement.start < snapshot.first_minute_from_now
        else f"{placement.service.name} needs {notice} minutes of notice"
    )
    return _refused(start_respects_notice, CLINIC, message)


def start_is_within_the_booking_horizon(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A visit starts no further in the future than the service allows."""
    days = placement.service.max_future_days
    if placement.start <= snapshot.last_minute_until_now + days * MINUTES_PER_DAY:
        return None
    message = f"{placement.service.name} can be booked at most {days} days ahead"
    return _refused(start_is_within_the_booking_horizon, CLINIC, message)


def location_is_open(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """No visit takes place while the clinic or its location is closed."""
    ref = CLINIC if placement.location is None else location_ref(placement.location.id)
    if snapshot.setup.open_windows(ref, placement.start, placement.end).contain(
        placement.start, placement.end
    ):
        return None
    return _refused(location_is_open, ref, "the clinic is closed then")


def provider_is_working(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """The whole visit lies inside the provider's working hours."""
    ref = provider_ref(placement.provider.id)
    if snapshot.setup.open_windows(ref, placement.start, placement.end).contain(
        placement.start, placement.end
    ):
        return None
    return _refused(provider_is_working, ref, f"{placement.provider.name} does not work then")


def provider_is_never_double_booked(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """No provider holds two visits at once; buffers count as busy."""
    ref = provider_ref(placement.provider.id)
    hold = hold_of(placement.service, placement.start, placement.end)
    if not snapshot.calendar.busy(snapshot.setup.resource_index[ref]).overlapping(*hold):
        return None
    return _taken(provider_is_never_double_booked, ref, f"{placement.provider.name} is taken then")


def room_suits_the_service(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A visit in person has one room at its location, of a type and with the features that it needs."""
    service, room, location = placement.service, placement.room, placement.location
    if service.modality is not Modality.IN_PERSON:
        if room is None and location is None:
            return None
        return _refused(room_suits_the_service, CLINIC, f"{service.name} takes place without a room")
    if room is None or location is None:
        return _refused(room_suits_the_service, CLINIC, f"{service.name} needs a room")
    if room.location_id == location.id and suits(room, service):
        return None
    return _refused(room_suits_the_service, room_ref(room.id), f"{room.name} does not suit {service.name}")


def room_is_open(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """The whole visit lies inside the room's opening hours, where it has any."""
    if placement.room is None:
        return None
    ref = room_ref(placement.room.id)
    if snapshot.setup.open_windows(ref, placement.start, placement.end).contain(
        placement.start, placement.end
    ):
        return None
    return _refused(room_is_open, ref, f"{placement.room.name} is closed then")


def room_is_never_double_booked(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A room holds no more visits at once than it has places; buffers and turnaround count as busy."""
    room = placement.room
    if room is None:
        return None
    ref = room_ref(room.id)
    hold = room_hold_of(placement.service, room, placement.start, placement.end)
    if snapshot.calendar.busy(snapshot.setup.resource_index[ref]).peak(*hold) < room.capacity:
        return None
    return _taken(room_is_never_double_booked, ref, f"{room.name} is taken then")


def equipment_is_what_the_service_needs(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A visit takes exactly the units of each type that its service needs, from pools at its location."""
    pools = snapshot.setup.pool_by_id
    units: dict[str, int] = {}
    for use in placement.equipment:
        pool = pools[use.id]
        if placement.location is not None and pool.location_id != placement.location.id:
            message = f"{pool.name} stands at another location"
            return _refused(equipment_is_what_the_service_needs, equipment_ref(pool.id), message)
        units[pool.type] = units.get(pool.type, 0) + use.units
    if units == {need.type: need.units for need in placement.service.equipment}:
        return None
    message = f"{placement.service.name} needs other equipment than {units or 'none'}"
    return _refused(equipment_is_what_the_service_needs, CLINIC, message)


def equipment_is_open(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """The whole visit lies inside the hours of its equipment, where that has any."""
    for use in placement.equipment:
        ref = equipment_ref(use.id)
        windows = snapshot.setup.open_windows(ref, placement.start, placement.end)
        if not windows.contain(placement.start, placement.end):
            message = f"{snapshot.setup.pool_by_id[use.id].name} is not available then"
            return _refused(equipment_is_open, ref, message)
    return None


def equipment_is_never_overbooked(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A pool never lends more units at once than it has; buffers count as busy."""
    hold = hold_of(placement.service, placement.start, placement.end)
    wanted: Counter[str] = Counter()
    for use in placement.equipment:
        wanted[use.id] += use.units
    for pool_id, units in wanted.items():
        ref = equipment_ref(pool_id)
        pool = snapshot.setup.pool_by_id[pool_id]
        peak = snapshot.calendar.busy(snapshot.setup.resource_index[ref]).peak(*hold)
        if peak + units > pool.quantity:
            return _taken(equipment_is_never_overbooked, ref, f"{pool.name}: all units are taken then")
    return None


def patient_is_never_in_two_places(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A patient has one visit at a time; buffers do not count."""
    patient = placement.patient
    if patient is None:
        return None
    if not snapshot.calendar.visits_of(patient.id).overlapping(placement.start, placement.end):
        return None
    message = "the patient has another visit then"
    return _taken(patient_is_never_in_two_places, patient_ref(patient.id), message)


ROOM_RULES: tuple[Rule, ...] = (
    room_suits_the_service,
    room_is_open,
    room_is_never_double_booked,
)

EQUIPMENT_RULES: tuple[Rule, ...] = (
    equipment_is_what_the_service_needs,
    equipment_is_open,
    equipment_is_never_overbooked,
)

HARD_RULES: tuple[Rule, ...] = (
    provider_offers_the_service,
    provider_works_at_the_location,
    provider_is_not_blocked_for_the_patient,
    start_is_aligned,
    start_respects_notice,
    start_is_within_the_booking_horizon,
    location_is_open,
    provider_is_working,
    *ROOM_RULES,
    *EQUIPMENT_RULES,
    provider_is_never_double_booked,
    patient_is_never_in_two_places,
)


def violations(placement: Placement, snapshot: ClinicSnapshot) -> Iterator[Violation]:
    """Every rule that a placement breaks, in the order of the table above."""
    for rule in HARD_RULES:
        violation = rule(placement, snapshot)
        if violation is not None:
            yield violation


def first_violation(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """The first rule that a placement breaks; None if it can be."""
    for rule in HARD_RULES:
        violation = rule(placement, snapshot)
        if violation is not None:
            return violation
    return None


def described(placement: Placement, snapshot: ClinicSnapshot) -> str:
    """A placement in words, for the message of a bug."""
    zone = snapshot.setup.zone_of(placement.location)
    start = local_of(placement.start, zone).isoformat(timespec="minutes")
    return f"{placement.service.name} with {placement.provider.name} at {start}"
