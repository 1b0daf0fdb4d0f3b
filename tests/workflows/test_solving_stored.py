"""A stored scenario is solved in a process that may be slow, greedy or dead; what it found is never lost."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import psutil
import pytest

from api.jobs.solving import MOST_DEATHS, Solving, solve_stored
from models.postgres.connection import Connection, retrying
from models.postgres.write_scenarios import delete_scenario, mark_solving, requeue
from models.scenario import ScenarioStatus
from models.stored_scenario import StoredScenario
from tests.workflows.desk import Desk
from tests.workflows.pretended_solving import PRETENDING, STEP, WORST, read_request
from tests.workflows.scenario_desk import a_scenario, grow_old, jobs, once, stop, store, stored

pytestmark = pytest.mark.anyio


async def solved(desk: Desk, scenario: StoredScenario, how: Solving = PRETENDING) -> StoredScenario:
    await solve_stored(desk.runtime, scenario.clinic_id, scenario.id, how)
    return await stored(desk, scenario)


async def solved_anew(desk: Desk, behaves: str, **changes: object) -> StoredScenario:
    return await solved(desk, await store(desk, a_scenario(desk, behaves, **changes)))


@asynccontextmanager
async def under_way(desk: Desk, behaves: str, **changes: object) -> AsyncIterator[StoredScenario]:
    """A scenario that is being solved and has a plan; what solves it has ended when the block has."""
    scenario = await store(desk, a_scenario(desk, behaves, **{"time_limit_seconds": 60, **changes}))
    solving = asyncio.create_task(solve_stored(desk.runtime, scenario.clinic_id, scenario.id, PRETENDING))
    yield await once(desk, scenario, lambda one: one.plan is not None)
    async with asyncio.timeout(20):
        await asyncio.wait([solving])
    assert solver_processes() == []
    if not solving.cancelled():
        solving.result()


AS_IF_QUICK = replace(
    PRETENDING, read_order=lambda request, *rest: read_request({**request, "behaves": "quick"}, *rest)
)


async def taken_up_by_somebody_who_dies(desk: Desk, scenario: StoredScenario) -> None:
    taken = await retrying(
        desk.runtime.pool, lambda conn: mark_solving(conn, scenario.clinic_id, scenario.id, desk.clock())
    )
    assert taken is not None
    await grow_old(desk, scenario)


def solver_processes() -> list[psutil.Process]:
    children = psutil.Process(os.getpid()).children()
    return [child for child in children if "api.jobs.child" in " ".join(child.cmdline())]


async def test_the_plan_and_its_proof_are_stored(desk: Desk) -> None:
    await desk.book("10:00")
    found = await solved_anew(desk, "quick")
    assert (found.status, found.objective, found.bound, found.gap) == (ScenarioStatus.SOLVED, 100, 100, 0.0)
    assert found.plan is not None
    assert (found.plan["seen"], found.plan["from"]) == (1, None)
    assert found.plan["patients"] == [desk.id_of("patient", "ada")]
    assert (found.failure, found.finished_at, found.calendar_seen_at) == (None, desk.clock(), desk.clock())


async def test_a_plan_gets_better_in_sight_of_all(desk: Desk) -> None:
    async with under_way(desk, "steady", time_limit_seconds=4) as begun:
        assert begun.status is ScenarioStatus.SOLVING
        assert begun.objective is not None
        better = await once(desk, begun, lambda one: (one.objective or 0) < (begun.objective or 0))
        assert better.version > begun.version
        assert better.bound == 5
    found = await stored(desk, begun)
    assert found.status is ScenarioStatus.SOLVED
    assert found.objective is not None
    assert found.objective < WORST - STEP
    assert found.seconds == pytest.approx(4, abs=0.5)


async def test_asked_anew_it_starts_from_the_plan_before(desk: Desk) -> None:
    before = await solved_anew(desk, "quick")

    async def again(conn: Connection) -> None:
        await requeue(conn, before.clinic_id, before.id, desk.clock(), answers={"notThen": [1]})

    await retrying(desk.runtime.pool, again)
    found = await solved(desk, before)
    assert found.plan is not None
    assert (found.status, found.plan["from"]) == (ScenarioStatus.SOLVED, 100)


@pytest.mark.parametrize(
    ("behaves", "reason"),
    [
        ("nonsense", "this cannot be asked"),
        ("gibberish", "the request cannot be read any more"),
        ("refusing", "2 frozen appointments cannot stay where they are"),
        ("broken", "the solver broke down (exit status 3)"),
        ("unheard_of", "the solver broke down (exit status 1)"),
        ("silent", "no plan was found within 1 seconds"),
    ],
)
async def test_what_cannot_be_solved_fails_for_a_reason(desk: Desk, behaves: str, reason: str) -> None:
    found = await solved_anew(desk, behaves)
    assert (found.status, found.failure, found.plan) == (ScenarioStatus.FAILED, reason, None)


async def test_more_memory_than_allowed_is_not_to_be_had_and_the_plan_so_far_is_kept(desk: Desk) -> None:
    scenario = await store(desk, a_scenario(desk, "greedy", time_limit_seconds=60))
    found = await solved(desk, scenario, replace(PRETENDING, memory_mb=512))
    assert (found.status, found.objective) == (ScenarioStatus.FAILED, WORST)
    assert found.failure == "it takes more than 512 MB of memory"


async def test_of_a_killed_solver_the_plan_so_far_is_kept(desk: Desk) -> None:
    found = await solved_anew(desk, "dying", time_limit_seconds=60)
    assert (found.status, found.objective) == (ScenarioStatus.FAILED, WORST)
    assert found.failure == "the solver was ended by SIGKILL"


async def test_when_its_time_is_over_the_best_plan_so_far_is_the_plan(desk: Desk) -> None:
    found = await solved_anew(desk, "endless")
    assert (found.status, found.failure) == (ScenarioStatus.SOLVED, None)
    assert found.objective is not None
    assert found.objective < WORST


async def test_a_solver_that_hears_nothing_any_more_is_killed_with_its_time(desk: Desk) -> None:
    async with under_way(desk, "endless", time_limit_seconds=3) as begun:
        (solver,) = solver_processes()
        solver.suspend()
    assert (await stored(desk, begun)).status is ScenarioStatus.SOLVED


async def test_explaining_may_take_longer_than_solving(desk: Desk) -> None:
    found = await solved_anew(desk, "explaining")
    assert found.plan is not None
    assert (found.status, found.plan["explained"]) == (ScenarioStatus.SOLVED, True)


@pytest.mark.parametrize(
    ("behaves", "hears"),
    [("steady", True), ("endless", True), ("endless", False)],
    ids=["from a solver that obeys", "from one that does not", "from one that stands still"],
)
async def test_whoever_says_stop_gets_the_best_plan_so_far(desk: Desk, behaves: str, hears: bool) -> None:
    async with under_way(desk, behaves) as begun:
        if not hears:
            solver_processes()[0].suspend()
        assert await stop(desk, begun)
    found = await stored(desk, begun)
    assert (found.status, found.failure) == (ScenarioStatus.STOPPED, None)
    assert found.plan is not None
    assert found.plan["explained"] == (behaves == "steady")
    assert found.objective is not None
    assert begun.objective is not None
    assert found.objective <= begun.objective


async def test_of_a_deleted_scenario_nothing_is_left(desk: Desk) -> None:
    async with under_way(desk, "endless") as begun:
        await retrying(desk.runtime.pool, lambda conn: delete_scenario(conn, begun.clinic_id, begun.id))
    await solve_stored(desk.runtime, begun.clinic_id, begun.id, PRETENDING)


async def test_called_off_it_waits_for_the_next_worker_who_goes_on(desk: Desk) -> None:
    scenario = await store(desk, a_scenario(desk, "endless", time_limit_seconds=60))
    solving = asyncio.create_task(solve_stored(desk.runtime, scenario.clinic_id, scenario.id, PRETENDING))
    begun = await once(desk, scenario, lambda one: one.plan is not None)
    solving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await solving
    assert solver_processes() == []
    waiting = await stored(desk, scenario)
    assert (waiting.status, waiting.deaths, waiting.plan) == (ScenarioStatus.QUEUED, 0, begun.plan)
    assert [job for job in await jobs(desk) if job[1] == scenario.id] == [("todo", scenario.id, 0)]
    found = await solved(desk, scenario, AS_IF_QUICK)
    assert begun.plan is not None
    assert found.plan is not None
    assert found.plan["from"] == begun.plan["cost"]


async def test_a_scenario_that_kills_its_workers_is_given_up(desk: Desk) -> None:
    scenario = await store(desk, a_scenario(desk, "quick"))
    for _ in range(MOST_DEATHS):
        await taken_up_by_somebody_who_dies(desk, scenario)
    found = await solved(desk, scenario)
    assert found.status is ScenarioStatus.FAILED
    assert found.failure == f"{MOST_DEATHS} workers died of it"


async def test_while_one_works_another_does_nothing(desk: Desk) -> None:
    async with under_way(desk, "steady", time_limit_seconds=3) as begun:
        await solve_stored(desk.runtime, begun.clinic_id, begun.id, PRETENDING)
        assert len(solver_processes()) == 1
        assert (await stored(desk, begun)).run == 1


async def test_whoever_was_taken_for_dead_ends_when_it_comes_back(desk: Desk) -> None:
    async with under_way(desk, "endless") as begun:
        await grow_old(desk, begun)
        found = await solved(desk, begun, AS_IF_QUICK)
        assert (found.run, found.status) == (2, ScenarioStatus.SOLVED)
    assert (await stored(desk, begun)).objective == 100
