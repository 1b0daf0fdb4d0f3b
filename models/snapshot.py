"""All that one question may know about a clinic: its setup, its calendar, its patients, the time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from models.appointment import Appointment
from models.calendar import Calendar, Hold
from models.claims import holds_of
from models.clinic import Patient
from models.errors import NotFound
from models.hours import Window
from models.setup import ClinicSetup
from models.wall_clock import Minute, ceil_minute, floor_minute


@dataclass(frozen=True, kw_only=True)
class ClinicSnapshot:
    """A clinic at one moment, `now`; whatever is derived from it belongs to that moment."""

    setup: ClinicSetup
    calendar: Calendar
    now: datetime
    patients: Mapping[str, Patient] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("now must carry an offset")

    @staticmethod
    def of(
        setup: ClinicSetup,
        *,
        appointments: Iterable[Appointment] = (),
        patients: Iterable[Patient] = (),
        now: datetime,
    ) -> "ClinicSnapshot":
        """A snapshot of whole appointments, as a clinic file has them."""
        holds: list[Hold] = []
        visits: dict[str, list[Window]] = {}
        for appointment in appointments:
            if not appointment.holds_at(now):
                continue
            holds += holds_of(appointment, setup)
            visit = (floor_minute(appointment.starts_at), ceil_minute(appointment.ends_at))
            visits.setdefault(appointment.patient_id, []).append(visit)
        return ClinicSnapshot(
            setup=setup,
            calendar=Calendar.of(holds, visits),
            now=now,
            patients={patient.id: patient for patient in patients},
        )

    def patient(self, patient_id: str) -> Patient:
        """The patient of that id, or NotFound."""
        try:
            return self.patients[patient_id]
        except KeyError:
            raise NotFound("patient", patient_id) from None

    @cached_property
    def first_minute_from_now(self) -> Minute:
        """The first whole minute that does not lie in the past."""
        return ceil_minute(self.now)

    @cached_property
    def last_minute_until_now(self) -> Minute:
        """The last whole minute that does not lie in the future."""
        return floor_minute(self.now)

    def replace_calendar(self, calendar: Calendar) -> "ClinicSnapshot":
        """The same clinic with other things booked."""
        return replace(self, calendar=calendar)
