"""An appointment, what it uses, and the steps its state may take."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from models.clinic import MAX_DURATION_MINUTES, MAX_UNITS


class AppointmentStatus(StrEnum):
    """Where an appointment stands."""

    PENDING = "pending"
    SCHEDULED = "scheduled"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELED = "canceled"
    NO_SHOW = "no_show"
    EXPIRED = "expired"

    @property
    def is_live(self) -> bool:
        """Still to take place, or taking place."""
        return self in LIVE

    @property
    def may_move(self) -> bool:
        """Whether its patient could still be asked to come at another time: nobody has arrived yet."""
        return self in MOVABLE

    @property
    def holds_resources(self) -> bool:
        """Whether its provider, room, equipment and patient are taken: live ones and completed ones."""
        return self in HOLDING


LIVE = frozenset(
    {
        AppointmentStatus.PENDING,
        AppointmentStatus.SCHEDULED,
        AppointmentStatus.CONFIRMED,
        AppointmentStatus.CHECKED_IN,
        AppointmentStatus.IN_PROGRESS,
    }
)
MOVABLE = frozenset({AppointmentStatus.PENDING, AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED})
HOLDING = LIVE | {AppointmentStatus.COMPLETED}

TRANSITIONS: dict[AppointmentStatus, frozenset[AppointmentStatus]] = {
    AppointmentStatus.PENDING: frozenset(
        {AppointmentStatus.CONFIRMED, AppointmentStatus.CANCELED, AppointmentStatus.EXPIRED}
    ),
    AppointmentStatus.SCHEDULED: frozenset(
        {
            AppointmentStatus.CONFIRMED,
            AppointmentStatus.CHECKED_IN,
            AppointmentStatus.CANCELED,
            AppointmentStatus.NO_SHOW,
        }
    ),
    AppointmentStatus.CONFIRMED: frozenset(
        {AppointmentStatus.CHECKED_IN, AppointmentStatus.CANCELED, AppointmentStatus.NO_SHOW}
    ),
    AppointmentStatus.CHECKED_IN: frozenset(
        {AppointmentStatus.IN_PROGRESS, AppointmentStatus.CANCELED, AppointmentStatus.NO_SHOW}
    ),
    AppointmentStatus.IN_PROGRESS: frozenset({AppointmentStatus.COMPLETED, AppointmentStatus.CANCELED}),
    AppointmentStatus.COMPLETED: frozenset(),
    AppointmentStatus.CANCELED: frozenset(),
    AppointmentStatus.NO_SHOW: frozenset(),
    AppointmentStatus.EXPIRED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentUse:
    """So many units of one pool, identified by the pool's `id`."""

    id: str
    units: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.units <= MAX_UNITS:
            raise ValueError(f"units must be from 1 to {MAX_UNITS}, not {self.units}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One visit of one patient: `[starts_at, ends_at)`, both aware and on whole minutes."""

    id: str
    patient_id: str
    provider_id: str
    service_id: str
    room_id: str | None = None
    equipment: tuple[EquipmentUse, ...] = ()
    starts_at: datetime
    ends_at: datetime
    status: AppointmentStatus = AppointmentStatus.SCHEDULED
    overbook: bool = False
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.starts_at.tzinfo is None or self.ends_at.tzinfo is None:
            raise ValueError("start and end must carry an offset")
        if self.ends_at <= self.starts_at:
            raise ValueError("end must be after start")
        if self.ends_at - self.starts_at > timedelta(minutes=MAX_DURATION_MINUTES):
            raise ValueError("an appointment lasts at most 24 hours")
        if any(moment.second or moment.microsecond for moment in (self.starts_at, self.ends_at)):
            raise ValueError("start and end must fall on whole minutes")

    def holds_at(self, now: datetime) -> bool:
        """Whether it takes its resources at `now`: an unconfirmed hold that ran out does not."""
        if self.status is AppointmentStatus.PENDING and self.expires_at is not None:
            return self.expires_at > now
        return self.status.holds_resources
