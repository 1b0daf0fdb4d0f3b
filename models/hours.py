"""Wall-clock rules and exceptions become open windows.

A window is a half-open pair of minutes `(start, end)`; lists of them are sorted, disjoint, and
adjoining ones are merged, so a visit may run across two adjoining rules.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from models.clinic import ExceptionKind, HoursException, WorkingHours
from models.recurrence import occurrence_dates
from models.wall_clock import Minute, at_wall_clock, ceil_minute, floor_minute, local_date

Window: TypeAlias = tuple[Minute, Minute]


def merged(windows: Iterable[Window]) -> list[Window]:
    """Sorted, disjoint windows that cover the same minutes; adjoining ones become one."""
    result: list[Window] = []
    for start, end in sorted(windows):
        if result and start <= result[-1][1]:
            if end > result[-1][1]:
                result[-1] = (result[-1][0], end)
        elif end > start:
            result.append((start, end))
    return result


def without(windows: Sequence[Window], closed: Sequence[Window]) -> list[Window]:
    """The parts of sorted, disjoint windows that no closed window covers."""
    result: list[Window] = []
    for start, end in windows:
        position = start
        for closed_start, closed_end in closed:
            if closed_end <= position or closed_start >= end:
                continue
            if closed_start > position:
                result.append((position, closed_start))
            position = max(position, closed_end)
        if position < end:
            result.append((position, end))
    return result


def expanded(hours: Iterable[WorkingHours], zone: ZoneInfo, low: Minute, high: Minute) -> list[Window]:
    """The windows that recurring hours open between two minutes (one local day more on either side)."""
    first = local_date(low, zone) - timedelta(days=1)
    last = local_date(high, zone) + timedelta(days=1)
    return merged(
        (at_wall_clock(day, row.start, zone), at_wall_clock(day, row.end, zone))
        for row in hours
        for day in occurrence_dates(row, first, last)
    )


def closings(exceptions: Iterable[HoursException]) -> list[Window]:
    """The windows that `unavailable` exceptions close, widened to whole minutes."""
    return merged(
        (floor_minute(exception.starts_at), ceil_minute(exception.ends_at))
        for exception in exceptions
        if exception.kind is ExceptionKind.UNAVAILABLE
    )


def openings(exceptions: Iterable[HoursException]) -> list[Window]:
    """The windows that `available` exceptions open, narrowed to whole minutes."""
    return merged(
        (ceil_minute(exception.starts_at), floor_minute(exception.ends_at))
        for exception in exceptions
        if exception.kind is ExceptionKind.AVAILABLE
    )


def minutes_within(starts: Sequence[Minute], ends: Sequence[Minute], low: Minute, high: Minute) -> int:
    """How many minutes of `[low, high)` windows cover together, each counted for itself.

    Both sequences are sorted, each by itself. Whatever ends within the bounds counts up to its end, what has
    begun by `high` and runs on up to `high`; what begins within them counts from its start, and what was
    running at `low` from there.
    """
    first, beyond = bisect_left(starts, low), bisect_left(starts, high)
    over, over_by_high = bisect_left(ends, low), bisect_left(ends, high)
    running = (beyond - over_by_high) * high - (first - over) * low
    return running + sum(ends[over:over_by_high]) - sum(starts[first:beyond])


@dataclass(frozen=True, slots=True)
class OpenWindows:
    """When something is open, answered for `[low, high)`; ask for nothing outside."""

    low: Minute
    high: Minute
    windows: tuple[Window, ...]
    starts: tuple[Minute, ...] = field(init=False, repr=False)
    ends: tuple[Minute, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", tuple(start for start, _ in self.windows))
        object.__setattr__(self, "ends", tuple(end for _, end in self.windows))

    def contain(self, start: Minute, end: Minute) -> bool:
        """Whether one window holds the whole of `[start, end)`."""
        index = bisect_right(self.starts, start) - 1
        return index >= 0 and end <= self.windows[index][1]

    def meeting(self, start: Minute, end: Minute) -> tuple[Window, ...]:
        """The windows that share a minute with `[start, end)`."""
        return self.windows[bisect_right(self.ends, start) : bisect_left(self.starts, end)]

    def minutes_within(self, start: Minute, end: Minute) -> int:
        """How many minutes of `[start, end)` it is open."""
        return minutes_within(self.starts, self.ends, start, end)
