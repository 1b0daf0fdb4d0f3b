"""Waiting for others, and a server process that dies: tried again before COMMIT, unknown at COMMIT."""

import asyncio

import pytest

from models.errors import IdempotencyKeyInFlight, LockTimeout, OutcomeUnknown, RuleViolated, SlotUnavailable
from models.postgres.connection import Connection, Database
from models.stored_appointment import StoredAppointment
from tests.workflows.changing_setup import closing_early
from tests.workflows.desk import Desk
from tests.workflows.waiting import locked, result_of, waiting

pytestmark = pytest.mark.anyio


async def test_a_booking_whose_process_is_killed_before_commit_is_tried_again(
    database: Database, desk: Desk, watcher: Connection
) -> None:
    async with locked(database, desk, "provider", "okoro"):
        booking = asyncio.create_task(desk.book("10:00"))
        killed = await waiting(watcher)
        await watcher.execute("SELECT pg_terminate_backend(%s)", [killed])
        await waiting(watcher, after=killed)
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
        await waiting(watcher, after=killed)
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


async def test_a_twin_of_an_order_that_waits_is_told_at_once(
    database: Database, desk: Desk, watcher: Connection
) -> None:
    async with locked(database, desk, "provider", "okoro"):
        first = asyncio.create_task(desk.ask(desk.order("10:00"), key="k-1"))
        await waiting(watcher)
        twin = await result_of(desk.ask(desk.order("10:00"), key="k-1"))
        assert isinstance(twin, IdempotencyKeyInFlight)
        assert not first.done()
    assert (await first).appointment is not None


async def test_a_booking_waits_for_a_change_of_the_setup_and_heeds_it(
    desk: Desk, watcher: Connection
) -> None:
    """Without the lock that they share, the booking would be judged by hours that end before it does."""
    async with closing_early(desk):
        booking = asyncio.create_task(result_of(desk.book("15:00")))
        await waiting(watcher)
    assert isinstance(await booking, RuleViolated)
