"""What a slot earns among those of many clinics."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from models.between_clinics import (
    UNKNOWN_METRES,
    Point,
    Wishes,
    days_waited,
    metres_between,
    metres_from,
    nearness_points,
    points_of,
    soonness_points,
)
from models.slot import TimeOfDay
from models.wall_clock import floor_minute
from tests.builders import TUESDAY, a_clinic, a_location, at

BERLIN, MUNICH, FIJI = Point(52.52, 13.405), Point(48.137, 11.575), Point(-17.0, 179.9)


def test_distances_are_those_of_the_globe() -> None:
    assert metres_between(BERLIN, BERLIN) == 0
    assert metres_between(BERLIN, MUNICH) == metres_between(MUNICH, BERLIN) == pytest.approx(504_400, abs=500)
    assert metres_between(FIJI, Point(-17.0, -179.9)) == pytest.approx(21_267, abs=30)  # across the date line
    assert metres_between(Point(90, 0), Point(-90, 0)) == pytest.approx(20_015_115, abs=2)


def test_nearness_falls_until_fifty_kilometres() -> None:
    def here(degrees: float) -> int:
        return nearness_points(a_location(latitude=52.52 + degrees, longitude=13.405), BERLIN)

    assert here(0.0) == 3000
    assert here(0.1) == 3000 * (50_000 - 11_120) // 50_000
    assert here(0.4496) in (0, 1)
    assert here(0.5) == 0


def test_a_place_that_nobody_knows_earns_nothing_and_none_at_all_everything() -> None:
    assert nearness_points(a_location(), BERLIN) == 0
    assert metres_from(BERLIN, a_location()) == UNKNOWN_METRES
    assert nearness_points(None, BERLIN) == 3000
    assert nearness_points(a_location(), None) == 3000
    assert metres_from(None, a_location()) == metres_from(BERLIN, None) == 0


def test_waiting_costs_the_same_each_day_until_nothing_is_left() -> None:
    assert [soonness_points(waited, 5) for waited in range(7)] == [5000, 4000, 3000, 2000, 1000, 0, 0]


def test_days_are_those_of_the_clinic_and_parts_of_the_day_those_of_the_place() -> None:
    tokyo = a_location("tokyo", timezone="Asia/Tokyo")
    setup = a_clinic(timezone="America/New_York", locations=[tokyo])
    wishes = Wishes(days=2, preferred=TimeOfDay.MORNING)
    since, start = at("05:00"), at("00:30", TUESDAY)  # Monday 20:30 in New York, Tuesday 09:30 in Tokyo
    points = points_of(start, tokyo, since=since, setup=setup, wishes=wishes)
    assert points == (5000, 3000, 2000)
    assert points.total == 10_000
    by_phone = points_of(start, None, since=since, setup=setup, wishes=wishes)
    assert by_phone.part_of_day == 0


def test_a_range_without_a_day_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        Wishes(days=0)


def test_a_day_that_has_begun_is_not_undone_by_a_clock_set_back_across_midnight() -> None:
    """In St. John's, the clock went from one minute past midnight to 23:01 in 2010."""
    zone = ZoneInfo("America/St_Johns")
    noon = floor_minute(datetime(2010, 11, 6, 12, tzinfo=zone))
    midnight = floor_minute(datetime(2010, 11, 7, tzinfo=zone))
    waited = [days_waited(minute, noon, zone) for minute in range(midnight - 5, midnight + 120)]
    assert waited == [0] * 5 + [1] * 120
