"""What somebody wants booked, and what the clinic makes of it: decisions without a database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from models.clinic import MAX_DURATION_MINUTES
from models.errors import InvalidRequest

MAX_HOLD_MINUTES = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingOrder:
    """A visit that somebody asks for.

    Without `ends_at` it lasts as long as the service does; without `room_id` the best free room is
    taken; `equipment_ids` restricts the pools; with `hold_minutes` it is held so long and not booked.
    """

    clinic_id: str
    patient_id: str
    service_id: str
    provider_id: str
    starts_at: datetime
    ends_at: datetime | None = None
    room_id: str | None = None
    equipment_ids: tuple[str, ...] | None = None
    hold_minutes: int | None = None
    notes: str | None = None

    def __post_init__(self) -> None:
        _refuse_broken_minutes("start", self.starts_at)
        if self.ends_at is not None:
            refuse_impossible_span(self.starts_at, self.ends_at)
        if self.hold_minutes is not None and not 1 <= self.hold_minutes <= MAX_HOLD_MINUTES:
            message = f"holdMinutes must be from 1 to {MAX_HOLD_MINUTES}, not {self.hold_minutes}"
            raise InvalidRequest(message, field="holdMinutes")


def refuse_impossible_span(starts_at: datetime, ends_at: datetime) -> None:
    """A visit lasts from one minute to a day, in whole minutes; InvalidRequest otherwise."""
    _refuse_broken_minutes("start", starts_at)
    _refuse_broken_minutes("end", ends_at)
    if ends_at <= starts_at:
        raise InvalidRequest("end must be after start", field="end")
    if ends_at - starts_at > timedelta(minutes=MAX_DURATION_MINUTES):
        raise InvalidRequest("an appointment lasts at most 24 hours", field="end")


def _refuse_broken_minutes(name: str, moment: datetime) -> None:
    if moment.tzinfo is None:
        raise InvalidRequest(f"{name} must carry an offset", field=name)
    if moment.second or moment.microsecond:
        raise InvalidRequest(f"{name} must fall on a whole minute", field=name)
