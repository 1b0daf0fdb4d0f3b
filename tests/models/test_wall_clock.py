"""Wall clocks of many zones, on the days when they change, against all the minutes of those days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import NonexistentLocalTime
from models.wall_clock import (
    after_gap,
    at_wall_clock,
    ceil_minute,
    exists,
    first_occurrence,
    floor_minute,
    format_time_of_day,
    instant_of,
    local_date,
    local_of,
    minute_of_day,
    parse_time_of_day,
    zone_named,
)
from tests.builders import MONDAY, NOW, at

MINUTE = timedelta(minutes=1)

CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Europe/London", date(2026, 3, 29)),
    ("Europe/Dublin", date(2026, 10, 25)),  # winter is the time with the negative saving
    ("Europe/Lisbon", date(1992, 9, 27)),  # a change of summer time and of zone at once
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/St_Johns", date(2026, 3, 8)),  # 3:30 behind UTC
    ("America/St_Johns", date(2010, 11, 7)),  # back at one minute past midnight, to the day before
    ("America/Havana", date(2026, 3, 8)),  # midnight does not exist
    ("America/Havana", date(2026, 11, 1)),  # the hour after midnight comes twice
    ("America/Sao_Paulo", date(2018, 11, 4)),  # midnight does not exist
    ("America/Sao_Paulo", date(2019, 2, 16)),  # the hour before midnight comes twice
    ("America/Caracas", date(2016, 5, 1)),  # half an hour, once
    ("America/Asuncion", date(2024, 10, 6)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Australia/Adelaide", date(2026, 10, 4)),
    ("Pacific/Chatham", date(2026, 9, 27)),  # at a quarter to three
    ("Pacific/Apia", date(2011, 12, 30)),  # a whole day is missing
    ("Pacific/Kwajalein", date(1993, 8, 21)),  # so is this one
    ("Asia/Pyongyang", date(2018, 5, 5)),
    ("Asia/Kathmandu", date(1986, 1, 1)),  # a quarter of an hour, once
    ("Africa/Casablanca", date(2026, 2, 15)),  # Ramadan
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Antarctica/Troll", date(2026, 3, 29)),  # by two hours
    ("Antarctica/Troll", date(2026, 10, 25)),
    ("Asia/Kolkata", date(2026, 3, 29)),  # nothing changes
    ("UTC", date(2026, 3, 29)),
]
a_change = pytest.mark.parametrize(("name", "day"), CHANGES, ids=[f"{name} {day}" for name, day in CHANGES])


def shown_around(name: str, day: date) -> dict[datetime, datetime]:
    """All that the wall clock shows within two days, and the first instant at which it does."""
    zone = ZoneInfo(name)
    shown: dict[datetime, datetime] = {}
    instant = datetime.combine(day, time(), UTC) - timedelta(days=2)
    for _ in range(5 * 1440):
        shown.setdefault(instant.astimezone(zone).replace(tzinfo=None), instant)
        instant += MINUTE
    return shown


def minutes_of(day: date) -> list[datetime]:
    return [datetime.combine(day, time()) + minutes * MINUTE for minutes in range(1440)]


class TestAfterGap:
    @a_change
    def test_each_local_minute_is_reached_at_its_first_instant_or_at_the_end_of_the_gap(
        self, name: str, day: date
    ) -> None:
        shown = shown_around(name, day)
        zone = zone_named(name)
        in_order = sorted(shown)
        position = 0
        for local in minutes_of(day):
            while in_order[position] < local:
                position += 1
            assert exists(local, zone) == (local in shown)
            assert after_gap(local, zone) == shown[in_order[position]], local

    def test_a_whole_day_may_be_missing(self) -> None:
        zone = zone_named("Pacific/Apia")
        expected = datetime(2011, 12, 30, 10, tzinfo=UTC)
        assert {after_gap(local, zone) for local in minutes_of(date(2011, 12, 30))} == {expected}


class TestFirstOccurrence:
    @a_change
    def test_it_is_the_first_instant_or_names_the_next_valid_time(self, name: str, day: date) -> None:
        shown = shown_around(name, day)
        zone = zone_named(name)
        for local in minutes_of(day):
            if local in shown:
                assert first_occurrence(local, zone) == shown[local]
            else:
                following = min(later for later in shown if later > local)
                with pytest.raises(NonexistentLocalTime) as refused:
                    first_occurrence(local, zone)
                assert datetime.fromisoformat(refused.value.next_valid).replace(tzinfo=None) == following
                assert datetime.fromisoformat(refused.value.next_valid) == shown[following]

    def test_the_message_can_be_read(self) -> None:
        with pytest.raises(NonexistentLocalTime) as refused:
            first_occurrence(datetime.fromisoformat("2026-03-29T02:30"), zone_named("Europe/Berlin"))
        assert str(refused.value) == (
            "2026-03-29T02:30 does not exist in Europe/Berlin; the next valid time is 2026-03-29T03:00+02:00"
        )


class TestAtWallClock:
    def test_minutes_past_midnight(self) -> None:
        zone = zone_named("Europe/Berlin")
        assert at_wall_clock(MONDAY, 0, zone) == at("00:00", zone="Europe/Berlin")
        assert at_wall_clock(MONDAY, 90, zone) == at("01:30", zone="Europe/Berlin")

    def test_the_end_of_the_day_is_the_next_midnight(self) -> None:
        zone = zone_named("Europe/Berlin")
        assert at_wall_clock(MONDAY, 1440, zone) == at_wall_clock(MONDAY + timedelta(days=1), 0, zone)

    @a_change
    def test_a_day_never_runs_backwards(self, name: str, day: date) -> None:
        zone = zone_named(name)
        instants = [at_wall_clock(day, minutes, zone) for minutes in range(1441)]
        assert instants == sorted(instants)


class TestReadingTheClock:
    @given(
        st.integers(at("00:00", date(1980, 1, 1)), at("00:00", date(2040, 1, 1))), st.sampled_from(CHANGES)
    )
    def test_a_minute_and_its_instant_tell_the_same(self, minute: int, change: tuple[str, date]) -> None:
        zone = zone_named(change[0])
        assert floor_minute(instant_of(minute)) == ceil_minute(instant_of(minute)) == minute
        local = local_of(minute, zone)
        assert local == instant_of(minute)
        assert local.date() == local_date(minute, zone)
        assert (local.hour, local.minute) == divmod(minute_of_day(minute, zone), 60)

    def test_seconds_round_down_or_up_to_a_minute(self) -> None:
        begun = NOW + timedelta(microseconds=1)
        assert (floor_minute(begun), ceil_minute(begun)) == (at("06:00"), at("06:01"))
        before_the_epoch = datetime(1969, 12, 31, 23, 59, 30, tzinfo=UTC)
        assert (floor_minute(before_the_epoch), ceil_minute(before_the_epoch)) == (-1, 0)

    def test_both_doubled_hours_show_the_same(self) -> None:
        zone, day = zone_named("Europe/Berlin"), date(2026, 10, 25)
        first = at("02:15", day, "Europe/Berlin")
        assert minute_of_day(first, zone) == minute_of_day(first + 60, zone) == 135


class TestTimeOfDay:
    @given(st.integers(0, 1440))
    def test_what_is_written_reads_back(self, minutes: int) -> None:
        assert parse_time_of_day(format_time_of_day(minutes)) == minutes

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "8:00",
            "08:60",
            "24:01",
            "25:00",
            "08.00",
            "08:0",
            "0800",
            "08:00:00",
            "-1:00",
            "٠٨:٠٠",
            " 8:00",
            "08:0²",
        ],
    )
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="time of day"):
            parse_time_of_day(text)


class TestZoneNamed:
    @pytest.mark.parametrize(
        "name", ["", "Europe", "Berlin", "Europe/Nowhere", "../etc/passwd", "/etc/localtime", "CET\0"]
    )
    def test_what_is_no_zone_is_refused(self, name: str) -> None:
        with pytest.raises(ValueError, match="is not an IANA time zone"):
            zone_named(name)
