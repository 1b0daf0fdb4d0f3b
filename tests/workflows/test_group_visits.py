"""Visits that several patients share: who holds what, and what happens when they come and go."""

from collections.abc import Mapping
from typing import Any

import pytest

from models.errors import RuleViolated, SlotUnavailable
from models.postgres.connection import Pool
from models.stored_appointment import StoredAppointment
from tests.builders import a_clinic, a_pool, a_provider, a_room, a_service, an_ecg
from tests.workflows.desk import Desk, open_desk

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    """A yoga class of three in one of two rooms, with one of two teachers."""
    setup = a_clinic(
        providers=[a_provider(), a_provider("silva")],
        rooms=[a_room(), a_room("room-2")],
        services=[a_service(seats=3)],
    )
    return await open_desk(pool, setup)


async def shared_claims(desk: Desk) -> int:
    """How many claims group visits hold."""
    return int(
        (await desk.rows("SELECT count(*) FROM claim WHERE {here} AND group_visit_id IS NOT NULL"))[0][0]
    )


async def holders(desk: Desk) -> Mapping[str, int]:
    """How many appointments each group visit has that are not over."""
    query = (
        "SELECT group_visit_id::text, count(*) FROM appointment"
        " WHERE {here} AND status IN ('pending', 'scheduled') GROUP BY 1"
    )
    return dict(await desk.rows(query))


class TestTakingASeat:
    async def test_the_first_opens_the_visit_and_the_others_share_it(self, desk: Desk) -> None:
        first = await desk.book("10:00")
        second = await desk.book("10:00", patient="bela")
        assert first.group_visit_id == second.group_visit_id is not None
        assert (first.room_id, first.provider_id) == (second.room_id, second.provider_id)
        assert await shared_claims(desk) == 2
        assert not second.overbook

    async def test_equipment_is_taken_once(self, pool: Pool) -> None:
        setup = a_clinic(services=[an_ecg(seats=3)], equipment=[a_pool(quantity=1)])
        desk = await open_desk(pool, setup)
        first = await desk.book("10:00")
        second = await desk.book("10:00", patient="bela")
        assert first.equipment == second.equipment != ()

    async def test_another_time_is_another_visit_and_must_not_overlap(self, desk: Desk) -> None:
        await desk.book("10:00")
        with pytest.raises(SlotUnavailable) as refused:
            await desk.book("10:15", patient="bela")
        assert refused.value.reason == "provider_is_never_double_booked"

    async def test_a_room_that_the_group_is_not_in_is_refused(self, desk: Desk) -> None:
        first = await desk.book("10:00", room="room-1")
        assert first.room_id == desk.id_of("room", "room-1")
        with pytest.raises(RuleViolated) as refused:
            await desk.book("10:00", patient="bela", room="room-2")
        assert refused.value.rule == "group_visit_is_shared_whole"

    async def test_nobody_sits_twice(self, desk: Desk) -> None:
        await desk.book("10:00")
        with pytest.raises(SlotUnavailable) as refused:
            await desk.book("10:00")
        assert refused.value.reason == "patient_is_never_in_two_places"


class TestLeaving:
    async def test_the_visit_goes_on_without_whoever_opened_it(self, desk: Desk) -> None:
        first = await desk.book("10:00")
        second = await desk.book("10:00", patient="bela")
        await desk.cancel(first)
        assert await holders(desk) == {second.group_visit_id: 1}
        assert await shared_claims(desk) == 2
        assert (await desk.book("10:00", patient="cleo")).group_visit_id == second.group_visit_id

    async def test_the_last_one_frees_provider_and_room(self, desk: Desk) -> None:
        first = await desk.book("10:00")
        second = await desk.book("10:00", patient="bela")
        await desk.cancel(first)
        await desk.cancel(second)
        assert await desk.rows("SELECT count(*) FROM claim WHERE {here}") == [(0,)]
        anew = await desk.book("10:15")
        assert anew.group_visit_id not in (None, first.group_visit_id)

    async def test_a_hold_that_runs_out_leaves_the_others_where_they_are(self, desk: Desk) -> None:
        await desk.book("10:00", hold_minutes=5)
        second = await desk.book("10:00", patient="bela")
        desk.clock.move(minutes=6)
        third = await desk.book("10:00", patient="cleo")
        assert third.group_visit_id == second.group_visit_id
        with pytest.raises(SlotUnavailable):
            await desk.book("10:15")

    async def test_a_visit_of_holds_that_ran_out_is_in_nobodys_way(self, desk: Desk) -> None:
        await desk.book("10:00", hold_minutes=5)
        second = await desk.book("10:00", patient="bela", hold_minutes=5)
        desk.clock.move(minutes=6)
        anew = await desk.book("10:15", patient="cleo")
        assert anew.group_visit_id != second.group_visit_id
        assert (await desk.read(second)).status == "expired"
        assert await desk.overlapping_claims() == 0


class TestMoving:
    async def test_one_moves_into_another_visit(self, desk: Desk) -> None:
        first = await desk.book("10:00")
        second = await desk.book("10:00", patient="bela")
        other = await desk.book("12:00", patient="cleo")
        moved = await desk.change(first, starts_at="12:00")
        assert moved.group_visit_id == other.group_visit_id
        assert await holders(desk) == {second.group_visit_id: 1, other.group_visit_id: 2}

    async def test_the_last_one_takes_the_visit_along(self, desk: Desk) -> None:
        first = await desk.book("10:00")
        moved = await desk.change(first, starts_at="10:15")
        assert moved.group_visit_id != first.group_visit_id
        assert await shared_claims(desk) == 2
        assert await desk.overlapping_claims() == 0

    async def test_to_where_it_is_changes_nothing(self, desk: Desk) -> None:
        first = await desk.book("10:00")
        moved: StoredAppointment = await desk.change(first, starts_at="10:00")
        assert (moved.version, moved.group_visit_id) == (first.version, first.group_visit_id)

    async def test_what_the_database_keeps_together_cannot_be_torn_apart(self, desk: Desk) -> None:
        """The foreign keys tie members to their visit's provider, time and room."""
        await desk.book("10:00")
        found: Any = await desk.rows(
            "SELECT count(*) FROM appointment JOIN group_visit ON group_visit.id = group_visit_id"
            " AND appointment.starts_at = group_visit.starts_at"
            " AND appointment.room_id = group_visit.room_id WHERE appointment.{here}"
        )
        assert found == [(1,)]
