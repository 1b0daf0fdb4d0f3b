"""The job queue's own tables: brought by its own steps, in a schema of their own, with few rights."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from models.errors import DatabaseUnusable
from models.postgres.connection import Database, connected_as_owner, open_pool, writing
from models.postgres.job_tables import bring_job_tables, job_sql, known_job_steps, pending_job_steps
from models.postgres.jobs import defer_solve
from models.postgres.migrate import migrate
from tests.postgres.databases import DatabaseServer

pytestmark = pytest.mark.anyio

FETCH = "SELECT task_name, status::text FROM procrastinate_fetch_job_v2(NULL, NULL)"
SHAPE = """
SELECT 'function', proname::text, pg_get_functiondef(oid) FROM pg_proc
WHERE pronamespace = 'procrastinate'::regnamespace
UNION ALL
SELECT 'column', relname || '.' || attname, concat_ws(' ', format_type(atttypid, atttypmod), attnotnull)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
WHERE relnamespace = 'procrastinate'::regnamespace AND relkind = 'r'
UNION ALL
SELECT 'index', relname, pg_get_indexdef(oid) FROM pg_class
WHERE relnamespace = 'procrastinate'::regnamespace AND relkind = 'i'
UNION ALL
SELECT 'trigger', tgname, pg_get_triggerdef(pg_trigger.oid)
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE relnamespace = 'procrastinate'::regnamespace AND NOT tgisinternal
"""


@pytest.fixture
def empty_database(database_server: DatabaseServer) -> Iterator[Database]:
    with database_server.temporary() as database:
        yield database


def shape(database: Database) -> set[tuple[str, ...]]:
    with psycopg.connect(database.owner_conninfo) as conn:
        return set(conn.execute(SHAPE).fetchall())


async def test_a_migrated_database_has_them_and_nothing_is_left_to_do(database: Database) -> None:
    async with connected_as_owner(database) as conn:
        assert await pending_job_steps(conn) == []
    assert await migrate(database) == []
    assert {name for kind, name, _ in shape(database) if kind == "column"} > {"procrastinate_jobs.lock"}


async def test_a_database_at_an_older_step_is_brought_to_the_same_shape(
    empty_database: Database, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "none of ours").mkdir()
    first, *later = known_job_steps(job_sql())
    shutil.copy(first, tmp_path / "migrations")
    shutil.copy(first, tmp_path / "schema.sql")
    await migrate(empty_database, tmp_path / "none of ours")
    with psycopg.connect(empty_database.owner_conninfo) as as_owner:
        as_owner.execute("DROP SCHEMA procrastinate CASCADE")
    async with connected_as_owner(empty_database) as conn:
        await bring_job_tables(conn, tmp_path)
        assert await pending_job_steps(conn) == later
        await migrate(empty_database, tmp_path / "none of ours")
        assert await pending_job_steps(conn) == []
    ours, fresh = shape(empty_database), shape(database)
    assert {one[:2] for one in fresh} - {one[:2] for one in ours} == set()


async def test_tables_of_a_queue_that_is_newer_are_refused(database: Database) -> None:
    with psycopg.connect(database.owner_conninfo) as conn:
        conn.execute("COMMENT ON SCHEMA procrastinate IS '99.00.00_01_later'")
    with pytest.raises(DatabaseUnusable, match="job tables are at 99"):
        await migrate(database)


async def test_the_service_defers_and_fetches_and_changes_no_table(database: Database) -> None:
    async with open_pool(database, size=1) as pool:
        async with writing(pool) as conn:
            await defer_solve(conn, "some-clinic", "some-scenario")
        async with writing(pool) as conn:
            assert await (await conn.execute(FETCH)).fetchone() == ("solve_scenario", "doing")
    with psycopg.connect(database.service_conninfo) as service:
        for statement in (
            "CREATE TABLE procrastinate.mine (id int)",
            "TRUNCATE procrastinate.procrastinate_jobs CASCADE",
            "ALTER TABLE procrastinate.procrastinate_jobs ADD mine int",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), service.transaction():
                service.execute(statement)


async def test_many_at_once_bring_them_once(empty_database: Database) -> None:
    await asyncio.gather(*[migrate(empty_database) for _ in range(4)])
    async with connected_as_owner(empty_database) as conn:
        assert await pending_job_steps(conn) == []
