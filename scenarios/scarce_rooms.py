"""A clinic of any length whose rooms, not its people, are what runs out.

Rooms are cleaned for longer than most visits last, and each kind of visit may take place in two kinds
of room, but scans in one only: who is booked where decides whether a scan still fits.
"""

from datetime import date
from random import Random

from models.clinic import (
    Clinic,
    EquipmentNeed,
    EquipmentPool,
    Location,
    Provider,
    Room,
    Service,
    WorkingHours,
)
from models.clinic_file import ClinicFile
from models.refs import provider_ref
from models.setup import ClinicSetup
from scenarios.names import full_name
from scenarios.planting import Pace, planted
from scenarios.synthetic_setup import synthetic_patients

ROOM_TYPES = ("scan", "exam", "lab", "theatre")
CLEANING_MINUTES = 15
SITE = "site"


def scarce_rooms(
    seed: int, *, start: date, days: int, providers: int = 5, rooms: int = 8, utilisation: float = 0.6
) -> ClinicFile:
    """The clinic with so many days booked; the same arguments give the same."""
    random = Random(seed)
    services = (
        _service("scan", "Scan", 30, "scan", machine="scanner"),
        _service("consultation", "Consultation", 20, "scan", "exam"),
        _service("blood-test", "Blood test", 15, "exam", "lab"),
        _service("biopsy", "Biopsy", 30, "lab", "theatre"),
        _service("ultrasound", "Ultrasound", 30, "scan", "theatre", machine="scanner"),
    )
    staff = tuple(_provider(number, services) for number in range(providers))
    setup = ClinicSetup(
        clinic=Clinic(id=f"scarce-rooms-{seed}", name="Scarce Rooms", timezone="Europe/Berlin"),
        locations=(Location(id=SITE, name="Site"),),
        providers=staff,
        rooms=tuple(_room(number) for number in range(rooms)),
        equipment=tuple(_scanner(number) for number in (1, 2)),
        services=services,
        working_hours=tuple(
            WorkingHours(resource=provider_ref(one.id), rrule="FREQ=DAILY", start=480, end=1020)
            for one in staff
        ),
    )
    patients = synthetic_patients(random, providers * 60, staff)
    pace = Pace.around(utilisation)
    visits = planted(setup, patients, random=random, first=start, days=days, pace=pace)
    return ClinicFile(setup=setup, patients=patients, appointments=tuple(visits))


def _service(
    identifier: str, name: str, minutes: int, *room_types: str, machine: str | None = None
) -> Service:
    return Service(
        id=identifier,
        name=name,
        duration_minutes=minutes,
        slot_step_minutes=5,
        room_types=frozenset(room_types),
        equipment=(EquipmentNeed(type=machine),) if machine else (),
    )


def _provider(number: int, services: tuple[Service, ...]) -> Provider:
    return Provider(
        id=f"provider-{number + 1}",
        name=f"Dr. {full_name(number)}",
        location_ids=(SITE,),
        service_ids=tuple(service.id for service in services),
    )


def _room(number: int) -> Room:
    kind = ROOM_TYPES[number % len(ROOM_TYPES)]
    return Room(
        id=f"room-{number + 1}",
        location_id=SITE,
        name=f"{kind.capitalize()} room {number + 1}",
        type=kind,
        turnaround_minutes=CLEANING_MINUTES,
    )


def _scanner(number: int) -> EquipmentPool:
    return EquipmentPool(
        id=f"scanner-{number}", location_id=SITE, type="scanner", name=f"Scanner {number}", quantity=2
    )
