"""Scenarios that become true, once."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from api.workflows.commit_scenario import commit_scenario
from models.appointment import AppointmentStatus
from models.errors import (
    CalendarChanged,
    NotFound,
    ScenarioIsCommitted,
    ScenarioNotReady,
    UnplacedIsInTheWay,
)
from models.plan_applying import settled
from models.plan_checks import PlacedVisit
from models.postgres.connection import Connection, Database, Pool, reading, retrying
from models.postgres.read_scenarios import list_to_reschedule
from models.postgres.write_scenarios import mark_solving, requeue
from models.scenario import ScenarioStatus
from models.stored_appointment import StoredAppointment
from models.stored_scenario import ScenarioKind, StoredScenario
from models.unplaced import UnplacedChoice, UnplacedChoices
from tests.builders import NOBODY, a_clinic, a_patient, a_provider, a_room, moment
from tests.workflows.desk import STAFF, Desk, open_desk
from tests.workflows.planned import (
    absent,
    audited,
    everything,
    moved,
    solved,
    swapped,
)
from tests.workflows.scenario_desk import a_scenario, jobs, store, stored

pytestmark = pytest.mark.anyio

PEOPLE = [a_patient(f"p{number}") for number in range(8)]


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    """Two doctors, two rooms."""
    setup = a_clinic(providers=[a_provider(), a_provider("silva")], rooms=[a_room(), a_room("room-2")])
    return await open_desk(pool, setup, patients=PEOPLE)


async def booked(desk: Desk, *starts: str) -> list[StoredAppointment]:
    return [
        await desk.book(start, patient=f"p{number}", room="room-1") for number, start in enumerate(starts)
    ]


async def commit(desk: Desk, scenario: StoredScenario, **how: Any) -> StoredScenario:
    return await commit_scenario(desk.runtime, desk.clinic_id, scenario.id, STAFF, **how)


def choices(default: UnplacedChoice, **by_id: UnplacedChoice) -> UnplacedChoices:
    return UnplacedChoices(default=default, by_id=by_id)


class TestCommitting:
    async def test_applies_the_plan_and_makes_it_history(self, desk: Desk) -> None:
        two = await booked(desk, "10:00", "10:30")
        scenario = await solved(desk, swapped(*two))
        done = await commit(desk, scenario)
        assert (done.status, done.committed_at) == (ScenarioStatus.COMMITTED, desk.clock())
        assert done.plan == scenario.plan
        assert done == await stored(desk, scenario)
        assert [(await desk.read(one)).starts_at for one in two] == [two[1].starts_at, two[0].starts_at]
        await audited(desk)

    async def test_a_plan_that_was_stopped_can_be_applied(self, desk: Desk) -> None:
        (one,) = await booked(desk, "10:00")
        scenario = await solved(desk, [moved(desk, one, "12:00")], status=ScenarioStatus.STOPPED)
        assert (await commit(desk, scenario)).status is ScenarioStatus.COMMITTED

    async def test_happens_once(self, desk: Desk) -> None:
        (one,) = await booked(desk, "10:00")
        scenario = await solved(desk, [moved(desk, one, "12:00")])
        await commit(desk, scenario)
        before = await everything(desk)
        with pytest.raises(ScenarioIsCommitted):
            await commit(desk, scenario)
        assert await everything(desk) == before

    async def test_two_at_once_never_both_win(self, desk: Desk) -> None:
        two = await booked(desk, "10:00", "10:30")
        scenario = await solved(desk, swapped(*two))
        told = await asyncio.gather(*(commit(desk, scenario) for _ in range(6)), return_exceptions=True)
        won = [one for one in told if isinstance(one, StoredScenario)]
        assert len(won) == 1
        assert all(isinstance(one, ScenarioIsCommitted) for one in told if one not in won)
        assert [(await desk.read(one)).version for one in two] == [2, 2]
        await audited(desk)

    async def test_two_scenarios_that_move_the_same_never_both_win(self, desk: Desk) -> None:
        one, two = await booked(desk, "10:00", "10:30")
        first = await solved(desk, swapped(one, two))
        second = await solved(desk, [moved(desk, one, "12:00"), moved(desk, two, "10:00")])
        told = await asyncio.gather(commit(desk, first), commit(desk, second), return_exceptions=True)
        assert sorted(type(one).__name__ for one in told) == ["CalendarChanged", "StoredScenario"]
        await audited(desk)

    async def test_leaves_one_audit_row_of_its_own(self, desk: Desk) -> None:
        two = await booked(desk, "10:00", "10:30")
        scenario = await solved(desk, [moved(desk, two[0], "12:00")], [two[1]])
        await commit(desk, scenario)
        rows = await desk.rows(
            "SELECT action, after FROM audit WHERE {here} AND entity = 'scenario' AND entity_id = %(id)s",
            id=scenario.id,
        )
        counted = {"moved": 1, "booked": 0, "canceled": 0, "listed": 0, "kept": 1}
        assert rows == [("scenario_committed", counted)]


class TestWhatCannotBeCommitted:
    async def test_a_scenario_that_nobody_has_solved(self, desk: Desk) -> None:
        scenario = await store(desk, a_scenario(desk))
        with pytest.raises(ScenarioNotReady):
            await commit(desk, scenario)

    async def test_a_scenario_that_somebody_works_on_again(self, desk: Desk) -> None:
        scenario = await solved(desk, [])

        async def again(conn: Connection) -> None:
            assert await requeue(conn, desk.clinic_id, scenario.id, desk.clock())
            assert await mark_solving(conn, desk.clinic_id, scenario.id, desk.clock())

        await retrying(desk.runtime.pool, again)
        with pytest.raises(ScenarioNotReady):
            await commit(desk, scenario)

    @pytest.mark.parametrize("identifier", [NOBODY, "no-uuid"])
    async def test_a_scenario_that_is_not_there(self, desk: Desk, identifier: str) -> None:
        with pytest.raises(NotFound):
            await commit(desk, replace(a_scenario(desk), id=identifier))

    async def test_a_scenario_of_another_clinic(self, desk: Desk, pool: Pool) -> None:
        scenario = await solved(desk, [])
        other = await open_desk(pool)
        with pytest.raises(NotFound):
            await commit(other, scenario)

    async def test_a_plan_of_which_one_move_no_longer_holds(self, desk: Desk) -> None:
        one, two = await booked(desk, "10:00", "10:30")
        scenario = await solved(desk, [moved(desk, one, "12:00"), moved(desk, two, "12:30")])
        await desk.book("12:30", patient="p5", room="room-1")
        before = await everything(desk)
        with pytest.raises(CalendarChanged) as refused:
            await commit(desk, scenario)
        assert [one.appointment_id for one in refused.value.stale] == [two.id]
        assert await everything(desk) == before
        assert await stored(desk, scenario) == scenario

    async def test_a_plan_whose_place_is_taken_behind_its_back(
        self, desk: Desk, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The guard of the database speaks at the end of the transaction, and the next try looks anew."""
        one, two = await booked(desk, "10:00", "14:00")
        scenario = await solved(desk, [moved(desk, one, "12:00")])
        tries: list[int] = []

        def judged_then_taken(*arguments: Any) -> tuple[PlacedVisit, ...]:
            found = settled(*arguments)
            tries.append(len(found))
            if len(tries) == 1:
                take_behind_everybodys_back(database, desk, two, moment("12:15"))
            return found

        monkeypatch.setattr("api.workflows.apply_plan.settled", judged_then_taken)
        with pytest.raises(CalendarChanged) as refused:
            await commit(desk, scenario)
        assert tries == [1]
        assert [each.rule for each in refused.value.stale] == ["room_is_never_double_booked"]
        assert await desk.read(one) == one


def take_behind_everybodys_back(
    database: Database, desk: Desk, holder: StoredAppointment, start: datetime
) -> None:
    """Somebody who locks nothing and asks nobody claims what a visit holds, at another time as well."""
    with psycopg.connect(database.owner_conninfo) as conn:
        conn.execute(
            "UPDATE claim SET starts_at = %s, ends_at = %s WHERE clinic_id = %s AND holder_id = %s",
            (start, start + timedelta(minutes=30), desk.clinic_id, holder.id),
        )


class TestThoseWithoutAPlace:
    async def test_stay_unless_somebody_says_otherwise(self, desk: Desk) -> None:
        one, two = await booked(desk, "10:00", "10:30")
        scenario = await solved(desk, [moved(desk, one, "10:30")], [two])
        with pytest.raises(UnplacedIsInTheWay):
            await commit(desk, scenario)
        await commit(desk, scenario, choices=choices(UnplacedChoice.CANCEL))
        assert (await desk.read(two)).status is AppointmentStatus.CANCELED
        await audited(desk)

    async def test_are_put_on_the_list_of_those_to_be_given_a_new_time(self, desk: Desk) -> None:
        two = await booked(desk, "10:00", "10:30")
        await absent(desk, "okoro", "09:00", "12:00")
        scenario = await solved(desk, [], two, kind=ScenarioKind.ABSENCE)
        await commit(desk, scenario, choices=choices(UnplacedChoice.KEEP, **{two[0].id: UnplacedChoice.LIST}))
        async with reading(desk.runtime.pool) as conn:
            (entry,) = await list_to_reschedule(conn, desk.clinic_id, after=None, limit=9)
        assert (entry.appointment_id, entry.scenario_id) == (two[0].id, scenario.id)
        assert (entry.added_by, entry.added_at) == (STAFF.subject, desk.clock())
        assert (await desk.read(two[0])).status is AppointmentStatus.CANCELED
        assert await desk.read(two[1]) == two[1]


class TestResolving:
    async def test_queues_the_scenario_anew_with_the_moves_that_hold(self, desk: Desk) -> None:
        one, two = await booked(desk, "10:00", "10:30")
        answers = {"notThen": [{"appointmentId": one.id, "start": "2026-06-01", "end": "2026-06-01"}]}
        scenario = await solved(desk, [moved(desk, one, "12:00"), moved(desk, two, "12:30")], answers=answers)
        await desk.book("12:30", patient="p5", room="room-1")
        waits = await commit(desk, scenario, resolve=True)
        assert (waits.status, waits.plan, waits.hint) == (ScenarioStatus.QUEUED, None, scenario.plan)
        assert waits.answers == {**answers, "keep": [one.id]}
        assert ("todo", scenario.id) in [row[:2] for row in await jobs(desk)]
        assert [await desk.read(each) for each in (one, two)] == [one, two]

    async def test_is_not_needed_where_everything_holds(self, desk: Desk) -> None:
        (one,) = await booked(desk, "10:00")
        scenario = await solved(desk, [moved(desk, one, "12:00")])
        assert (await commit(desk, scenario, resolve=True)).status is ScenarioStatus.COMMITTED

    async def test_says_who_is_in_the_way_all_the_same(self, desk: Desk) -> None:
        one, two = await booked(desk, "10:00", "10:30")
        scenario = await solved(desk, [moved(desk, one, "10:30")], [two])
        with pytest.raises(UnplacedIsInTheWay):
            await commit(desk, scenario, resolve=True)

    async def test_a_scenario_that_is_history_stays_so(self, desk: Desk) -> None:
        scenario = await solved(desk, [])
        await commit(desk, scenario)
        with pytest.raises(ScenarioIsCommitted):
            await commit(desk, scenario, resolve=True)
