"""Forward-only steps from an empty database to the current shape, each in a transaction of its own."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.rows import class_row

from models.errors import DatabaseUnusable, Unavailable
from models.postgres.connection import Database, connected_as_owner
from models.postgres.constraints import SCHEMA
from models.postgres.job_tables import bring_job_tables, pending_job_steps
from models.postgres.named_queries import named_queries

MIGRATIONS = Path(__file__).with_name("migrations")
FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
# Any number will do, as long as nothing else in the database locks the same one.
MIGRATION_LOCK = 0x510C0_0001
LOCK_PATIENCE_SECONDS = 900.0

queries = named_queries(__file__)

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step, known by its number; `sha256` shows whether its text has changed since."""

    number: int
    name: str
    sha256: str
    text: str = ""

    def __str__(self) -> str:
        return f"{self.number:04}_{self.name}"


def known_migrations(directory: Path = MIGRATIONS) -> list[Migration]:
    """The steps that this program brings, in order; two of one number or an odd name are refused."""
    found: dict[int, Migration] = {}
    for path in sorted(directory.glob("*.sql")):
        match = FILE_NAME.fullmatch(path.name)
        if match is None or int(match[1]) in found:
            raise ValueError(f"{path} is not named like 0001_first_tables.sql, or its number is taken")
        # read_text turns CRLF into LF, so a checkout on another system has the same hash.
        text = path.read_text(encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        found[int(match[1])] = Migration(number=int(match[1]), name=match[2], sha256=digest, text=text)
    return list(found.values())


async def migrate(
    database: Database, directory: Path = MIGRATIONS, progress: Progress | None = None
) -> list[Migration]:
    """Bring the database to the shape that this program needs; returns the steps taken now.

    A second caller waits and then finds nothing to do. DatabaseUnusable where an applied step has changed
    since, or where the database has steps that this program does not know.
    """
    known = known_migrations(directory)
    async with connected_as_owner(database) as conn:
        if not pending(known, await applied_migrations(conn)) and not await pending_job_steps(conn):
            return []
        await _take_lock(conn, progress)
        await create_schema(conn)
        steps = pending(known, await applied_migrations(conn))
        for step in steps:
            if progress is not None:
                progress(f"migrating the database: {step}")
            await _apply(conn, step)
        await bring_job_tables(conn)
        # Closing the connection gives the lock back.
        return steps


def pending(known: Sequence[Migration], applied: Sequence[Migration]) -> list[Migration]:
    """The steps still to take; refuses a database whose past differs from the program's."""
    by_number = {step.number: step for step in known}
    for step in applied:
        ours = by_number.get(step.number)
        if ours is None:
            raise DatabaseUnusable(f"the database has {step}, which this program does not know: it is newer")
        if ours.sha256 != step.sha256:
            raise DatabaseUnusable(f"{ours} was applied with another text than this program brings")
    done = max((step.number for step in applied), default=0)
    late = [step for step in known if step.number < done and step.number not in {s.number for s in applied}]
    if late:
        raise DatabaseUnusable(f"{late[0]} is missing in a database that is already at number {done}")
    return [step for step in known if step.number > done]


async def applied_migrations(conn: AsyncConnection[Any]) -> list[Migration]:
    """The steps that the database has taken, in order; none where it is empty."""
    exists = await conn.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{SCHEMA}.schema_migration"])
    if await exists.fetchone() != (True,):
        return []
    async with conn.cursor(row_factory=class_row(Migration)) as cursor:
        await cursor.execute(queries["applied_migrations"])
        return await cursor.fetchall()


async def _take_lock(conn: AsyncConnection[Any], progress: Progress | None) -> None:
    # Asked for again and again instead of waited for: a waiting statement holds a snapshot, and says nothing.
    loop = asyncio.get_running_loop()
    started = loop.time()
    next_word = 1.0
    while True:
        cursor = await conn.execute("SELECT pg_try_advisory_lock(%s)", [MIGRATION_LOCK])
        if await cursor.fetchone() == (True,):
            return
        waited = loop.time() - started
        if waited > LOCK_PATIENCE_SECONDS:
            raise Unavailable("another process has been migrating the database for too long")
        if progress is not None and waited > next_word:
            next_word = waited + 5
            progress(f"waiting for another process to migrate the database ({waited:.0f} s)")
        await asyncio.sleep(0.05)


async def _apply(conn: AsyncConnection[Any], step: Migration) -> None:
    async with conn.transaction():
        # The text is a file of the program, never input.
        await conn.execute(sql.SQL(step.text))
        await record_migration(conn, step)


async def create_schema(conn: AsyncConnection[Any]) -> None:
    """The schema and the table of the steps taken, where they are missing."""
    await conn.execute(queries["create_schema"])


async def record_migration(conn: AsyncConnection[Any], step: Migration) -> None:
    """Note that the step is taken; in its own transaction, so that both are true or neither."""
    await conn.execute(
        queries["record_migration"], {"number": step.number, "name": step.name, "sha256": step.sha256}
    )
