"""A clinic with all that can run out, people who want it all at once, and an auditor of what is held."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import combinations
from random import Random
from typing import Any
from uuid import UUID

from api.workflows.book_together import book_together
from api.workflows.clinic_rules import read_rules, replace_rules
from api.workflows.rearranging import book_rearranging
from models.appointment import HOLDING, AppointmentStatus
from models.clinic import Service
from models.clinic_rules import ClinicRules
from models.errors import SlotwrightError
from models.group_visit import group_key
from models.listing import AppointmentFilter
from models.postgres.connection import Pool, reading
from models.postgres.read_appointments import appointments
from models.records import Reply
from models.setup import ClinicSetup
from models.slot import Rearrangement
from models.snapshot import group_visits_of
from models.stored_appointment import StoredAppointment
from models.unit_claims import holds_by_resource
from models.wall_clock import instant_of
from tests.builders import (
    NOW,
    a_call,
    a_class,
    a_clinic,
    a_patient,
    a_pool,
    a_provider,
    a_room,
    a_service,
    an_ecg,
    moment,
    overbooking,
)
from tests.workflows.desk import STAFF, Clock, Desk, open_desk, rendered
from tests.workflows.test_booking_together import all_rendered

PEOPLE = [f"p{number}" for number in range(14)]
DOCTORS = ("okoro", "silva", "tran")
SERVICES = ("checkup", "class", "call", "ecg")
ROOMS = ("single", "double", "other")
STARTS = [f"{hour:02}:{minute:02}" for hour in range(9, 12) for minute in (0, 15, 30, 45)]
MORNING = "morning"  # the rule that lets Dr Okoro take more
CHECKUPS_A_DAY, VISITS_OF_SILVA, ON_TOP, SEATS, GAP = 9, 7, 3, 3, 15

SERVICE_RULES: tuple[Callable[[Random], dict[str, Any]], ...] = (
    lambda random: {"buffer_after_minutes": random.choice((0, 5, 10))},
    lambda random: {"max_per_day": random.choice((None, 4, 30))},
    lambda random: {"min_gap_minutes": random.choice((0, 15, 30))},
    lambda random: {"seats": random.choice((1, 2, 3, 4))},
)


def busy_setup() -> ClinicSetup:
    """Check-ups are capped, classes shared, ECGs apart from each other; Dr Okoro may be overbooked."""
    return a_clinic(
        providers=[
            a_provider(
                name, service_ids=SERVICES, max_visits_per_day=VISITS_OF_SILVA if name == "silva" else None
            )
            for name in DOCTORS
        ],
        rooms=[a_room("single"), a_room("double", capacity=2, turnaround_minutes=10), a_room("other")],
        services=[
            a_service(max_per_day=CHECKUPS_A_DAY),
            a_class(SEATS, id="class", buffer_after_minutes=5),
            a_call(id="call", seats=2),
            an_ecg(id="ecg", buffer_before_minutes=5, min_gap_minutes=GAP),
        ],
        equipment=[a_pool("two"), a_pool("one", quantity=1)],
        overbooking=(
            overbooking("09:00", "11:00", id=MORNING, max_per_day=ON_TOP),
            overbooking("10:00", "15:00", lanes=2, id="crowd", service_id="class"),
        ),
    )


@dataclass
class Crowd:
    """People who book, hold, move, confirm and give up, all by chance; what they are told is counted."""

    desk: Desk
    random: Random
    rules_change: bool = False
    booked: dict[str, StoredAppointment] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)

    async def rush(self, count: int, together: int) -> None:
        """So many wishes, at most `together` of them at once."""
        busy = asyncio.Semaphore(together)

        async def one() -> None:
            async with busy:
                name, wish = self.any_wish()
                await self.tried(name, wish)

        await asyncio.gather(*(one() for _ in range(count)))

    def any_wish(self) -> tuple[str, Callable[[], Awaitable[None]]]:
        wishes: list[tuple[str, Callable[[], Awaitable[None]], int]] = [
            ("book", self.book, 40),
            ("move", self.move, 20),
            ("step", self.step, 25),
            ("together", self.book_together, 6),
            ("rearrange", self.rearrange, 6),
            ("wait", self.wait, 4),
            ("rules", self.change_rules, 4 if self.rules_change else 0),
        ]
        (chosen,) = self.random.choices(wishes, [weight for *_, weight in wishes])
        return chosen[:2]

    async def tried(self, name: str, wish: Callable[[], Awaitable[None]]) -> None:
        """A wish, given up in the middle now and then; only refusals are answers."""
        try:
            if self.random.random() < 0.05:
                async with asyncio.timeout(self.random.random() / 50):
                    await wish()
            else:
                await wish()
        except SlotwrightError as refusal:
            self.told[f"{name}: {type(refusal).__name__}"] += 1
        except TimeoutError:
            self.told[f"{name}: given up"] += 1
        else:
            self.told[f"{name}: done"] += 1

    def known(self, *answers: StoredAppointment | None) -> None:
        self.booked |= {one.id: one for one in answers if one is not None}

    def any_order(self) -> dict[str, Any]:
        random = self.random
        service = random.choice((*SERVICES, "class"))
        wish = {
            "patient": random.choice(PEOPLE),
            "provider": random.choice((*DOCTORS, "okoro")),
            "service": service,
            "hold_minutes": random.choice((None, None, 3)),
        }
        if service != "call" and random.random() < 0.3:
            wish["room"] = random.choice(ROOMS)
        if random.random() < 0.15:
            wish["start"] = "10:00" if random.random() < 0.5 else "09:30"
        else:
            wish["start"] = random.choice(STARTS)
        return wish

    def order(self) -> Any:
        wish = self.any_order()
        return self.desk.order(wish.pop("start"), **wish)

    async def book(self) -> None:
        self.known((await self.desk.ask(self.order())).appointment)

    async def book_together(self) -> None:
        orders = [self.order() for _ in range(self.random.choice((2, 3)))]
        booked: list[StoredAppointment] = []

        def render(found: Sequence[StoredAppointment]) -> Reply:
            booked[:] = found
            return all_rendered(found)

        await book_together(self.desk.runtime, orders, STAFF, key=None, render=render)
        self.known(*booked)

    async def rearrange(self) -> None:
        """Somebody else goes to another room of the same kind, or gets other machines."""
        change = self.change_of(self.any_booked())
        if change is None:
            return
        order = replace(self.order(), rearranges=(change,))
        answered = await book_rearranging(self.desk.runtime, order, STAFF, key=None, render=rendered)
        self.known(answered.appointment)

    def change_of(self, one: StoredAppointment | None) -> Rearrangement | None:
        rooms = [self.desk.id_of("room", name) for name in ("single", "other")]
        if one is None or one.room_id not in rooms:
            return None
        return Rearrangement(
            appointment_id=one.id,
            from_room_id=one.room_id,
            to_room_id=next(room for room in rooms if room != one.room_id),
            from_equipment=one.equipment,
            to_equipment=one.equipment,
        )

    def any_booked(self) -> StoredAppointment | None:
        return self.random.choice(list(self.booked.values())) if self.booked else None

    async def move(self) -> None:
        one = self.any_booked()
        if one is None:
            return
        change: dict[str, Any] = {}
        if self.random.random() < 0.7:
            change["starts_at"] = self.random.choice(STARTS)
        if self.random.random() < 0.4:
            change["provider"] = self.random.choice(DOCTORS)
        if not change or self.random.random() < 0.2:
            change["room"] = self.random.choice(ROOMS)
        self.known(await self.desk.change(one, **change))

    async def step(self) -> None:
        one = self.any_booked()
        if one is None:
            return
        confirmed, canceled = AppointmentStatus.CONFIRMED, AppointmentStatus.CANCELED
        others = (AppointmentStatus.CHECKED_IN, AppointmentStatus.NO_SHOW)
        status = self.random.choice((*[confirmed] * 4, *[canceled] * 4, *others))
        self.known(await self.desk.change(one, status=status))

    async def wait(self) -> None:
        """Time passes; holds run out."""
        self.desk.clock.move(minutes=1)

    async def change_rules(self) -> None:
        desk, random = self.desk, self.random
        rules = ClinicRules.of(await read_rules(desk.runtime, desk.clinic_id))
        if random.random() < 0.3:
            lanes = tuple(replace(one, max_per_day=random.choice((None, 1, 5))) for one in rules.overbooking)
            rules = replace(rules, overbooking=lanes)
        else:
            chosen = random.choice(rules.services)
            changed = replace(chosen, **random.choice(SERVICE_RULES)(random))
            services = tuple(changed if one is chosen else one for one in rules.services)
            rules = replace(rules, services=services)
        await replace_rules(desk.runtime, desk.clinic_id, rules, STAFF, version=None)


async def busy_crowd(pool: Pool, seed: int, *, rules_change: bool = False) -> Crowd:
    """Opened two days ahead, so that nothing has begun that a change of rules could cut short."""
    clock = Clock(NOW - timedelta(days=2))
    desk = await open_desk(pool, busy_setup(), patients=[a_patient(name) for name in PEOPLE], clock=clock)
    return Crowd(desk, Random(seed), rules_change)


# what must be true whatever happened


@dataclass(frozen=True)
class Audit:
    """All that is stored of a clinic, at rest."""

    setup: ClinicSetup
    booked: tuple[StoredAppointment, ...]
    now: datetime
    claims: Counter[tuple[str, str, datetime, datetime]]
    run_out: frozenset[str]
    desk: Desk

    @property
    def holding(self) -> list[StoredAppointment]:
        return [one for one in self.booked if one.holds_at(self.now)]

    def service(self, of: StoredAppointment) -> Service:
        return self.setup.service_by_id[of.service_id]


CLAIMS = """
    SELECT
        claim.holder_id::text, coalesce(counter, kind || '/' || resource.id), claim.starts_at, claim.ends_at
    FROM claim JOIN resource ON resource.clinic_id = claim.clinic_id AND resource_no = unit_id >> 10
    WHERE claim.{here}
"""
KINDS = {"patients": "0", "providers": "1", "rooms": "2", "equipment": "3"}


async def audit_of(desk: Desk) -> Audit:
    setup = await read_rules(desk.runtime, desk.clinic_id)
    now = desk.clock()
    async with reading(desk.runtime.pool) as conn:
        booked = await appointments(
            conn,
            UUID(desk.clinic_id),
            AppointmentFilter(statuses=HOLDING),
            after=None,
            limit=99_999,
            now=now,
        )
    claims = Counter((row[0], row[1], row[2], row[3]) for row in await desk.rows(CLAIMS))
    run_out = await desk.rows("SELECT holders_run_out(%(clinic_id)s, %(now)s)::text", now=now)
    return Audit(setup, tuple(booked), now, claims, frozenset(row[0] for row in run_out), desk)


async def found_wrong(desk: Desk, *, limits: bool = True) -> list[str]:
    """Everything that is not as it must be; `limits` may be passed where rules came after the bookings."""
    audit = await audit_of(desk)
    wrong = [*wrong_claims(audit), *wrong_groups(audit)]
    if await desk.overlapping_claims():
        wrong.append("a unit is held twice")
    if limits:
        wrong += [*beyond_counts(audit), *beyond_lanes(audit), *double_booked(audit)]
    return wrong


def wrong_claims(audit: Audit) -> Iterator[str]:
    """Each visit holds what it needs and nothing else; who ran out may hold on until somebody comes."""
    groups = []
    for group in group_visits_of(audit.holding, audit.setup):
        ids = {one.group_visit_id or "" for one in audit.holding if group_key(one) == group.key}
        if len(ids) != 1:
            yield f"{group.key} is held by {ids}"
            return
        groups.append(replace(group, id=ids.pop()))
    expected: Counter[tuple[str, str, datetime, datetime]] = Counter()
    for ref, held in holds_by_resource(audit.holding, audit.setup, groups).items():
        kind, _, rest = ref.partition("/")
        name = f"{KINDS[kind]}/{rest}" if kind in KINDS else ref
        expected.update((one.holder_id, name, instant_of(one.start), instant_of(one.end)) for one in held)
    for missing in (expected - audit.claims).elements():
        yield f"not held: {missing}"
    for extra in (audit.claims - expected).elements():
        if extra[0] not in audit.run_out:
            yield f"held without need: {extra}"


def wrong_groups(audit: Audit) -> Iterator[str]:
    """Who takes part shares everything."""
    groups: dict[str | None, list[StoredAppointment]] = {}
    for one in audit.holding:
        if audit.service(one).is_for_groups != (one.group_visit_id is not None):
            yield f"{one.id} is in the group {one.group_visit_id}"
        groups.setdefault(one.group_visit_id, []).append(one)
    groups.pop(None, None)
    for group, members in groups.items():
        shared = {
            (
                one.provider_id,
                one.service_id,
                one.room_id,
                one.starts_at,
                one.ends_at,
                one.equipment,
                one.overbook,
            )
            for one in members
        }
        if len(shared) > 1:
            yield f"{group} is not shared whole"


def beyond_counts(audit: Audit) -> Iterator[str]:
    """Caps of a day and seats."""
    checkups = [one for one in audit.holding if audit.service(one).max_per_day is not None]
    if len(checkups) > CHECKUPS_A_DAY:
        yield f"{len(checkups)} check-ups"
    of_silva = [one for one in audit.holding if one.provider_id == audit.desk.id_of("provider", "silva")]
    if len(of_silva) > VISITS_OF_SILVA:
        yield f"Dr Silva has {len(of_silva)} visits"
    for one in audit.holding:
        service = audit.service(one)
        there = [
            other
            for other in audit.holding
            if (other.service_id, other.provider_id) == (one.service_id, one.provider_id)
            and other.starts_at <= one.starts_at < other.ends_at
        ]
        if service.is_for_groups and len(there) > service.seats:
            yield f"{len(there)} sit in {service.id}"


def beyond_lanes(audit: Audit) -> Iterator[str]:
    """On top of others only within a window, and so many a day."""
    okoro, of_classes = audit.desk.id_of("provider", "okoro"), audit.desk.id_of("service", "class")
    mornings = set()
    for one in audit.holding:
        if one.overbook:
            morning = one.provider_id == okoro and _within(one, "09:00", "11:00")
            crowd = one.service_id == of_classes and _within(one, "10:00", "15:00")
            if not morning and not crowd:
                yield f"{one.id} may not be on top of others"
            if not crowd:
                mornings.add(one.group_visit_id or one.id)  # a class is one visit, however many come
    if len(mornings) > ON_TOP:
        yield f"{len(mornings)} visits on top of others"


def _within(one: StoredAppointment, start: str, end: str) -> bool:
    return moment(start) <= one.starts_at and one.ends_at <= moment(end)


def double_booked(audit: Audit) -> Iterator[str]:
    """No two visits at once: of one patient, in one place, or with one provider but on top."""
    visits = {one.group_visit_id or one.id: one for one in audit.holding}.values()
    for one, other in combinations(audit.holding, 2):
        if one.patient_id == other.patient_id and _meet(one, other):
            yield f"the patient of {one.id} and {other.id} is in two places"
    for one, other in combinations(visits, 2):
        same = one.provider_id == other.provider_id
        if same and not (one.overbook or other.overbook) and _meet(_held(one, audit), _held(other, audit)):
            yield f"the provider of {one.id} and {other.id} is double-booked"
        is_ecg = audit.service(one).min_gap_minutes and one.service_id == other.service_id
        if same and is_ecg and _meet(_later(one), _later(other)):
            yield f"{one.id} and {other.id} are too close"
    yield from _too_many(visits, audit)


def _too_many(visits: Iterable[StoredAppointment], audit: Audit) -> Iterator[str]:
    rooms, pools = audit.setup.room_by_id, audit.setup.pool_by_id
    for at in visits:
        start = _held(at, audit).starts_at
        in_rooms: Counter[str] = Counter()
        in_pools: Counter[str] = Counter()
        with_provider: Counter[str] = Counter()
        for one in visits:
            held = _held(one, audit)
            room = rooms[one.room_id] if one.room_id else None
            if held.starts_at <= start < held.ends_at:
                with_provider[one.provider_id] += 1
                in_pools.update({use.id: use.units for use in one.equipment})
            longer = timedelta(minutes=room.turnaround_minutes if room else 0)
            if room and held.starts_at <= start < held.ends_at + longer:
                in_rooms[room.id] += 1
        for name, count in in_rooms.items():
            if count > rooms[name].capacity:
                yield f"{count} in room {name} at {start}"
        for name, count in in_pools.items():
            if count > pools[name].quantity:
                yield f"{count} of {name} at {start}"
        if max(with_provider.values()) > 3:
            yield f"somebody has {with_provider} at {start}"


def _held(one: StoredAppointment, audit: Audit) -> StoredAppointment:
    service = audit.service(one)
    return replace(
        one,
        starts_at=one.starts_at - timedelta(minutes=service.buffer_before_minutes),
        ends_at=one.ends_at + timedelta(minutes=service.buffer_after_minutes),
    )


def _later(one: StoredAppointment) -> StoredAppointment:
    return replace(one, ends_at=one.ends_at + timedelta(minutes=GAP))


def _meet(one: StoredAppointment, other: StoredAppointment) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at
