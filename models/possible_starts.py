"""From when on a provider could start a visit, as far as working hours and closures tell: for bounds.

What is found here may still break a rule; what is not found breaks one. Ranges of starts are half-open.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from models.hours import OpenWindows, Window
from models.slot import TimeOfDay
from models.wall_clock import MINUTES_PER_DAY, Minute, minute_of_day


def start_ranges(
    working: OpenWindows, place: Sequence[Window], low: Minute, beyond: Minute, duration: int
) -> Iterator[Window]:
    """The starts in `[low, beyond)` of visits that lie in one window of the provider and one of the place.

    In order, where the place's windows are.
    """
    first = max(0, bisect_right(working.starts, low) - 1)
    for opens, closes in working.windows[first:]:
        if opens >= beyond:
            return
        for place_opens, place_closes in place:
            # Comparisons instead of min and max: a search across clinics comes here thousands of times.
            start = opens if opens > low else low
            start = place_opens if place_opens > start else start
            end = (closes if closes < place_closes else place_closes) - duration + 1
            end = beyond if beyond < end else end
            if start < end:
                yield start, end


def free_ranges(
    ranges: Iterable[Window], holds: Sequence[Window], before: int, after: int
) -> Iterator[Window]:
    """The parts of sorted ranges in which a visit that holds its provider from so many minutes before its
    start until so many after it shares no minute with any of the holds, which come sorted by start."""
    position = 0
    for low, end in ranges:
        start = low
        while position < len(holds) and start < end:
            held_from, held_until = holds[position]
            if held_from - after >= end - 1:
                break
            if start <= held_from - after:
                yield start, held_from - after + 1
            start = max(start, held_until + before)
            position += start < end
        if start < end:
            yield start, end


def first_start(ranges: Iterable[Window], part: TimeOfDay | None, step: int, zone: ZoneInfo) -> Minute | None:
    """The first start on the service's steps, in a part of the day if one is named; no later than that
    where the clocks change just then."""
    for low, high in ranges:
        start = _aligned(low if part is None else _reached(part, low, zone), step, zone)
        if start < high:
            return start
    return None


def _aligned(start: Minute, step: int, zone: ZoneInfo) -> Minute:
    shown = minute_of_day(start, zone)
    return start if shown % step == 0 else _ahead(start, shown, -shown % step, zone)


def _reached(part: TimeOfDay, start: Minute, zone: ZoneInfo) -> Minute:
    opens, closes = part.window
    shown = minute_of_day(start, zone)
    return start if opens <= shown < closes else _ahead(start, shown, (opens - shown) % MINUTES_PER_DAY, zone)


def _ahead(start: Minute, shown: int, minutes: int, zone: ZoneInfo) -> Minute:
    """So many minutes later, unless the clocks change in between: then it may be reached earlier."""
    later = start + minutes
    is_steady = minute_of_day(later, zone) == (shown + minutes) % MINUTES_PER_DAY
    return later if is_steady else start
