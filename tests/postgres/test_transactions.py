"""What `reading`, `writing` and `retrying` promise: one view, all or nothing, and another try."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio
import psycopg
import pytest

from models.errors import (
    ClaimConflict,
    OutcomeUnknown,
    OutOfRange,
    SlotwrightError,
    StillConflicting,
    Unavailable,
)
from models.postgres.connection import Connection, Database, Pool, open_pool, reading, retrying, writing
from tests.postgres.scratch import add_one, amount, value, with_scratch_tables

pytestmark = pytest.mark.anyio

Cut = Callable[[object], None]


@pytest.fixture
def database(database: Database) -> Database:
    return with_scratch_tables(database)


class TestReading:
    async def test_sees_one_state_however_long_it_reads(self, pool: Pool) -> None:
        async with reading(pool) as conn:
            assert await value(conn, "SELECT amount FROM scratch WHERE id = 1") == 0
            async with writing(pool) as other:
                await add_one(other)
            assert await value(conn, "SELECT amount FROM scratch WHERE id = 1") == 0
        assert await amount(pool) == 1

    async def test_cannot_write(self, pool: Pool) -> None:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            async with reading(pool) as conn:
                await add_one(conn)


class TestWriting:
    async def test_is_stored_once_the_block_is_left(self, pool: Pool, pipelined: bool) -> None:
        async with writing(pool, pipelined=pipelined) as conn:
            await add_one(conn)
        assert await amount(pool) == 1

    async def test_stores_nothing_where_the_block_raises(self, pool: Pool, pipelined: bool) -> None:
        with pytest.raises(KeyError):
            async with writing(pool, pipelined=pipelined) as conn:
                await add_one(conn)
                raise KeyError
        assert await amount(pool) == 0

    async def test_stores_nothing_where_the_last_statement_fails(self, pool: Pool, pipelined: bool) -> None:
        with pytest.raises(OutOfRange):
            async with writing(pool, pipelined=pipelined) as conn:
                await add_one(conn)
                await conn.execute("SELECT 2000000000 + %s::int", [2_000_000_000])
        assert await amount(pool) == 0

    async def test_notices_that_an_error_was_swallowed(self, pool: Pool, pipelined: bool) -> None:
        with pytest.raises(RuntimeError, match="swallowed"):
            async with writing(pool, pipelined=pipelined) as conn:
                await add_one(conn)
                with suppress(psycopg.errors.DivisionByZero):
                    await value(conn, "SELECT 1 / %s", 0)
        assert await amount(pool) == 0

    async def test_a_savepoint_inside_may_fail_alone(self, pool: Pool, pipelined: bool) -> None:
        async with writing(pool, pipelined=pipelined) as conn:
            await add_one(conn)
            with pytest.raises(psycopg.errors.DivisionByZero):
                async with conn.transaction():
                    await add_one(conn)
                    await value(conn, "SELECT 1 / %s", 0)
        assert await amount(pool) == 1

    async def test_copies_rows_outside_of_pipeline_mode(self, pool: Pool) -> None:
        async with (
            writing(pool, pipelined=False) as conn,
            conn.cursor() as cursor,
            cursor.copy("COPY scratch (id) FROM STDIN") as copy,
        ):
            await copy.write_row([3])
        assert await amount(pool, 3) == 0


class TestRetrying:
    async def test_returns_what_the_work_returns_once_it_is_stored(self, pool: Pool, pipelined: bool) -> None:
        async def work(conn: Connection) -> object:
            return await value(conn, "UPDATE scratch SET amount = 7 WHERE id = 1 RETURNING amount")

        assert await retrying(pool, work, pipelined=pipelined) == 7
        assert await amount(pool) == 7

    async def test_two_in_each_others_way_both_succeed(self, pool: Pool, pipelined: bool) -> None:
        met = asyncio.Barrier(2)
        tries: list[int] = []

        def in_order(first: int, second: int) -> Callable[[Connection], Awaitable[None]]:
            async def work(conn: Connection) -> None:
                is_first_try = first not in tries
                tries.append(first)
                update = "UPDATE scratch SET amount = amount + 1 WHERE id = %s RETURNING amount"
                await value(conn, update, first)
                if is_first_try:
                    await met.wait()
                await value(conn, update, second)

            return work

        await asyncio.gather(
            retrying(pool, in_order(1, 2), pipelined=pipelined),
            retrying(pool, in_order(2, 1), pipelined=pipelined),
        )
        assert len(tries) == 3
        assert [await amount(pool, number) for number in (1, 2)] == [2, 2]

    @pytest.mark.parametrize(
        ("sqlstate", "meaning"), [("40001", StillConflicting), ("40P01", StillConflicting)]
    )
    async def test_gives_up_after_three_repeats(
        self, pool: Pool, sqlstate: str, meaning: type[SlotwrightError]
    ) -> None:
        tries = 0

        async def unlucky(conn: Connection) -> None:
            nonlocal tries
            tries += 1
            await add_one(conn)
            await conn.execute(f"DO $$ BEGIN RAISE SQLSTATE '{sqlstate}'; END $$")

        with pytest.raises(meaning):
            await retrying(pool, unlucky)
        assert tries == 4
        assert await amount(pool) == 0

    async def test_repeats_what_a_lost_connection_stopped(
        self, cut: Cut, pool: Pool, pipelined: bool
    ) -> None:
        tries = 0

        async def work(conn: Connection) -> None:
            nonlocal tries
            tries += 1
            await add_one(conn)
            if tries == 1:
                cut(await value(conn, "SELECT pg_backend_pid()"))
                await value(conn, "SELECT 1")

        await retrying(pool, work, pipelined=pipelined)
        assert tries == 2
        assert await amount(pool) == 1

    async def test_never_repeats_what_may_have_been_stored(self, cut: Cut, pool: Pool) -> None:
        tries = 0

        async def work(conn: Connection) -> None:
            nonlocal tries
            tries += 1
            cut(await value(conn, "SELECT pg_backend_pid()"))

        with pytest.raises(OutcomeUnknown):
            await retrying(pool, work)
        assert tries == 1

    async def test_does_not_repeat_a_refusal(self, pool: Pool) -> None:
        tries = 0

        async def work(conn: Connection) -> None:
            nonlocal tries
            tries += 1
            await conn.execute("INSERT INTO taken VALUES ('[1,3)'), ('[2,4)')")

        with pytest.raises(ClaimConflict):
            await retrying(pool, work)
        assert tries == 1


class TestCancelledRequests:
    @pytest.mark.parametrize("level_triggered", [False, True], ids=["asyncio", "anyio"])
    async def test_a_storm_of_them_leaves_the_pool_whole(
        self, database: Database, level_triggered: bool
    ) -> None:
        """Cut off anywhere, each is stored whole or not at all, and each connection comes back."""

        async def request(pool: Pool, number: int) -> None:
            async with writing(pool) as conn:
                await conn.execute("INSERT INTO scratch (id) VALUES (%s)", [1000 + number])
                await value(conn, "SELECT pg_sleep(%s)", number % 7 / 1000)
                await conn.execute("INSERT INTO scratch (id) VALUES (%s)", [-1000 - number])

        async def cut_off(pool: Pool, number: int) -> None:
            with suppress(Unavailable):  # while connections are replaced, there may be none left
                await cut_off_request(pool, number)

        async def cut_off_request(pool: Pool, number: int) -> None:
            seconds = number * 37 % 400 / 10_000
            if level_triggered:
                with anyio.move_on_after(seconds):
                    await request(pool, number)
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await request(pool, number)

        async with open_pool(database, size=4) as pool:
            for start in range(0, 400, 8):
                await asyncio.gather(*[cut_off(pool, number) for number in range(start, start + 8)])
            with anyio.fail_after(10):
                while pool.get_stats()["pool_available"] < 4:  # noqa: ASYNC110  the pool has no event for it
                    await asyncio.sleep(0.01)
            connections = [await amount(pool) for _ in range(8)]
            assert connections == [0] * 8
            async with reading(pool) as conn:
                unpaired = "SELECT abs(id) FROM scratch WHERE abs(id) >= 1000 GROUP BY 1 HAVING count(*) <> 2"
                assert await (await conn.execute(unpaired)).fetchall() == []


async def test_who_is_called_off_at_any_moment_leaves_a_connection_that_works(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psycopg.waiting.MAX_BUSY_TIME", 0)  # as where the loop is always busy
    async with open_pool(database, size=1) as pool:
        for turns in range(40):
            leaving = asyncio.create_task(retrying(pool, add_one))
            for _ in range(turns):
                await asyncio.sleep(0)
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving
            async with pool.connection() as conn:
                assert conn.pgconn.pipeline_status == psycopg.pq.PipelineStatus.OFF
            await retrying(pool, add_one, pipelined=False)


async def test_a_server_that_dies_while_a_pool_opens_is_unavailable(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(conn: Connection) -> None:
        await conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr("models.postgres.connection.refuse_superuser", die)
    with pytest.raises(Unavailable):
        async with open_pool(database, size=1):
            pytest.fail("nobody has asked who we are")
