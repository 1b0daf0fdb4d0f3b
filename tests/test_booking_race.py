"""Many at once: one winner, no deadlock, no double booking, and a test that could fail.

Nothing here sleeps and hopes: clients meet at barriers, and who must wait waits on a lock.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterable
from datetime import timedelta

import psycopg
import pytest

from api.workflows.idempotency import Answered
from api.workflows.runtime import Runtime
from models.errors import (
    HoldExpired,
    IdempotencyKeyInFlight,
    SlotUnavailable,
    SlotwrightError,
)
from models.postgres.connection import Database, Pool, connected_as_owner, open_pool
from models.postgres.constraints import UNITS_ARE_NEVER_HELD_TWICE_PLAIN
from models.stored_appointment import StoredAppointment
from tests.builders import NOW, a_clinic, a_patient, a_pool, a_provider, a_room, an_ecg, moment
from tests.workflows.desk import Clock, Desk, open_desk

pytestmark = pytest.mark.anyio

RIVALS = 50


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    """As many connections as a busy service has; fifty callers find a place in its queue."""
    async with open_pool(database, size=20) as opened:
        yield opened


async def outcomes(calls: Iterable[Awaitable[object]]) -> list[object]:
    """Results and domain errors of calls made all at once; any other error fails the test."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, SlotwrightError):
            raise one
    return list(found)


def kinds(found: Iterable[object]) -> Counter[type]:
    return Counter(type(one) for one in found)


class TestOneSlot:
    async def test_one_of_fifty_gets_it_and_the_others_are_told(self, pool: Pool) -> None:
        people = [a_patient(f"p{number}") for number in range(RIVALS)]
        desk = await open_desk(pool, patients=people)
        for quarter in range(20):
            start = moment("08:00") + timedelta(hours=quarter % 8, days=quarter // 8)
            found = await outcomes(desk.book(start, patient=one.id) for one in people)
            assert kinds(found) == {StoredAppointment: 1, SlotUnavailable: RIVALS - 1}
        assert await desk.rows("SELECT count(*) FROM appointment WHERE {here}") == [(20,)]
        assert await desk.rows("SELECT count(*) FROM claim WHERE {here}") == [(3 * 20,)]
        assert await desk.overlapping_claims() == 0

    async def test_one_patient_cannot_be_booked_with_many_at_once(self, pool: Pool) -> None:
        names = [f"dr{number}" for number in range(20)]
        setup = a_clinic(
            providers=[a_provider(name) for name in names], rooms=[a_room(f"room-{name}") for name in names]
        )
        desk = await open_desk(pool, setup)
        found = await outcomes(desk.book("10:00", provider=name) for name in names)
        assert kinds(found) == {StoredAppointment: 1, SlotUnavailable: 19}

    async def test_as_many_get_the_last_rooms_as_there_are(self, pool: Pool) -> None:
        """Everybody thinks of the best room first; whoever comes too late gets the next one."""
        names = [f"dr{number}" for number in range(12)]
        rooms = [a_room("a"), a_room("b"), a_room("c", capacity=3)]
        setup = a_clinic(providers=[a_provider(name) for name in names], rooms=rooms)
        desk = await open_desk(pool, setup, patients=[a_patient(name) for name in names])
        found = await outcomes(desk.book("10:00", provider=name, patient=name) for name in names)
        assert kinds(found) == {StoredAppointment: 5, SlotUnavailable: 7}
        assert await desk.overlapping_claims() == 0

    @pytest.mark.parametrize("guarded", [False, True], ids=["without the guard", "with the guard"])
    async def test_only_the_constraint_stands_between_two_who_both_saw_it_free(
        self, database: Database, guarded: bool
    ) -> None:
        rivals = 8
        guard = f", {UNITS_ARE_NEVER_HELD_TWICE_PLAIN}" if guarded else ""
        columns = "unit_id bigint, starts_at timestamptz, ends_at timestamptz"
        async with connected_as_owner(database) as conn:
            await conn.execute(f"CREATE TABLE scratch ({columns}{guard})")
        everybody_has_looked = asyncio.Barrier(rivals)

        async def book() -> bool:
            async with (
                await psycopg.AsyncConnection.connect(database.owner_conninfo) as conn,
                conn.cursor() as cursor,
            ):
                await cursor.execute("SELECT FROM scratch WHERE unit_id = 1")
                assert await cursor.fetchall() == []
                await everybody_has_looked.wait()
                try:
                    await cursor.execute(
                        "INSERT INTO scratch VALUES (1, '2026-06-01 10:00+00', '2026-06-01 10:30+00')"
                    )
                except (psycopg.errors.ExclusionViolation, psycopg.errors.DeadlockDetected):
                    await conn.rollback()
                    return False
            return True

        winners = sum(await asyncio.gather(*(book() for _ in range(rivals))))
        assert winners == (1 if guarded else rivals)


class TestOrder:
    async def test_visits_that_change_places_never_lock_each_other_out(self, pool: Pool) -> None:
        """Each move takes two providers and two rooms, half of the clients in the opposite direction."""
        setup = a_clinic(
            providers=[a_provider("left"), a_provider("right")],
            rooms=[a_room("left"), a_room("right")],
        )
        people = [a_patient(f"p{number}") for number in range(8)]
        desk = await open_desk(pool, setup, patients=people)
        sides = ("left", "right")

        async def wander(number: int) -> Counter[type]:
            mine = sides[number % 2]
            hour = f"{8 + number // 2:02}:00"
            visit = await desk.book(hour, patient=people[number].id, provider=mine, room=mine)
            found: Counter[type] = Counter()
            for turn in range(12):
                there = sides[(number + turn + 1) % 2]
                start = moment(f"{8 + (number + turn) % 8:02}:{'00' if turn % 2 else '30'}")
                try:
                    visit = await desk.change(visit, provider=there, room=there, starts_at=start)
                    found[StoredAppointment] += 1
                except SlotUnavailable:
                    found[SlotUnavailable] += 1
            return found

        total: Counter[type] = Counter()
        for one in await asyncio.gather(*(wander(number) for number in range(8))):
            total += one
        assert total[StoredAppointment] > 0
        assert total.total() == 8 * 12
        assert await desk.overlapping_claims() == 0
        assert await desk.rows("SELECT count(*) FROM claim WHERE {here}") == [(3 * 8,)]

    async def test_bookings_that_need_the_same_rooms_and_pools_never_do_either(self, pool: Pool) -> None:
        names = [f"dr{number}" for number in range(16)]
        setup = a_clinic(
            providers=[a_provider(name) for name in names],
            rooms=[a_room(f"room-{number}") for number in range(16)],
            services=[an_ecg(2)],
            equipment=[a_pool("ecg-1", quantity=32), a_pool("ecg-2", quantity=32)],
        )
        desk = await open_desk(pool, setup, patients=[a_patient(name) for name in names])

        async def day(number: int) -> int:
            name = names[number]
            room, pools = f"room-{(number * 7) % 16}", ["ecg-2", "ecg-1"] if number % 2 else ["ecg-1"]
            for hour in range(8, 16):
                await desk.book(f"{hour:02}:00", provider=name, patient=name, room=room, pools=pools)
            return 8

        assert sum(await asyncio.gather(*(day(number) for number in range(16)))) == 128
        assert await desk.overlapping_claims() == 0


class TestKeys:
    async def test_a_key_has_one_effect_however_often_it_comes_at_once(self, pool: Pool) -> None:
        desk = await open_desk(pool)
        for hour in range(8, 16):
            order = desk.order(f"{hour:02}:00")
            found = await outcomes(desk.ask(order, key=f"key-{hour}") for _ in range(20))
            answers = [one for one in found if isinstance(one, Answered)]
            assert set(kinds(found)) <= {Answered, IdempotencyKeyInFlight}
            assert len([one for one in answers if not one.is_repeated]) == 1
            again = await desk.ask(order, key=f"key-{hour}")
            assert {one.reply.body for one in answers} == {again.reply.body}
        assert await desk.rows("SELECT count(*) FROM appointment WHERE {here}") == [(8,)]


class TestHolds:
    async def test_one_of_many_takes_the_place_of_a_hold_that_has_run_out(self, pool: Pool) -> None:
        people = [a_patient(f"p{number}") for number in range(20)]
        desk = await open_desk(pool, patients=[*people, a_patient()])
        held = await desk.book("10:00", hold_minutes=5)
        desk.clock.move(minutes=5)
        found = await outcomes(desk.book("10:00", patient=one.id) for one in people)
        assert kinds(found) == {StoredAppointment: 1, SlotUnavailable: 19}
        assert await desk.claims_of(held) == []
        assert await desk.overlapping_claims() == 0

    async def test_a_hold_is_either_confirmed_or_taken_over_never_both(self, pool: Pool) -> None:
        """Two servers whose clocks differ: for one the hold still stands, for the other it has run out."""
        desk = await open_desk(pool, clock=Clock(NOW))
        late = Desk(
            Runtime(pool=pool, clock=Clock(NOW + timedelta(minutes=5))),
            desk.clinic_id,
            Clock(NOW + timedelta(minutes=5)),
            desk.ids,
        )
        for hour in range(8, 16):
            held = await desk.book(f"{hour:02}:00", hold_minutes=5)
            found = await outcomes([desk.confirm(held), late.book(f"{hour:02}:00", patient="bela")])
            ended = kinds(found)
            assert ended in (
                {Answered: 1, SlotUnavailable: 1},
                {HoldExpired: 1, StoredAppointment: 1},
            )
        assert await desk.overlapping_claims() == 0
