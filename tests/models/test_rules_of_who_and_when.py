"""Rules about who may be booked, at which starts, and while who and what is open."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models.rules import (
    Violation,
    location_is_open,
    provider_is_not_blocked_for_the_patient,
    provider_is_working,
    provider_offers_the_service,
    provider_works_at_the_location,
    start_is_aligned,
    start_is_within_the_booking_horizon,
    start_respects_notice,
)
from models.setup import ClinicSetup
from models.wall_clock import Minute
from tests.builders import (
    MONDAY,
    NOW,
    SUNDAY,
    TUESDAY,
    a_call,
    a_clinic,
    a_location,
    a_patient,
    a_placement,
    a_provider,
    a_service,
    a_snapshot,
    at,
    closed,
    hours,
    moment,
    opened,
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


class TestProviderOffersTheService:
    def test_a_provider_is_booked_for_a_service_on_their_list(self) -> None:
        several = a_provider(service_ids=("ultrasound", "checkup"))
        assert fits(provider_offers_the_service, a_placement(provider=several), a_snapshot())

    def test_a_provider_is_not_booked_for_any_other_service(self) -> None:
        other = a_provider(service_ids=("ultrasound",))
        violation = refusal(provider_offers_the_service, a_placement(provider=other), a_snapshot())
        assert violation == Violation(
            rule="provider_offers_the_service",
            resource="providers/okoro",
            message="Dr Okoro does not offer Check-up",
        )

    def test_a_provider_without_services_is_booked_for_none(self) -> None:
        refusal(provider_offers_the_service, a_placement(provider=a_provider(service_ids=())), a_snapshot())


class TestProviderWorksAtTheLocation:
    def test_a_provider_is_booked_at_each_of_their_sites(self) -> None:
        mobile = a_provider(location_ids=("main", "annex"))
        for site in (a_location("main"), a_location("annex")):
            placement = a_placement(provider=mobile, location=site)
            assert fits(provider_works_at_the_location, placement, a_snapshot())

    def test_a_provider_is_not_booked_at_a_site_where_they_do_not_work(self) -> None:
        placement = a_placement(location=a_location("annex"))
        violation = refusal(provider_works_at_the_location, placement, a_snapshot())
        assert (violation.resource, violation.taken) == ("providers/okoro", False)
        assert violation.message == "Dr Okoro does not work at Site annex"

    def test_a_visit_without_a_place_needs_no_site(self) -> None:
        homeless = a_provider(location_ids=())
        placement = a_placement(service=a_call(), provider=homeless)
        assert fits(provider_works_at_the_location, placement, a_snapshot())


class TestProviderIsNotBlockedForThePatient:
    def test_a_patient_sees_whomever_nobody_blocked(self) -> None:
        patient = a_patient(blocked_provider_ids=frozenset({"lind"}))
        assert fits(provider_is_not_blocked_for_the_patient, a_placement(patient=patient), a_snapshot())

    def test_a_patient_is_not_placed_with_a_provider_blocked_for_them(self) -> None:
        patient = a_patient(blocked_provider_ids=frozenset({"lind", "okoro"}))
        violation = refusal(
            provider_is_not_blocked_for_the_patient, a_placement(patient=patient), a_snapshot()
        )
        assert (violation.resource, violation.taken) == ("providers/okoro", False)

    def test_nobody_is_blocked_for_a_patient_who_is_not_named(self) -> None:
        assert fits(provider_is_not_blocked_for_the_patient, a_placement(patient=None), a_snapshot())


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


def closed_from_nine_to_eleven(resource: str) -> ClinicSetup:
    return a_clinic(
        locations=(a_location(), a_location("annex")),
        exceptions=(closed(resource, moment("09:00"), moment("11:00")),),
    )


class TestLocationIsOpen:
    @pytest.mark.parametrize("clock", ["08:00", "08:30", "11:00", "11:30"])
    def test_a_visit_may_touch_a_closure_on_either_side(self, clock: str) -> None:
        snapshot = a_snapshot(closed_from_nine_to_eleven("locations/main"))
        assert fits(location_is_open, a_placement(clock), snapshot)

    @pytest.mark.parametrize("clock", ["08:31", "09:00", "10:30", "10:59"])
    def test_a_visit_may_not_reach_a_minute_into_a_closure(self, clock: str) -> None:
        snapshot = a_snapshot(closed_from_nine_to_eleven("locations/main"))
        violation = refusal(location_is_open, a_placement(clock), snapshot)
        assert (violation.resource, violation.message) == ("locations/main", "the clinic is closed then")

    def test_a_closed_clinic_closes_its_locations(self) -> None:
        snapshot = a_snapshot(closed_from_nine_to_eleven("clinic"))
        refusal(location_is_open, a_placement("10:00"), snapshot)
        assert fits(location_is_open, a_placement("11:00"), snapshot)

    def test_another_location_may_be_closed(self) -> None:
        snapshot = a_snapshot(closed_from_nine_to_eleven("locations/annex"))
        assert fits(location_is_open, a_placement("10:00"), snapshot)

    def test_a_visit_without_a_place_minds_only_the_clinic(self) -> None:
        call = a_placement("10:00", service=a_call())
        assert fits(location_is_open, call, a_snapshot(closed_from_nine_to_eleven("locations/main")))
        violation = refusal(location_is_open, call, a_snapshot(closed_from_nine_to_eleven("clinic")))
        assert violation.resource == "clinic"

    def test_a_closure_that_ends_within_a_minute_takes_the_whole_minute(self) -> None:
        half_past = closed("locations/main", moment("09:00"), moment("11:00") + timedelta(seconds=1))
        snapshot = a_snapshot(a_clinic(exceptions=(half_past,)))
        refusal(location_is_open, a_placement("11:00"), snapshot)
        assert fits(location_is_open, a_placement("11:01"), snapshot)


def working(*windows: tuple[str, str], timezone: str = "UTC", **parts: Any) -> ClinicSetup:
    return a_clinic(
        timezone=timezone,
        working_hours=[hours("providers/okoro", start, end) for start, end in windows],
        **parts,
    )


class TestProviderIsWorking:
    @pytest.mark.parametrize("clock", ["08:00", "12:00", "15:30"])
    def test_a_visit_fits_from_the_first_minute_to_the_last(self, clock: str) -> None:
        assert fits(provider_is_working, a_placement(clock), a_snapshot(working(("08:00", "16:00"))))

    @pytest.mark.parametrize("clock", ["07:59", "15:31", "16:00", "02:00"])
    def test_a_minute_outside_the_hours_is_refused(self, clock: str) -> None:
        violation = refusal(provider_is_working, a_placement(clock), a_snapshot(working(("08:00", "16:00"))))
        assert (violation.resource, violation.message) == ("providers/okoro", "Dr Okoro does not work then")

    def test_adjoining_windows_count_as_one(self) -> None:
        snapshot = a_snapshot(working(("08:00", "12:00"), ("12:00", "16:00")))
        assert fits(provider_is_working, a_placement("11:45"), snapshot)

    def test_a_break_of_one_minute_parts_two_windows(self) -> None:
        snapshot = a_snapshot(working(("08:00", "12:00"), ("12:01", "16:00")))
        assert fits(provider_is_working, a_placement("11:30"), snapshot)
        refusal(provider_is_working, a_placement("11:45"), snapshot)
        refusal(provider_is_working, a_placement("12:00"), snapshot)
        assert fits(provider_is_working, a_placement("12:01"), snapshot)

    def test_a_night_shift_adjoins_at_midnight(self) -> None:
        snapshot = a_snapshot(working(("22:00", "24:00"), ("00:00", "06:00")))
        assert fits(provider_is_working, a_placement("23:45"), snapshot)
        assert fits(provider_is_working, a_placement("05:30"), snapshot)
        refusal(provider_is_working, a_placement("05:45"), snapshot)

    def test_a_provider_without_hours_never_works(self) -> None:
        refusal(provider_is_working, a_placement("10:00"), a_snapshot(a_clinic(working_hours=())))

    def test_a_provider_without_hours_works_where_an_exception_opens(self) -> None:
        extra = opened("providers/okoro", moment("10:00"), moment("10:30"))
        snapshot = a_snapshot(a_clinic(working_hours=(), exceptions=(extra,)))
        assert fits(provider_is_working, a_placement("10:00"), snapshot)
        refusal(provider_is_working, a_placement("10:01"), snapshot)
        refusal(provider_is_working, a_placement("09:59"), snapshot)

    def test_an_exception_that_opens_adjoins_the_weekly_hours(self) -> None:
        extra = opened("providers/okoro", moment("16:00"), moment("16:20"))
        snapshot = a_snapshot(working(("08:00", "16:00"), exceptions=(extra,)))
        assert fits(provider_is_working, a_placement("15:50"), snapshot)
        refusal(provider_is_working, a_placement("15:51"), snapshot)

    def test_an_exception_that_closes_wins_over_one_that_opens(self) -> None:
        both = (
            opened("providers/okoro", moment("06:00"), moment("09:00")),
            closed("providers/okoro", moment("07:00"), moment("10:00")),
        )
        snapshot = a_snapshot(working(("08:00", "16:00"), exceptions=both))
        assert fits(provider_is_working, a_placement("06:30"), snapshot)
        refusal(provider_is_working, a_placement("06:31"), snapshot)
        refusal(provider_is_working, a_placement("09:59"), snapshot)
        assert fits(provider_is_working, a_placement("10:00"), snapshot)

    def test_hours_recur_on_their_weekdays_within_their_dates(self) -> None:
        mondays = hours(
            "providers/okoro",
            "08:00",
            "16:00",
            "FREQ=WEEKLY;BYDAY=MO",
            effective_from=MONDAY,
            effective_to=MONDAY,
        )
        snapshot = a_snapshot(a_clinic(working_hours=(mondays,)))
        assert fits(provider_is_working, a_placement("10:00"), snapshot)
        for day in (SUNDAY, TUESDAY, MONDAY - timedelta(days=7), MONDAY + timedelta(days=7)):
            refusal(provider_is_working, a_placement(at("10:00", day)), snapshot)

    def test_buffers_may_reach_outside_the_hours(self) -> None:
        wide = a_service(buffer_before_minutes=60, buffer_after_minutes=60)
        snapshot = a_snapshot(a_clinic(services=(wide,)))
        assert fits(provider_is_working, a_placement("08:00", service=wide), snapshot)
        assert fits(provider_is_working, a_placement("15:30", service=wide), snapshot)

    def test_hours_are_read_on_the_clock_of_the_only_location(self) -> None:
        berlin = a_location(timezone=BERLIN)
        snapshot = a_snapshot(working(("08:00", "16:00"), timezone=NEW_YORK, locations=(berlin,)))
        eight = at("08:00", MONDAY, BERLIN)
        assert fits(provider_is_working, a_placement(eight, location=berlin), snapshot)
        refusal(provider_is_working, a_placement(eight - 1, location=berlin), snapshot)

    def test_hours_at_several_locations_are_read_on_the_clock_of_the_clinic(self) -> None:
        sites = (a_location(timezone=BERLIN), a_location("annex", timezone=BERLIN))
        mobile = a_provider(location_ids=("main", "annex"))
        clinic = working(("08:00", "16:00"), timezone=NEW_YORK, locations=sites, providers=(mobile,))
        eight = at("08:00", MONDAY, NEW_YORK)
        snapshot = a_snapshot(clinic)
        assert fits(provider_is_working, a_placement(eight, provider=mobile, location=sites[0]), snapshot)
        refusal(provider_is_working, a_placement(eight - 1, provider=mobile, location=sites[0]), snapshot)


def works(clinic: ClinicSetup, start: Minute, minutes: int) -> bool:
    long_before = datetime(2026, 1, 1, tzinfo=UTC)
    return fits(provider_is_working, a_placement(start, minutes=minutes), a_snapshot(clinic, now=long_before))


class TestProviderIsWorkingWhenTheClocksChange:
    """`provider_is_working` on the nights that have another length."""

    def test_a_window_over_the_skipped_hour_is_an_hour_shorter(self) -> None:
        clinic = working(("01:00", "04:00"), timezone=BERLIN)
        one = at("01:00", BERLIN_IN_SPRING, BERLIN)
        assert works(clinic, one, 120)
        assert not works(clinic, one, 121)

    def test_a_window_that_opens_in_the_skipped_hour_opens_at_its_end(self) -> None:
        clinic = working(("02:30", "04:00"), timezone=BERLIN)
        three = at("03:00", BERLIN_IN_SPRING, BERLIN)
        assert works(clinic, three, 60)
        assert not works(clinic, three - 1, 30)

    def test_a_window_that_closes_in_the_skipped_hour_closes_at_its_end(self) -> None:
        clinic = working(("01:00", "02:30"), timezone=BERLIN)
        one = at("01:00", BERLIN_IN_SPRING, BERLIN)
        assert works(clinic, one, 60)
        assert not works(clinic, one, 61)

    def test_a_window_inside_the_skipped_hour_does_not_exist(self) -> None:
        clinic = working(("02:15", "02:45"), timezone=BERLIN)
        three = at("03:00", BERLIN_IN_SPRING, BERLIN)
        assert not works(clinic, three, 1)
        assert not works(clinic, three - 1, 1)

    def test_a_window_over_the_doubled_hour_is_an_hour_longer(self) -> None:
        clinic = working(("01:00", "04:00"), timezone=BERLIN)
        one = at("01:00", BERLIN_IN_AUTUMN, BERLIN)
        assert works(clinic, one, 240)
        assert not works(clinic, one, 241)

    def test_a_doubled_time_opens_and_closes_at_its_first_occurrence(self) -> None:
        first = at("02:30", BERLIN_IN_AUTUMN, BERLIN)
        opens = working(("02:30", "04:00"), timezone=BERLIN)
        assert works(opens, first, 150)
        assert not works(opens, first - 1, 30)
        closes = working(("01:00", "02:30"), timezone=BERLIN)
        assert works(closes, first - 30, 30)
        assert not works(closes, first - 30, 31)
        assert not works(closes, at("02:00", BERLIN_IN_AUTUMN, BERLIN, fold=1), 30)

    def test_half_an_hour_is_skipped_and_doubled_on_lord_howe(self) -> None:
        clinic = working(("01:00", "03:00"), timezone=LORD_HOWE)
        for day, minutes in ((LORD_HOWE_IN_SPRING, 90), (LORD_HOWE_IN_AUTUMN, 150)):
            one = at("01:00", day, LORD_HOWE)
            assert works(clinic, one, minutes)
            assert not works(clinic, one, minutes + 1)

    def test_a_night_shift_in_new_york_loses_or_gains_an_hour(self) -> None:
        clinic = working(("22:00", "24:00"), ("00:00", "06:00"), timezone=NEW_YORK)
        for day, shift in ((NEW_YORK_IN_SPRING, 7), (NEW_YORK_IN_AUTUMN, 9)):
            ten = at("22:00", day - timedelta(days=1), NEW_YORK)
            assert works(clinic, ten, shift * 60)
            assert not works(clinic, ten, shift * 60 + 1)
