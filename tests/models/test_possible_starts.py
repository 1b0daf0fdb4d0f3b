"""Starts that bounds are made from: never later than what working hours, closures and holds allow."""

from collections.abc import Sequence
from datetime import date
from random import Random

import pytest

from models.hours import OpenWindows, Window
from models.possible_starts import Stay, Steps, first_start
from models.slot import TimeOfDay
from models.wall_clock import minute_of_day, zone_named
from tests.builders import MONDAY, TUESDAY, at

BERLIN = zone_named("Europe/Berlin")
UTC = zone_named("UTC")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
HALF_AN_HOUR = Stay(30, 0, 30)


def open_at(*windows: Window) -> OpenWindows:
    return OpenWindows(windows[0][0], windows[-1][1], windows)


def some_windows(random: Random, count: int, low: int, span: int) -> list[Window]:
    edges = sorted(random.sample(range(low, low + span), 2 * count))
    return list(zip(edges[::2], edges[1::2], strict=True))


def plain_first(
    working: Sequence[Window],
    place: Sequence[Window],
    holds: Sequence[Window],
    starts: range,
    stay: Stay,
    steps: Steps,
) -> int | None:
    """By trying every minute."""
    for start in starts:
        is_open = all(
            any(a <= start and start + stay.duration <= b for a, b in some) for some in (working, place)
        )
        is_free = not any(a < start + stay.after and start - stay.before < b for a, b in holds)
        if is_open and is_free and fits(start, steps):
            return start
    return None


def fits(start: int, steps: Steps) -> bool:
    shown = minute_of_day(start, steps.zone)
    window = steps.part.window if steps.part else (0, 1440)
    return shown % steps.minutes == 0 and window[0] <= shown < window[1]


@pytest.mark.parametrize("seed", range(300))
def test_it_is_the_one_that_trying_every_minute_finds(seed: int) -> None:
    """Holds may overlap, and be longer than they come apart."""
    random, noon = Random(seed), at("12:00")
    working, place = (some_windows(random, random.randrange(1, 4), noon, 80) for _ in range(2))
    begun = [noon + random.randrange(-10, 90) for _ in range(random.randrange(6))]
    holds = sorted((start, start + random.randint(1, 25)) for start in begun)
    low, beyond = noon + random.randrange(40), noon + random.randrange(30, 90)
    duration = random.randint(1, 15)
    stay = Stay(duration, random.randrange(5), duration + random.randrange(5))
    steps = Steps(random.choice((1, 1, 2, 5)), UTC, random.choice((None, None, *TimeOfDay)))
    found = first_start(open_at(*working), place, holds, low, beyond, stay, steps)
    assert found == plain_first(working, place, holds, range(low, beyond), stay, steps)


@pytest.mark.parametrize("part", [None, *TimeOfDay])
@pytest.mark.parametrize("day", [MONDAY, SPRING, AUTUMN])
def test_it_is_never_later_than_that_where_the_clocks_change(day: date, part: TimeOfDay | None) -> None:
    random, midnight = Random(f"{day}{part}"), at("00:00", day)
    is_exact = 0
    for _ in range(200):
        low = midnight + random.randrange(-600, 600)
        window, stay = (low, low + random.randint(1, 2000)), Stay(1, 0, 1)
        steps = Steps(random.choice((5, 15, 20, 45, 60)), BERLIN, part)
        begun = [low + random.randrange(2000) for _ in range(random.randrange(4))]
        holds = sorted((start, start + random.randint(1, 200)) for start in begun)
        plain = plain_first([window], [window], holds, range(*window), stay, steps)
        found = first_start(open_at(window), [window], holds, *window, stay, steps)
        assert plain is None or (found is not None and found <= plain)
        is_exact += found == plain
    assert is_exact > 150 or day != MONDAY


def test_a_window_without_a_start_on_the_steps_gives_way_to_the_next() -> None:
    working = open_at((at("08:05"), at("08:40")), (at("08:50"), at("10:00")))
    found = first_start(working, working.windows, (), *day_of(MONDAY), HALF_AN_HOUR, Steps(15, UTC))
    assert found == at("09:00")


def test_an_evening_that_is_never_open_has_no_start() -> None:
    working = open_at((at("08:00"), at("16:00")), (at("08:00", TUESDAY), at("16:00", TUESDAY)))

    def first(part: TimeOfDay) -> int | None:
        steps = Steps(15, UTC, part)
        return first_start(
            working, working.windows, (), at("00:00"), at("24:00", TUESDAY), HALF_AN_HOUR, steps
        )

    assert first(TimeOfDay.EVENING) is None
    assert first(TimeOfDay.AFTERNOON) == at("12:00")


def day_of(day: date) -> Window:
    return at("00:00", day), at("24:00", day)
