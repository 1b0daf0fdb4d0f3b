"""Scenarios for tests: asked for, queued, and looked at."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from models.postgres.connection import Connection, reading, retrying
from models.postgres.jobs import defer_solve
from models.postgres.read_scenarios import read_scenario
from models.postgres.write_scenarios import ask_to_stop, insert_scenario
from models.scenario import ScenarioMode, ScenarioStatus
from models.stored_scenario import ScenarioKind, StoredScenario
from tests.workflows.desk import Desk
from tests.workflows.waiting import patiently

JOBS = "SELECT status::text, args ->> 'scenario_id', attempts FROM procrastinate_jobs ORDER BY id"


def a_scenario(desk: Desk, behaves: str = "quick", **changes: Any) -> StoredScenario:
    """One that waits: how it behaves, and a second to think."""
    usual = StoredScenario(
        id=str(uuid4()),
        clinic_id=desk.clinic_id,
        name=f"What if {behaves}",
        kind=ScenarioKind.WHAT_IF,
        mode=ScenarioMode.REPAIR,
        status=ScenarioStatus.QUEUED,
        request={"behaves": behaves},
        time_limit_seconds=1,
        created_by="manager-1",
        created_at=desk.clock(),
        updated_at=desk.clock(),
    )
    return replace(usual, **changes)


async def store(desk: Desk, scenario: StoredScenario, *, with_job: bool = False) -> StoredScenario:
    """Store it; `with_job` also tells a worker."""

    async def work(conn: Connection) -> None:
        await insert_scenario(conn, scenario)
        if with_job:
            await defer_solve(conn, scenario.clinic_id, scenario.id)

    await retrying(desk.runtime.pool, work)
    return scenario


async def stored(desk: Desk, scenario: StoredScenario) -> StoredScenario:
    """As it is now; there has to be one."""
    async with reading(desk.runtime.pool) as conn:
        found = await read_scenario(conn, scenario.clinic_id, scenario.id)
    assert found is not None
    return found


async def once(
    desk: Desk, scenario: StoredScenario, condition: Callable[[StoredScenario], bool]
) -> StoredScenario:
    """The scenario as soon as it is so."""

    async def look() -> StoredScenario | None:
        found = await stored(desk, scenario)
        return found if condition(found) else None

    return await patiently(look)


async def stop(desk: Desk, scenario: StoredScenario) -> bool:
    async def work(conn: Connection) -> bool:
        return await ask_to_stop(conn, scenario.clinic_id, scenario.id, desk.clock())

    return await retrying(desk.runtime.pool, work)


async def grow_old(desk: Desk, scenario: StoredScenario, seconds: float = 11) -> None:
    """Nobody has been heard of for so long."""

    async def work(conn: Connection) -> None:
        await conn.execute(
            "UPDATE scenario SET seen_at = seen_at - %s * interval '1 second' WHERE id = %s",
            [seconds, scenario.id],
        )

    await retrying(desk.runtime.pool, work)


async def jobs(desk: Desk) -> list[tuple[Any, ...]]:
    """Status, scenario and attempts of every job there is."""
    return await desk.rows(JOBS)
