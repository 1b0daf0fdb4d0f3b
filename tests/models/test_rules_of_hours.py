"""Rules about the hours of the place and of the provider, also when the clocks change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models.rules import (
    location_is_open,
    provider_is_working,
)
from models.setup import ClinicSetup
from models.wall_clock import Minute
from tests.builders import (
    MONDAY,
    SUNDAY,
    TUESDAY,
    a_call,
    a_clinic,
    a_location,
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
