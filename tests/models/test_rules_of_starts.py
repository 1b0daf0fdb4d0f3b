"""Rules about when a visit may start, on the wall clock and from now on."""

from datetime import date, timedelta

import pytest

from models.rules import (
    service_is_not_blacked_out,
    start_is_aligned,
    start_is_within_the_booking_horizon,
    start_respects_notice,
)
from tests.builders import (
    MONDAY,
    NOW,
    TUESDAY,
    a_call,
    a_clinic,
    a_location,
    a_placement,
    a_service,
    a_snapshot,
    at,
    moment,
)
from tests.verdicts import fits, refusal

BERLIN = "Europe/Berlin"
BERLIN_IN_SPRING = date(2026, 3, 29)  # 02:00 to 03:00 does not exist
BERLIN_IN_AUTUMN = date(2026, 10, 25)  # 02:00 to 03:00 comes twice
LORD_HOWE = "Australia/Lord_Howe"
LORD_HOWE_IN_SPRING = date(2026, 10, 4)  # 02:00 to 02:30 does not exist
LORD_HOWE_IN_AUTUMN = date(2026, 4, 5)  # 01:30 to 02:00 comes twice
NEW_YORK = "America/New_York"
NEW_YORK_IN_SPRING = date(2026, 3, 8)  # 02:00 to 03:00 does not exist
NEW_YORK_IN_AUTUMN = date(2026, 11, 1)  # 01:00 to 02:00 comes twice


class TestStartIsAligned:
    @pytest.mark.parametrize("clock", ["00:00", "10:00", "10:15", "23:45"])
    def test_a_start_on_a_step_fits(self, clock: str) -> None:
        assert fits(start_is_aligned, a_placement(clock), a_snapshot())

    @pytest.mark.parametrize("clock", ["10:14", "10:16", "00:01"])
    def test_a_minute_beside_the_step_is_refused(self, clock: str) -> None:
        violation = refusal(start_is_aligned, a_placement(clock), a_snapshot())
        assert violation.resource == "clinic"
        assert violation.message == "Check-up starts every 15 minutes from local midnight"

    def test_steps_count_from_midnight_and_not_from_the_hour(self) -> None:
        service = a_service(slot_step_minutes=25)
        assert fits(start_is_aligned, a_placement("09:10", service=service), a_snapshot())
        refusal(start_is_aligned, a_placement("09:00", service=service), a_snapshot())
        assert fits(start_is_aligned, a_placement(at("00:00", TUESDAY), service=service), a_snapshot())

    def test_midnight_is_that_of_the_location(self) -> None:
        kathmandu = a_location(timezone="Asia/Kathmandu")  # 5:45 ahead of UTC
        hourly = a_service(slot_step_minutes=60)
        snapshot = a_snapshot(a_clinic(locations=(kathmandu,)))
        assert fits(start_is_aligned, a_placement("04:15", service=hourly, location=kathmandu), snapshot)
        refusal(start_is_aligned, a_placement("04:00", service=hourly, location=kathmandu), snapshot)

    def test_a_visit_without_a_place_is_read_on_the_clock_of_the_clinic(self) -> None:
        snapshot = a_snapshot(a_clinic(timezone="Asia/Kolkata"))  # 5:30 ahead of UTC
        hourly_call = a_call(slot_step_minutes=60)
        assert fits(start_is_aligned, a_placement("04:30", service=hourly_call), snapshot)
        refusal(start_is_aligned, a_placement("04:00", service=hourly_call), snapshot)

    def test_the_wall_clock_counts_after_the_night_in_spring(self) -> None:
        """When the clock shows 03:00, two 90-minute steps have been shown, and only two hours have passed."""
        snapshot = a_snapshot(a_clinic(timezone=BERLIN))
        ninety = a_service(slot_step_minutes=90)
        for clock in ("01:30", "03:00", "04:30"):
            start = at(clock, BERLIN_IN_SPRING, BERLIN)
            assert fits(start_is_aligned, a_placement(start, service=ninety), snapshot)
        refusal(
            start_is_aligned, a_placement(at("03:30", BERLIN_IN_SPRING, BERLIN), service=ninety), snapshot
        )

    def test_both_occurrences_of_a_doubled_time_are_steps(self) -> None:
        snapshot = a_snapshot(a_clinic(timezone=BERLIN))
        for fold in (0, 1):
            start = at("02:15", BERLIN_IN_AUTUMN, BERLIN, fold=fold)
            assert fits(start_is_aligned, a_placement(start), snapshot)
            refusal(start_is_aligned, a_placement(start + 1), snapshot)

    def test_a_step_may_pass_the_same_wall_clock_twice_or_skip_it(self) -> None:
        snapshot = a_snapshot(a_clinic(timezone=NEW_YORK))
        ninety = a_service(slot_step_minutes=90)
        for fold in (0, 1):
            start = at("01:30", NEW_YORK_IN_AUTUMN, NEW_YORK, fold=fold)
            assert fits(start_is_aligned, a_placement(start, service=ninety), snapshot)
        after_the_gap = at("03:00", NEW_YORK_IN_SPRING, NEW_YORK)
        assert fits(start_is_aligned, a_placement(after_the_gap, service=ninety), snapshot)
        refusal(
            start_is_aligned,
            a_placement(after_the_gap - 30, service=a_service(slot_step_minutes=60)),
            snapshot,
        )

    def test_half_an_hour_of_summer_time_moves_hourly_starts_by_half_an_hour(self) -> None:
        snapshot = a_snapshot(a_clinic(timezone=LORD_HOWE))
        hourly = a_service(slot_step_minutes=60)
        for day in (LORD_HOWE_IN_SPRING, LORD_HOWE_IN_AUTUMN):
            one, three = at("01:00", day, LORD_HOWE), at("03:00", day, LORD_HOWE)
            assert three - one == (90 if day == LORD_HOWE_IN_SPRING else 150)
            assert fits(start_is_aligned, a_placement(one, service=hourly), snapshot)
            assert fits(start_is_aligned, a_placement(three, service=hourly), snapshot)
            refusal(start_is_aligned, a_placement(one + 60, service=hourly), snapshot)


class TestStartRespectsNotice:
    def test_a_start_right_now_is_not_in_the_past(self) -> None:
        assert fits(start_respects_notice, a_placement("06:00"), a_snapshot(now=NOW))

    def test_a_minute_ago_lies_in_the_past(self) -> None:
        violation = refusal(start_respects_notice, a_placement("05:59"), a_snapshot(now=NOW))
        assert (violation.resource, violation.message) == ("clinic", "the start lies in the past")

    def test_a_minute_that_has_begun_lies_in_the_past(self) -> None:
        a_second_later = a_snapshot(now=NOW + timedelta(seconds=1))
        refusal(start_respects_notice, a_placement("06:00"), a_second_later)
        assert fits(start_respects_notice, a_placement("06:01"), a_second_later)

    def test_notice_is_measured_from_now_to_the_minute(self) -> None:
        service = a_service(min_notice_minutes=90)
        snapshot = a_snapshot(now=NOW)
        assert fits(start_respects_notice, a_placement("07:30", service=service), snapshot)
        violation = refusal(start_respects_notice, a_placement("07:29", service=service), snapshot)
        assert violation.message == "Check-up needs 90 minutes of notice"

    def test_the_past_is_called_that_whatever_the_notice(self) -> None:
        before_now = a_placement("05:59", service=a_service(min_notice_minutes=90))
        assert refusal(start_respects_notice, before_now, a_snapshot(now=NOW)).message == (
            "the start lies in the past"
        )

    def test_notice_rounds_up_with_the_seconds_of_the_clock(self) -> None:
        service = a_service(min_notice_minutes=90)
        snapshot = a_snapshot(now=NOW + timedelta(microseconds=1))
        refusal(start_respects_notice, a_placement("07:30", service=service), snapshot)
        assert fits(start_respects_notice, a_placement("07:31", service=service), snapshot)

    def test_notice_over_a_night_in_spring_is_real_time(self) -> None:
        """From 01:30 to 03:30 on the wall clock only one hour passes."""
        snapshot = a_snapshot(a_clinic(timezone=BERLIN), now=moment("01:30", BERLIN_IN_SPRING, BERLIN))
        start = at("03:30", BERLIN_IN_SPRING, BERLIN)
        hour, longer = a_service(min_notice_minutes=60), a_service(min_notice_minutes=61)
        assert fits(start_respects_notice, a_placement(start, service=hour), snapshot)
        refusal(start_respects_notice, a_placement(start, service=longer), snapshot)


class TestStartIsWithinTheBookingHorizon:
    def test_the_last_minute_of_the_horizon_can_be_booked(self) -> None:
        week = a_service(max_future_days=7)
        last = a_placement(at("06:00", MONDAY + timedelta(days=7)), service=week)
        assert fits(start_is_within_the_booking_horizon, last, a_snapshot(now=NOW))

    def test_the_minute_after_the_horizon_cannot(self) -> None:
        week = a_service(max_future_days=7)
        beyond = a_placement(at("06:01", MONDAY + timedelta(days=7)), service=week)
        violation = refusal(start_is_within_the_booking_horizon, beyond, a_snapshot(now=NOW))
        assert (violation.resource, violation.message) == (
            "clinic",
            "Check-up can be booked at most 7 days ahead",
        )

    def test_a_horizon_of_no_days_ends_now(self) -> None:
        today = a_service(max_future_days=0)
        snapshot = a_snapshot(now=NOW + timedelta(seconds=59))
        assert fits(start_is_within_the_booking_horizon, a_placement("06:00", service=today), snapshot)
        refusal(start_is_within_the_booking_horizon, a_placement("06:01", service=today), snapshot)

    def test_a_day_of_the_horizon_has_24_hours_whatever_the_clock_does(self) -> None:
        tomorrow = a_service(max_future_days=1)
        noon = moment("12:00", BERLIN_IN_SPRING - timedelta(days=1), BERLIN)
        snapshot = a_snapshot(a_clinic(timezone=BERLIN), now=noon)
        one = at("13:00", BERLIN_IN_SPRING, BERLIN)
        assert fits(start_is_within_the_booking_horizon, a_placement(one, service=tomorrow), snapshot)
        refusal(start_is_within_the_booking_horizon, a_placement(one + 1, service=tomorrow), snapshot)


class TestServiceIsNotBlackedOut:
    def test_a_service_without_blackout_dates_is_given_every_day(self) -> None:
        assert fits(service_is_not_blacked_out, a_placement(), a_snapshot())

    def test_a_service_is_not_given_on_its_blackout_dates(self) -> None:
        service = a_service(blackout_dates=frozenset({MONDAY, MONDAY + timedelta(days=7)}))
        violation = refusal(service_is_not_blacked_out, a_placement(service=service), a_snapshot())
        assert (violation.resource, violation.taken) == ("clinic", False)
        assert violation.message == "Check-up is not given on 2026-06-01"

    def test_it_is_given_until_midnight_before_and_from_midnight_after(self) -> None:
        service = a_service(blackout_dates=frozenset({TUESDAY}))
        for start in (at("23:59"), at("24:00", TUESDAY)):
            assert fits(service_is_not_blacked_out, a_placement(start, service=service), a_snapshot())
        for start in (at("00:00", TUESDAY), at("23:59", TUESDAY)):
            refusal(service_is_not_blacked_out, a_placement(start, service=service), a_snapshot())

    def test_only_the_start_counts(self) -> None:
        """A visit that begins the evening before may reach into the date."""
        service = a_service(blackout_dates=frozenset({TUESDAY}), duration_minutes=60)
        late = a_placement("23:30", service=service)
        assert late.end > at("00:00", TUESDAY)
        assert fits(service_is_not_blacked_out, late, a_snapshot())

    def test_the_date_is_that_of_the_location_and_not_of_the_clinic(self) -> None:
        tokyo = a_location(timezone="Asia/Tokyo")  # 9:00 ahead of UTC, and it is the clinic's Monday
        snapshot = a_snapshot(a_clinic(locations=(tokyo,)))
        service = a_service(blackout_dates=frozenset({TUESDAY}))
        assert fits(
            service_is_not_blacked_out, a_placement("14:59", service=service, location=tokyo), snapshot
        )
        refusal(service_is_not_blacked_out, a_placement("15:00", service=service, location=tokyo), snapshot)

    def test_a_visit_without_a_place_is_read_on_the_calendar_of_the_clinic(self) -> None:
        snapshot = a_snapshot(a_clinic(timezone="Asia/Kolkata"))  # 5:30 ahead of UTC
        call = a_call(blackout_dates=frozenset({TUESDAY}))
        assert fits(service_is_not_blacked_out, a_placement("18:29", service=call), snapshot)
        refusal(service_is_not_blacked_out, a_placement("18:30", service=call), snapshot)

    def test_a_date_of_23_or_25_hours_is_blacked_out_from_end_to_end(self) -> None:
        for zone, day, hours in (
            (BERLIN, BERLIN_IN_SPRING, 23),
            (BERLIN, BERLIN_IN_AUTUMN, 25),
            (LORD_HOWE, LORD_HOWE_IN_AUTUMN, 24.5),
        ):
            snapshot = a_snapshot(a_clinic(timezone=zone))
            service = a_service(blackout_dates=frozenset({day}))
            first, beyond = at("00:00", day, zone), at("00:00", day + timedelta(days=1), zone)
            assert beyond - first == hours * 60
            for start in (first, beyond - 1):
                refusal(service_is_not_blacked_out, a_placement(start, service=service), snapshot)
            for start in (first - 1, beyond):
                assert fits(service_is_not_blacked_out, a_placement(start, service=service), snapshot)
