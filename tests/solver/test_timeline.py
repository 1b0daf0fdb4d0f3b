"""Wall-clock steps as arrays of minutes, against reading the clock at every minute."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.wall_clock import minute_of_day, zone_named
from solver.timeline import aligned_starts, local_minutes, offsets, start_stride
from tests.builders import MONDAY, at
from tests.models.test_wall_clock import CHANGES

STEPS = [1, 5, 7, 15, 20, 25, 30, 45, 60, 90, 100, 240, 1440]


def around(day: date) -> tuple[int, int]:
    return at("00:00", day - timedelta(days=1)), at("24:00", day + timedelta(days=1))


class TestOffsets:
    @pytest.mark.parametrize(("name", "day"), CHANGES)
    def test_they_tell_every_minutes_distance_from_utc(self, name: str, day: date) -> None:
        low, high = around(day)
        zone = zone_named(name)
        minutes = np.arange(low, high)
        expected = [minute_of_day(minute, zone) for minute in range(low, high)]
        assert local_minutes(minutes, zone).tolist() == expected

    def test_a_zone_without_a_change_has_one_offset(self) -> None:
        low, high = around(MONDAY)
        assert offsets(zone_named("Asia/Kolkata"), low, high) == [(low, 330)]

    def test_a_change_begins_at_its_minute(self) -> None:
        day = date(2026, 3, 29)
        low, high = around(day)
        assert offsets(zone_named("Europe/Berlin"), low, high) == [(low, 60), (at("01:00", day), 120)]

    def test_a_year_has_both_changes(self) -> None:
        low, high = at("00:00", date(2026, 1, 1)), at("00:00", date(2027, 1, 1))
        found = offsets(zone_named("Australia/Lord_Howe"), low, high)
        assert [offset for _, offset in found] == [660, 630, 660]


class TestAlignedStarts:
    @pytest.mark.parametrize(("name", "day"), CHANGES)
    def test_they_are_the_minutes_at_which_the_clock_shows_a_step(self, name: str, day: date) -> None:
        low, high = around(day)
        zone = ZoneInfo(name)
        shown = [(minute, minute_of_day(minute, zone)) for minute in range(low, high)]
        for step in STEPS:
            starts, local = aligned_starts(low, high, step, zone)
            expected = [(minute, clock) for minute, clock in shown if clock % step == 0]
            assert list(zip(starts.tolist(), local.tolist(), strict=True)) == expected, step

    @given(st.sampled_from(CHANGES), st.sampled_from(STEPS), st.integers(-1440, 1440), st.integers(0, 2000))
    def test_any_range_has_its_own_first_and_last(
        self, change: tuple[str, date], step: int, shift: int, length: int
    ) -> None:
        zone = zone_named(change[0])
        low = at("00:00", change[1]) + shift
        expected = [m for m in range(low, low + length) if minute_of_day(m, zone) % step == 0]
        assert aligned_starts(low, low + length, step, zone)[0].tolist() == expected

    @given(st.sampled_from(CHANGES), st.sampled_from(STEPS))
    def test_the_stride_reaches_every_start(self, change: tuple[str, date], step: int) -> None:
        zone = zone_named(change[0])
        low, high = around(change[1])
        stride = start_stride(low, high, step, zone)
        starts, _ = aligned_starts(low, high, step, zone)
        assert not (starts % stride).any()

    def test_an_empty_range_has_none(self) -> None:
        starts, local = aligned_starts(at("10:00"), at("10:00"), 15, zone_named("UTC"))
        assert (starts.tolist(), local.tolist()) == ([], [])
        assert aligned_starts(at("10:00"), at("09:00"), 15, zone_named("UTC"))[0].tolist() == []
