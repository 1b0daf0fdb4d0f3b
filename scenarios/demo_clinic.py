"""The clinic that a new installation starts with: busy mornings, gaps, and the odd missed visit."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from models.appointment import Appointment, AppointmentStatus
from models.clinic import Contact, Patient
from models.clinic_file import ClinicFile
from models.wall_clock import floor_minute, local_of, zone_named
from scenarios.demo_setup import TIMEZONE, demo_setup
from scenarios.diary import Diary
from scenarios.names import full_name
from scenarios.planting import Pace, planted

PATIENTS = 150
DAYS_BEHIND = 7
DAYS_AHEAD = 14
_PACE = Pace(morning=0.75, afternoon=0.5)

_BEHIND = (
    (AppointmentStatus.COMPLETED, 88),
    (AppointmentStatus.NO_SHOW, 5),
    (AppointmentStatus.CANCELED, 7),
)
_AHEAD = (
    (AppointmentStatus.SCHEDULED, 62),
    (AppointmentStatus.CONFIRMED, 32),
    (AppointmentStatus.CANCELED, 6),
)


def demo_clinic(today: date) -> ClinicFile:
    """Riverside Clinic with the week before `today` and the two weeks from it booked.

    The same day gives the same clinic.
    """
    random = Random(today.toordinal())
    setup = demo_setup(today)
    patients = _patients(random)
    visits = planted(
        setup,
        patients,
        random=random,
        first=today - timedelta(days=DAYS_BEHIND),
        days=DAYS_BEHIND + DAYS_AHEAD,
        pace=_PACE,
    )
    diary = Diary.of(setup, patients, visits, random)
    diary.add_groups(setup.service_by_id["back-class"], one_day_in=2)
    diary.add_on_top(most_per_day=1)
    return ClinicFile(setup=setup, patients=patients, appointments=_told(diary.visits(), today, random))


def _patients(random: Random) -> tuple[Patient, ...]:
    return tuple(_patient(number, random) for number in range(1, PATIENTS + 1))


def _patient(number: int, random: Random) -> Patient:
    name = full_name(number * 7 + 3)
    born = date(1938, 1, 1) + timedelta(days=random.randrange(80 * 365))
    mailbox = name.lower().replace(" ", ".")
    return Patient(
        id=f"patient-{number:03d}",
        name=name,
        date_of_birth=born,
        contact=Contact(
            email=f"{mailbox}@example.com",
            phone=f"+49 30 5550{number:03d}" if number % 3 else None,
            preferred_method="email" if number % 3 == 0 else "phone",
        ),
        blocked_provider_ids=frozenset({"rossi"} if number in (17, 42) else ()),
    )


def _told(visits: Iterable[Appointment], today: date, random: Random) -> tuple[Appointment, ...]:
    """The visits with what became of them, numbered by start."""
    zone = zone_named(TIMEZONE)
    told = []
    for number, visit in enumerate(visits, start=1):
        behind = local_of(floor_minute(visit.starts_at), zone).date() < today
        status = _drawn(_BEHIND if behind else _AHEAD, random)
        told.append(replace(visit, id=f"visit-{number:03d}", status=status))
    return tuple(told)


def _drawn(chances: Sequence[tuple[AppointmentStatus, int]], random: Random) -> AppointmentStatus:
    statuses, weights = zip(*chances, strict=True)
    drawn: AppointmentStatus = random.choices(statuses, weights)[0]
    return drawn
