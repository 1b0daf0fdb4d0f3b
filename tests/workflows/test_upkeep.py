"""What is looked after by the clock: the dead are replaced, holds and keys that ran out are swept."""

from typing import Any

import pytest

from api.jobs.upkeep import rescue_scenarios, sweep_holds, sweep_records
from models.postgres.connection import Connection, retrying
from models.postgres.jobs import MOST_AT_ONCE
from models.postgres.write_scenarios import mark_solving
from models.scenario import ScenarioStatus
from models.stored_scenario import StoredScenario
from tests.workflows.desk import Desk
from tests.workflows.scenario_desk import a_scenario, grow_old, jobs, store, stored

pytestmark = pytest.mark.anyio


async def statuses(desk: Desk, scenario: StoredScenario) -> list[str]:
    return [status for status, identifier, _ in await jobs(desk) if identifier == scenario.id]


async def solving(desk: Desk, *, with_job: bool = True) -> StoredScenario:
    """One that somebody has taken up, with the job by which they heard of it."""
    scenario = await store(desk, a_scenario(desk), with_job=with_job)
    await fetched(desk, scenario)
    work = lambda conn: mark_solving(conn, desk.clinic_id, scenario.id, desk.clock())  # noqa: E731  shorter than a def
    taken = await retrying(desk.runtime.pool, work)
    assert taken is not None
    return taken


async def fetched(desk: Desk, scenario: StoredScenario) -> None:
    await change(
        desk,
        "UPDATE procrastinate_jobs SET status = 'doing'"
        " WHERE status = 'todo' AND args ->> 'scenario_id' = %s",
        scenario.id,
    )


async def jobs_grow_old(desk: Desk, scenario: StoredScenario) -> None:
    await change(
        desk,
        "UPDATE procrastinate_events SET at = at - interval '11 seconds' FROM procrastinate_jobs AS job"
        " WHERE job_id = job.id AND args ->> 'scenario_id' = %s",
        scenario.id,
    )


async def change(desk: Desk, statement: str, *values: Any) -> None:
    async def work(conn: Connection) -> None:
        await conn.execute(statement, values)

    await retrying(desk.runtime.pool, work)


class TestRescue:
    async def test_whoever_is_alive_keeps_their_scenario(self, desk: Desk) -> None:
        taken = await solving(desk)
        await jobs_grow_old(desk, taken)
        await rescue_scenarios(desk.runtime)
        assert await stored(desk, taken) == taken
        assert await statuses(desk, taken) == ["doing"]

    async def test_what_a_dead_worker_was_at_waits_anew_with_one_job(self, desk: Desk) -> None:
        taken = await solving(desk)
        await grow_old(desk, taken)
        await jobs_grow_old(desk, taken)
        await rescue_scenarios(desk.runtime)
        found = await stored(desk, taken)
        assert (found.status, found.deaths) == (ScenarioStatus.QUEUED, 1)
        assert await statuses(desk, taken) == ["todo"]
        await rescue_scenarios(desk.runtime)
        assert await stored(desk, taken) == found

    async def test_what_waits_for_its_turn_is_left_alone(self, desk: Desk) -> None:
        scenario = await store(desk, a_scenario(desk), with_job=True)
        await grow_old(desk, scenario)
        await rescue_scenarios(desk.runtime)
        assert await stored(desk, scenario) == scenario
        assert await statuses(desk, scenario) == ["todo"]

    @pytest.mark.parametrize("is_fetched", [True, False])
    async def test_what_waits_for_a_job_that_nobody_works_on_gets_another(
        self, desk: Desk, is_fetched: bool
    ) -> None:
        scenario = await store(desk, a_scenario(desk), with_job=is_fetched)
        await grow_old(desk, scenario)
        if is_fetched:
            await fetched(desk, scenario)
            await rescue_scenarios(desk.runtime)
            assert await statuses(desk, scenario) == ["doing"]  # only just
            await jobs_grow_old(desk, scenario)
        await rescue_scenarios(desk.runtime)
        assert await statuses(desk, scenario) == ["todo"]
        assert (await stored(desk, scenario)).deaths == 0

    async def test_a_job_that_should_have_ended_is_in_nobodys_way(self, desk: Desk) -> None:
        """Its end was not stored; the scenario has been asked anew, and its next job waits for the lock."""
        scenario = await store(desk, a_scenario(desk), with_job=True)
        await fetched(desk, scenario)
        await jobs_grow_old(desk, scenario)
        await change(
            desk,
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args)"
            " SELECT queue_name, task_name, lock, args FROM procrastinate_jobs"
            " WHERE args ->> 'scenario_id' = %s",
            scenario.id,
        )
        await rescue_scenarios(desk.runtime)
        assert await statuses(desk, scenario) == ["todo"]


class TestHolds:
    async def test_a_hold_that_ran_out_is_expired_and_everybody_is_told_once(self, desk: Desk) -> None:
        hold = await desk.book("10:00", hold_minutes=5)
        later = await desk.book("11:00", hold_minutes=50)
        firm = await desk.book("12:00")
        desk.clock.move(minutes=6)
        swept = [await sweep_holds(desk.runtime) for _ in range(2)]
        assert swept == [1, 0]
        found = [(await desk.read(one)).status.value for one in (hold, later, firm)]
        assert found == ["expired", "pending", "scheduled"]
        assert await desk.claims_of(hold) == []
        told = "SELECT type FROM outbox WHERE {here} AND appointment_id = %(id)s AND type LIKE %(like)s"
        assert await desk.rows(told, id=hold.id, like="%expired") == [("appointment.expired",)]


class TestRecords:
    async def test_keys_that_expired_are_forgotten_however_many(self, desk: Desk) -> None:
        await desk.ask(desk.order("10:00"), key="kept")
        await change(
            desk,
            "INSERT INTO idempotency_key SELECT clinic_id, subject, operation, 'old' || number, request_hash,"
            " status, headers, body, created_at, %s FROM idempotency_key, generate_series(1, %s) AS number"
            " WHERE clinic_id = %s AND key = 'kept'",
            desk.clock(),
            MOST_AT_ONCE + 5,
            desk.clinic_id,
        )
        await sweep_records(desk.runtime)
        assert await desk.rows("SELECT key FROM idempotency_key WHERE {here}") == [("kept",)]
