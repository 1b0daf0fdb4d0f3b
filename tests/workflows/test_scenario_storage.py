"""Scenarios in the database: who may do which step, what each keeps, and that nobody acts for the dead."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import psycopg
import pytest

from models.appointment import Appointment, AppointmentStatus
from models.postgres.connection import Connection, reading, retrying
from models.postgres.jobs import defer_solve
from models.postgres.read_planning import read_planning
from models.postgres.read_scenarios import (
    list_scenarios,
    list_to_reschedule,
    locked_scenario,
    read_scenario,
)
from models.postgres.write_scenarios import (
    add_to_rescheduling_list,
    delete_scenario,
    finish_scenario,
    mark_committed,
    mark_solving,
    put_back,
    requeue,
    take_off_rescheduling_list,
    write_progress,
)
from models.scenario import ScenarioStatus
from models.stored_appointment import StoredAppointment
from models.stored_scenario import (
    FoundPlan,
    ReschedulingMark,
    RunState,
    ScenarioKind,
    ScenarioMark,
    StoredScenario,
)
from tests.builders import MONDAY, NOW, TUESDAY, at, moment
from tests.workflows.desk import Desk
from tests.workflows.scenario_desk import a_scenario, grow_old, jobs, stop, store, stored

pytestmark = pytest.mark.anyio

T = TypeVar("T")

PLAN = {"moves": [{"appointmentId": "a"}], "optimality": {"objective": 130}}
FOUND = FoundPlan(document=PLAN, objective=130, bound=30, calendar_seen_at=NOW)


async def done(desk: Desk, work: Callable[[Connection], Awaitable[T]]) -> T:
    return await retrying(desk.runtime.pool, work)


async def taken_up(desk: Desk, scenario: StoredScenario) -> StoredScenario:
    found = await done(desk, lambda conn: mark_solving(conn, desk.clinic_id, scenario.id, desk.clock()))
    assert found is not None
    return found


async def finished(desk: Desk, run: StoredScenario, status: ScenarioStatus, **how: Any) -> bool:
    how = {"seconds": 1.0, "now": desk.clock(), **how}
    return await done(desk, lambda conn: finish_scenario(conn, run, status, **how))


async def told(desk: Desk, run: StoredScenario, found: FoundPlan | None, **how: Any) -> RunState:
    how = {"bound": None if found is None else found.bound, "seconds": 0.5, "now": desk.clock(), **how}
    return await done(desk, lambda conn: write_progress(conn, run, found, **how))


class TestReading:
    async def test_what_was_stored_is_read_back(self, desk: Desk) -> None:
        scenario = await store(desk, a_scenario(desk, request={"name": "Ärztetag", "horizon": [1, 2.5]}))
        assert await stored(desk, scenario) == scenario

    async def test_what_does_not_exist_is_none(self, desk: Desk) -> None:
        async with reading(desk.runtime.pool) as conn:
            assert await read_scenario(conn, desk.clinic_id, "no-id") is None
        nobodys = a_scenario(desk).id
        assert await done(desk, lambda conn: locked_scenario(conn, desk.clinic_id, nobodys)) is None

    async def test_pages_begin_with_the_latest_and_miss_nothing(self, desk: Desk) -> None:
        made = []
        for number in range(5):
            desk.clock.move(seconds=number // 2)  # some at the same moment
            made.append(await store(desk, a_scenario(desk)))
        expected = sorted(made, key=lambda one: (one.created_at, one.id), reverse=True)
        found: list[StoredScenario] = []
        async with reading(desk.runtime.pool) as conn:
            while len(found) < len(made):
                after = ScenarioMark(found[-1].created_at, found[-1].id) if found else None
                page = await list_scenarios(conn, desk.clinic_id, after=after, limit=2)
                assert page
                found += page
        assert [one.id for one in found] == [one.id for one in expected]
        assert {str(one.request) for one in found} == {"{}"}

    async def test_a_page_may_have_one_kind_only(self, desk: Desk) -> None:
        absence = await store(desk, a_scenario(desk, kind=ScenarioKind.ABSENCE))
        await store(desk, a_scenario(desk))
        async with reading(desk.runtime.pool) as conn:
            kinds = [ScenarioKind.ABSENCE]
            found = await list_scenarios(conn, desk.clinic_id, kinds=kinds, after=None, limit=5)
        assert [one.id for one in found] == [absence.id]


class TestTakingUp:
    async def test_one_of_many_gets_it(self, desk: Desk) -> None:
        scenario = await store(desk, a_scenario(desk))
        tries = [
            done(desk, lambda conn: mark_solving(conn, desk.clinic_id, scenario.id, desk.clock()))
            for _ in range(8)
        ]
        won = [one for one in await asyncio.gather(*tries) if one is not None]
        assert [one.status for one in won] == [ScenarioStatus.SOLVING]
        assert (won[0].run, won[0].deaths, won[0].started_at) == (1, 0, desk.clock())

    async def test_whoever_was_not_heard_of_loses_it_and_writes_nothing_any_more(self, desk: Desk) -> None:
        first = await taken_up(desk, await store(desk, a_scenario(desk)))
        await told(desk, first, FOUND)
        await grow_old(desk, first)
        second = await taken_up(desk, first)
        assert (second.run, second.deaths, second.plan) == (2, 1, PLAN)
        worse = replace(FOUND, objective=999)
        assert await told(desk, first, worse) is RunState.NOT_OURS
        assert not await finished(desk, first, ScenarioStatus.SOLVED)
        assert not await done(desk, lambda conn: put_back(conn, first, desk.clock()))
        assert await stored(desk, first) == second
        assert await finished(desk, second, ScenarioStatus.SOLVED)

    async def test_what_is_over_or_gone_is_not_taken_up(self, desk: Desk) -> None:
        scenario = a_scenario(desk)
        assert await done(desk, lambda c: mark_solving(c, desk.clinic_id, scenario.id, desk.clock())) is None
        await finished(desk, await taken_up(desk, await store(desk, scenario)), ScenarioStatus.SOLVED)
        assert await done(desk, lambda c: mark_solving(c, desk.clinic_id, scenario.id, desk.clock())) is None


class TestProgress:
    async def test_the_best_plan_is_kept_and_only_news_count(self, desk: Desk) -> None:
        run = await taken_up(desk, await store(desk, a_scenario(desk)))
        assert await told(desk, run, FOUND) is RunState.GOES_ON
        once = await stored(desk, run)
        assert (once.plan, once.objective, once.bound, once.seconds) == (PLAN, 130, 30, 0.5)
        assert once.gap == pytest.approx(100 / 130)
        desk.clock.move(seconds=5)
        await told(desk, run, None, seconds=5.5)
        alive = await stored(desk, run)
        assert alive == replace(once, seconds=5.5)
        await told(desk, run, None, bound=130)
        proven = await stored(desk, run)
        assert (proven.plan, proven.gap, proven.version) == (PLAN, 0.0, once.version + 1)

    async def test_a_wish_to_stop_is_heard_at_the_next_word(self, desk: Desk) -> None:
        run = await taken_up(desk, await store(desk, a_scenario(desk)))
        assert await stop(desk, run)
        assert await told(desk, run, FOUND) is RunState.STOP_ASKED
        await finished(desk, run, ScenarioStatus.STOPPED)
        over = await stored(desk, run)
        assert (over.status, over.plan, over.stop_asked) == (ScenarioStatus.STOPPED, PLAN, False)
        assert not await stop(desk, run)

    async def test_what_waits_stops_at_once(self, desk: Desk) -> None:
        scenario = await store(desk, a_scenario(desk))
        assert await stop(desk, scenario)
        assert (await stored(desk, scenario)).status is ScenarioStatus.STOPPED

    async def test_a_failure_has_a_reason_and_nothing_else_has_one(self, desk: Desk) -> None:
        run = await taken_up(desk, await store(desk, a_scenario(desk)))
        with pytest.raises(psycopg.errors.CheckViolation):
            await finished(desk, run, ScenarioStatus.FAILED)
        await finished(desk, run, ScenarioStatus.FAILED, failure="there is no room")
        assert (await stored(desk, run)).failure == "there is no room"


class TestAskingAnew:
    async def solved(self, desk: Desk) -> StoredScenario:
        run = await taken_up(desk, await store(desk, a_scenario(desk)))
        await finished(desk, run, ScenarioStatus.SOLVED, found=FOUND)
        return run

    async def test_for_longer_it_keeps_its_plan_and_starts_from_it(self, desk: Desk) -> None:
        run = await self.solved(desk)
        now = desk.clock()

        async def longer(conn: Connection) -> bool:
            return await requeue(conn, desk.clinic_id, run.id, now, answers={}, time_limit_seconds=60)

        assert await done(desk, longer)
        found = await stored(desk, run)
        assert (found.status, found.time_limit_seconds, found.seconds) == (ScenarioStatus.QUEUED, 60, 0)
        assert (found.plan, found.objective, found.bound, found.start_from) == (PLAN, 130, None, PLAN)

    async def test_with_other_answers_the_plan_is_only_where_it_starts(self, desk: Desk) -> None:
        run = await self.solved(desk)
        answers = {"notThen": [{"appointmentId": "a"}]}
        now = desk.clock()
        assert await done(desk, lambda conn: requeue(conn, desk.clinic_id, run.id, now, answers=answers))
        found = await stored(desk, run)
        assert (found.answers, found.plan, found.objective) == (answers, None, None)
        assert (found.hint, found.start_from, found.time_limit_seconds) == (PLAN, PLAN, 1)

    async def test_only_what_is_over_and_not_committed(self, desk: Desk) -> None:
        scenario = await store(desk, a_scenario(desk))
        now = desk.clock()
        assert not await done(desk, lambda conn: requeue(conn, desk.clinic_id, scenario.id, now))
        run = await self.solved(desk)
        assert await done(desk, lambda conn: mark_committed(conn, desk.clinic_id, run.id, now))
        assert not await done(desk, lambda conn: requeue(conn, desk.clinic_id, run.id, now))


class TestCommitting:
    async def test_only_what_was_solved_once_and_for_good(self, desk: Desk) -> None:
        waiting = await store(desk, a_scenario(desk))
        now = desk.clock()
        assert not await done(desk, lambda conn: mark_committed(conn, desk.clinic_id, waiting.id, now))
        run = await TestAskingAnew().solved(desk)
        applied: dict[str, Any] = {"moves": []}

        async def commit(conn: Connection) -> bool:
            return await mark_committed(conn, desk.clinic_id, run.id, now, plan=applied)

        assert [await done(desk, commit), await done(desk, commit)] == [True, False]
        found = await stored(desk, run)
        assert (found.status, found.plan, found.committed_at) == (ScenarioStatus.COMMITTED, applied, now)
        assert not await done(desk, lambda conn: delete_scenario(conn, desk.clinic_id, run.id))

    async def test_what_is_deleted_is_gone_for_whoever_works_on_it(self, desk: Desk) -> None:
        run = await taken_up(desk, await store(desk, a_scenario(desk)))
        assert await done(desk, lambda conn: delete_scenario(conn, desk.clinic_id, run.id))
        assert await told(desk, run, FOUND) is RunState.NOT_OURS
        assert not await finished(desk, run, ScenarioStatus.SOLVED)


class TestTheJob:
    async def test_it_is_told_with_the_scenario_or_not_at_all(self, desk: Desk) -> None:
        scenario = a_scenario(desk)

        async def fail(conn: Connection) -> None:
            await defer_solve(conn, desk.clinic_id, scenario.id)
            await conn.execute("SELECT 1 / 0")

        with pytest.raises(psycopg.errors.DivisionByZero):
            await done(desk, fail)
        assert scenario.id not in [job[1] for job in await jobs(desk)]
        await store(desk, scenario, with_job=True)
        assert [job for job in await jobs(desk) if job[1] == scenario.id] == [("todo", scenario.id, 0)]


class TestTheListOfThoseToBeGivenANewTime:
    async def test_they_are_listed_once_by_how_long_they_wait_until_they_are_taken_off(
        self, desk: Desk
    ) -> None:
        visits = [await desk.book(start) for start in ("10:00", "11:00", "12:00")]
        scenario = await store(desk, a_scenario(desk))

        async def add(conn: Connection, visit: StoredAppointment) -> None:
            await add_to_rescheduling_list(
                conn, desk.clinic_id, scenario.id, [visit.id], added_by="desk-1", now=desk.clock()
            )

        for visit in [*visits, visits[0]]:
            await done(desk, partial(add, visit=visit))
            desk.clock.move(minutes=1)

        async def take_off(conn: Connection) -> bool:
            return await take_off_rescheduling_list(conn, desk.clinic_id, visits[1].id, desk.clock())

        assert [await done(desk, take_off), await done(desk, take_off)] == [True, False]
        async with reading(desk.runtime.pool) as conn:
            first = await list_to_reschedule(conn, desk.clinic_id, after=None, limit=1)
            mark = ReschedulingMark(first[0].added_at, first[0].appointment_id)
            rest = await list_to_reschedule(conn, desk.clinic_id, after=mark, limit=9)
        assert [one.appointment_id for one in [*first, *rest]] == [visits[0].id, visits[2].id]
        assert (first[0].scenario_id, first[0].added_by) == (scenario.id, "desk-1")


class TestReadingWhatAPlanDependsOn:
    async def test_everything_near_the_range_that_holds_something_and_whose_it_is(self, desk: Desk) -> None:
        before = await desk.book("08:00")
        inside = await desk.book(moment("10:00", TUESDAY), patient="bela")
        gone = await desk.book(moment("12:00", TUESDAY))
        far = await desk.book(moment("10:00", MONDAY + timedelta(days=20)))
        hold = await desk.book(moment("13:00", TUESDAY), hold_minutes=5)
        await desk.cancel(gone, version=gone.version)
        desk.clock.move(minutes=6)
        async with reading(desk.runtime.pool) as conn:
            found = await read_planning(
                conn,
                desk.clinic_id,
                at("08:00", TUESDAY),
                at("16:00", TUESDAY),
                desk.clock(),
                also_patients=[desk.id_of("patient", "cleo")],
            )
        assert [one.id for one in found.appointments] == [before.id, inside.id]
        assert {far.id, hold.id}.isdisjoint(one.id for one in found.appointments)
        assert found.appointments[1] == as_appointment(inside)
        names = {desk.id_of("patient", name) for name in ("ada", "bela", "cleo")}
        assert {patient.id for patient in found.patients} == names
        assert all(patient.contact is None and patient.date_of_birth is None for patient in found.patients)


def as_appointment(one: StoredAppointment) -> Appointment:
    names = ("id", "patient_id", "provider_id", "service_id", "room_id", "equipment", "starts_at", "ends_at")
    return Appointment(**{name: getattr(one, name) for name in names}, status=AppointmentStatus.SCHEDULED)
