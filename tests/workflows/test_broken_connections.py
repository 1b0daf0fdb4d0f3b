"""A server process that dies in the middle: tried again before COMMIT, told as unknown at COMMIT."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from models.errors import LockTimeout, OutcomeUnknown, SlotUnavailable, SlotwrightError
from models.postgres.connection import Connection, Database, connected_as_owner
from models.stored_appointment import StoredAppointment
from tests.postgres.databases import DatabaseServer
from tests.workflows.desk import Desk

pytestmark = pytest.mark.anyio

WAITING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def watcher(database_server: DatabaseServer, database: Database) -> AsyncIterator[Connection]:
    """Somebody who may see and end everybody's processes in the test's database."""
    name = conninfo_to_dict(database.owner_conninfo)["dbname"]
    conninfo = make_conninfo(database_server.admin, dbname=name)
    async with await AsyncConnection.connect(conninfo, autocommit=True) as conn:
        yield conn


@asynccontextmanager
async def locked(database: Database, desk: Desk, kind: str, name: str) -> AsyncIterator[None]:
    """Somebody sits on the row of one resource."""
    async with connected_as_owner(database) as holder, holder.transaction():
        await holder.execute(
            "SELECT FROM resource WHERE clinic_id = %s AND id = %s FOR UPDATE",
            [UUID(desk.clinic_id), UUID(desk.id_of(kind, name))],
        )
        yield


async def waiting(watcher: Connection) -> int:
    """The process that waits for the lock, as soon as one does."""
    async with asyncio.timeout(5):
        while True:
            row = await (await watcher.execute(WAITING)).fetchone()
            if row is not None:
                return int(row[0])
            await asyncio.sleep(0.005)


async def result_of(call: Awaitable[Any]) -> object:
    try:
        return await call
    except SlotwrightError as error:
        return error


async def test_a_booking_whose_process_is_killed_before_commit_is_tried_again(
    database: Database, desk: Desk, watcher: Connection
) -> None:
    async with locked(database, desk, "provider", "okoro"):
        booking = asyncio.create_task(desk.book("10:00"))
        killed = await waiting(watcher)
        await watcher.execute("SELECT pg_terminate_backend(%s)", [killed])
        assert await waiting(watcher) != killed
    booked = await booking
    assert await desk.read(booked) == booked
    assert await desk.rows("SELECT count(*) FROM appointment WHERE {here}") == [(1,)]


async def test_one_killed_when_the_room_is_to_be_locked_stores_nothing_or_everything(
    database: Database, desk: Desk, watcher: Connection
) -> None:
    """COMMIT has been sent along with the last statement, so the outcome is unknown, and the key tells."""
    async with locked(database, desk, "room", "room-1"):
        booking = asyncio.create_task(result_of(desk.ask(desk.order("10:00"), key="k-1")))
        await watcher.execute("SELECT pg_terminate_backend(%s)", [await waiting(watcher)])
        outcome = await booking
    assert isinstance(outcome, OutcomeUnknown)
    again = await desk.ask(desk.order("10:00"), key="k-1")
    assert not again.is_repeated
    assert await desk.rows("SELECT count(*) FROM appointment WHERE {here}") == [(1,)]
    assert (await desk.ask(desk.order("10:00"), key="k-1")).is_repeated


async def test_a_change_whose_process_is_killed_is_tried_again(
    database: Database, desk: Desk, watcher: Connection
) -> None:
    booked = await desk.book("10:00")
    async with locked(database, desk, "provider", "okoro"):
        change = asyncio.create_task(desk.change(booked, starts_at="11:00"))
        killed = await waiting(watcher)
        await watcher.execute("SELECT pg_terminate_backend(%s)", [killed])
        assert await waiting(watcher) != killed
    assert (await change).version == 2


async def test_nobody_waits_for_a_lock_for_ever(database: Database, desk: Desk) -> None:
    async with locked(database, desk, "provider", "okoro"):
        assert isinstance(await result_of(desk.book("10:00")), LockTimeout)
    assert isinstance(await desk.book("10:00"), StoredAppointment)


async def test_a_caller_who_goes_away_leaves_nothing_and_locks_nothing(
    database: Database, desk: Desk, watcher: Connection
) -> None:
    async with locked(database, desk, "provider", "okoro"):
        booking = asyncio.create_task(desk.book("10:00"))
        await waiting(watcher)
        booking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await booking
    assert await desk.rows("SELECT count(*) FROM appointment WHERE {here}") == [(0,)]
    await desk.book("10:00")
    with pytest.raises(SlotUnavailable):
        await desk.book("10:00", patient="bela")
