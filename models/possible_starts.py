"""From when on a provider could start a visit, as far as working hours, closures and holds tell: for bounds.

What is found here may still break a rule; what comes earlier breaks one. One plain loop, since a search
across clinics asks for thousands of providers.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.hours import OpenWindows, Window
from models.slot import TimeOfDay
from models.wall_clock import MINUTES_PER_DAY, Minute, minute_of_day


class Steps(NamedTuple):
    """Which starts a service allows at a place: steps of so many minutes on its wall clock, if need be in one
    part of the day only."""

    minutes: int
    zone: ZoneInfo
    part: TimeOfDay | None = None


class Stay(NamedTuple):
    """How long a visit lasts; how long before and after its start it holds its provider."""

    duration: int
    before: int
    after: int


def first_start(
    working: OpenWindows,
    place: Sequence[Window],
    holds: Sequence[Window],
    low: Minute,
    beyond: Minute,
    stay: Stay,
    steps: Steps,
) -> Minute | None:
    """The first start in `[low, beyond)` of a visit in one window of the provider and one of the place that
    shares no minute with any of the holds, which come sorted by start.

    No later than that, where the clocks change just then.
    """
    duration, before, after = stay
    position, last = 0, len(holds)
    for opens, closes in working.windows[max(0, bisect_right(working.starts, low) - 1) :]:
        if opens >= beyond:
            return None
        for place_opens, place_closes in place:
            end = min(closes, place_closes) - duration + 1
            if end > beyond:
                end = beyond
            start = max(opens, place_opens, low)
            while start < end:
                start = _next_step(start, steps)
                if start >= end:
                    break
                while position < last and holds[position][1] + before <= start:
                    position += 1
                if position == last or holds[position][0] - after >= start:
                    return start
                start = holds[position][1] + before
    return None


def _next_step(start: Minute, steps: Steps) -> Minute:
    step, zone, part = steps
    return _aligned(start if part is None else _reached(part, start, zone), step, zone)


def _aligned(start: Minute, step: int, zone: ZoneInfo) -> Minute:
    shown = minute_of_day(start, zone)
    if shown % step == 0:
        return start
    # Steps begin anew at midnight, also those that do not divide a day.
    return _ahead(start, shown, min(-shown % step, MINUTES_PER_DAY - shown), zone)


def _reached(part: TimeOfDay, start: Minute, zone: ZoneInfo) -> Minute:
    opens, closes = part.window
    shown = minute_of_day(start, zone)
    return start if opens <= shown < closes else _ahead(start, shown, (opens - shown) % MINUTES_PER_DAY, zone)


def _ahead(start: Minute, shown: int, minutes: int, zone: ZoneInfo) -> Minute:
    """So many minutes later, unless the clocks change in between: then it may be reached earlier."""
    later = start + minutes
    is_steady = minute_of_day(later, zone) == (shown + minutes) % MINUTES_PER_DAY
    return later if is_steady else start
