"""The small forms that a clinic file is made of: text, ids, days, moments, times of day.

Each refuses what JSON can say but a clinic cannot mean or a database cannot hold.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from models.appointment import AppointmentStatus
from models.clinic import ExceptionKind, Modality, Weekday
from models.wall_clock import parse_time_of_day, zone_named

MAX_TEXT = 500
FIRST_YEAR = 1900
LAST_VISIT_YEAR = 9998
"""Hours and buffers around a visit must stay inside the calendar, which ends with 9999."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?P<offset>Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?"
)


def _shown(text: str) -> str:
    return repr(text) if len(text) <= 40 else repr(text[:40] + "...")


def storable(text: str) -> str:
    """Text that a database can hold: no NUL characters, no halves of surrogate pairs."""
    if "\x00" in text:
        raise ValueError("must not contain a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode, without lone surrogates") from None
    return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return value


def read_day(value: object) -> date:
    """`YYYY-MM-DD`, a day that exists."""
    text = _text(value)
    if not _DAY.fullmatch(text):
        raise ValueError(f"{_shown(text)} is not a date as YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{_shown(text)} is not a date that exists") from None


def read_moment(value: object) -> datetime:
    """An ISO 8601 date-time that carries its offset, as the same instant in UTC."""
    text = _text(value)
    form = _MOMENT.fullmatch(text)
    if form is None:
        raise ValueError(f"{_shown(text)} is not a date-time as YYYY-MM-DDTHH:MM:SS+HH:MM")
    if form["offset"] is None:
        raise ValueError(f"{_shown(text)} must carry an offset such as Z or +02:00")
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{_shown(text)} is not a date-time that exists") from None
    if moment.year < FIRST_YEAR:
        raise ValueError(f"{_shown(text)} lies before the year {FIRST_YEAR}")
    return moment


def _not_before_the_first_year(day: date) -> date:
    if day.year < FIRST_YEAR:
        raise ValueError(f"must not lie before the year {FIRST_YEAR}")
    return day


def _before_the_calendar_ends(moment: datetime) -> datetime:
    if moment.year > LAST_VISIT_YEAR:
        raise ValueError(f"must not lie after the year {LAST_VISIT_YEAR}")
    return moment


def read_time_of_day(value: object) -> int:
    """`HH:MM` as minutes past local midnight; `24:00` is the end of the day."""
    text = _text(value)
    if len(text) > len("HH:MM"):
        raise ValueError(f"{_shown(text)} is not a time of day as HH:MM")
    return parse_time_of_day(text)


def _zone(name: str) -> str:
    return zone_named(name).key


def _without_repetition(texts: list[str]) -> list[str]:
    seen: set[str] = set()
    for text in texts:
        if text in seen:
            raise ValueError(f"names {_shown(text)} twice")
        seen.add(text)
    return texts


def _days_once(days: list[date]) -> list[date]:
    _without_repetition([day.isoformat() for day in days])
    return days


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(storable)]
Name = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(storable)]
Id = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(storable)]
ZoneName = Annotated[
    str,
    Field(max_length=MAX_TEXT, examples=["Europe/Berlin"]),
    AfterValidator(storable),
    AfterValidator(_zone),
]
Ids = Annotated[list[Id], AfterValidator(_without_repetition)]
Words = Annotated[list[Name], AfterValidator(_without_repetition)]

Day = Annotated[date, BeforeValidator(read_day), WithJsonSchema({"type": "string", "format": "date"})]
RecentDay = Annotated[Day, AfterValidator(_not_before_the_first_year)]
Days = Annotated[list[Day], AfterValidator(_days_once)]
Moment = Annotated[
    datetime, BeforeValidator(read_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
VisitMoment = Annotated[Moment, AfterValidator(_before_the_calendar_ends)]
TimeOfDay = Annotated[
    int,
    BeforeValidator(read_time_of_day),
    WithJsonSchema({"type": "string", "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"}),
]

# A strict enumeration would want members, and JSON has only their values.
ModalityName = Annotated[Modality, Field(strict=False)]
KindName = Annotated[ExceptionKind, Field(strict=False)]
StatusName = Annotated[AppointmentStatus, Field(strict=False)]
WeekdayName = Annotated[Weekday, Field(strict=False)]
