"""Somebody who sits on a row, and somebody who sees who waits for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from models.errors import SlotwrightError
from models.postgres.connection import Connection, Database, connected_as_owner
from tests.postgres.databases import DatabaseServer
from tests.workflows.desk import Desk

T = TypeVar("T")

WAITING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid() AND pid <> %s
"""


@asynccontextmanager
async def watching(database_server: DatabaseServer, database: Database) -> AsyncIterator[Connection]:
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


async def waiting(watcher: Connection, *, after: int = 0) -> int:
    """The process that waits for the lock, as soon as one does; `after` is one that is being ended."""
    async with asyncio.timeout(5):
        while True:
            row = await (await watcher.execute(WAITING, [after])).fetchone()
            if row is not None:
                return int(row[0])
            await asyncio.sleep(0.005)


async def patiently(look: Callable[[], Awaitable[T | None]], seconds: float = 30.0) -> T:
    """The first thing that is found; fails where nothing is for so long."""
    async with asyncio.timeout(seconds):
        while True:
            found = await look()
            if found is not None:
                return found
            await asyncio.sleep(0.02)


async def result_of(call: Awaitable[Any]) -> object:
    try:
        return await call
    except SlotwrightError as error:
        return error
