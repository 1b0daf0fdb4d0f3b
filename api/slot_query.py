"""A question about slots as a client words it, and what it means for one clinic.

Used by the HTTP call and by the command line alike.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from models.clinic import MAX_DURATION_MINUTES, Patient
from models.errors import InvalidRequest, NonexistentLocalTime
from models.setup import ClinicSetup
from models.slot import MAX_SLOTS, SlotRequest, TimeOfDay
from models.wall_clock import MINUTES_PER_DAY, Minute, at_wall_clock, ceil_minute, first_occurrence

MAX_RANGE_DAYS = 92
"""The longest range that one search looks through."""

AN_EXAMPLE = "2026-11-23T09:00"

ROOMS = "rooms"
"""What may be rearranged: rooms and units of what is booked."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATE_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)([Zz]|[+\- ]\d{2}:?\d{2})?"
)
_FIRST_YEAR, _LAST_YEAR = 1971, 9000


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotQuery:
    """The parts of a question, unread; `start` and `end` are dates or date-times as text."""

    service_id: str
    start: str
    end: str
    location_id: str | None = None
    provider_ids: tuple[str, ...] = ()
    patient_id: str | None = None
    duration_minutes: int | None = None
    preferred: str | None = None
    limit: int = 50
    explain: bool = False
    rearrange: str | None = None
    names_appointments: bool = True
    """Whether whoever asks may hear of other people's appointments."""

    def request(self, setup: ClinicSetup, patient: Patient | None) -> SlotRequest:
        """What it asks of this clinic. Raises InvalidRequest, or NotFound for an id that is not there."""
        service = setup.service(self.service_id)
        location = setup.location(self.location_id) if self.location_id is not None else None
        for provider_id in self.provider_ids:
            setup.provider(provider_id)
        zone = setup.zone_of(location)
        earliest, latest = read_range(self.start, self.end, zone)
        duration = service.duration_minutes if self.duration_minutes is None else self.duration_minutes
        _bounded("durationMinutes", duration, MAX_DURATION_MINUTES)
        _bounded("limit", self.limit, MAX_SLOTS)
        return SlotRequest(
            service=service,
            earliest=earliest,
            latest=latest,
            duration_minutes=duration,
            location=location,
            provider_ids=frozenset(self.provider_ids) or None,
            patient=patient,
            preferred=_time_of_day(self.preferred),
            limit=self.limit,
            rearrange_rooms=_rearranges_rooms(self.rearrange),
        )


def _rearranges_rooms(text: str | None) -> bool:
    if text not in (None, ROOMS):
        raise InvalidRequest(f"rearrange can only be {ROOMS!r}, not {text!r}", field="rearrange")
    return text == ROOMS


def _bounded(field: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise InvalidRequest(f"{field} must be from 1 to {most}, not {value}", field=field)


def _time_of_day(text: str | None) -> TimeOfDay | None:
    if text is None:
        return None
    try:
        return TimeOfDay(text)
    except ValueError:
        choices = ", ".join(TimeOfDay)
        raise InvalidRequest(
            f"preferredTimeOfDay must be one of {choices}, not {text!r}", field="preferredTimeOfDay"
        ) from None


def read_range(start: str, end: str, zone: ZoneInfo) -> tuple[Minute, Minute]:
    """The minutes `[earliest, latest)` of a range: a date as end includes its day, a date-time does not.

    Raises InvalidRequest for text that is neither, for a range that is empty or too long.
    """
    earliest = first_minute(start, zone, "start")
    latest = first_minute(end, zone, "end", days_later=1)
    if latest <= earliest:
        raise InvalidRequest("end must be after start", field="end")
    if latest - earliest > (MAX_RANGE_DAYS + 1) * MINUTES_PER_DAY:
        raise InvalidRequest(f"a range covers at most {MAX_RANGE_DAYS} days", field="end")
    return earliest, latest


def first_minute(text: str, zone: ZoneInfo, field: str, days_later: int = 0) -> Minute:
    """The instant of a date-time, or local midnight of a date (so many days later)."""
    if _DATE.fullmatch(text):
        day = _read_date(text, field)
        return at_wall_clock(day + timedelta(days=days_later), 0, zone)
    return ceil_minute(read_instant(text, zone, field, forms="a date or a date-time"))


def _read_date(text: str, field: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidRequest(f"{field}: there is no {text}", field=field) from None
    _within_years(day, field)
    return day


def _within_years(day: date, field: str) -> None:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise InvalidRequest(f"{field} must lie in the years {_FIRST_YEAR} to {_LAST_YEAR}", field=field)


def read_instant(text: str, zone: ZoneInfo, field: str, *, forms: str = "a date-time") -> datetime:
    """An aware instant from ISO 8601; without an offset it is read on the wall clock of `zone`.

    Raises InvalidRequest, which names the `forms` that are understood, with the next valid time where
    the clock skips the one given. A `+` that a URL turned into a space is understood.
    """
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        raise InvalidRequest(f"{field} must be {forms}, such as {AN_EXAMPLE}, not {text!r}", field=field)
    day, clock, offset = found.groups()
    offset = (offset or "").replace(" ", "+").upper()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{offset}")
    except ValueError:
        raise InvalidRequest(f"{field}: there is no {text}", field=field) from None
    _within_years(moment, field)
    if moment.tzinfo is not None:
        return moment
    try:
        return first_occurrence(moment, zone)
    except NonexistentLocalTime as skipped:
        raise NonexistentLocalTime(
            f"{field}: {skipped}", next_valid=skipped.next_valid, field=field
        ) from None
