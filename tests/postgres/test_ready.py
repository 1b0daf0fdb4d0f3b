"""From nothing, or from a running server, to a database that can serve."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import anyio
import psycopg
import pytest

from models.errors import Unavailable
from models.postgres.connection import Connection, Pool, open_pool, reading, retrying
from models.postgres.migrate import known_migrations
from models.postgres.ready import ready_database
from tests.postgres.databases import reachable_folder
from tests.postgres.processes import processes_with

pytestmark = pytest.mark.anyio

ENOUGH_SECONDS = 0.3


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One for all, so that only the first test makes a cluster."""
    with reachable_folder() as path:
        yield path


def postmaster_in(folder: Path) -> int:
    return int((folder / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])


async def number_of_migrations(pool: Pool) -> int:
    async with reading(pool) as conn:
        row = await (await conn.execute("SELECT count(*) FROM schema_migration")).fetchone()
        assert row is not None
        return int(row[0])


async def test_an_empty_folder_becomes_a_migrated_database_and_leaves_no_process(folder: Path) -> None:
    told: list[str] = []
    async with (
        ready_database(database_url=None, data_dir=folder, progress=told.append) as database,
        open_pool(database, size=1) as pool,
    ):
        assert await number_of_migrations(pool) == len(known_migrations())
    assert any("making a database" in sentence for sentence in told)
    assert processes_with(str(folder)) == []


async def test_beside_a_running_server_it_takes_no_time(folder: Path) -> None:
    async with ready_database(database_url=None, data_dir=folder):
        seconds = []
        for _ in range(5):
            started = time.perf_counter()
            async with ready_database(database_url=None, data_dir=folder):
                seconds.append(time.perf_counter() - started)
        assert min(seconds) < ENOUGH_SECONDS


async def test_interrupted_while_it_starts_it_leaves_no_process(folder: Path) -> None:
    async def start() -> None:
        async with ready_database(database_url=None, data_dir=folder):
            await asyncio.Event().wait()

    for pauses in (0, 1, 5, 20):
        starting = asyncio.create_task(start())
        for _ in range(pauses):
            await asyncio.sleep(0.002)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert processes_with(str(folder)) == []


async def insert(pool: Pool, number: int) -> None:
    """As a client with a key would: again until it is known to be stored, for at most ten seconds."""

    async def statement(conn: Connection) -> None:
        await conn.execute("INSERT INTO kept VALUES (%s) ON CONFLICT DO NOTHING", [number])

    with anyio.fail_after(10):
        while True:
            with suppress(Unavailable):
                return await retrying(pool, statement)


async def test_a_pool_outlives_the_server_it_was_opened_on(folder: Path) -> None:
    """Killed under a writer, the server is back within seconds, with every acknowledged row once."""
    numbers = range(100)
    async with ready_database(database_url=None, data_dir=folder) as database:
        with psycopg.connect(database.owner_conninfo, autocommit=True) as as_owner:
            as_owner.execute("CREATE TABLE kept (number int PRIMARY KEY)")
            as_owner.execute("GRANT ALL ON kept TO slotwright_app")
        first = postmaster_in(folder)
        async with open_pool(database, size=4) as pool:
            for number in numbers:
                if number == 50:
                    os.kill(first, signal.SIGKILL)
                await insert(pool, number)
            async with reading(pool) as conn:
                stored = await (await conn.execute("SELECT number FROM kept ORDER BY number")).fetchall()
        assert postmaster_in(folder) != first
    assert [number for (number,) in stored] == list(numbers)
    assert processes_with(str(folder)) == []
