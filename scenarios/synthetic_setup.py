"""The people, places, hours and closures of a synthetic clinic."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from zoneinfo import ZoneInfo

from models.clinic import (
    Clinic,
    EquipmentNeed,
    EquipmentPool,
    ExceptionKind,
    HoursException,
    Location,
    Modality,
    Patient,
    PreferredWindow,
    Provider,
    ProviderPreferences,
    Room,
    Service,
    WorkingHours,
)
from models.refs import provider_ref, room_ref
from models.setup import ClinicSetup
from models.wall_clock import at_wall_clock, instant_of, zone_named
from scenarios.names import full_name

SERVICES = (
    Service(
        id="checkup",
        name="Check-up",
        duration_minutes=15,
        slot_step_minutes=5,
        room_types=frozenset({"exam"}),
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
        room_types=frozenset({"consult", "exam"}),
    ),
    Service(
        id="ecg",
        name="Resting ECG",
        duration_minutes=30,
        buffer_after_minutes=5,
        slot_step_minutes=5,
        room_types=frozenset({"exam"}),
        equipment=(EquipmentNeed(type="ecg"),),
    ),
    Service(
        id="ultrasound",
        name="Ultrasound scan",
        duration_minutes=45,
        buffer_before_minutes=5,
        buffer_after_minutes=10,
        room_types=frozenset({"exam", "procedure"}),
        equipment=(EquipmentNeed(type="ultrasound"),),
    ),
    Service(
        id="minor-procedure",
        name="Minor procedure",
        duration_minutes=60,
        buffer_before_minutes=10,
        buffer_after_minutes=10,
        slot_step_minutes=30,
        room_types=frozenset({"procedure"}),
        room_features=frozenset({"sink"}),
        min_notice_minutes=120,
    ),
    Service(
        id="video",
        name="Video visit",
        duration_minutes=20,
        buffer_after_minutes=5,
        slot_step_minutes=5,
        modality=Modality.TELEHEALTH,
    ),
)
COMMON_SERVICES = ("checkup", "follow-up", "consultation", "video")
RARER_SERVICES = ("ecg", "ultrasound", "minor-procedure")
SPECIALTIES = ("general practice", "cardiology", "internal medicine", "dermatology")
ROOM_TYPES = ("exam", "consult", "exam", "procedure", "exam", "exam", "consult", "exam")
DAYS = (
    ((480, 720), (780, 1020)),
    ((540, 780), (840, 1080)),
    ((450, 750), (780, 960)),
    ((480, 960),),
)
WEEKS = ("MO,TU,WE,TH,FR", "MO,TU,WE,TH,FR", "MO,TU,WE,TH,FR", "MO,TU,WE,TH", "MO,TU,TH,FR,SA")
PREFERRED = (PreferredWindow(start=480, end=720, weight=80), PreferredWindow(start=780, end=960, weight=40))


def synthetic_setup(
    random: Random,
    *,
    seed: int,
    providers: int,
    rooms: int,
    locations: int,
    start: date,
    days: int,
    timezone: str,
) -> ClinicSetup:
    """A clinic without patients and visits; the same random source gives the same clinic."""
    sites = tuple(Location(id=f"location-{n}", name=f"Site {n}") for n in range(1, locations + 1))
    places = tuple(_room(random, number, sites) for number in range(rooms))
    staff = tuple(_provider(random, number, sites, places) for number in range(providers))
    zone = zone_named(timezone)
    return ClinicSetup(
        clinic=Clinic(id=f"synthetic-{seed}", name=f"Synthetic clinic {seed}", timezone=timezone),
        locations=sites,
        providers=staff,
        rooms=places,
        equipment=tuple(pool for site in sites for pool in _pools(site, -(-providers // locations))),
        services=SERVICES,
        working_hours=(
            *(row for one in staff for row in _working_hours(random, one)),
            *(row for one in places for row in _opening_hours(random, one)),
        ),
        exceptions=(
            *(away for one in staff for away in _days_off(random, one, start, days, zone)),
            *(closed for one in places for closed in _repairs(random, one, start, days, zone)),
        ),
    )


def synthetic_patients(random: Random, count: int, providers: Sequence[Provider]) -> tuple[Patient, ...]:
    """People of all ages; one in thirty must not see one of the providers."""
    return tuple(
        Patient(
            id=f"patient-{number}",
            name=full_name(number + 11),
            date_of_birth=date(1935, 1, 1) + timedelta(days=random.randrange(85 * 365)),
            blocked_provider_ids=frozenset(
                {random.choice(providers).id} if len(providers) > 1 and random.random() < 1 / 30 else ()
            ),
        )
        for number in range(1, count + 1)
    )


def _room(random: Random, number: int, sites: Sequence[Location]) -> Room:
    kind = ROOM_TYPES[number // len(sites) % len(ROOM_TYPES)]
    features = {"sink"} if kind == "procedure" else set()
    if kind != "consult" and random.random() < 0.4:
        features |= {"sink", "couch"}
    return Room(
        id=f"room-{number + 1}",
        location_id=sites[number % len(sites)].id,
        name=f"{kind.capitalize()} room {number + 1}",
        type=kind,
        features=frozenset(features),
        capacity=2 if kind == "exam" and random.random() < 0.05 else 1,
        turnaround_minutes=10 if kind == "procedure" else random.choice((0, 0, 5)),
    )


def _provider(random: Random, number: int, sites: Sequence[Location], rooms: Sequence[Room]) -> Provider:
    here = sites[number % len(sites)]
    elsewhere = [site for site in sites if site is not here and random.random() < 0.15]
    near = [room.id for room in rooms if room.location_id == here.id]
    common = random.sample(COMMON_SERVICES, k=random.randint(2, 4))
    rarer = random.sample(RARER_SERVICES, k=random.randint(0, 2))
    preferences = ProviderPreferences(
        time_windows=PREFERRED[: random.randint(1, 2)],
        room_ids=tuple(random.sample(near, k=min(len(near), 1))),
        weight=random.choice((30, 50, 80)),
    )
    return Provider(
        id=f"provider-{number + 1}",
        name=f"Dr. {full_name(number)}",
        specialty=SPECIALTIES[number % len(SPECIALTIES)],
        location_ids=(here.id, *(site.id for site in elsewhere)),
        service_ids=(*common, *rarer),
        max_visits_per_day=random.choice((None, None, None, 24)),
        preferences=preferences if random.random() < 0.5 else None,
    )


def _pools(site: Location, providers: int) -> Iterator[EquipmentPool]:
    """Of each type a larger pool and, in larger sites, a second one."""
    for kind, name in (("ecg", "ECG recorder"), ("ultrasound", "Ultrasound unit")):
        quantity = max(1, providers // 4)
        yield EquipmentPool(
            id=f"{kind}-{site.id}",
            location_id=site.id,
            type=kind,
            name=f"{name}, {site.name}",
            quantity=quantity,
        )
        if providers >= 4:
            yield EquipmentPool(
                id=f"{kind}-{site.id}-spare",
                location_id=site.id,
                type=kind,
                name=f"Spare {name}, {site.name}",
            )


def _working_hours(random: Random, provider: Provider) -> Iterator[WorkingHours]:
    week = random.choice(WEEKS)
    for start, end in random.choice(DAYS):
        rule = f"FREQ=WEEKLY;BYDAY={week}"
        yield WorkingHours(resource=provider_ref(provider.id), rrule=rule, start=start, end=end)


def _opening_hours(random: Random, room: Room) -> Iterator[WorkingHours]:
    if random.random() < 0.1:
        yield WorkingHours(resource=room_ref(room.id), rrule="FREQ=DAILY", start=480, end=1020)


def _days_off(
    random: Random, provider: Provider, start: date, days: int, zone: ZoneInfo
) -> Iterator[HoursException]:
    for day in _some_days(random, start, days, chance=0.02):
        yield _closed(provider_ref(provider.id), day, 0, 1440, zone, "day off")


def _repairs(random: Random, room: Room, start: date, days: int, zone: ZoneInfo) -> Iterator[HoursException]:
    for day in _some_days(random, start, days, chance=0.01):
        yield _closed(room_ref(room.id), day, 720, 900, zone, "maintenance")


def _some_days(random: Random, start: date, days: int, *, chance: float) -> Iterator[date]:
    yield from (start + timedelta(days=n) for n in range(days) if random.random() < chance)


def _closed(ref: str, day: date, start: int, end: int, zone: ZoneInfo, reason: str) -> HoursException:
    starts_at, ends_at = (instant_of(at_wall_clock(day, minutes, zone)) for minutes in (start, end))
    return HoursException(
        resource=ref, starts_at=starts_at, ends_at=ends_at, kind=ExceptionKind.UNAVAILABLE, reason=reason
    )
