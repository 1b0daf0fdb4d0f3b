"""Starts that bounds are made from: never later than what working hours, closures and holds allow."""

from datetime import date
from random import Random

import pytest

from models.hours import OpenWindows, Window
from models.possible_starts import first_start, free_ranges, start_ranges
from models.slot import TimeOfDay
from models.wall_clock import minute_of_day, zone_named
from tests.builders import MONDAY, TUESDAY, at

BERLIN = zone_named("Europe/Berlin")
UTC = zone_named("UTC")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def some_windows(random: Random, count: int, span: int) -> list[Window]:
    edges = sorted(random.sample(range(span), 2 * count))
    return list(zip(edges[::2], edges[1::2], strict=True))


@pytest.mark.parametrize("seed", range(300))
def test_ranges_hold_every_start_that_fits_and_no_other(seed: int) -> None:
    random = Random(seed)
    working, place = (some_windows(random, random.randrange(1, 4), 80) for _ in range(2))
    low, beyond, duration = random.randrange(40), random.randrange(30, 90), random.randint(1, 15)
    expected = [
        start
        for start in range(low, beyond)
        if all(any(a <= start and start + duration <= b for a, b in some) for some in (working, place))
    ]
    ranges = start_ranges(OpenWindows(0, 80, tuple(working)), place, low, beyond, duration)
    assert [start for a, b in ranges for start in range(a, b)] == expected


@pytest.mark.parametrize("seed", range(300))
def test_what_is_free_shares_no_minute_with_any_hold(seed: int) -> None:
    random = Random(seed)
    ranges = some_windows(random, random.randrange(1, 4), 80)
    starts = [random.randrange(-10, 90) for _ in range(random.randrange(6))]
    holds = sorted((start, start + random.randint(1, 15)) for start in starts)
    before, after = random.randrange(5), random.randint(1, 10)
    expected = [
        start
        for a, b in ranges
        for start in range(a, b)
        if not any(
            start - before < held_until and held_from < start + after for held_from, held_until in holds
        )
    ]
    found = free_ranges(ranges, holds, before, after)
    assert [start for a, b in found for start in range(a, b)] == expected


@pytest.mark.parametrize("part", [None, *TimeOfDay])
@pytest.mark.parametrize("day", [MONDAY, SPRING, AUTUMN])
def test_the_first_start_is_never_later_than_a_plain_look_finds_it(day: date, part: TimeOfDay | None) -> None:
    random, midnight = Random(f"{day}{part}"), at("00:00", day)
    is_exact = 0
    for _ in range(200):
        low = midnight + random.randrange(-600, 600)
        ranges = [(low, low + random.randint(1, 2000))]
        step = random.choice((5, 15, 20, 45, 60))
        plain = next((start for start in range(*ranges[0]) if fits(start, step, part)), None)
        found = first_start(ranges, part, step, BERLIN)
        assert plain is None or (found is not None and found <= plain)
        is_exact += found == plain
    assert is_exact > 150 or day != MONDAY


def fits(start: int, step: int, part: TimeOfDay | None) -> bool:
    shown = minute_of_day(start, BERLIN)
    return shown % step == 0 and (part is None or part.window[0] <= shown < part.window[1])


def test_a_range_without_a_start_on_the_steps_gives_way_to_the_next() -> None:
    ranges = [(at("08:05"), at("08:10")), (at("08:20"), at("09:00"))]
    assert first_start(ranges, None, 15, UTC) == at("08:30")


def test_an_evening_that_is_never_open_has_no_start() -> None:
    ranges = [(at("08:00"), at("16:00")), (at("08:00", TUESDAY), at("16:00", TUESDAY))]
    assert first_start(ranges, TimeOfDay.EVENING, 15, UTC) is None
    assert first_start(ranges, TimeOfDay.AFTERNOON, 15, UTC) == at("12:00")
