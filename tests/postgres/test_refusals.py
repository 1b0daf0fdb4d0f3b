"""What the database refuses, and how it says so: in the words of the domain, whenever it says it."""

import asyncio
from collections.abc import Callable

import anyio
import psycopg
import pytest

from models.errors import (
    ClaimConflict,
    LockTimeout,
    OutcomeUnknown,
    OutOfRange,
    SlotwrightError,
    TimedOut,
    Unavailable,
    UnstorableText,
)
from models.postgres import connection
from models.postgres.connection import WAITING_PER_CONNECTION, Database, Pool, open_pool, reading, writing
from tests.postgres.scratch import add_one, amount, value, with_scratch_tables

pytestmark = pytest.mark.anyio

Cut = Callable[[object], None]


@pytest.fixture
def database(database: Database) -> Database:
    return with_scratch_tables(database)


class TestWhatTheDatabaseRefuses:
    CASES: tuple[tuple[type[SlotwrightError], str, tuple[object, ...]], ...] = (
        (UnstorableText, "UPDATE scratch SET text = %s", ("a\0b",)),
        (UnstorableText, "UPDATE scratch SET text = %s", ("\ud800",)),
        (UnstorableText, "UPDATE scratch SET data = %s::text::jsonb", (r'"\u0000"',)),
        (UnstorableText, "UPDATE scratch SET data = %s::text::jsonb", (r'"\ud800"',)),
        (OutOfRange, "UPDATE scratch SET amount = %s", (2**31,)),
        (OutOfRange, "UPDATE scratch SET amount = %s", (2**80,)),
        (OutOfRange, "SELECT %s::text::timestamptz", ("999999-01-01",)),
    )

    @pytest.mark.parametrize(("meaning", "query", "values"), CASES)
    async def test_is_said_in_words_of_the_domain(
        self,
        pool: Pool,
        pipelined: bool,
        meaning: type[SlotwrightError],
        query: str,
        values: tuple[object, ...],
    ) -> None:
        with pytest.raises(meaning):
            async with writing(pool, pipelined=pipelined) as conn:
                await conn.execute(query, values)
        assert await amount(pool) == 0

    async def test_a_taken_unit_names_its_guard(self, pool: Pool, pipelined: bool) -> None:
        with pytest.raises(ClaimConflict) as caught:
            async with writing(pool, pipelined=pipelined) as conn:
                await conn.execute("INSERT INTO taken VALUES ('[1,3)'), ('[2,4)')")
        assert caught.value.constraint == "one_at_a_time"

    async def test_a_deferred_guard_speaks_at_commit(self, pool: Pool, pipelined: bool) -> None:
        with pytest.raises(ClaimConflict) as caught:
            async with writing(pool, pipelined=pipelined) as conn:
                await conn.execute("SET CONSTRAINTS one_at_a_time DEFERRED")
                cursor = await conn.execute("INSERT INTO taken VALUES ('[1,3)'), ('[2,4)') RETURNING during")
                assert len(await cursor.fetchall()) == 2
        assert caught.value.constraint == "one_at_a_time"
        async with reading(pool) as conn:
            assert await value(conn, "SELECT count(*) FROM taken") == 0

    async def test_a_statement_that_takes_too_long_is_ended(self, pool: Pool, pipelined: bool) -> None:
        with pytest.raises(TimedOut):
            async with writing(pool, pipelined=pipelined) as conn:
                await conn.execute("SET LOCAL statement_timeout = '20ms'")
                await value(conn, "SELECT pg_sleep(%s)", 10)

    async def test_a_row_that_is_kept_too_long_is_not_waited_for(self, pool: Pool, pipelined: bool) -> None:
        async with writing(pool) as holder:
            await holder.execute("SELECT 1 FROM scratch WHERE id = 1 FOR UPDATE")
            await holder.execute("SELECT 1")
            assert await value(holder, "SELECT 1") == 1
            with pytest.raises(LockTimeout):
                async with writing(pool, pipelined=pipelined) as conn:
                    await conn.execute("SET LOCAL lock_timeout = '20ms'")
                    await add_one(conn)

    async def test_the_guards_of_a_session_are_set(self, pool: Pool) -> None:
        async with reading(pool) as conn:
            settings = [
                await value(conn, "SELECT current_setting(%s)", name)
                for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
            ]
        assert settings == ["2s", "5s", "10s"]

    async def test_a_mistake_of_the_program_stays_one(self, pool: Pool, pipelined: bool) -> None:
        with pytest.raises(psycopg.errors.UndefinedTable):
            async with writing(pool, pipelined=pipelined) as conn:
                await conn.execute("SELECT * FROM nowhere")


class TestLostConnections:
    async def test_before_commit_it_is_known_that_nothing_was_stored(
        self, cut: Cut, pool: Pool, pipelined: bool
    ) -> None:
        with pytest.raises(Unavailable) as caught:
            async with writing(pool, pipelined=pipelined) as conn:
                await add_one(conn)
                cut(await value(conn, "SELECT pg_backend_pid()"))
                await value(conn, "SELECT 1")
        assert not isinstance(caught.value, OutcomeUnknown)
        assert await amount(pool) == 0

    async def test_at_commit_the_outcome_is_unknown(self, cut: Cut, pool: Pool, pipelined: bool) -> None:
        with pytest.raises(OutcomeUnknown):
            async with writing(pool, pipelined=pipelined) as conn:
                await add_one(conn)
                cut(await value(conn, "SELECT pg_backend_pid()"))

    async def test_a_connection_that_died_idle_is_never_handed_out(
        self, cut: Cut, database: Database
    ) -> None:
        async with open_pool(database, size=3) as pool:
            for _ in range(3):
                pids = []
                for _ in range(3):
                    async with reading(pool) as conn:
                        pids.append(await value(conn, "SELECT pg_backend_pid()"))
                for pid in pids:
                    cut(pid)
                assert await amount(pool) == 0

    async def test_a_pool_that_is_empty_for_too_long_says_so(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connection, "POOL_WAIT_SECONDS", 0.05)
        async with open_pool(database, size=1) as pool, reading(pool):
            with pytest.raises(Unavailable, match="no connection"):
                await amount(pool)

    async def test_a_queue_that_is_full_says_so_at_once(self, database: Database) -> None:
        async with open_pool(database, size=1) as pool:
            async with reading(pool):
                waiting = [asyncio.create_task(amount(pool)) for _ in range(WAITING_PER_CONNECTION)]
                await asyncio.sleep(0)
                with pytest.raises(Unavailable, match="no connection"), anyio.fail_after(1):
                    await amount(pool)
            assert await asyncio.gather(*waiting) == [0] * WAITING_PER_CONNECTION
