"""A small clinic, piece by piece: say what a test is about, and leave the rest to the defaults.

One exam room and one provider at one location, open from 08:00 to 16:00 every day; check-ups of 30 minutes
without buffers. The clock stands at `NOW`, a Monday morning, and times are UTC unless a zone is named.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from models.appointment import Appointment, EquipmentUse
from models.clinic import (
    Clinic,
    EquipmentNeed,
    EquipmentPool,
    ExceptionKind,
    HoursException,
    Location,
    Modality,
    OverbookingRule,
    Patient,
    Provider,
    Room,
    Service,
    Weekday,
    WorkingHours,
)
from models.group_visit import GroupKey, GroupVisit
from models.setup import ClinicSetup
from models.slot import Placement, SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute

MONDAY = date(2026, 6, 1)
TUESDAY = MONDAY + timedelta(days=1)
SUNDAY = MONDAY - timedelta(days=1)
NOW = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
"""Monday, two hours before anybody works."""

EVERY_DAY = "FREQ=DAILY"
NOBODY = "00000000-0000-4000-8000-000000000000"
"""An id that nothing has."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ECG = EquipmentNeed(type="ecg")


# times


def moment(clock: str, day: date = MONDAY, zone: str = "UTC", *, fold: int = 0) -> datetime:
    """The instant at which the zone's wall clock shows `HH:MM` on a day; `fold=1` for the second time."""
    hours, minutes = clock.split(":")
    shown = datetime.combine(day, time()) + timedelta(hours=int(hours), minutes=int(minutes))
    return shown.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def at(clock: str, day: date = MONDAY, zone: str = "UTC", *, fold: int = 0) -> Minute:
    """The same as whole minutes since 1970."""
    return (moment(clock, day, zone, fold=fold) - _EPOCH) // timedelta(minutes=1)


# who and what


def a_location(identifier: str = "main", **changes: Any) -> Location:
    """The clinic's only site."""
    return replace(Location(id=identifier, name=f"Site {identifier}"), **changes)


def a_provider(identifier: str = "okoro", **changes: Any) -> Provider:
    """Works at the only site and offers the only service."""
    usual = Provider(
        id=identifier,
        name=f"Dr {identifier.title()}",
        location_ids=("main",),
        service_ids=("checkup",),
    )
    return replace(usual, **changes)


def a_room(identifier: str = "room-1", **changes: Any) -> Room:
    """An exam room for one visit at a time."""
    return replace(Room(id=identifier, location_id="main", name=identifier.title(), type="exam"), **changes)


def a_pool(identifier: str = "ecg-1", **changes: Any) -> EquipmentPool:
    """Two ECG machines."""
    usual = EquipmentPool(id=identifier, location_id="main", type="ecg", name=identifier.title(), quantity=2)
    return replace(usual, **changes)


def a_service(identifier: str = "checkup", **changes: Any) -> Service:
    """A check-up: 30 minutes in any room, on every quarter of an hour."""
    return replace(Service(id=identifier, name="Check-up", duration_minutes=30), **changes)


def an_ecg(units: int = 1, **changes: Any) -> Service:
    """A check-up that needs ECG machines."""
    return a_service(equipment=(replace(_ECG, units=units),), **changes)


def a_call(**changes: Any) -> Service:
    """A check-up by telehealth."""
    return a_service(modality=Modality.TELEHEALTH, **changes)


def a_class(seats: int = 3, **changes: Any) -> Service:
    """A check-up that several patients can share."""
    return a_service(seats=seats, **changes)


def a_patient(identifier: str = "ada", **changes: Any) -> Patient:
    """Somebody who may see everybody."""
    return replace(Patient(id=identifier, name=identifier.title()), **changes)


# hours


def hours(resource: str, start: str, end: str, rrule: str = EVERY_DAY, **changes: Any) -> WorkingHours:
    """`hours("providers/okoro", "08:00", "16:00")`, every day."""
    usual = WorkingHours(resource=resource, rrule=rrule, start=_past_midnight(start), end=_past_midnight(end))
    return replace(usual, **changes)


def closed(resource: str, start: datetime, end: datetime) -> HoursException:
    """An exception that takes hours away."""
    return HoursException(
        resource=resource, starts_at=start, ends_at=end, kind=ExceptionKind.UNAVAILABLE, reason="planned"
    )


def opened(resource: str, start: datetime, end: datetime) -> HoursException:
    """An exception that adds hours."""
    return HoursException(resource=resource, starts_at=start, ends_at=end, kind=ExceptionKind.AVAILABLE)


def overbooking(start: str = "08:00", end: str = "16:00", lanes: int = 1, **changes: Any) -> OverbookingRule:
    """One visit more at a time with the only provider, every day while they work."""
    usual: dict[str, Any] = {
        "id": "rule",
        "provider_id": None if "service_id" in changes else "okoro",
        "weekdays": tuple(Weekday),
        "start": _past_midnight(start),
        "end": _past_midnight(end),
        "lanes": lanes,
    }
    return OverbookingRule(**{**usual, **changes})


def _past_midnight(clock: str) -> int:
    whole_hours, minutes = clock.split(":")
    return int(whole_hours) * 60 + int(minutes)


# the clinic, what is booked in it, and what is wanted


def a_clinic(
    *, timezone: str = "UTC", working_hours: Iterable[WorkingHours] | None = None, **parts: Any
) -> ClinicSetup:
    """The usual clinic with other parts; providers without `working_hours` work from 08:00 to 16:00."""
    usual: dict[str, Any] = {
        "locations": (a_location(),),
        "providers": (a_provider(),),
        "rooms": (a_room(),),
        "services": (a_service(),),
    }
    found: dict[str, Any] = {
        name: tuple(part) for name, part in {**usual, **parts}.items() if name != "clinic"
    }
    if working_hours is None:
        working_hours = [hours(f"providers/{one.id}", "08:00", "16:00") for one in found["providers"]]
    clinic = parts.get("clinic") or Clinic(id="clinic", name="The Clinic", timezone=timezone)
    return ClinicSetup(clinic=clinic, working_hours=tuple(working_hours), **found)


def an_appointment(
    start: str | datetime = "10:00", end: str | datetime = "10:30", **changes: Any
) -> Appointment:
    """Bela's check-up on Monday from 10:00 to 10:30, in the only room with the only provider."""
    usual = Appointment(
        id="booked",
        patient_id="bela",
        provider_id="okoro",
        service_id="checkup",
        room_id="room-1",
        starts_at=start if isinstance(start, datetime) else moment(start),
        ends_at=end if isinstance(end, datetime) else moment(end),
    )
    return replace(usual, **changes)


def a_snapshot(
    setup: ClinicSetup | None = None,
    *appointments: Appointment,
    now: datetime = NOW,
    patients: Iterable[Patient] | None = None,
) -> ClinicSnapshot:
    """A clinic with these appointments at a moment; Ada and Bela are its patients."""
    known = (a_patient(), a_patient("bela")) if patients is None else tuple(patients)
    return ClinicSnapshot.of(setup or a_clinic(), appointments=appointments, patients=known, now=now)


def a_placement(start: str | Minute = "10:00", *, minutes: int | None = None, **changes: Any) -> Placement:
    """Ada's check-up on Monday at 10:00, in the only room with the only provider.

    `minutes` asks for another length than the service's; a service without a room gets neither room nor site.
    """
    service: Service = changes.get("service") or a_service()
    first = at(start) if isinstance(start, str) else start
    usual: dict[str, Any] = {
        "service": service,
        "provider": a_provider(),
        "location": a_location() if service.needs_room else None,
        "room": a_room() if service.needs_room else None,
        "patient": a_patient(),
        "start": first,
        "end": first + (service.duration_minutes if minutes is None else minutes),
    }
    return Placement(**{**usual, **changes})


def a_group_visit(start: str | Minute = "10:00", minutes: int = 30, **changes: Any) -> GroupVisit:
    """Bela's seat on Monday at 10:00 in the only room with the only provider, for others to sit beside."""
    first = at(start) if isinstance(start, str) else start
    usual = GroupVisit(
        id="booked",
        key=GroupKey("checkup", "okoro", first, first + minutes, "room-1"),
        location_id="main",
    )
    return replace(usual, **changes)


def units(pool_id: str = "ecg-1", count: int = 1) -> EquipmentUse:
    """So many units of a pool."""
    return EquipmentUse(id=pool_id, units=count)


def a_request(
    service: Service | None = None,
    *,
    start: str | Minute = "00:00",
    end: str | Minute = "24:00",
    **changes: Any,
) -> SlotRequest:
    """A question for all slots on Monday."""
    wanted = service or a_service()
    usual: dict[str, Any] = {
        "service": wanted,
        "earliest": at(start) if isinstance(start, str) else start,
        "latest": at(end) if isinstance(end, str) else end,
        "duration_minutes": wanted.duration_minutes,
        "limit": 500,
    }
    return SlotRequest(**{**usual, **changes})
