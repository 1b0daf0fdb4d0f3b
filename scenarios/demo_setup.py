"""Riverside Clinic: five providers, eight rooms, seven services, two sites, and an example of every rule."""

from datetime import date, timedelta

from models.clinic import (
    Clinic,
    EquipmentPool,
    ExceptionKind,
    HoursException,
    Location,
    OverbookingRule,
    PreferredWindow,
    Provider,
    ProviderPreferences,
    Room,
    Weekday,
    WorkingHours,
)
from models.setup import ClinicSetup
from models.wall_clock import at_wall_clock, instant_of, parse_time_of_day, zone_named
from scenarios.demo_services import demo_services

TIMEZONE = "Europe/Berlin"
MAIN, HARBOUR = "main", "harbour"
WEEKDAYS = "MO,TU,WE,TH,FR"

LOCATIONS = (
    Location(id=MAIN, name="Riverside Clinic, Main Street", latitude=52.5208, longitude=13.4094),
    Location(id=HARBOUR, name="Riverside Clinic, Harbour", latitude=52.5365, longitude=13.3417),
)

ROOMS = (
    Room(id="exam-1", location_id=MAIN, name="Exam 1", type="exam", features=frozenset({"sink", "couch"})),
    Room(id="exam-2", location_id=MAIN, name="Exam 2", type="exam", features=frozenset({"sink", "couch"})),
    Room(id="exam-3", location_id=MAIN, name="Exam 3", type="exam", features=frozenset({"sink"})),
    Room(id="talk-1", location_id=MAIN, name="Consulting room", type="consult"),
    Room(
        id="procedure-1",
        location_id=MAIN,
        name="Procedure room",
        type="procedure",
        features=frozenset({"sink", "couch", "surgical-light"}),
        turnaround_minutes=10,
    ),
    Room(id="exam-4", location_id=HARBOUR, name="Harbour exam 1", type="exam", features=frozenset({"couch"})),
    Room(
        id="exam-5",
        location_id=HARBOUR,
        name="Harbour exam 2",
        type="exam",
        features=frozenset({"sink"}),
        turnaround_minutes=5,
    ),
    Room(id="talk-2", location_id=HARBOUR, name="Harbour group room", type="consult", capacity=2),
)

EQUIPMENT = (
    EquipmentPool(id="ecg-main", location_id=MAIN, type="ecg", name="ECG recorders, Main Street", quantity=2),
    EquipmentPool(id="ecg-spare", location_id=MAIN, type="ecg", name="Spare ECG recorder"),
    EquipmentPool(id="ecg-harbour", location_id=HARBOUR, type="ecg", name="ECG recorder, Harbour"),
    EquipmentPool(id="scanner-fixed", location_id=MAIN, type="ultrasound", name="Ultrasound scanner"),
    EquipmentPool(id="scanner-mobile", location_id=MAIN, type="ultrasound", name="Mobile ultrasound scanner"),
    EquipmentPool(id="scanner-harbour", location_id=HARBOUR, type="ultrasound", name="Harbour scanner"),
    EquipmentPool(id="monitors", location_id=MAIN, type="monitor", name="Patient monitors", quantity=3),
)

PROVIDERS = (
    Provider(
        id="okafor",
        name="Dr. Amara Okafor",
        specialty="general practice",
        location_ids=(MAIN,),
        service_ids=("new-patient", "follow-up", "video", "heart-check"),
        max_visits_per_day=18,
        preferences=ProviderPreferences(
            time_windows=(PreferredWindow(start=480, end=720, weight=80),),
            room_ids=("exam-1",),
            weight=60,
        ),
    ),
    Provider(
        id="lindqvist",
        name="Dr. Felix Lindqvist",
        specialty="cardiology",
        location_ids=(MAIN, HARBOUR),
        service_ids=("new-patient", "follow-up", "heart-check", "ultrasound"),
        max_visits_per_day=14,
    ),
    Provider(
        id="rossi",
        name="Dr. Ines Rossi",
        specialty="surgery",
        location_ids=(MAIN,),
        service_ids=("follow-up", "minor-surgery", "ultrasound"),
        max_visits_per_day=10,
        preferences=ProviderPreferences(
            time_windows=(
                PreferredWindow(start=480, end=660, weight=100),
                PreferredWindow(start=660, end=960, weight=30),
            ),
            room_ids=("procedure-1",),
            weight=70,
        ),
    ),
    Provider(
        id="tanaka",
        name="Dr. Jonas Tanaka",
        specialty="general practice",
        location_ids=(HARBOUR,),
        service_ids=("new-patient", "follow-up", "video", "heart-check", "back-class"),
        max_visits_per_day=16,
    ),
    Provider(
        id="yilmaz",
        name="Elif Yilmaz, nurse practitioner",
        specialty="general practice",
        location_ids=(MAIN, HARBOUR),
        service_ids=("follow-up", "video", "ultrasound", "minor-surgery", "back-class"),
        max_visits_per_day=20,
        preferences=ProviderPreferences(
            time_windows=(PreferredWindow(start=780, end=1080, weight=60),), weight=40
        ),
    ),
)


def _weekly(resource: str, weekdays: str, *times: str) -> tuple[WorkingHours, ...]:
    rule = f"FREQ=WEEKLY;BYDAY={weekdays}"
    stretches = (one.split("-") for one in times)
    return tuple(
        WorkingHours(
            resource=resource, rrule=rule, start=parse_time_of_day(start), end=parse_time_of_day(end)
        )
        for start, end in stretches
    )


WORKING_HOURS = (
    *_weekly("providers/okafor", WEEKDAYS, "08:00-12:00", "13:00-16:30"),
    *_weekly("providers/lindqvist", "MO,TU,TH", "08:30-12:30", "13:30-17:00"),
    *_weekly("providers/lindqvist", "FR", "08:30-13:00"),
    *_weekly("providers/rossi", "MO,TU,WE,TH", "08:00-13:00", "14:00-17:30"),
    *_weekly("providers/rossi", "FR", "08:00-12:00"),
    *_weekly("providers/tanaka", "MO,TU,WE,FR", "09:00-13:00", "14:00-18:00"),
    *_weekly("providers/yilmaz", "TU,WE,TH,FR", "09:30-13:00", "13:30-18:30"),
    *_weekly("providers/yilmaz", "SA", "09:00-12:30"),
    *_weekly("rooms/procedure-1", WEEKDAYS, "07:30-17:30"),
    *_weekly("equipment/scanner-mobile", "MO,TU,WE,TH", "08:00-18:00"),
)

OVERBOOKING = (
    OverbookingRule(
        id="okafor-mornings",
        provider_id="okafor",
        weekdays=(Weekday.MONDAY, Weekday.FRIDAY),
        start=parse_time_of_day("08:00"),
        end=parse_time_of_day("10:00"),
        lanes=1,
        max_per_day=2,
    ),
    OverbookingRule(
        id="calls-after-noon",
        service_id="video",
        weekdays=tuple(Weekday)[:5],
        start=parse_time_of_day("13:00"),
        end=parse_time_of_day("16:00"),
        lanes=1,
        max_per_day=1,
    ),
)


def demo_setup(today: date) -> ClinicSetup:
    """The clinic without its patients and visits; closures are relative to `today`."""
    return ClinicSetup(
        clinic=Clinic(id="demo", name="Riverside Clinic", timezone=TIMEZONE),
        locations=LOCATIONS,
        providers=PROVIDERS,
        rooms=ROOMS,
        equipment=EQUIPMENT,
        services=demo_services(_next_monday(today) + timedelta(days=2)),
        working_hours=WORKING_HOURS,
        exceptions=_exceptions(today),
        overbooking=OVERBOOKING,
    )


def _next_monday(today: date) -> date:
    """The first day of next week."""
    return today + timedelta(days=7 - today.weekday())


def _exceptions(today: date) -> tuple[HoursException, ...]:
    monday = _next_monday(today)
    return (
        _exception("providers/okafor", monday + timedelta(days=3), "00:00-24:00", "day off"),
        _exception("rooms/exam-3", monday + timedelta(days=1), "12:00-16:00", "new flooring"),
        _exception("locations/harbour", monday + timedelta(days=2), "16:00-24:00", "staff meeting"),
        _exception(
            "providers/rossi",
            monday + timedelta(days=5),
            "09:00-12:00",
            "extra session",
            ExceptionKind.AVAILABLE,
        ),
    )


def _exception(
    resource: str,
    day: date,
    times: str,
    reason: str,
    kind: ExceptionKind = ExceptionKind.UNAVAILABLE,
) -> HoursException:
    zone = zone_named(TIMEZONE)
    starts_at, ends_at = (
        instant_of(at_wall_clock(day, parse_time_of_day(one), zone)) for one in times.split("-")
    )
    return HoursException(resource=resource, starts_at=starts_at, ends_at=ends_at, kind=kind, reason=reason)
