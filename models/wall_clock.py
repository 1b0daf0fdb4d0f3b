"""Where wall-clock time, instants and minutes meet.

Inside, an instant is a whole number of minutes since 1970-01-01T00:00Z ("minute"), so that
daylight saving never bends arithmetic. Wall-clock times become instants here and nowhere else.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.errors import NonexistentLocalTime

Minute: TypeAlias = int
"""Whole minutes since 1970-01-01T00:00Z."""

MINUTES_PER_DAY = 1440
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END_OF_DAY = "24:00"


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of that name; ValueError if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise ValueError(f"{name!r} is not an IANA time zone") from unknown


def floor_minute(instant: datetime) -> Minute:
    """The last whole minute at or before an aware instant."""
    return int((instant - _EPOCH) // timedelta(minutes=1))


def ceil_minute(instant: datetime) -> Minute:
    """The first whole minute at or after an aware instant."""
    return -int((_EPOCH - instant) // timedelta(minutes=1))


def instant_of(minute: Minute) -> datetime:
    """The instant of a minute, in UTC."""
    return _EPOCH + timedelta(minutes=minute)


def local_of(minute: Minute, zone: ZoneInfo) -> datetime:
    """The instant of a minute on the wall clock of a zone, offset included."""
    return instant_of(minute).astimezone(zone)


@lru_cache(maxsize=65_536)
def local_date(minute: Minute, zone: ZoneInfo) -> date:
    """The local calendar day that a minute falls on."""
    return local_of(minute, zone).date()


@lru_cache(maxsize=65_536)
def minute_of_day(minute: Minute, zone: ZoneInfo) -> int:
    """Minutes that the wall clock shows since local midnight; 90 for 01:30, in both doubled hours."""
    local = local_of(minute, zone)
    return local.hour * 60 + local.minute


def exists(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the zone's wall clock ever shows this naive time."""
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local


def first_occurrence(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a naive local time: the first one where the clock shows it twice.

    Raises NonexistentLocalTime where the clock skips it.
    """
    if not exists(local, zone):
        following = after_gap(local, zone).astimezone(zone).isoformat(timespec="minutes")
        skipped = local.isoformat(timespec="minutes")
        message = f"{skipped} does not exist in {zone.key}; the next valid time is {following}"
        raise NonexistentLocalTime(message, next_valid=following)
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def after_gap(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which a naive time is reached or skipped: the end of the gap if it is in one.

    >>> after_gap(datetime(2026, 3, 29, 2, 30), zone_named("Europe/Berlin")).isoformat()
    '2026-03-29T01:00:00+00:00'
    """
    if exists(local, zone):
        return local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    # Inside a gap the two readings of the wall clock straddle it: fold=0 uses the offset before.
    before, after = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if before is None or after is None:  # pragma: no cover - a ZoneInfo always has an offset
        raise ValueError(f"{zone.key} has no offset at {local}")
    low = (local - after).replace(tzinfo=UTC) - timedelta(days=1)
    high = (local - before).replace(tzinfo=UTC)
    while high - low > timedelta(minutes=1):
        middle = low + timedelta(minutes=(high - low) // timedelta(minutes=1) // 2)
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high


def tomorrow(day: date) -> date:
    """The date that follows."""
    return day + timedelta(days=1)


@lru_cache(maxsize=65_536)
def at_wall_clock(day: date, minutes: int, zone: ZoneInfo) -> Minute:
    """The instant at which a day's wall clock shows so many minutes past midnight; 1440 is the next one."""
    local = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return ceil_minute(after_gap(local, zone))


def parse_time_of_day(text: str) -> int:
    """`HH:MM` as minutes past midnight; `24:00` is the end of the day. ValueError otherwise."""
    if text == _END_OF_DAY:
        return MINUTES_PER_DAY
    if (
        len(text) != 5
        or text[2] != ":"
        or not (text[:2] + text[3:]).isascii()
        or not (text[:2] + text[3:]).isdigit()
    ):
        raise ValueError(f"{text!r} is not a time of day as HH:MM")
    hours, minutes = int(text[:2]), int(text[3:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"{text!r} is not a time of day")
    return hours * 60 + minutes


def format_time_of_day(minutes: int) -> str:
    """Minutes past midnight as `HH:MM`."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
