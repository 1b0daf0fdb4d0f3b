"""What somebody wants booked, and what the clinic makes of it: decisions without a database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from models.appointment import AppointmentStatus
from models.clinic import MAX_DURATION_MINUTES
from models.errors import InvalidRequest
from models.slot import Rearrangement

MAX_HOLD_MINUTES = 1440
EARLIEST_YEAR, LATEST_YEAR = 1900, 9000


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingOrder:
    """A visit that somebody asks for.

    Without `ends_at` it lasts as long as the service does. Without `room_id` the best free room is
    taken, at `location_id` where that is given. `equipment_ids` restricts the pools. With
    `hold_minutes` it is held so long and not booked. What it `rearranges` changes first.
    """

    clinic_id: str
    patient_id: str
    service_id: str
    provider_id: str
    starts_at: datetime
    ends_at: datetime | None = None
    room_id: str | None = None
    location_id: str | None = None
    equipment_ids: tuple[str, ...] | None = None
    hold_minutes: int | None = None
    notes: str | None = None
    rearranges: tuple[Rearrangement, ...] = ()

    def __post_init__(self) -> None:
        _refuse_broken_minutes("start", self.starts_at)
        if self.ends_at is not None:
            refuse_impossible_span(self.starts_at, self.ends_at)
        if self.hold_minutes is not None and not 1 <= self.hold_minutes <= MAX_HOLD_MINUTES:
            message = f"holdMinutes must be from 1 to {MAX_HOLD_MINUTES}, not {self.hold_minutes}"
            raise InvalidRequest(message, field="holdMinutes")
        changing = [change.appointment_id for change in self.rearranges]
        if len(set(changing)) < len(changing):
            raise InvalidRequest("rearranges names an appointment twice", field="rearranges")
        if not all(change.changes_anything for change in self.rearranges):
            raise InvalidRequest("rearranges names an appointment that stays as it is", field="rearranges")


class Keep(Enum):
    """Tells "leave it as it is" from None, which empties."""

    KEEP = auto()


KEEP = Keep.KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentChange:
    """What is to change of an appointment; whatever is not given stays.

    A visit that moves to another start keeps its length unless `ends_at` says otherwise, and its room
    where that is free; `room_id` is the only one that will do.
    """

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    provider_id: str | None = None
    room_id: str | None = None
    status: AppointmentStatus | None = None
    notes: str | Keep | None = KEEP

    def __post_init__(self) -> None:
        for name, moment in (("start", self.starts_at), ("end", self.ends_at)):
            if moment is not None:
                _refuse_broken_minutes(name, moment)
        if self.moves and self.status is not None and not self.status.holds_resources:
            raise InvalidRequest("a visit cannot be moved and given up at once", field="status")

    @property
    def moves(self) -> bool:
        """Whether it asks for another time, person or room."""
        return any((self.starts_at, self.ends_at, self.provider_id, self.room_id))


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
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:  # leaves room to add hours of buffers
        raise InvalidRequest(f"{name} is not within {EARLIEST_YEAR} to {LATEST_YEAR}", field=name)
    if moment.second or moment.microsecond:
        raise InvalidRequest(f"{name} must fall on a whole minute", field=name)
