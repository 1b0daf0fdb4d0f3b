"""Wall clocks, instants and minutes: whole minutes since 1970 in UTC, intervals half-open."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_MINUTE = timedelta(minutes=1)


def instant(value: str | datetime) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no offset")
    return moment.astimezone(UTC)


def minutes_touched(span: Json) -> tuple[int, int]:
    """The minutes that `start` to `end` touches, even in part."""
    return rounded_down(instant(span["start"])), rounded_up(instant(span["end"]))


def minutes_filled(span: Json) -> tuple[int, int]:
    """The minutes that `start` to `end` fills whole."""
    return rounded_up(instant(span["start"])), rounded_down(instant(span["end"]))


def rounded_down(moment: datetime) -> int:
    return (moment - EPOCH) // ONE_MINUTE


def rounded_up(moment: datetime) -> int:
    return -((EPOCH - moment) // ONE_MINUTE)


def utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def on_the_wall(minute: int, zone: str) -> datetime:
    """What the clocks of a zone show at a minute."""
    return (EPOCH + minute * ONE_MINUTE).astimezone(ZoneInfo(zone))


@cache
def on_the_clock(wall_clock: datetime, zone: str) -> datetime:
    """A local time in UTC: the first of two, and the end of the gap where there is none."""
    clock = ZoneInfo(zone)
    while True:
        moment = wall_clock.replace(tzinfo=clock, fold=0).astimezone(UTC)
        if moment.astimezone(clock).replace(tzinfo=None, fold=0) == wall_clock:
            return moment
        wall_clock += ONE_MINUTE


def window_on(row: Json, day: date, zone: str) -> tuple[int, int]:
    """The minutes from `startTime` to `endTime` of a row on one local date."""
    edges = []
    for text in (row["startTime"], row["endTime"]):
        hours, minutes = text.split(":")
        wall_clock = datetime.combine(day, time()) + timedelta(hours=int(hours), minutes=int(minutes))
        edges.append(rounded_down(on_the_clock(wall_clock, zone)))
    return edges[0], edges[1]


def bound(text: str, zone: str, *, is_end: bool) -> datetime:
    """A query's edge in UTC: a date is its midnight, as an end the midnight after; no offset means local."""
    if "T" not in text:
        day = date.fromisoformat(text) + timedelta(days=1 if is_end else 0)
        return on_the_clock(datetime.combine(day, time()), zone)
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else on_the_clock(moment, zone)


def is_aligned(minute: int, step: int, zone: str) -> bool:
    """Whether the clocks of the zone stand at a whole number of steps since midnight."""
    local = on_the_wall(minute, zone)
    return (local.hour * 60 + local.minute) % step == 0
