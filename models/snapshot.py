"""All that one question may know about a clinic: its setup, its calendar, its patients, the time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from models.appointment import Appointment
from models.calendar import Calendar
from models.claims import holds_of_all
from models.clinic import Patient
from models.errors import NotFound
from models.group_visit import GroupKey, GroupVisit, groups_of
from models.hours import Window
from models.setup import ClinicSetup
from models.wall_clock import Minute, ceil_minute, floor_minute


@dataclass(frozen=True, kw_only=True)
class ClinicSnapshot:
    """A clinic at one moment, `now`; whatever is derived from it belongs to that moment.

    `group_visits` are those of services for groups that hold their resources. `visits_with` tells for
    each patient, visit by visit, when it starts and with which provider. `appointments` are there only
    where the question is whether they could change: whoever holds anything near the range.
    """

    setup: ClinicSetup
    calendar: Calendar
    now: datetime
    patients: Mapping[str, Patient] = field(default_factory=dict)
    group_visits: tuple[GroupVisit, ...] = ()
    visits_with: Mapping[str, Sequence[tuple[Minute, str]]] = field(default_factory=dict)
    appointments: tuple[Appointment, ...] = ()

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
        holding = [appointment for appointment in appointments if appointment.holds_at(now)]
        visits: dict[str, list[Window]] = {}
        visits_with: dict[str, list[tuple[Minute, str]]] = {}
        for appointment in holding:
            start, end = floor_minute(appointment.starts_at), ceil_minute(appointment.ends_at)
            visits.setdefault(appointment.patient_id, []).append((start, end))
            visits_with.setdefault(appointment.patient_id, []).append((start, appointment.provider_id))
        return ClinicSnapshot(
            setup=setup,
            calendar=Calendar.of(holds_of_all(holding, setup), visits),
            now=now,
            patients={patient.id: patient for patient in patients},
            group_visits=group_visits_of(holding, setup),
            visits_with=visits_with,
            appointments=tuple(holding),
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

    def has_group_visit_like(self, key: GroupKey) -> bool:
        """Whether a group visit of that service takes place at that provider just then, in whichever room."""
        return any(group.key[:4] == key[:4] for group in self.group_visits)

    def replace_calendar(self, calendar: Calendar) -> "ClinicSnapshot":
        """The same clinic with other things booked."""
        return replace(self, calendar=calendar)


def group_visits_of(appointments: Iterable[Appointment], setup: ClinicSetup) -> tuple[GroupVisit, ...]:
    """The group visits among appointments that hold their resources."""
    services = setup.service_by_id
    seated = [one for one in appointments if services[one.service_id].is_for_groups]
    return tuple(
        GroupVisit(
            id=members[0].id,
            key=key,
            location_id=setup.room_by_id[key.room_id].location_id if key.room_id else None,
            equipment=members[0].equipment,
            overbook=members[0].overbook,
            patients=len(members),
        )
        for key, members in groups_of(seated).items()
    )
