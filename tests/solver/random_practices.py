"""Tiny random practices in which visits get in each other's way; the same seed gives the same."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from models.appointment import Appointment, EquipmentUse
from models.clinic import (
    Clinic,
    EquipmentNeed,
    EquipmentPool,
    Location,
    Modality,
    OverbookingRule,
    Patient,
    PreferredWindow,
    Provider,
    ProviderPreferences,
    Room,
    Service,
    Weekday,
    WorkingHours,
)
from models.rules import first_violation, is_overbooked
from models.setup import ClinicSetup
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute, at_wall_clock, instant_of

PATIENT = Patient(id="ada", name="Ada")
OTHERS = tuple(Patient(id=f"other-{number}", name=f"Other {number}") for number in range(6))


@dataclass(frozen=True, kw_only=True)
class Practice:
    """A clinic, what is booked in it, and the first and last day that matter."""

    setup: ClinicSetup
    appointments: tuple[Appointment, ...]
    now: datetime
    first: date
    days: int

    @property
    def snapshot(self) -> ClinicSnapshot:
        return with_appointments(self, self.appointments)

    def minute(self, day: int, minutes: int) -> Minute:
        return at_wall_clock(self.first + timedelta(days=day), minutes, self.setup.zone)


def with_appointments(practice: Practice, appointments: tuple[Appointment, ...]) -> ClinicSnapshot:
    return ClinicSnapshot.of(
        practice.setup, appointments=appointments, patients=(PATIENT, *OTHERS), now=practice.now
    )


def booked(placement: Placement, identifier: str, patient_id: str, snapshot: ClinicSnapshot) -> Appointment:
    """A placement as an appointment."""
    return Appointment(
        id=identifier,
        patient_id=patient_id,
        provider_id=placement.provider.id,
        service_id=placement.service.id,
        room_id=placement.room.id if placement.room else None,
        equipment=placement.equipment,
        starts_at=instant_of(placement.start),
        ends_at=instant_of(placement.end),
        overbook=is_overbooked(placement, snapshot),
    )


def practice_of(
    seed: int,
    *,
    first: date = date(2026, 6, 1),
    days: int = 1,
    opens: int = 8 * 60,
    closes: int = 12 * 60,
    visits: int = 5,
    zone: str = "UTC",
    rows: tuple[tuple[str, int, int], ...] | None = None,
) -> Practice:
    """A practice with random people, rooms, things and rules, and some visits that break none of them."""
    random = Random(seed)
    sites = [Location(id="main", name="Main")]
    if random.random() < 0.3:
        sites.append(Location(id="side", name="Side"))
    services = tuple(_service(random, number) for number in range(random.choice((1, 2, 2, 3))))
    providers = tuple(
        _provider(random, number, sites, services) for number in range(random.choice((1, 2, 3)))
    )
    rooms = tuple(_room(random, number, sites) for number in range(random.choice((1, 2, 2, 3))))
    pools = tuple(
        EquipmentPool(
            id=f"ecg-{number}",
            location_id=random.choice(sites).id,
            type="ecg",
            name=f"ECG {number}",
            quantity=random.choice((1, 1, 2)),
        )
        for number in range(random.choice((1, 1, 2)))
    )
    hours = tuple(
        WorkingHours(resource=f"providers/{one.id}", rrule=rrule, start=start, end=end)
        for one in providers
        for rrule, start, end in rows or (("FREQ=DAILY", opens, closes),)
    )
    setup = ClinicSetup(
        clinic=Clinic(id="clinic", name="Practice", timezone=zone),
        locations=tuple(sites),
        providers=providers,
        rooms=rooms,
        equipment=pools,
        services=services,
        working_hours=hours,
        overbooking=tuple(_overbooking(random, providers, services, opens, closes)),
    )
    now = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=2)
    empty = Practice(setup=setup, appointments=(), now=now, first=first, days=days)
    return _with_visits(
        random, empty, visits, [(low, high) for _, low, high in rows or (("", opens, closes),)]
    )


def _service(random: Random, number: int) -> Service:
    room_free = random.random() < 0.15
    an_ecg = EquipmentNeed(type="ecg", units=random.choice((1, 1, 2)))
    return Service(
        id=f"service-{number}",
        name=f"Service {number}",
        duration_minutes=random.choice((20, 30, 30, 45)),
        buffer_before_minutes=random.choice((0, 0, 5, 10)),
        buffer_after_minutes=random.choice((0, 0, 5, 15)),
        slot_step_minutes=random.choice((15, 30)),
        modality=Modality.TELEHEALTH if room_free else Modality.IN_PERSON,
        room_features=frozenset(["sink"] if random.random() < 0.2 else []),
        equipment=(an_ecg,) if random.random() < 0.3 else (),
        max_per_day=random.choice((2, 3, 4)) if random.random() < 0.2 else None,
        min_gap_minutes=random.choice((15, 40, 60)) if random.random() < 0.25 else 0,
        seats=random.choice((2, 3)) if random.random() < 0.2 else 1,
    )


def _provider(random: Random, number: int, sites: list[Location], services: tuple[Service, ...]) -> Provider:
    likes = ProviderPreferences(
        time_windows=(PreferredWindow(start=540, end=660, weight=80),),
        room_ids=random.choice(((), ("room-0",), ("room-1",))),
        weight=random.choice((50, 100)),
    )
    return Provider(
        id=f"provider-{number}",
        name=random.choice("ABC"),
        location_ids=tuple(site.id for site in sites if random.random() < 0.8) or (sites[0].id,),
        service_ids=tuple(one.id for one in services if random.random() < 0.95) or (services[0].id,),
        max_visits_per_day=random.choice((2, 3, 4)) if random.random() < 0.3 else None,
        preferences=likes if random.random() < 0.5 else None,
    )


def _room(random: Random, number: int, sites: list[Location]) -> Room:
    return Room(
        id=f"room-{number}",
        location_id=random.choice(sites).id,
        name=f"Room {number}",
        type=random.choice(("exam", "exam", "procedure")),
        features=frozenset(["sink"] if random.random() < 0.5 else []),
        capacity=random.choice((1, 1, 1, 2)),
        turnaround_minutes=random.choice((0, 0, 10, 30)),
    )


def _overbooking(
    random: Random, providers: tuple[Provider, ...], services: tuple[Service, ...], opens: int, closes: int
) -> Iterator[OverbookingRule]:
    if random.random() < 0.3:
        who: dict[str, Any] = (
            {"provider_id": random.choice(providers).id}
            if random.random() < 0.5
            else {"service_id": random.choice(services).id}
        )
        yield OverbookingRule(
            id="rule",
            weekdays=tuple(Weekday),
            start=opens,
            end=closes,
            lanes=random.choice((1, 2)),
            max_per_day=random.choice((None, 1, 2)),
            **who,
        )


def _with_visits(random: Random, practice: Practice, visits: int, windows: list[tuple[int, int]]) -> Practice:
    """Visits at random places, where they break no rule."""
    for number in range(visits):
        snapshot, setup = practice.snapshot, practice.setup
        provider = random.choice(setup.providers)
        service = setup.service_by_id[random.choice(provider.service_ids)]
        clock = random.randrange(*random.choice(windows), 15)
        start = practice.minute(random.randrange(practice.days), clock)
        room = random.choice(setup.rooms) if service.needs_room else None
        placement = Placement(
            service=service,
            provider=provider,
            location=setup.location_by_id[room.location_id] if room else None,
            room=room,
            start=start,
            end=start + service.duration_minutes,
            equipment=tuple(EquipmentUse(id="ecg-0", units=need.units) for need in service.equipment),
            patient=random.choice((PATIENT, *OTHERS, *OTHERS)),
        )
        fits = first_violation(placement, snapshot) is None
        if fits and placement.patient is not None:
            appointment = booked(placement, f"visit-{number}", placement.patient.id, snapshot)
            practice = replace(practice, appointments=(*practice.appointments, appointment))
    return practice
