"""Plans among everything else that people want at once; then the books are audited."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from api.workflows.clinic_rules import read_rules
from models.allocation import equipment_for
from models.appointment import HOLDING, Appointment
from models.group_visit import groups_of
from models.listing import AppointmentFilter
from models.plan import PlanMove
from models.plan_checks import PlannedVisit, in_bookable_order, judged, lifted, objections
from models.planning import Assignment
from models.postgres.connection import Pool, reading
from models.postgres.read_appointments import appointments
from models.setup import ClinicSetup
from models.snapshot import ClinicSnapshot
from models.unplaced import UnplacedChoice
from tests.builders import NOW, a_patient, at
from tests.workflows.busy_clinic import PEOPLE, STARTS, Crowd, busy_setup, found_wrong
from tests.workflows.desk import Clock, open_desk
from tests.workflows.planned import applied

pytestmark = pytest.mark.anyio


class PlanningCrowd(Crowd):
    """One of them plans: some visits go elsewhere together, and some are given up for it."""

    def any_wish(self) -> tuple[str, Callable[[], Awaitable[None]]]:
        return ("plan", self.plan) if self.random.random() < 0.2 else super().any_wish()

    async def plan(self) -> None:
        snapshot = await self.snapshot()
        booked = [one for one in snapshot.appointments if one.status.may_move]
        chosen = self.random.sample(booked, min(len(booked), self.random.randint(1, 7)))
        if self.random.random() < 0.5:
            chosen = _whole_groups(chosen, booked, snapshot.setup)
        given_up = [one for one in chosen if self.random.random() < 0.15]
        moves = self.moves_of([one for one in chosen if one not in given_up], snapshot, given_up)
        done = await applied(
            self.desk,
            moves,
            [self.booked[one.id] for one in given_up if one.id in self.booked],
            default=self.random.choice(list(UnplacedChoice)),
        )
        self.known(*done.moved, *done.canceled)
        self.told["plan: moved"] += len(done.moved)

    async def snapshot(self) -> ClinicSnapshot:
        """The clinic as somebody sees it who makes a plan."""
        desk, now = self.desk, self.desk.clock()
        setup = await read_rules(desk.runtime, desk.clinic_id)
        async with reading(desk.runtime.pool) as conn:
            wanted = AppointmentFilter(statuses=HOLDING)
            booked = await appointments(conn, UUID(desk.clinic_id), wanted, after=None, limit=99_999, now=now)
        people = [a_patient(desk.id_of("patient", name)) for name in PEOPLE]
        return ClinicSnapshot.of(setup, appointments=booked, patients=people, now=now)

    def moves_of(
        self,
        chosen: Sequence[Appointment],
        snapshot: ClinicSnapshot,
        given_up: Sequence[Appointment],
    ) -> list[PlanMove]:
        """As many of them as find a place by chance, in an order in which they can be booked."""
        gone = [one.id for one in given_up]
        moving = list(chosen)
        while True:
            beside = lifted(snapshot, [*gone, *(one.id for one in moving)])
            placed: list[PlannedVisit] = []
            for one in moving:
                for _ in range(12):
                    visit = self.visit_of(one, beside)
                    if not objections([*placed, visit], beside):
                        placed.append(visit)
                        break
            if len(placed) == len(moving):
                break
            found = {visit.appointment_id for visit in placed}
            moving = [one for one in moving if one.id in found]
        order = [one.visit for one in judged(in_bookable_order(placed, beside), beside).placed]
        before = {one.id: Assignment.of(one) for one in moving}
        return [
            PlanMove(
                appointment_id=visit.appointment_id,
                before=before[visit.appointment_id],
                after=visit.at,
                price=0,
                parts={},
            )
            for visit in order
        ]

    def visit_of(self, one: Appointment, beside: ClinicSnapshot) -> PlannedVisit:
        """Somewhere, at some time; to those who are there already if it is a class."""
        setup, random = beside.setup, self.random
        service = setup.service_by_id[one.service_id]
        start = at(random.choice(STARTS))
        provider, room = random.choice(setup.providers), None
        groups = [group for group in beside.group_visits if group.key.service_id == service.id]
        if groups and random.random() < 0.5:
            group = random.choice(groups)
            key = group.key
            place = Assignment(
                provider_id=key.provider_id,
                room_id=key.room_id,
                equipment=tuple(sorted(group.equipment, key=lambda use: use.id)),
                start=key.start,
                end=key.end,
            )
        else:
            room = random.choice(setup.rooms) if service.needs_room else None
            location = None if room is None else setup.location_by_id[room.location_id]
            end = start + service.duration_minutes
            machines = equipment_for(service, location, start, end, beside) or ()
            place = Assignment(
                provider_id=provider.id,
                room_id=None if room is None else room.id,
                equipment=tuple(sorted(machines, key=lambda use: use.id)),
                start=start,
                end=end,
            )
        return PlannedVisit(
            appointment_id=one.id, service_id=one.service_id, patient_id=one.patient_id, at=place
        )


def _whole_groups(
    chosen: Sequence[Appointment], booked: Sequence[Appointment], setup: ClinicSetup
) -> list[Appointment]:
    """The same, with whoever shares a visit with one of them."""
    seated = [one for one in booked if setup.service_by_id[one.service_id].is_for_groups]
    ids = {one.id for one in chosen}
    for members in groups_of(seated).values():
        if ids & {one.id for one in members}:
            ids |= {one.id for one in members}
    return [one for one in booked if one.id in ids]


async def rush(pool: Pool, seed: int, times: int) -> PlanningCrowd:
    clock = Clock(NOW - timedelta(days=2))
    desk = await open_desk(pool, busy_setup(), patients=[a_patient(name) for name in PEOPLE], clock=clock)
    crowd = PlanningCrowd(desk, Random(seed))
    for _ in range(times):
        await crowd.rush(60, together=12)
        assert await found_wrong(crowd.desk) == [], crowd.told
    return crowd


async def test_nothing_is_held_twice_or_for_nobody(pool: Pool) -> None:
    crowd = await rush(pool, seed=1, times=4)
    assert crowd.told["plan: done"] > 0
    assert crowd.told["plan: moved"] > 0
    assert crowd.told["book: done"] > 0


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 32))
async def test_nor_is_it_for_long(pool: Pool, seed: int) -> None:
    await rush(pool, seed, times=8)
