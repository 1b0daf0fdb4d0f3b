"""Which recurrence rules a clinic may keep: those that can be expanded quickly and mean one thing."""

import re
from datetime import date
from functools import lru_cache

from models.hours import ANCHOR, parse_rrule

MAX_INTERVAL = 1000
MAX_COUNT = 10_000
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


@lru_cache(maxsize=4096)
def refusal_of(text: str, starts: date | None) -> str | None:
    """Why hours cannot recur by this rule; None if they can. `starts` is their first effective day."""
    try:
        _check_parts(text, starts)
        parse_rrule(text, starts or ANCHOR)
    except (ValueError, TypeError, IndexError, OverflowError) as malformed:
        return str(malformed) or f"{text!r} is not a recurrence rule"
    return None


def _check_parts(text: str, starts: date | None) -> None:
    body = text.strip().upper().removeprefix("RRULE:")
    pairs = [part.partition("=") for part in body.split(";")]
    parts = {name: value for name, _, value in pairs}
    if not body.isascii() or not all(value for _, _, value in pairs) or not parts.keys() <= _PARTS:
        raise ValueError(f"{text!r} is not a recurrence rule of RFC 5545 for whole days")
    if len(parts) < len(pairs):
        raise ValueError(f"{text!r} says something twice")
    for name, most in _BOUNDS.items():
        value = parts.get(name, "1")
        if not value.isdigit() or len(value) > 6 or not 1 <= int(value) <= most:
            raise ValueError(f"{name} must be from 1 to {most}, not {value}")
    if "UNTIL" in parts and not _DAY_OF_UNTIL.fullmatch(parts["UNTIL"]):
        raise ValueError(f"UNTIL must be a day as YYYYMMDD, not {parts['UNTIL']}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("COUNT and UNTIL exclude each other")
    if "COUNT" in parts and starts is None:
        raise ValueError("COUNT needs effectiveFrom, the day from which to count")
