"""A worker takes jobs as they come, lets go of them when it has to end, and outlives its connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from api.jobs.solving import Solving
from api.jobs.worker import work
from models.postgres.connection import Connection, Database, retrying
from models.postgres.jobs import drop_finished_jobs
from models.postgres.write_scenarios import delete_scenario
from models.scenario import ScenarioStatus
from models.stored_scenario import StoredScenario
from tests.workflows.desk import Desk
from tests.workflows.pretended_solving import PRETENDING
from tests.workflows.scenario_desk import a_scenario, jobs, once, store, stored
from tests.workflows.waiting import patiently

pytestmark = pytest.mark.anyio

OURS = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state IS NOT NULL"
)


@asynccontextmanager
async def working(
    database: Database, how: Solving = PRETENDING, **options: Any
) -> AsyncIterator[asyncio.Event]:
    """A worker while the block runs; afterwards it has ended."""
    stopping = asyncio.Event()
    worker = asyncio.create_task(work(database, how, stopping, **options))
    try:
        yield stopping
    finally:
        stopping.set()
        async with asyncio.timeout(20):
            await worker


async def job_of(desk: Desk, scenario: StoredScenario) -> list[str]:
    return [status for status, identifier, _ in await jobs(desk) if identifier == scenario.id]


async def no_job_of(desk: Desk, scenario: StoredScenario) -> None:
    async def look() -> bool | None:
        return None if await job_of(desk, scenario) else True

    await patiently(look)


def is_over(scenario: StoredScenario) -> bool:
    return scenario.status.is_over


async def test_what_waits_is_solved_and_its_job_is_gone(desk: Desk, database: Database) -> None:
    waiting = [await store(desk, a_scenario(desk), with_job=True) for _ in range(2)]
    async with working(database):
        waiting.append(await store(desk, a_scenario(desk), with_job=True))
        for scenario in waiting:
            assert (await once(desk, scenario, is_over)).status is ScenarioStatus.SOLVED
            await no_job_of(desk, scenario)


async def test_a_new_one_is_heard_of_at_once(desk: Desk, database: Database) -> None:
    async with working(database):
        first = await store(desk, a_scenario(desk), with_job=True)
        await once(desk, first, is_over)
        loop = asyncio.get_running_loop()
        started = loop.time()
        second = await store(desk, a_scenario(desk, "silent"), with_job=True)
        await once(desk, second, lambda one: one.status is ScenarioStatus.SOLVING)
        assert loop.time() - started < 4  # it would look by itself after five seconds


async def test_so_many_at_once_as_it_was_told(desk: Desk, database: Database) -> None:
    scenarios = [
        await store(desk, a_scenario(desk, "silent", time_limit_seconds=60), with_job=True) for _ in range(3)
    ]
    async with working(database, concurrency=2):

        async def two_at_once() -> bool | None:
            found = [await stored(desk, scenario) for scenario in scenarios]
            begun = [one.status for one in found].count(ScenarioStatus.SOLVING)
            assert begun <= 2
            return True if begun == 2 else None

        await patiently(two_at_once)
    assert {(await stored(desk, one)).status for one in scenarios} == {ScenarioStatus.QUEUED}
    for one in scenarios:
        await forget(desk, one)


async def forget(desk: Desk, scenario: StoredScenario) -> None:
    async def work(conn: Connection) -> None:
        await delete_scenario(conn, scenario.clinic_id, scenario.id)

    await retrying(desk.runtime.pool, work)


async def test_told_to_end_it_puts_back_what_it_was_at_and_another_goes_on(
    desk: Desk, database: Database
) -> None:
    scenario = await store(desk, a_scenario(desk, "steady", time_limit_seconds=6), with_job=True)
    async with working(database):
        await once(desk, scenario, lambda one: one.plan is not None)
    left = await stored(desk, scenario)
    assert (left.status, left.deaths) == (ScenarioStatus.QUEUED, 0)
    assert sorted(await job_of(desk, scenario)) == ["aborted", "todo"]
    async with working(database):
        found = await once(desk, scenario, is_over)
    assert (found.status, found.run) == (ScenarioStatus.SOLVED, 2)
    assert found.plan is not None
    assert left.plan is not None
    assert found.plan["from"] == left.plan["cost"]


async def test_two_workers_share_the_work_and_never_a_scenario(desk: Desk, database: Database) -> None:
    scenarios = [await store(desk, a_scenario(desk), with_job=True) for _ in range(6)]
    async with working(database), working(database):
        found = [await once(desk, scenario, is_over) for scenario in scenarios]
    assert {(one.status, one.run) for one in found} == {(ScenarioStatus.SOLVED, 1)}


async def test_a_job_whose_scenario_is_gone_ends_quietly(desk: Desk, database: Database) -> None:
    scenario = await store(desk, a_scenario(desk), with_job=True)
    await forget(desk, scenario)
    async with working(database):
        await no_job_of(desk, scenario)


async def test_cut_off_from_the_database_it_goes_on(
    desk: Desk, database: Database, watcher: Connection
) -> None:
    scenario = await store(desk, a_scenario(desk, "steady", time_limit_seconds=4), with_job=True)
    async with working(database):
        await once(desk, scenario, lambda one: one.plan is not None)
        for (pid,) in await (await watcher.execute(OURS)).fetchall():
            await watcher.execute("SELECT pg_terminate_backend(%s)", [pid])
        found = await once(desk, scenario, is_over)
        assert (found.status, found.run) == (ScenarioStatus.SOLVED, 1)
        await no_job_of(desk, scenario)
        another = await store(desk, a_scenario(desk), with_job=True)
        assert (await once(desk, another, is_over)).status is ScenarioStatus.SOLVED


async def test_jobs_that_failed_long_ago_are_swept_and_no_others(desk: Desk, database: Database) -> None:
    async def fail(conn: Connection) -> None:
        await conn.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES"
            " ('scenarios', 'old', 'todo'), ('scenarios', 'new', 'todo'), ('scenarios', 'waits', 'todo')"
        )
        await conn.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name IN ('old', 'new')")
        await conn.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE status = 'doing'")
        await conn.execute(
            "UPDATE procrastinate_events SET at = at - interval '1 day' FROM procrastinate_jobs AS job"
            " WHERE job_id = job.id AND task_name IN ('old', 'waits')"
        )

    await retrying(desk.runtime.pool, fail)
    assert await retrying(desk.runtime.pool, drop_finished_jobs) == 1
    names = await desk.rows(
        "SELECT task_name FROM procrastinate_jobs WHERE task_name IN ('old', 'new', 'waits')"
    )
    assert sorted(name for (name,) in names) == ["new", "waits"]
