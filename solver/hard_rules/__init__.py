"""Every hard rule as constraints, under the names of `models.rules`.

A rule says only what pruning has left open (`variables.undecided`): without pruning it says
everything, and the tests hold both against brute force. Holds are intervals; what is booked is
pinned; providers, rooms, pools and whatever is counted are cumulatives, a patient is a no-overlap.
"""

from collections.abc import Callable
from typing import TypeAlias

from ortools.sat.python.cp_model import CpModel

from solver.hard_rules.counts import (
    provider_has_visits_left_that_day,
    service_has_visits_left_that_day,
    visits_of_a_service_keep_their_gap,
)
from solver.hard_rules.equipment import (
    equipment_is_never_overbooked,
    equipment_is_open,
    equipment_is_what_the_service_needs,
)
from solver.hard_rules.groups import (
    group_visit_has_a_seat_left,
    group_visit_is_shared_whole,
)
from solver.hard_rules.hours import (
    location_is_open,
    provider_is_working,
)
from solver.hard_rules.overbooking import overbooking_stays_within_its_daily_limit
from solver.hard_rules.people import patient_is_never_in_two_places, provider_is_never_double_booked
from solver.hard_rules.rooms import (
    room_is_never_double_booked,
    room_is_open,
    room_suits_the_service,
)
from solver.hard_rules.starts import (
    service_is_not_blacked_out,
    start_is_aligned,
    start_is_within_the_booking_horizon,
    start_respects_notice,
)
from solver.hard_rules.who_and_where import (
    provider_is_not_blocked_for_the_patient,
    provider_offers_the_service,
    provider_works_at_the_location,
    service_allows_the_provider,
)
from solver.problem import SearchProblem
from solver.variables import Variables

__all__ = [
    "HARD_RULES",
    "HardRule",
    "equipment_is_never_overbooked",
    "equipment_is_open",
    "equipment_is_what_the_service_needs",
    "group_visit_has_a_seat_left",
    "group_visit_is_shared_whole",
    "location_is_open",
    "overbooking_stays_within_its_daily_limit",
    "patient_is_never_in_two_places",
    "provider_has_visits_left_that_day",
    "provider_is_never_double_booked",
    "provider_is_not_blocked_for_the_patient",
    "provider_is_working",
    "provider_offers_the_service",
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
    "visits_of_a_service_keep_their_gap",
]

HardRule: TypeAlias = Callable[[CpModel, Variables, SearchProblem], None]

HARD_RULES: tuple[HardRule, ...] = (
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
    room_suits_the_service,
    room_is_open,
    room_is_never_double_booked,
    equipment_is_what_the_service_needs,
    equipment_is_open,
    equipment_is_never_overbooked,
    provider_is_never_double_booked,
    patient_is_never_in_two_places,
    overbooking_stays_within_its_daily_limit,
    provider_has_visits_left_that_day,
    service_has_visits_left_that_day,
    visits_of_a_service_keep_their_gap,
    group_visit_has_a_seat_left,
    group_visit_is_shared_whole,
)
