"""Where wall-clock steps become arrays of minutes: which starts a service may have."""

from datetime import date, timedelta
from functools import lru_cache
from math import gcd
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from models.wall_clock import MINUTES_PER_DAY, Minute, instant_of

Minutes: TypeAlias = NDArray[np.int64]


def offsets(zone: ZoneInfo, low: Minute, high: Minute) -> list[tuple[Minute, int]]:
    """From which minute on the zone is how many minutes ahead of UTC, over the days of `[low, high)`."""
    return _offsets(
        zone, low // MINUTES_PER_DAY * MINUTES_PER_DAY, -(-high // MINUTES_PER_DAY) * MINUTES_PER_DAY
    )


@lru_cache(maxsize=4096)
def _offsets(zone: ZoneInfo, low: Minute, high: Minute) -> list[tuple[Minute, int]]:
    changes = [(low, _offset(zone, low))]
    position = low
    while position < high:
        following = min(position + MINUTES_PER_DAY, high)
        if _offset(zone, following) != changes[-1][1]:
            changed = _change_between(zone, position, following)
            changes.append((changed, _offset(zone, changed)))
            following = changed
        position = following
    return changes


def _offset(zone: ZoneInfo, minute: Minute) -> int:
    offset = instant_of(minute).astimezone(zone).utcoffset()
    return int((offset or timedelta()) // timedelta(minutes=1))


def _change_between(zone: ZoneInfo, low: Minute, high: Minute) -> Minute:
    before = _offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return high


def local_minutes(minutes: Minutes, zone: ZoneInfo) -> Minutes:
    """Minutes past local midnight on the wall clock, for minutes in any order."""
    if not len(minutes):
        return minutes
    result: Minutes = _on_the_wall(minutes, zone) % MINUTES_PER_DAY
    return result


def local_days(minutes: Minutes, zone: ZoneInfo) -> Minutes:
    """The number of each minute's local date (see `day_number`), in any order."""
    if not len(minutes):
        return minutes
    result: Minutes = _on_the_wall(minutes, zone) // MINUTES_PER_DAY
    return result


def day_number(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - _FIRST_DAY


def day_numbered(number: int) -> date:
    """The day of that number: see `day_number`."""
    return date.fromordinal(_FIRST_DAY + number)


_FIRST_DAY = date(1970, 1, 1).toordinal()


def _on_the_wall(minutes: Minutes, zone: ZoneInfo) -> Minutes:
    """What the wall clock shows, in minutes since it showed the first midnight of 1970."""
    changes = offsets(zone, int(minutes.min()), int(minutes.max()) + 1)
    local = minutes + changes[0][1]
    for since, offset in changes[1:]:
        local = np.where(minutes >= since, minutes + offset, local)
    return local


def start_stride(earliest: Minute, latest: Minute, step: int, zone: ZoneInfo) -> int:
    """The longest stride in minutes since 1970 on which every aligned start of `[earliest, latest)` lies."""
    return gcd(step, MINUTES_PER_DAY, *(abs(offset) for _, offset in offsets(zone, earliest, latest)))


def aligned_starts(earliest: Minute, latest: Minute, step: int, zone: ZoneInfo) -> tuple[Minutes, Minutes]:
    """Every minute of `[earliest, latest)` a whole number of steps after local midnight.

    Returns the minutes and what the wall clock shows at them, in minutes past midnight. In a doubled
    hour both occurrences are there; in a skipped one there is none.
    """
    stride = start_stride(earliest, latest, step, zone)
    first = -(-earliest // stride) * stride
    minutes = np.arange(first, latest, stride, dtype=np.int64)
    local = local_minutes(minutes, zone)
    on_step = local % step == 0
    return minutes[on_step], local[on_step]
