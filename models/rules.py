"""Every hard rule as a plain check; the last word on whatever is shown or stored.

Each rule has the same name here, in `solver.hard_rules`, in the tests and in `docs/rules.md`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from models.appointment import EquipmentUse
from models.claims import day_of, gap_hold_of, hold_of, room_hold_of
from models.clinic import Modality, OverbookingRule, suits
from models.counters import gap_ref, overbooking_ref, provider_day_ref, seats_ref, service_day_ref
from models.group_visit import GroupKey
from models.overbooking import rules_at
from models.refs import (
    CLINIC,
    equipment_ref,
    location_ref,
    patient_ref,
    provider_ref,
    room_ref,
    service_ref,
)
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.wall_clock import MINUTES_PER_DAY, local_date, local_of, minute_of_day


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


def service_allows_the_provider(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A service that names its providers is given by nobody else."""
    allowed = placement.service.allowed_provider_ids
    if allowed is None or placement.provider.id in allowed:
        return None
    message = f"{placement.service.name} is not given by {placement.provider.name}"
    return _refused(service_allows_the_provider, provider_ref(placement.provider.id), message)


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


def service_is_not_blacked_out(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A service is not given on its blackout dates, as the calendar on the wall of the place shows them."""
    service = placement.service
    if not service.blackout_dates:
        return None
    day = local_date(placement.start, snapshot.setup.zone_of(placement.location))
    if day not in service.blackout_dates:
        return None
    return _refused(service_is_not_blacked_out, CLINIC, f"{service.name} is not given on {day.isoformat()}")


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
    """No provider holds two visits at once, but where a rule adds lanes; buffers count as busy."""
    if placement.joins is not None:
        return None
    peak = provider_peak(placement, snapshot)
    if not peak or any(rule.lanes >= peak for rule in _overbooking_rules(placement, snapshot)):
        return None
    provider = placement.provider
    return _taken(
        provider_is_never_double_booked, provider_ref(provider.id), f"{provider.name} is taken then"
    )


def overbooking_stays_within_its_daily_limit(
    placement: Placement, snapshot: ClinicSnapshot
) -> Violation | None:
    """An overbooking rule lets a provider take no more visits of a day on top than it says."""
    if placement.joins is not None:
        return None
    peak = provider_peak(placement, snapshot)
    rules = [rule for rule in _overbooking_rules(placement, snapshot) if rule.lanes >= peak] if peak else []
    if not rules or any(_has_some_left(rule, placement, snapshot) for rule in rules):
        return None
    provider = placement.provider
    message = f"{provider.name} takes no more visits on top of others on that day"
    return _taken(overbooking_stays_within_its_daily_limit, provider_ref(provider.id), message)


def provider_has_visits_left_that_day(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A provider sees at most so many patients on one day of the clinic; what was completed counts."""
    most, provider = placement.provider.max_visits_per_day, placement.provider
    if most is None or _counted(provider_day_ref(provider.id), placement, snapshot) < most:
        return None
    message = f"{provider.name} sees at most {most} patients a day"
    return _taken(provider_has_visits_left_that_day, provider_ref(provider.id), message)


def service_has_visits_left_that_day(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A service is given at most so many times on one day of the clinic; what was completed counts."""
    most, service = placement.service.max_per_day, placement.service
    if most is None or _counted(service_day_ref(service.id), placement, snapshot) < most:
        return None
    message = f"{service.name} is given at most {most} times a day"
    return _taken(service_has_visits_left_that_day, service_ref(service.id), message)


def visits_of_a_service_keep_their_gap(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """Between two visits of a service at one provider lies its minimum gap; buffers do not count."""
    service, provider = placement.service, placement.provider
    if not service.min_gap_minutes or placement.joins is not None:
        return None
    ref = gap_ref(provider.id, service.id)
    hold = gap_hold_of(service, placement.start, placement.end)
    if not snapshot.calendar.busy(snapshot.setup.resource_index[ref]).overlapping(*hold):
        return None
    message = f"{provider.name} needs {service.min_gap_minutes} minutes between visits of {service.name}"
    return _taken(visits_of_a_service_keep_their_gap, provider_ref(provider.id), message)


def group_visit_has_a_seat_left(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A provider has no more patients of a service for groups at one time than it has seats."""
    service, provider = placement.service, placement.provider
    if not service.is_for_groups:
        return None
    seats = snapshot.setup.resource_index[seats_ref(provider.id, service.id)]
    if snapshot.calendar.busy(seats).peak(placement.start, placement.end) < service.seats:
        return None
    message = f"all {service.seats} seats of {service.name} are taken then"
    return _taken(group_visit_has_a_seat_left, provider_ref(provider.id), message)


def group_visit_is_shared_whole(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """Who takes a seat in a group visit shares its provider, room, equipment and time."""
    joined = placement.joins
    if joined is None:
        return None
    room_id = placement.room.id if placement.room else None
    key = GroupKey(placement.service.id, placement.provider.id, placement.start, placement.end, room_id)
    if key == joined.key and sorted(placement.equipment, key=_pool) == sorted(joined.equipment, key=_pool):
        return None
    return _refused(group_visit_is_shared_whole, CLINIC, f"{placement.service.name} is a group visit")


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
    if room is None or placement.joins is not None:
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
    service_allows_the_provider,
    provider_works_at_the_location,
    provider_is_not_blocked_for_the_patient,
    start_is_aligned,
    start_respects_notice,
    start_is_within_the_booking_horizon,
    service_is_not_blacked_out,
    location_is_open,
    provider_is_working,
    *ROOM_RULES,
    *EQUIPMENT_RULES,
    provider_is_never_double_booked,
    overbooking_stays_within_its_daily_limit,
    provider_has_visits_left_that_day,
    service_has_visits_left_that_day,
    visits_of_a_service_keep_their_gap,
    group_visit_has_a_seat_left,
    group_visit_is_shared_whole,
    patient_is_never_in_two_places,
)


def provider_peak(placement: Placement, snapshot: ClinicSnapshot) -> int:
    """How many visits the provider holds at most at any one minute of the hold."""
    hold = hold_of(placement.service, placement.start, placement.end)
    ref = provider_ref(placement.provider.id)
    return snapshot.calendar.busy(snapshot.setup.resource_index[ref]).peak(*hold)


def is_overbooked(placement: Placement, snapshot: ClinicSnapshot) -> bool:
    """Whether the visit overlaps another hold of its provider, or joins a group visit that does."""
    if placement.joins is not None:
        return placement.joins.overbook
    return provider_peak(placement, snapshot) > 0


def _overbooking_rules(placement: Placement, snapshot: ClinicSnapshot) -> list[OverbookingRule]:
    service, provider, location = placement.service, placement.provider, placement.location
    return rules_at(snapshot.setup, provider, service, location, placement.start, placement.end)


def _has_some_left(rule: OverbookingRule, placement: Placement, snapshot: ClinicSnapshot) -> bool:
    if rule.max_per_day is None:
        return True
    ref = overbooking_ref(rule.id, placement.provider.id)
    return ref not in snapshot.setup.counters or _counted(ref, placement, snapshot) < rule.max_per_day


def _counted(ref: str, placement: Placement, snapshot: ClinicSnapshot) -> int:
    day = day_of(snapshot.setup, placement.start)
    return snapshot.calendar.busy(snapshot.setup.resource_index[ref]).peak(*day)


def _pool(use: EquipmentUse) -> str:
    return use.id


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
