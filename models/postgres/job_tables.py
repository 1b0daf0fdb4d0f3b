"""The tables of the job queue: procrastinate's own, in a schema of their own, brought by its own steps.

The comment of the schema names the last step that was taken.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection, sql

from models.errors import DatabaseUnusable
from models.postgres.constraints import JOB_SCHEMA
from models.postgres.named_queries import named_queries

queries = named_queries(__file__)


def job_sql() -> Path:
    """Where the queue keeps its SQL; found without loading it, for every command asks."""
    spec = find_spec("procrastinate")
    if spec is None or spec.origin is None:
        raise DatabaseUnusable("the job queue is not installed: procrastinate is missing")
    return Path(spec.origin).with_name("sql")


def known_job_steps(folder: Path) -> list[Path]:
    """The steps that the installed queue brings, in order: their names begin with its versions."""
    return sorted((folder / "migrations").glob("*.sql"))


async def pending_job_steps(conn: AsyncConnection[Any], folder: Path | None = None) -> list[Path]:
    """The steps still to take, all of them where there are no tables yet.

    DatabaseUnusable where the database has taken one that the installed queue does not know.
    """
    known = known_job_steps(folder or job_sql())
    reached = await reached_job_step(conn)
    if reached is None:
        return known
    names = [step.stem for step in known]
    if reached not in names:
        raise DatabaseUnusable(f"the job tables are at {reached}, which this program does not know")
    return known[names.index(reached) + 1 :]


async def bring_job_tables(conn: AsyncConnection[Any], folder: Path | None = None) -> None:
    """Bring the job tables to what the installed queue needs; the caller keeps others from migrating."""
    folder = folder or job_sql()
    steps = await pending_job_steps(conn, folder)
    if not steps:
        return
    if await reached_job_step(conn) is None:
        # Its schema is the sum of its steps, in one.
        await _apply(conn, folder / "schema.sql", reaches=steps[-1].stem)
        return
    for step in steps:
        await _apply(conn, step, reaches=step.stem)


async def _apply(conn: AsyncConnection[Any], path: Path, *, reaches: str) -> None:
    async with conn.transaction():
        await create_job_schema(conn)
        await conn.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(JOB_SCHEMA)))
        # The text is a file of an installed library, never input.
        await conn.execute(sql.SQL(_text(path)))
        await grant_job_tables(conn)
        note = sql.SQL("COMMENT ON SCHEMA {} IS {}")
        await conn.execute(note.format(sql.Identifier(JOB_SCHEMA), sql.Literal(reaches)))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


async def create_job_schema(conn: AsyncConnection[Any]) -> None:
    """The queue's schema, where it is missing."""
    await conn.execute(queries["create_job_schema"])


async def grant_job_tables(conn: AsyncConnection[Any]) -> None:
    """What the service may do with what the queue has by now."""
    await conn.execute(queries["grant_job_tables"])


async def reached_job_step(conn: AsyncConnection[Any]) -> str | None:
    """The last step that was taken; None where there are no tables yet."""
    row = await (await conn.execute(queries["reached_job_step"])).fetchone()
    return None if row is None else row[0]
