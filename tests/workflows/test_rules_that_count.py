"""Caps, gaps, lanes and seats change while visits are booked."""

from dataclasses import replace

import pytest

from models.errors import (
    RulesConflict,
    SlotUnavailable,
)
from models.postgres.connection import Pool
from tests.builders import (
    a_clinic,
    a_room,
    a_service,
)
from tests.workflows.changing_rules import a_lane, change, held
from tests.workflows.desk import Desk, open_desk, utc

pytestmark = pytest.mark.anyio


class TestCapsAndGaps:
    async def test_a_cap_counts_what_is_booked_already(self, desk: Desk) -> None:
        await desk.book("10:00")
        await change(desk, {"max_per_day": 2}, cap=3)
        await desk.book("11:00", patient="bela")
        with pytest.raises(SlotUnavailable) as refused:
            await desk.book("12:00", patient="cleo")
        assert refused.value.reason == "service_has_visits_left_that_day"

    async def test_it_counts_what_took_place_earlier_that_day(self, desk: Desk) -> None:
        visit = await desk.book("08:00")
        desk.clock.now = utc("09:00")
        await desk.step(visit, "checked_in", "in_progress", "completed")
        await change(desk, cap=1)
        with pytest.raises(SlotUnavailable) as refused:
            await desk.book("12:00", patient="cleo")
        assert refused.value.reason == "provider_has_visits_left_that_day"

    async def test_it_may_be_lower_than_what_is_booked(self, desk: Desk) -> None:
        visits = [await desk.book(start, patient=who) for start, who in (("10:00", "ada"), ("11:00", "bela"))]
        await change(desk, {"max_per_day": 1})
        for visit in visits:
            with pytest.raises(SlotUnavailable):
                await desk.book("12:00", patient="cleo")
            await desk.cancel(visit)
        await desk.book("12:00", patient="cleo")

    async def test_a_lower_one_is_reached_by_who_is_left(self, desk: Desk) -> None:
        await change(desk, {"max_per_day": 9})
        visits = [await desk.book(f"{hour}:00") for hour in range(9, 13)]
        for visit in visits[:3]:
            await desk.cancel(visit)
        await change(desk, {"max_per_day": 1})
        with pytest.raises(SlotUnavailable):
            await desk.book("14:00", patient="cleo")

    async def test_without_it_nothing_is_counted(self, desk: Desk) -> None:
        await change(desk, {"max_per_day": 1})
        await desk.book("10:00")
        await change(desk, {"max_per_day": None})
        assert {name for name, _, _ in await held(desk)} == {"patient", "provider", "room"}
        await desk.book("11:00", patient="bela")
        await change(desk, {"max_per_day": 3})
        assert [name for name, _, _ in await held(desk)].count("service-days") == 2
        await desk.book("12:00", patient="cleo")
        with pytest.raises(SlotUnavailable):
            await desk.book("13:00", patient="cleo")

    async def test_a_gap_counts_from_what_is_booked(self, desk: Desk) -> None:
        await desk.book("10:00")
        await desk.book("10:30", patient="bela")
        await change(desk, {"min_gap_minutes": 30})
        with pytest.raises(SlotUnavailable) as refused:
            await desk.book("11:15", patient="cleo")
        assert refused.value.reason == "visits_of_a_service_keep_their_gap"
        await desk.book("11:30", patient="cleo")


class TestLanes:
    room = a_room(capacity=3)

    async def test_new_ones_can_be_booked_at_once(self, pool: Pool) -> None:
        desk = await open_desk(pool, a_clinic(rooms=[self.room]))
        await desk.book("10:00")
        await change(desk, lanes=[a_lane(desk, max_per_day=1)])
        assert (await desk.book("10:00", patient="bela")).overbook
        with pytest.raises(SlotUnavailable):
            await desk.book("10:00", patient="cleo")

    async def test_those_that_somebody_needs_stay(self, pool: Pool) -> None:
        desk = await open_desk(pool, a_clinic(rooms=[self.room]))
        await change(desk, lanes=[a_lane(desk)])
        both = {(await desk.book("10:00")).id, (await desk.book("10:00", patient="bela")).id}
        with pytest.raises(RulesConflict) as refused:
            await change(desk, lanes=[])
        assert set(refused.value.appointment_ids) == both

    async def test_those_that_nobody_needs_go(self, pool: Pool) -> None:
        desk = await open_desk(pool, a_clinic(rooms=[self.room]))
        await change(desk, lanes=[a_lane(desk, lanes=2)])
        first = await desk.book("10:00")
        on_top = await desk.book("10:00", patient="bela")
        await desk.cancel(first)
        await change(desk, lanes=[])
        with pytest.raises(SlotUnavailable):
            await desk.book("10:00", patient="cleo")
        assert (await desk.read(on_top)).overbook

    async def test_a_daily_limit_counts_what_is_booked(self, pool: Pool) -> None:
        desk = await open_desk(pool, a_clinic(rooms=[self.room]))
        setup = await change(desk, lanes=[a_lane(desk)])
        await desk.book("10:00")
        await desk.book("10:00", patient="bela")
        await change(desk, lanes=[replace(setup.overbooking[0], max_per_day=1)])
        await desk.book("12:00")
        with pytest.raises(SlotUnavailable) as refused:
            await desk.book("12:00", patient="cleo")
        assert refused.value.reason == "overbooking_stays_within_its_daily_limit"


class TestSeats:
    async def test_a_visit_becomes_one_that_others_join(self, desk: Desk) -> None:
        first = await desk.book("10:00")
        await change(desk, {"seats": 2})
        second = await desk.book("10:00", patient="bela")
        group = (await desk.read(first)).group_visit_id
        assert group == second.group_visit_id is not None
        with pytest.raises(SlotUnavailable):
            await desk.book("10:00", patient="cleo")
        assert [name for name, _, _ in await held(desk)].count("provider") == 1

    async def test_a_group_of_one_becomes_a_visit_of_its_own(self, pool: Pool) -> None:
        desk = await open_desk(pool, a_clinic(services=[a_service(seats=3)]))
        visit = await desk.book("10:00")
        await change(desk, {"seats": 1})
        assert (await desk.read(visit)).group_visit_id is None
        assert len(await desk.claims_of(visit)) == 3
        await desk.cancel(await desk.read(visit))
        assert await held(desk) == []
        await desk.book("10:00", patient="bela")

    async def test_nobody_loses_a_seat(self, pool: Pool) -> None:
        desk = await open_desk(pool, a_clinic(services=[a_service(seats=3)]))
        visits = [await desk.book("10:00", patient=who) for who in ("ada", "bela")]
        for seats in (2, 5):
            await change(desk, {"seats": seats})
        with pytest.raises(RulesConflict) as refused:
            await change(desk, {"seats": 1})
        assert set(refused.value.appointment_ids) == {visit.id for visit in visits}

    async def test_a_group_moves_and_ends_as_before(self, desk: Desk) -> None:
        first = await desk.book("10:00")
        await change(desk, {"seats": 2})
        moved = await desk.change(await desk.read(first), starts_at="12:00")
        await desk.book("12:00", patient="bela")
        await desk.book("10:00", patient="cleo")
        assert (await desk.read(first)).group_visit_id == moved.group_visit_id
        assert await desk.overlapping_claims() == 0

    async def test_visits_that_differ_do_not_become_one(self, pool: Pool) -> None:
        desk = await open_desk(pool, a_clinic(rooms=[a_room(capacity=2)]))
        await change(desk, lanes=[a_lane(desk)])
        both = {(await desk.book("10:00")).id, (await desk.book("10:00", patient="bela")).id}
        with pytest.raises(RulesConflict) as refused:
            await change(desk, {"seats": 2})
        assert set(refused.value.appointment_ids) == both
