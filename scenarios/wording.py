"""Times and counts in words."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from models.wall_clock import Minute, local_of


def counted(count: int, noun: str) -> str:
    """ "1 day", "2 days"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(parts: Iterable[str]) -> str:
    """One part after the other."""
    return ", ".join(parts)


def moment_text(minute: Minute, zone: ZoneInfo) -> str:
    """ "Mon 2026-06-01 08:00", on the wall clock of a zone."""
    return _dated(local_of(minute, zone))


def span_text(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """ "from Mon 2026-06-01 08:00 to 12:00"; with the date of its end where that is another."""
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    until = f"{ends:%H:%M}" if ends.date() == starts.date() else _dated(ends)
    return f"from {_dated(starts)} to {until}"


def _dated(local: datetime) -> str:
    return f"{local:%a %Y-%m-%d %H:%M}"
