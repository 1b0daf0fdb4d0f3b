"""A large clinic at one site, four weeks of it booked: nearly full next week, less so later.

Whoever is absent here leaves visits behind that compete for the few gaps that others have, and a gap is
what it mostly is in practice: as long as the visit that was cancelled.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from models.appointment import Appointment
from models.clinic import (
    Clinic,
    EquipmentNeed,
    EquipmentPool,
    Location,
    Patient,
    Provider,
    Room,
    Service,
    WorkingHours,
)
from models.clinic_file import ClinicFile
from models.refs import provider_ref
from models.setup import ClinicSetup
from models.wall_clock import at_wall_clock, floor_minute
from scenarios.filling import filled
from scenarios.names import full_name
from scenarios.planting import Pace, planted
from scenarios.synthetic_setup import synthetic_patients

SITE = "site"
CANCELLED = (0.03, 0.04, 0.1, 0.55)
"""The share of visits, week by week, that were cancelled and leave the gap that they filled."""

SERVICES = (
    Service(
        id="check-up",
        name="Check-up",
        duration_minutes=15,
        buffer_after_minutes=5,
        slot_step_minutes=5,
        room_types=frozenset({"exam", "consult"}),
    ),
    Service(
        id="follow-up",
        name="Follow-up",
        duration_minutes=20,
        buffer_after_minutes=5,
        slot_step_minutes=5,
        room_types=frozenset({"exam", "consult"}),
    ),
    Service(
        id="consultation",
        name="Consultation",
        duration_minutes=30,
        buffer_after_minutes=5,
        slot_step_minutes=5,
        room_types=frozenset({"consult", "exam"}),
    ),
    Service(
        id="ultrasound",
        name="Ultrasound scan",
        duration_minutes=45,
        buffer_before_minutes=5,
        buffer_after_minutes=5,
        slot_step_minutes=15,
        room_types=frozenset({"exam", "procedure"}),
        equipment=(EquipmentNeed(type="ultrasound"),),
    ),
    Service(
        id="procedure",
        name="Minor procedure",
        duration_minutes=60,
        buffer_before_minutes=5,
        buffer_after_minutes=10,
        slot_step_minutes=15,
        room_types=frozenset({"procedure"}),
    ),
)
COMMON_SERVICES = ("check-up", "follow-up", "consultation")
RARER_SERVICES = ("ultrasound", "procedure")
ROOM_TYPES = ("exam", "consult", "exam", "procedure", "exam", "consult", "exam", "procedure")
DAYS = (((480, 720), (780, 1020)), ((450, 750), (810, 990)), ((540, 780), (840, 1080)), ((480, 960),))
_RUNS = (1, 1, 2, 3, 5)
_MEAN_RUN = sum(_RUNS) / len(_RUNS)
_FULL = Pace(morning=1.0, afternoon=1.0)


def full_calendar(
    seed: int, *, start: date, providers: int = 20, rooms: int = 24, cancelled: Sequence[float] = CANCELLED
) -> ClinicFile:
    """The clinic with as many weeks booked as `cancelled` has shares, from the Monday `start` on.

    Nothing booked breaks a hard rule. The same arguments give the same clinic.
    """
    if start.weekday() != 0:
        raise ValueError(f"{start} is not a Monday")
    random = Random(seed)
    staff = tuple(_provider(random, number) for number in range(providers))
    setup = ClinicSetup(
        clinic=Clinic(id=f"full-calendar-{seed}", name="Full Calendar", timezone="Europe/Berlin"),
        locations=(Location(id=SITE, name="Site"),),
        providers=staff,
        rooms=tuple(_room(number) for number in range(rooms)),
        equipment=(
            EquipmentPool(
                id="ultrasound",
                location_id=SITE,
                type="ultrasound",
                name="Ultrasound unit",
                quantity=max(1, providers // 4),
            ),
        ),
        services=SERVICES,
        working_hours=tuple(row for one in staff for row in _hours(random, one)),
    )
    people = synthetic_patients(random, providers * 120, staff)
    visits = [visit for week in _weeks(setup, people, random, start, cancelled) for visit in week]
    numbered = (replace(visit, id=f"visit-{number}") for number, visit in enumerate(visits, 1))
    return ClinicFile(setup=setup, patients=people, appointments=tuple(numbered))


def visits_of(file: ClinicFile, provider_id: str, first: date, days: int) -> list[Appointment]:
    """What a provider has booked on so many local days."""
    low, high = (at_wall_clock(first + timedelta(days=n), 0, file.setup.zone) for n in (0, days))
    return [
        visit
        for visit in file.appointments
        if visit.provider_id == provider_id and low <= floor_minute(visit.starts_at) < high
    ]


def _weeks(
    setup: ClinicSetup, people: Sequence[Patient], random: Random, start: date, cancelled: Sequence[float]
) -> Iterator[list[Appointment]]:
    """Every gap that anything fits into is filled, and then some visits are cancelled again."""
    for number, share in enumerate(cancelled):
        first = start + timedelta(weeks=number)
        bounds = [at_wall_clock(first + timedelta(days=later), 0, setup.zone) for later in (0, 7)]
        week = planted(setup, people, random=random, first=first, days=7, pace=_FULL)
        full = filled(setup, people, week, random, (bounds[0], bounds[1]))
        yield _thinned(full, random, share)


def _thinned(visits: Sequence[Appointment], random: Random, share: float) -> list[Appointment]:
    """Without that share, cancelled in runs of neighbours: so a provider leaves early."""
    kept: list[Appointment] = []
    cancelled: dict[str, int] = {}
    for visit in visits:
        left = cancelled.get(visit.provider_id, 0)
        if not left and random.random() < share / (1 - share) / _MEAN_RUN:
            left = random.choice(_RUNS)
        cancelled[visit.provider_id] = max(0, left - 1)
        if not left:
            kept.append(visit)
    return kept


def _provider(random: Random, number: int) -> Provider:
    rarer = random.sample(RARER_SERVICES, k=random.choice((0, 1, 1, 2)))
    return Provider(
        id=f"provider-{number + 1}",
        name=f"Dr. {full_name(number)}",
        location_ids=(SITE,),
        service_ids=(*COMMON_SERVICES, *rarer),
    )


def _room(number: int) -> Room:
    kind = ROOM_TYPES[number % len(ROOM_TYPES)]
    return Room(
        id=f"room-{number + 1}",
        location_id=SITE,
        name=f"{kind.capitalize()} room {number + 1}",
        type=kind,
        turnaround_minutes=5 if kind == "procedure" else 0,
    )


def _hours(random: Random, provider: Provider) -> Iterator[WorkingHours]:
    for start, end in random.choice(DAYS):
        yield WorkingHours(
            resource=provider_ref(provider.id),
            rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
            start=start,
            end=end,
        )
