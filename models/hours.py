"""Wall-clock rules and exceptions become open windows.

A window is a half-open pair of minutes `(start, end)`; lists of them are sorted, disjoint, and
adjoining ones are merged, so a visit may run across two adjoining rules.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, rrulestr

from models.clinic import ExceptionKind, HoursException, WorkingHours
from models.wall_clock import Minute, at_wall_clock, ceil_minute, floor_minute, local_date

Window: TypeAlias = tuple[Minute, Minute]

ANCHOR = date(2001, 1, 1)
"""Where a recurrence without `effectiveFrom` starts counting: a Monday, and the first of a year."""

_LAST_YEARS_FROM = 9960
_LEAP_DAYS = {DAILY: 1, WEEKLY: 7}


@lru_cache(maxsize=4096)
def parse_rrule(text: str, anchor: date = ANCHOR) -> rrule:
    """An iCalendar RRULE of whole days (RFC 5545, section 3.3.10), counted from `anchor`.

    Raises ValueError for what is not one, recurs within a day, or brings its own DTSTART.
    """
    body = text.strip().upper().removeprefix("RRULE:")
    if not body.startswith("FREQ=") and ";FREQ=" not in body:
        raise ValueError(f"{text!r} is not a recurrence rule: FREQ is missing")
    if "\n" in body or "DTSTART" in body:
        raise ValueError(f"{text!r} must be one RRULE without DTSTART")
    parts = dict(part.split("=", 1) for part in body.split(";") if "=" in part)
    if parts.get("FREQ") not in {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}:
        raise ValueError(f"{text!r} must recur by day, week, month or year")
    if {"BYHOUR", "BYMINUTE", "BYSECOND"} & parts.keys():
        raise ValueError(f"{text!r} must leave the time of day to startTime and endTime")
    if "UNTIL" in parts:  # days are counted on the wall clock, so only its date matters
        body = body.replace(f"UNTIL={parts['UNTIL']}", f"UNTIL={parts['UNTIL'][:8]}")
    if parts.get("INTERVAL") == "0":
        raise ValueError(f"{text!r} must have an INTERVAL of at least 1")
    try:
        rule = rrulestr(body, dtstart=datetime.combine(anchor, time()))
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as malformed:
        raise ValueError(f"{text!r} is not a recurrence rule: {malformed}") from malformed
    if not isinstance(rule, rrule):
        raise ValueError(f"{text!r} must be a single recurrence rule")
    if not _ever_occurs(rule):
        raise ValueError(f"{text!r} never occurs")
    return rule


def _ever_occurs(rule: rrule) -> bool:
    """Whether a rule has an occurrence in the last forty years that dates can express.

    Looking for one from today on would walk through eight thousand years where there is none.
    """
    late = rule.replace(dtstart=datetime.combine(_late_anchor(rule), time()), count=None, until=None)
    return next(iter(late), None) is not None


def _late_anchor(rule: rrule) -> date:
    """A day of equal phase in those last years: what a rule leaves out, it takes from its anchor."""
    anchor: date = rule._dtstart.date()  # type: ignore[attr-defined]
    frequency, interval = rule._freq, rule._interval  # type: ignore[attr-defined]
    if frequency in _LEAP_DAYS:
        period = _LEAP_DAYS[frequency] * interval
        return anchor + timedelta(days=(date(_LAST_YEARS_FROM, 1, 1) - anchor).days // period * period)
    years = (_LAST_YEARS_FROM - anchor.year) // interval * interval
    leap_day = (anchor.month, anchor.day) == (2, 29)  # its own year has it, the late one may not
    return date(anchor.year + years, anchor.month, 28 if leap_day else anchor.day)


def occurrence_dates(hours: WorkingHours, first: date, last: date) -> list[date]:
    """The local days from `first` to `last`, both included, on which the hours recur."""
    first = max(first, hours.effective_from or first)
    last = min(last, hours.effective_to or last)
    if last < first:
        return []
    anchor = hours.effective_from or ANCHOR
    rule = parse_rrule(hours.rrule, anchor)
    shifted = _shifted_anchor(rule, anchor, first)
    if shifted != anchor:
        rule = rule.replace(dtstart=datetime.combine(shifted, time()))
    midnight = time()
    found = rule.between(datetime.combine(first, midnight), datetime.combine(last, midnight), inc=True)
    return [occurrence.date() for occurrence in found]


def _shifted_anchor(rule: rrule, anchor: date, first: date) -> date:
    """A later anchor of equal phase, so that expanding does not walk through past decades."""
    frequency, interval = rule._freq, rule._interval  # type: ignore[attr-defined]
    days = (first - anchor).days
    if rule._count is not None or days <= 0 or frequency == YEARLY:  # type: ignore[attr-defined]
        return anchor
    if frequency == MONTHLY:
        months = (first.year - anchor.year) * 12 + first.month - anchor.month
        skipped = months // interval * interval
        total = anchor.year * 12 + anchor.month - 1 + skipped
        # A month that lacks the anchor's day would change what the rule means; only the 1st is safe.
        return date(total // 12, total % 12 + 1, 1) if anchor.day == 1 else anchor
    period = _LEAP_DAYS[frequency] * interval
    # One period less: where BYSETPOS counts within a week, an anchor's own week may be a part of one.
    return anchor + timedelta(days=max(0, days // period - 1) * period)


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


@dataclass(frozen=True, slots=True)
class OpenWindows:
    """When something is open, answered for `[low, high)`; ask for nothing outside."""

    low: Minute
    high: Minute
    windows: tuple[Window, ...]
    starts: tuple[Minute, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", tuple(start for start, _ in self.windows))

    def covering(self, minute: Minute) -> Window | None:
        """The window that contains a minute, if one does."""
        index = bisect_right(self.starts, minute) - 1
        if index >= 0 and self.windows[index][1] > minute:
            return self.windows[index]
        return None

    def contain(self, start: Minute, end: Minute) -> bool:
        """Whether one window holds the whole of `[start, end)`."""
        index = bisect_right(self.starts, start) - 1
        return index >= 0 and end <= self.windows[index][1]
