"""A clinic described whole: what is imported, exported, searched without a database, and generated."""

from dataclasses import dataclass, replace
from datetime import datetime

from models.appointment import Appointment, AppointmentStatus
from models.clinic import Patient
from models.setup import ClinicSetup


@dataclass(frozen=True, kw_only=True)
class ClinicFile:
    """A setup with everybody who is seen and everything that is booked, past and future."""

    setup: ClinicSetup
    patients: tuple[Patient, ...] = ()
    appointments: tuple[Appointment, ...] = ()

    def as_of(self, now: datetime) -> "ClinicFile":
        """The same clinic, with holds that ran out by `now` marked as expired.

        Somebody else may have taken the place of such a hold, so a file that still called it
        pending could contradict itself.
        """
        return replace(self, appointments=tuple(_settled(one, now) for one in self.appointments))


def _settled(appointment: Appointment, now: datetime) -> Appointment:
    if appointment.status is AppointmentStatus.PENDING and not appointment.holds_at(now):
        return replace(appointment, status=AppointmentStatus.EXPIRED)
    return appointment
