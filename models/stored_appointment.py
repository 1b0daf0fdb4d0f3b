"""An appointment as the database keeps it."""

from dataclasses import dataclass, replace
from datetime import datetime

from models.appointment import Appointment, AppointmentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAppointment(Appointment):
    """An appointment with its place, its notes and its history; `version` counts its changes from 1."""

    clinic_id: str
    location_id: str | None = None
    notes: str | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime
    external_id: str | None = None
    group_visit_id: str | None = None

    def has_run_out(self, now: datetime) -> bool:
        """Whether it is a hold that nobody confirmed in time; from its expiry on, not a moment later."""
        if self.status is not AppointmentStatus.PENDING or self.expires_at is None:
            return False
        return self.expires_at <= now

    def as_of(self, now: datetime) -> "StoredAppointment":
        """What it is at `now`: a hold that has run out reads `expired`, swept or not."""
        return replace(self, status=AppointmentStatus.EXPIRED) if self.has_run_out(now) else self
