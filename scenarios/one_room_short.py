"""A practice in which every scan is blocked by somebody who could as well be seen elsewhere.

Three rooms. Dr Hale sees consultations, in the scan room or the exam room; Dr Lind dresses wounds, in
the exam room or the small theatre; Dr Okafor scans, in the scan room only. Today the consultations are
booked into the scan room, one after the other. Until 10:30 the exam room is taken by wounds, so that
two appointments would have to change for a scan; after that one is enough.
"""

from datetime import date, timedelta

from models.appointment import Appointment
from models.clinic import Clinic, Location, Patient, Provider, Room, Service, WorkingHours
from models.clinic_file import ClinicFile
from models.refs import provider_ref
from models.setup import ClinicSetup
from models.wall_clock import at_wall_clock, instant_of, zone_named
from scenarios.names import full_name

TIMEZONE = "Europe/Berlin"
OPENS, WOUNDS_UNTIL, CLOSES = 9 * 60, 10 * 60 + 30, 12 * 60
VISIT_MINUTES = 30
SITE = "ground-floor"


def one_room_short(day: date) -> ClinicFile:
    """The practice with that morning booked."""
    setup = ClinicSetup(
        clinic=Clinic(id="one-room-short", name="Mill Lane Practice", timezone=TIMEZONE),
        locations=(Location(id=SITE, name="Ground floor"),),
        providers=(
            _provider("hale", "Dr Hale", "consultation"),
            _provider("lind", "Dr Lind", "wound-care"),
            _provider("okafor", "Dr Okafor", "scan"),
        ),
        rooms=(
            Room(id="scan-room", location_id=SITE, name="Scan room", type="scan"),
            Room(id="exam-room", location_id=SITE, name="Exam room", type="exam"),
            Room(id="small-theatre", location_id=SITE, name="Small theatre", type="theatre"),
        ),
        services=(
            _service("consultation", "Consultation", "scan", "exam"),
            _service("wound-care", "Wound care", "exam", "theatre"),
            _service("scan", "Scan", "scan"),
        ),
        working_hours=tuple(
            WorkingHours(resource=provider_ref(one), rrule="FREQ=DAILY", start=OPENS, end=CLOSES)
            for one in ("hale", "lind", "okafor")
        ),
    )
    visits = [
        *_visits(day, "hale", "consultation", "scan-room", OPENS, CLOSES),
        *_visits(day, "lind", "wound-care", "exam-room", OPENS, WOUNDS_UNTIL),
    ]
    patients = tuple(Patient(id=visit.patient_id, name=full_name(n)) for n, visit in enumerate(visits))
    return ClinicFile(setup=setup, patients=patients, appointments=tuple(visits))


def _provider(identifier: str, name: str, service_id: str) -> Provider:
    return Provider(id=identifier, name=name, location_ids=(SITE,), service_ids=(service_id,))


def _service(identifier: str, name: str, *room_types: str) -> Service:
    return Service(
        id=identifier,
        name=name,
        duration_minutes=VISIT_MINUTES,
        slot_step_minutes=VISIT_MINUTES,
        room_types=frozenset(room_types),
    )


def _visits(
    day: date, provider_id: str, service_id: str, room_id: str, first: int, last: int
) -> list[Appointment]:
    midnight = at_wall_clock(day, 0, zone_named(TIMEZONE))
    starts = range(midnight + first, midnight + last, VISIT_MINUTES)
    return [
        Appointment(
            id=f"{service_id}-{number}",
            patient_id=f"{service_id}-patient-{number}",
            provider_id=provider_id,
            service_id=service_id,
            room_id=room_id,
            starts_at=instant_of(start),
            ends_at=instant_of(start) + timedelta(minutes=VISIT_MINUTES),
        )
        for number, start in enumerate(starts, start=1)
    ]
