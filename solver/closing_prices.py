"""What a closing counts, so that among equally small sets the most telling one is named."""

ONE = 1000
"""A closing, whichever it is. What follows only orders sets of equal size."""

_FARFETCHED = {
    "provider_is_never_double_booked": 1,
    "room_is_never_double_booked": 1,
    "equipment_is_never_overbooked": 1,
    "group_visit_has_a_seat_left": 1,
    "patient_is_never_in_two_places": 2,
    "overbooking_stays_within_its_daily_limit": 2,
    "provider_has_visits_left_that_day": 2,
    "service_has_visits_left_that_day": 2,
    "visits_of_a_service_keep_their_gap": 2,
    "location_is_open": 3,
    "room_is_open": 4,
    "equipment_is_open": 4,
    "provider_is_working": 5,
    "service_is_not_blacked_out": 6,
    "start_respects_notice": 7,
    "start_is_within_the_booking_horizon": 8,
    "room_suits_the_service": 20,
    "equipment_is_what_the_service_needs": 20,
    "provider_works_at_the_location": 22,
    "provider_offers_the_service": 24,
    "service_allows_the_provider": 24,
    "start_is_aligned": 26,
    "provider_is_not_blocked_for_the_patient": 28,
    "group_visit_is_shared_whole": 28,
}
"""Somebody was faster; it is closed then; it is too soon or too late; it is nobody's and nothing's job."""


def price_of(rule: str) -> int:
    """One closing, and how far from the point it is.

    >>> price_of("room_is_open") // ONE
    1
    """
    return ONE + _FARFETCHED[rule]
