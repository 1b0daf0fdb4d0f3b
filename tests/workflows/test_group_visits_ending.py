"""Who is the last to leave a group visit, where several leave, come and run out at the same moment."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from api.workflows.runtime import Runtime
from models.postgres.connection import Connection, Database, Pool, connected_as_owner
from models.stored_appointment import StoredAppointment
from tests.builders import a_clinic, a_provider, a_room, a_service
from tests.workflows.busy_clinic import found_wrong
from tests.workflows.changing_rules import change
from tests.workflows.desk import Clock, Desk, open_desk
from tests.workflows.waiting import result_of, waiting

pytestmark = pytest.mark.anyio

COUNT_OF_THE_DAY = "SELECT FROM resource WHERE clinic_id = %s AND counter LIKE 'service-days/%%' FOR UPDATE"


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    """Two teachers, two rooms; a class of three, at most twenty a day."""
    setup = a_clinic(
        providers=[a_provider(), a_provider("silva")],
        rooms=[a_room(), a_room("room-2")],
        services=[a_service(seats=3, max_per_day=20)],
    )
    return await open_desk(pool, setup)


def another_process(desk: Desk, **ahead: float) -> Desk:
    """The same clinic by a clock that is so far ahead, with a memory of its own."""
    clock = Clock(desk.clock() + timedelta(**ahead))
    return replace(desk, runtime=Runtime(pool=desk.runtime.pool, clock=clock), clock=clock)


@pytest.mark.parametrize("start", [f"{hour:02}:00" for hour in range(8, 16)])
async def test_two_holds_that_ran_out_end_it_together(desk: Desk, start: str) -> None:
    held = [await desk.book(start, patient=name, hold_minutes=1) for name in ("ada", "bela")]
    desk.clock.move(minutes=1)
    await asyncio.gather(*(result_of(desk.confirm(one)) for one in held))
    assert await desk.rows("SELECT count(*) FROM claim WHERE {here}") == [(0,)]


async def test_whoever_is_just_confirmed_stays(database: Database, desk: Desk, watcher: Connection) -> None:
    held = await desk.book("10:00", hold_minutes=1)
    other = await desk.book("10:00", patient="bela")
    later = another_process(desk, minutes=2)
    async with connected_as_owner(database) as holder, holder.transaction():
        query = "SELECT FROM appointment WHERE clinic_id = %s AND id = %s FOR UPDATE"
        await holder.execute(query, [UUID(desk.clinic_id), UUID(held.id)])
        confirming = asyncio.create_task(result_of(desk.confirm(held)))
        confirms = await waiting(watcher)
        canceling = asyncio.create_task(result_of(later.cancel(other)))
        await waiting(watcher, after=confirms)
    await confirming
    await canceling
    assert (await desk.read(held)).status == "confirmed"
    assert await found_wrong(desk, limits=False) == []


async def test_whoever_has_just_joined_stays(database: Database, desk: Desk, watcher: Connection) -> None:
    held = await desk.book("10:00", hold_minutes=1)
    later = another_process(desk, minutes=2)
    async with connected_as_owner(database) as holder, holder.transaction():
        await holder.execute(COUNT_OF_THE_DAY, [UUID(desk.clinic_id)])
        joining = asyncio.create_task(desk.book("10:00", patient="bela"))
        joins = await waiting(watcher)
        running_out = asyncio.create_task(result_of(later.confirm(held)))
        await waiting(watcher, after=joins)
    assert isinstance(await joining, StoredAppointment)
    await running_out
    desk.clock.move(minutes=2)
    assert await found_wrong(desk, limits=False) == []


async def test_what_is_freed_is_counted_though_another_process_made_the_rule(desk: Desk) -> None:
    await change(desk, {"max_per_day": None})
    far = another_process(desk)
    booked = await far.book("11:00")
    await change(desk, {"max_per_day": 1})
    query = "SELECT calendar_version FROM resource WHERE {here} AND counter LIKE 'service-days/%%'"
    before = await desk.rows(query)
    await far.cancel(booked)
    assert await desk.rows(query) != before
