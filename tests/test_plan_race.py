"""A plan against everybody else: either all of it comes true, or nothing of it and somebody else was faster.

Nothing here sleeps and hopes: whoever races waits on the row of one provider until all are there.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from random import Random

import pytest

from api.workflows.commit_scenario import commit_scenario
from models.errors import CalendarChanged, IllegalTransition, SlotUnavailable, VersionMismatch
from models.plan import PlanMove
from models.postgres.connection import Connection, Database, Pool, open_pool
from models.stored_appointment import StoredAppointment
from models.stored_scenario import StoredScenario
from tests.builders import a_clinic, a_patient, a_pool, a_provider, a_room, an_ecg
from tests.postgres.databases import DatabaseServer
from tests.workflows.busy_clinic import found_wrong
from tests.workflows.desk import STAFF, Desk, open_desk
from tests.workflows.planned import applied, moved, solved
from tests.workflows.waiting import WAITING, locked, watching

pytestmark = pytest.mark.anyio

VISITS = 10
CLIENTS = 9
PEOPLE = [a_patient(f"p{number}") for number in range(VISITS + CLIENTS)]
STARTS = [f"{8 + number // 2:02}:{number % 2 * 30:02}" for number in range(VISITS)]


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    """As many connections as there are racers."""
    async with open_pool(database, size=20) as opened:
        yield opened


@pytest.fixture
async def watcher(database_server: DatabaseServer, database: Database) -> AsyncIterator[Connection]:
    """Somebody who sees who waits for whom."""
    async with watching(database_server, database) as conn:
        yield conn


async def a_desk(pool: Pool) -> Desk:
    """Dr Okoro is full until 13:00, Dr Silva has not a single visit; all want the same machines."""
    setup = a_clinic(
        providers=[a_provider(), a_provider("silva")],
        rooms=[a_room(), a_room("room-2")],
        services=[an_ecg()],
        equipment=[a_pool(quantity=2)],
    )
    return await open_desk(pool, setup, patients=PEOPLE)


async def booked(desk: Desk) -> list[StoredAppointment]:
    return [
        await desk.book(start, patient=f"p{number}", room="room-1") for number, start in enumerate(STARTS)
    ]


def to_silva(desk: Desk, visits: Sequence[StoredAppointment]) -> list[PlanMove]:
    return [moved(desk, one, provider="silva", room="room-2") for one in visits]


async def raced(
    database: Database, desk: Desk, watcher: Connection, *waves: Sequence[Awaitable[object]]
) -> list[object]:
    """What became of calls that all come to wait for Dr Silva, wave by wave, and then go on at once."""
    racing: list[asyncio.Future[object]] = []
    async with asyncio.timeout(30), locked(database, desk, "provider", "silva"):
        for wave in waves:
            racing += [asyncio.ensure_future(call) for call in wave]
            await so_many_wait(watcher, len(racing))
    return list(await asyncio.gather(*racing, return_exceptions=True))


async def so_many_wait(watcher: Connection, count: int) -> None:
    """Return as soon as so many wait for a lock."""
    while True:
        if len(await (await watcher.execute(WAITING, [0])).fetchall()) >= count:
            return
        await asyncio.sleep(0.002)


def kinds(found: Sequence[object]) -> Counter[str]:
    return Counter(type(one).__name__ for one in found)


async def is_sound(desk: Desk) -> None:
    assert await found_wrong(desk, limits=False) == []


@pytest.mark.parametrize("seed", range(6))
async def test_either_the_plan_or_the_bookings_win_and_never_both(
    pool: Pool, database: Database, watcher: Connection, seed: int
) -> None:
    desk, random = await a_desk(pool), Random(seed)
    visits = await booked(desk)
    scenario = await solved(desk, to_silva(desk, visits))
    wanted = [random.choice(STARTS) for _ in range(CLIENTS)]
    calls: list[Awaitable[object]] = [
        desk.book(start, patient=f"p{VISITS + number}", provider="silva", room="room-2")
        for number, start in enumerate(wanted)
    ]
    place = (0, CLIENTS, random.randrange(CLIENTS))[seed % 3]
    commit = commit_scenario(desk.runtime, desk.clinic_id, scenario.id, STAFF)
    found = await raced(database, desk, watcher, calls[:place], [commit], calls[place:])
    plan = found.pop(place)
    got_one = {one.starts_at for one in found if isinstance(one, StoredAppointment)}
    assert all(isinstance(one, (StoredAppointment, SlotUnavailable)) for one in found), kinds(found)
    if isinstance(plan, StoredScenario):
        assert got_one == set()
        assert {(await desk.read(one)).provider_id for one in visits} == {desk.id_of("provider", "silva")}
    else:
        assert isinstance(plan, CalendarChanged), plan
        assert got_one != set()
        at_their_start = {one.id for one in visits if one.starts_at in got_one}
        assert {one.appointment_id for one in plan.stale} <= at_their_start
        assert [await desk.read(one) for one in visits] == visits
    await is_sound(desk)


async def test_a_plan_takes_all_of_an_appointment_or_a_clerk_does(
    pool: Pool, database: Database, watcher: Connection
) -> None:
    """Cancelled, moved, or confirmed at the same moment: who comes second hears of it."""
    for place in (0, 3):
        desk = await a_desk(pool)
        visits = await booked(desk)
        scenario = await solved(desk, to_silva(desk, visits[:3]))
        commit = commit_scenario(desk.runtime, desk.clinic_id, scenario.id, STAFF)
        clerks: list[Awaitable[object]] = [
            desk.change(visits[number], provider="silva", room="room-2", starts_at=start)
            for number, start in enumerate(("13:00", "13:30", "14:00"))
        ]
        found = await raced(database, desk, watcher, clerks[:place], [commit], clerks[place:])
        plan = found.pop(place)
        if isinstance(plan, StoredScenario):
            assert kinds(found) == {VersionMismatch.__name__: 3}
        else:
            assert isinstance(plan, CalendarChanged)
            assert {one.rule for one in plan.stale} == {"appointment_is_where_it_was"}
            assert kinds(found)["StoredAppointment"] == len(plan.stale)
        await is_sound(desk)


async def test_plans_that_cross_never_lock_each_other_out(
    pool: Pool, database: Database, watcher: Connection
) -> None:
    """Half of them go from one doctor to the other, half come back, through the same rooms and machines."""
    desk = await a_desk(pool)
    visits = await booked(desk)
    there = [
        await desk.book(
            f"{13 + number // 2:02}:{number % 2 * 30:02}",
            patient=f"p{VISITS + number}",
            provider="silva",
            room="room-2",
        )
        for number in range(6)
    ]
    plans = [[*to_silva(desk, visits[number : number + 2])] for number in (0, 2, 4)]
    plans += [[moved(desk, one, provider="okoro", room="room-1")] for one in there]
    calls = [applied(desk, moves) for moves in plans]
    found = await raced(database, desk, watcher, calls)
    assert kinds(found) == {"AppliedPlan": len(plans)}
    await is_sound(desk)


async def test_whoever_gives_up_while_a_plan_moves_them_is_heard(
    pool: Pool, database: Database, watcher: Connection
) -> None:
    desk = await a_desk(pool)
    visits = await booked(desk)
    scenario = await solved(desk, to_silva(desk, visits))
    commit = commit_scenario(desk.runtime, desk.clinic_id, scenario.id, STAFF)
    (plan,) = await raced(database, desk, watcher, [commit])
    assert isinstance(plan, StoredScenario)
    cancels = [desk.cancel(one) for one in visits[:4]]
    assert all(not isinstance(one, IllegalTransition) for one in await asyncio.gather(*cancels))
    await is_sound(desk)
