"""Those for whom a plan has no place stay where they are, or are given up if the clerk says so."""

import pytest

from models.appointment import AppointmentStatus
from models.errors import UnplacedIsInTheWay
from models.postgres.connection import Pool
from models.unplaced import UnplacedChoice
from tests.builders import NOW
from tests.workflows.desk import Desk
from tests.workflows.planned import absent, applied, audited, everything, moved, told_of
from tests.workflows.three_doctors import booked, desk_of, stale_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    """Three doctors, three rooms."""
    return await desk_of(pool)


class TestThoseWithoutAPlace:
    async def test_stay_where_they_are(self, desk: Desk) -> None:
        first, second = await booked(desk, "10:00", "10:30")
        done = await applied(desk, [moved(desk, first, "12:00")], [second])
        assert done.kept == (second.id,)
        assert await desk.read(second) == second
        await audited(desk)

    async def test_stand_in_the_way_if_somebody_is_to_go_there(self, desk: Desk) -> None:
        first, second, third = await booked(desk, "10:00", "10:30", "11:00")
        before = await everything(desk)
        with pytest.raises(UnplacedIsInTheWay) as refused:
            await applied(desk, [moved(desk, first, "10:30")], [second, third])
        assert refused.value.appointment_ids == (second.id,)
        assert await everything(desk) == before

    async def test_are_named_only_where_nothing_else_is_in_the_way(self, desk: Desk) -> None:
        first, second, third = await booked(desk, "10:00", "10:30", "11:00")
        moves = [moved(desk, first, "10:30"), moved(desk, third, "13:00")]
        await desk.book("13:00", patient="p9", room="room-1")
        assert await stale_of(desk, moves, [second]) == [(third.id, "room_is_never_double_booked")]

    async def test_are_given_up_if_the_clerk_says_so(self, desk: Desk) -> None:
        first, second = await booked(desk, "10:00", "10:30")
        done = await applied(desk, [moved(desk, first, "10:30")], [second], default=UnplacedChoice.CANCEL)
        now = await desk.read(second)
        assert (now.status, now.version) == (AppointmentStatus.CANCELED, 2)
        assert await desk.claims_of(now) == []
        assert (done.canceled, done.listed) == ((now,), ())
        assert (await told_of(desk, second.id))[1:] == [("canceled", "appointment.canceled")]
        await audited(desk)

    async def test_are_listed_if_the_clerk_says_so_of_one(self, desk: Desk) -> None:
        first, second, third = await booked(desk, "10:00", "10:30", "11:00")
        choices = {second.id: UnplacedChoice.LIST, third.id: UnplacedChoice.CANCEL}
        done = await applied(desk, [moved(desk, first, "10:30")], [second, third], choices=choices)
        assert done.listed == (second.id,)
        assert {one.id for one in done.canceled} == {second.id, third.id}
        await audited(desk)

    async def test_are_left_alone_where_they_have_come_or_been_given_up(self, desk: Desk) -> None:
        first, second = await booked(desk, "10:00", "10:30")
        came, gone = await desk.step(first, "checked_in"), await desk.step(second, "canceled")
        done = await applied(desk, [], [came, gone], default=UnplacedChoice.CANCEL)
        assert done.canceled == ()
        assert [await desk.read(one) for one in (came, gone)] == [came, gone]

    async def test_are_not_given_up_where_somebody_has_found_them_a_place_since(self, desk: Desk) -> None:
        (first,) = await booked(desk, "10:00")
        desk.clock.move(minutes=1)
        found = await desk.change(first, starts_at="12:00")
        stale = await stale_of(desk, [], [first], default=UnplacedChoice.CANCEL, seen_at=NOW)
        assert stale == [(found.id, "appointment_is_where_it_was")]

    async def test_are_given_up_where_they_were_only_confirmed_since(self, desk: Desk) -> None:
        """Dr Okoro is gone, and so nobody can see them where they are."""
        (first,) = await booked(desk, "10:00")
        await absent(desk, "okoro", "09:00", "12:00")
        desk.clock.move(minutes=1)
        await desk.confirm(first)
        done = await applied(desk, [], [first], default=UnplacedChoice.CANCEL, seen_at=NOW)
        assert [one.id for one in done.canceled] == [first.id]
