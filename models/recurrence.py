"""Which recurrence rules a clinic may keep, and the days on which they recur.

A rule must mean one thing and be quick to expand: whole days, every part once, no walk through
centuries. The recurrence itself is dateutil's.
"""

import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, rrulestr

from models.clinic import WorkingHours

ANCHOR = date(2001, 1, 1)
"""Where a recurrence without `effectiveFrom` starts counting: a Monday, and the first of a year."""

MAX_INTERVAL = 1000
MAX_COUNT = 1_000
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_PARTS = frozenset(
    {
        "FREQ",
        "INTERVAL",
        "COUNT",
        "UNTIL",
        "BYDAY",
        "BYMONTHDAY",
        "BYYEARDAY",
        "BYWEEKNO",
        "BYMONTH",
        "BYSETPOS",
        "WKST",
    }
)
_BOUNDS = {"INTERVAL": MAX_INTERVAL, "COUNT": MAX_COUNT}
_DAY_OF_UNTIL = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?")
_ZERO = re.compile(r"[+-]?0+")
_LAST_YEARS_FROM = 9960
_LEAP_DAYS = {DAILY: 1, WEEKLY: 7}


@lru_cache(maxsize=4096)
def refusal_of(text: str, starts: date | None) -> str | None:
    """Why hours cannot recur by this rule; None if they can. `starts` is their first effective day."""
    try:
        rule = parse_rrule(text, starts or ANCHOR)
    except ValueError as malformed:
        return str(malformed)
    if rule._count is not None and starts is None:  # type: ignore[attr-defined]
        return "COUNT needs effectiveFrom, the day from which to count"
    return None


@lru_cache(maxsize=4096)
def parse_rrule(text: str, anchor: date = ANCHOR) -> rrule:
    """An iCalendar RRULE of whole days (RFC 5545, section 3.3.10), counted from `anchor`.

    Raises ValueError for what is not one, recurs within a day, never occurs, or could be read in two ways.
    """
    body = text.strip().upper().removeprefix("RRULE:")
    parts = _parts_of(body, text)
    if "UNTIL" in parts:  # days are counted on the wall clock, so only its date matters
        body = body.replace(f"UNTIL={parts['UNTIL']}", f"UNTIL={parts['UNTIL'][:8]}")
    try:
        rule = rrulestr(body, dtstart=datetime.combine(anchor, time()))
        occurs = isinstance(rule, rrule) and _ever_occurs(rule)  # some faults only show on the way
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as malformed:
        raise ValueError(f"{text!r} is not a recurrence rule: {malformed}") from malformed
    if not isinstance(rule, rrule):
        raise ValueError(f"{text!r} must be a single recurrence rule")
    if not occurs:
        raise ValueError(f"{text!r} never occurs")
    return rule


def _parts_of(body: str, text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in body.split(";")]
    parts = {name: value for name, _, value in pairs}
    if not body.isascii() or not all(value for _, _, value in pairs) or not parts.keys() <= _PARTS:
        raise ValueError(f"{text!r} is not a recurrence rule of RFC 5545 for whole days")
    if len(parts) < len(pairs):
        raise ValueError(f"{text!r} says something twice")
    if parts.get("FREQ") not in _FREQUENCIES:
        raise ValueError(f"{text!r} must recur by day, week, month or year")
    for name, most in _BOUNDS.items():
        value = parts.get(name, "1")
        if not value.isdigit() or len(value) > 6 or not 1 <= int(value) <= most:
            raise ValueError(f"{name} must be from 1 to {most}, not {value}")
    if any(_ZERO.fullmatch(day) for day in parts.get("BYMONTHDAY", "").split(",")):
        raise ValueError("BYMONTHDAY counts from 1, or from -1 backwards")
    if "UNTIL" in parts and not _DAY_OF_UNTIL.fullmatch(parts["UNTIL"]):
        raise ValueError(f"UNTIL must be a day as YYYYMMDD, not {parts['UNTIL']}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("COUNT and UNTIL exclude each other")
    return parts


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
    return list(_dates(hours.rrule, hours.effective_from or ANCHOR, first, last))


@lru_cache(maxsize=4096)
def _dates(text: str, anchor: date, first: date, last: date) -> tuple[date, ...]:
    """Kept, since the same few rules recur all over a clinic, and in many clinics."""
    rule = parse_rrule(text, anchor)
    shifted = _shifted_anchor(rule, anchor, first)
    if shifted != anchor:
        rule = rule.replace(dtstart=datetime.combine(shifted, time()))
    midnight = time()
    found = rule.between(datetime.combine(first, midnight), datetime.combine(last, midnight), inc=True)
    return tuple(occurrence.date() for occurrence in found)


def _shifted_anchor(rule: rrule, anchor: date, first: date) -> date:
    """A later anchor of equal phase, so that expanding does not walk through past decades.

    One period less than would fit: where BYSETPOS counts within a period, the anchor's own may be a
    part of one.
    """
    frequency, interval = rule._freq, rule._interval  # type: ignore[attr-defined]
    days = (first - anchor).days
    if rule._count is not None or days <= 0:  # type: ignore[attr-defined]
        return anchor
    if frequency in _LEAP_DAYS:
        period = _LEAP_DAYS[frequency] * interval
        return anchor + timedelta(days=max(0, days // period - 1) * period)
    period = interval if frequency == MONTHLY else 12 * interval
    months = (first.year - anchor.year) * 12 + first.month - anchor.month
    for periods in range(months // period - 1, 0, -1):
        month = anchor.year * 12 + anchor.month - 1 + periods * period
        # What a rule leaves out it takes from its anchor, so the day must stay the same.
        with suppress(ValueError):
            return date(month // 12, month % 12 + 1, anchor.day)
    return anchor
