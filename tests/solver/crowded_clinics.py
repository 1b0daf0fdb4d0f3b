"""Small random clinics that are short of rooms or machines; the same seed gives the same."""

from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from models.appointment import Appointment, AppointmentStatus, EquipmentUse
from models.clinic import EquipmentNeed, Modality, Provider, Room, Service
from models.rules import first_violation
from models.setup import ClinicSetup
from models.slot import Placement, SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import instant_of
from tests.builders import (
    a_clinic,
    a_location,
    a_patient,
    a_pool,
    a_provider,
    a_room,
    a_service,
    at,
    closed,
    hours,
    moment,
)

NOW = moment("08:10")
OPEN_FROM, OPEN_UNTIL = "08:00", "10:30"
STATUSES = (
    *[AppointmentStatus.SCHEDULED] * 6,
    *[AppointmentStatus.CONFIRMED] * 3,
    AppointmentStatus.PENDING,
    AppointmentStatus.CHECKED_IN,
    AppointmentStatus.COMPLETED,
)


@dataclass(frozen=True)
class Crowded:
    """A clinic, and a question to which there are few answers, if any."""

    snapshot: ClinicSnapshot
    request: SlotRequest


def crowded_clinic(seed: int, *, rooms: int = 4, visits: int = 8) -> Crowded:
    random = Random(seed)
    setup = (_chained if random.random() < 0.6 else _setup)(
        random, rooms=random.choice((2, 3, rooms)), visits=random.choice((visits - 2, visits - 1, visits))
    )
    booked: list[Appointment] = []
    for number in range(sum(one.id.startswith("busy") for one in setup.providers)):
        booked += _visit(random, setup, number, booked)
    snapshot = ClinicSnapshot.of(
        _changed_since(setup, random), appointments=booked, patients=[a_patient()], now=NOW
    )
    services = [*snapshot.setup.services]
    service = services[0] if random.random() < 0.6 else random.choice(services)
    request = SlotRequest(
        service=service,
        earliest=at("08:00"),
        latest=at("12:00"),
        duration_minutes=service.duration_minutes,
        patient=a_patient() if random.random() < 0.3 else None,
        location=a_location() if random.random() < 0.2 else None,
        provider_ids=frozenset({"wanted-1", "wanted-2"}),
        limit=random.choice((1, 3, 500, 500)),
        rearrange_rooms=True,
    )
    return Crowded(snapshot, request)


def _setup(random: Random, *, rooms: int, visits: int) -> ClinicSetup:
    sites = ("main", "other") if random.random() < 0.2 else ("main",)
    machines = random.random() < 0.5
    services = [_service(random, number, machines) for number in range(random.randint(1, 3))]
    offered = tuple(one.id for one in services)
    providers = [_provider(f"wanted-{number}", sites, offered) for number in (1, 2)]
    providers += [_provider(f"busy-{number}", sites, offered) for number in range(visits)]
    found = tuple(_room(random, number, sites) for number in range(rooms))
    pools = [
        a_pool(f"pool-{number}", location_id=random.choice(sites), quantity=random.choice((1, 1, 2)))
        for number in range(random.randint(1, 3) if machines else 0)
    ]
    working = [hours(f"providers/{one.id}", OPEN_FROM, OPEN_UNTIL) for one in providers]
    working += [hours(f"rooms/{one.id}", "08:00", "10:00") for one in found if random.random() < 0.15]
    working += [hours(f"equipment/{one.id}", "08:30", "12:00") for one in pools if random.random() < 0.15]
    return a_clinic(
        locations=[a_location(site) for site in sites],
        providers=providers,
        rooms=found,
        equipment=pools,
        services=services,
        working_hours=working,
        exceptions=[
            closed(f"rooms/{one.id}", moment("09:30"), moment("10:00"))
            for one in found
            if random.random() < 0.1
        ],
    )


def _chained(random: Random, *, rooms: int, visits: int) -> ClinicSetup:
    """Every visit but the first kind may be in two kinds of room, so that one can push another."""
    setup = _setup(random, rooms=rooms, visits=visits)
    kinds = ("scan", "scan", "exam", "exam") if rooms == 4 else ("scan", "exam", "lab")
    places = [
        replace(room, type=kind, location_id="main", features=frozenset(), capacity=1)
        for room, kind in zip(setup.rooms, kinds, strict=False)
    ]
    pairs = (("scan",), ("scan", "exam"), ("exam", "lab"))
    services = [
        replace(
            setup.services[number % len(setup.services)],
            id=f"service-{number}",
            name=f"Service {number}",
            room_types=frozenset(pair),
            room_features=frozenset(),
            modality=Modality.IN_PERSON,
            seats=1,
        )
        for number, pair in enumerate(pairs)
    ]
    offered = tuple(one.id for one in services)
    providers = [replace(one, service_ids=offered) for one in setup.providers]
    return replace(setup, rooms=tuple(places), services=tuple(services), providers=tuple(providers))


def _service(random: Random, number: int, machines: bool) -> Service:
    units = random.choice((1, 1, 2))
    needs = (EquipmentNeed(type="ecg", units=units),) if machines and random.random() < 0.6 else ()
    calls = random.random() < 0.12
    return a_service(
        f"service-{number}",
        name=f"Service {number}",
        duration_minutes=random.choice((20, 30, 45, 60)),
        buffer_before_minutes=random.choice((0, 0, 0, 5)),
        buffer_after_minutes=random.choice((0, 0, 10)),
        slot_step_minutes=random.choice((5, 15)),
        modality=Modality.TELEHEALTH if calls else Modality.IN_PERSON,
        room_types=frozenset(random.choice(((), ("exam",), ("exam",), ("exam", "lab")))),
        room_features=frozenset(("sink",) if random.random() < 0.2 else ()),
        equipment=needs,
        seats=2 if random.random() < 0.08 else 1,
    )


def _provider(identifier: str, sites: tuple[str, ...], offered: tuple[str, ...]) -> Provider:
    return a_provider(identifier, location_ids=sites, service_ids=offered)


def _room(random: Random, number: int, sites: tuple[str, ...]) -> Room:
    return a_room(
        f"room-{number}",
        location_id=random.choice(sites),
        type="lab" if random.random() < 0.12 else "exam",
        features=frozenset(("sink",) if random.random() < 0.2 else ()),
        capacity=2 if random.random() < 0.12 else 1,
        turnaround_minutes=random.choice((0, 0, 0, 10)),
    )


def _visit(random: Random, setup: ClinicSetup, number: int, booked: list[Appointment]) -> list[Appointment]:
    """A visit somewhere where it breaks no rule, after some tries; otherwise none."""
    snapshot = ClinicSnapshot.of(setup, appointments=booked, now=NOW - timedelta(days=1))
    for _ in range(25):
        service = random.choice([*setup.services])
        start = at("08:00") + random.randrange(0, 150 - service.duration_minutes + 1, 5)
        room = random.choice([*setup.rooms]) if service.needs_room else None
        pools = [*setup.equipment]
        random.shuffle(pools)
        equipment = _taken(random, service, [pool.id for pool in pools])
        placement = Placement(
            service=replace(service, slot_step_minutes=5),
            provider=setup.provider(f"busy-{number}"),
            location=None if room is None else setup.location(room.location_id),
            room=room,
            equipment=equipment,
            start=start,
            end=start + service.duration_minutes,
        )
        if first_violation(placement, snapshot) is None:
            return [_appointment(random, placement, number)]
    return []


def _taken(random: Random, service: Service, pools: list[str]) -> tuple[EquipmentUse, ...]:
    uses: list[EquipmentUse] = []
    for need in service.equipment:
        if need.units == 2 and len(pools) > 1 and random.random() < 0.5:
            uses += [EquipmentUse(id=pools[0]), EquipmentUse(id=pools[1])]
        elif pools:
            uses.append(EquipmentUse(id=pools[0], units=need.units))
    return tuple(uses)


def _appointment(random: Random, placement: Placement, number: int) -> Appointment:
    status = random.choice(STATUSES)
    return Appointment(
        id=f"visit-{number}",
        patient_id=f"patient-{number}",
        provider_id=placement.provider.id,
        service_id=placement.service.id,
        room_id=placement.room.id if placement.room else None,
        equipment=placement.equipment,
        starts_at=instant_of(placement.start),
        ends_at=instant_of(placement.end),
        status=status,
        expires_at=NOW + timedelta(minutes=random.choice((-5, 5)))
        if status is AppointmentStatus.PENDING
        else None,
    )


def _changed_since(setup: ClinicSetup, random: Random) -> ClinicSetup:
    """Now and then a room or a pool has lost places or its use since the visits were booked."""
    if random.random() < 0.8:
        return setup
    rooms = [replace(one, capacity=1) if random.random() < 0.5 else one for one in setup.rooms]
    rooms = [replace(one, type="store") if random.random() < 0.1 else one for one in rooms]
    pools = [replace(one, quantity=1) if random.random() < 0.5 else one for one in setup.equipment]
    return replace(setup, rooms=tuple(rooms), equipment=tuple(pools))
