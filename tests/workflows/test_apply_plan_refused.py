"""A plan of which any part no longer holds moves nobody, and every such part is named with its rule."""

from dataclasses import replace
from uuid import uuid4

import pytest

from models.appointment import AppointmentStatus
from models.errors import NotFound
from models.postgres.connection import Pool
from tests.builders import a_clinic, a_patient, a_provider, moment
from tests.workflows.desk import Desk, open_desk
from tests.workflows.planned import applied, audited, moved, told_of
from tests.workflows.three_doctors import DOCTORS, booked, desk_of, stale_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    """Three doctors, three rooms."""
    return await desk_of(pool)


class TestNobodyMoves:
    async def test_where_one_of_many_finds_its_place_taken(self, desk: Desk) -> None:
        many = await booked(desk, "08:00", "08:30", "09:00", "09:30", "10:00")
        await desk.book("14:00", patient="p9", provider="silva", room="room-2")
        later = ["12:00", "12:30", "13:00", "13:30", "14:00"]
        moves = [
            moved(desk, one, start, provider="silva", room="room-2")
            for one, start in zip(many, later, strict=True)
        ]
        assert await stale_of(desk, moves) == [(many[-1].id, "room_is_never_double_booked")]

    async def test_and_all_that_no_longer_hold_are_named(self, desk: Desk) -> None:
        one, two, three, four = await booked(desk, "08:00", "08:30", "09:00", "09:30")
        moves = [
            moved(desk, one, "12:00"),
            moved(desk, two, "12:30"),
            moved(desk, three, "13:00"),
            moved(desk, four, "13:30"),
        ]
        await desk.change(two, starts_at="15:00")
        await desk.cancel(three)
        await desk.book("13:30", patient="p9", room="room-1")
        assert await stale_of(desk, moves) == sorted(
            [
                (two.id, "appointment_is_where_it_was"),
                (three.id, "appointment_may_change"),
                (four.id, "room_is_never_double_booked"),
            ]
        )

    @pytest.mark.parametrize("steps", [("checked_in",), ("canceled",), ("no_show",)])
    async def test_where_somebody_has_come_or_does_not_come(self, desk: Desk, steps: tuple[str, ...]) -> None:
        (first,) = await booked(desk, "10:00")
        move = moved(desk, first, "12:00")
        await desk.step(first, *steps)
        assert await stale_of(desk, [move]) == [(first.id, "appointment_may_change")]

    async def test_where_a_hold_has_run_out(self, desk: Desk) -> None:
        (held,) = await booked(desk, "10:00", hold_minutes=5)
        desk.clock.move(minutes=5)
        assert await stale_of(desk, [moved(desk, held, "12:00")]) == [(held.id, "appointment_may_change")]

    async def test_where_a_visit_has_begun(self, desk: Desk) -> None:
        (first,) = await booked(desk, "10:00")
        desk.clock.now = moment("10:01")
        assert await stale_of(desk, [moved(desk, first, "12:00")]) == [(first.id, "appointment_may_change")]

    async def test_where_the_time_is_over_by_now(self, desk: Desk) -> None:
        (first,) = await booked(desk, "10:00")
        desk.clock.now = moment("09:20")
        assert await stale_of(desk, [moved(desk, first, "09:15")]) == [(first.id, "start_respects_notice")]

    async def test_where_somebody_else_has_the_patient(self, desk: Desk) -> None:
        (first,) = await booked(desk, "10:00")
        move = moved(desk, first, "12:00")
        await desk.book("12:15", patient="p0", provider="tran", room="room-2")
        assert await stale_of(desk, [move]) == [(first.id, "patient_is_never_in_two_places")]

    async def test_where_the_patient_must_not_see_the_provider(self, pool: Pool) -> None:
        setup = a_clinic(providers=[a_provider(name) for name in DOCTORS])
        wary = a_patient("p0", blocked_provider_ids=frozenset({"silva"}))
        desk = await open_desk(pool, setup, patients=[wary])
        (first,) = await booked(desk, "10:00")
        stale = await stale_of(desk, [moved(desk, first, "12:00", provider="silva")])
        assert stale == [(first.id, "provider_is_not_blocked_for_the_patient")]

    async def test_where_an_appointment_is_nobody_knows_where(self, desk: Desk) -> None:
        (first,) = await booked(desk, "10:00")
        move = replace(moved(desk, first, "12:00"), appointment_id=str(uuid4()))
        assert await stale_of(desk, [move]) == [(move.appointment_id, "appointment_may_change")]

    async def test_where_a_room_is_not_there_any_more(self, desk: Desk) -> None:
        (first,) = await booked(desk, "10:00")
        stale = await stale_of(desk, [moved(desk, first, "12:00", room=str(uuid4()))])
        assert stale == [(first.id, "resource_is_there")]

    async def test_where_two_of_the_plan_want_the_same(self, desk: Desk) -> None:
        """No plan of ours does; one written by somebody else is not believed."""
        first, second = await booked(desk, "10:00", "10:30")
        moves = [moved(desk, first, "12:00"), moved(desk, second, "12:00")]
        assert await stale_of(desk, moves) == [(second.id, "room_is_never_double_booked")]

    async def test_in_another_clinic(self, desk: Desk, pool: Pool) -> None:
        (first,) = await booked(desk, "10:00")
        other = await desk_of(pool)
        stale = await stale_of(other, [moved(desk, first, "12:00")])
        assert stale == [(first.id, "appointment_may_change")]
        assert await desk.read(first) == first

    async def test_in_a_clinic_that_is_not_there(self, desk: Desk) -> None:
        with pytest.raises(NotFound):
            await applied(replace(desk, clinic_id=str(uuid4())), [])


class TestHoldsThatRanOut:
    async def test_make_way_and_are_ended(self, desk: Desk) -> None:
        (first,) = await booked(desk, "10:00")
        held = await desk.book("12:00", patient="p1", room="room-1", hold_minutes=5)
        desk.clock.move(minutes=5)
        await applied(desk, [moved(desk, first, "12:00")])
        assert (await desk.read(held)).status is AppointmentStatus.EXPIRED
        assert await told_of(desk, held.id) == [
            ("created", "appointment.created"),
            ("expired", "appointment.expired"),
        ]
        await audited(desk)

    async def test_are_in_the_way_until_then(self, desk: Desk) -> None:
        (first,) = await booked(desk, "10:00")
        await desk.book("12:00", patient="p1", room="room-1", hold_minutes=5)
        stale = await stale_of(desk, [moved(desk, first, "12:00")])
        assert stale == [(first.id, "room_is_never_double_booked")]
