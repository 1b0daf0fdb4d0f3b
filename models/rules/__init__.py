"""Every hard rule as a plain check; the last word on whatever is shown or stored.

Each rule has the same name here, in `solver.hard_rules`, in the tests and in `docs/rules.md`. Families of
rules are files; the table below is the order in which a visit is judged.
"""

from collections.abc import Iterator

from models.rules.counts import (
    provider_has_visits_left_that_day,
    service_has_visits_left_that_day,
    visits_of_a_service_keep_their_gap,
)
from models.rules.equipment import (
    equipment_is_never_overbooked,
    equipment_is_open,
    equipment_is_what_the_service_needs,
)
from models.rules.evidence import is_overbooked, provider_peak
from models.rules.groups import (
    group_visit_has_a_seat_left,
    group_visit_is_shared_whole,
)
from models.rules.hours import (
    location_is_open,
    provider_is_working,
)
from models.rules.overbooking import overbooking_stays_within_its_daily_limit
from models.rules.people import patient_is_never_in_two_places, provider_is_never_double_booked
from models.rules.rooms import (
    room_is_never_double_booked,
    room_is_open,
    room_suits_the_service,
)
from models.rules.starts import (
    service_is_not_blacked_out,
    start_is_aligned,
    start_is_within_the_booking_horizon,
    start_respects_notice,
)
from models.rules.violation import Rule, Violation
from models.rules.who_and_where import (
    provider_is_not_blocked_for_the_patient,
    provider_offers_the_service,
    provider_works_at_the_location,
    service_allows_the_provider,
)
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.wall_clock import local_of

__all__ = [
    "EQUIPMENT_RULES",
    "HARD_RULES",
    "ROOM_RULES",
    "Rule",
    "Violation",
    "described",
    "equipment_is_never_overbooked",
    "equipment_is_open",
    "equipment_is_what_the_service_needs",
    "first_violation",
    "group_visit_has_a_seat_left",
    "group_visit_is_shared_whole",
    "is_overbooked",
    "location_is_open",
    "overbooking_stays_within_its_daily_limit",
    "patient_is_never_in_two_places",
    "provider_has_visits_left_that_day",
    "provider_is_never_double_booked",
    "provider_is_not_blocked_for_the_patient",
    "provider_is_working",
    "provider_offers_the_service",
    "provider_peak",
    "provider_works_at_the_location",
    "room_is_never_double_booked",
    "room_is_open",
    "room_suits_the_service",
    "service_allows_the_provider",
    "service_has_visits_left_that_day",
    "service_is_not_blacked_out",
    "start_is_aligned",
    "start_is_within_the_booking_horizon",
    "start_respects_notice",
    "violations",
    "visits_of_a_service_keep_their_gap",
]

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
    patient_is_never_in_two_places,
    overbooking_stays_within_its_daily_limit,
    provider_has_visits_left_that_day,
    service_has_visits_left_that_day,
    visits_of_a_service_keep_their_gap,
    group_visit_has_a_seat_left,
    group_visit_is_shared_whole,
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
