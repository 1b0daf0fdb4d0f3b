"""A whole plan in one transaction: everybody goes where it says, and what they leave can be booked."""

from datetime import timedelta

import pytest

from models.appointment import AppointmentStatus
from models.planning import Assignment
from models.postgres.connection import Pool
from tests.builders import a_clinic, a_pool, a_provider, a_room, a_service, an_ecg, at, moment
from tests.workflows.desk import Desk, open_desk
from tests.workflows.planned import applied, audited, everything, moved, place, swapped, told_of, units_of
from tests.workflows.three_doctors import DOCTORS, PEOPLE, booked, desk_of, starts_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    """Three doctors, three rooms."""
    return await desk_of(pool)


class TestEverybodyMoves:
    async def test_two_swap_their_times_with_one_provider_in_one_room(self, desk: Desk) -> None:
        first, second = await booked(desk, "10:00", "10:30")
        done = await applied(desk, swapped(first, second))
        now = [await desk.read(one) for one in (first, second)]
        assert starts_of(*now) == ["10:30", "10:00"]
        assert [one.version for one in now] == [2, 2]
        assert done.moved == tuple(now)
        await audited(desk)

    async def test_three_go_round_in_a_circle(self, desk: Desk) -> None:
        three = await booked(desk, "10:00", "10:30", "11:00")
        await applied(desk, swapped(*three))
        assert starts_of(*[await desk.read(one) for one in three]) == ["10:30", "11:00", "10:00"]
        await audited(desk)

    async def test_two_swap_their_rooms_at_one_time(self, desk: Desk) -> None:
        first = await desk.book("10:00", patient="p0", room="room-1")
        second = await desk.book("10:00", patient="p1", provider="silva", room="room-2")
        rooms = first.room_id, second.room_id
        await applied(desk, [moved(desk, first, room="room-2"), moved(desk, second, room="room-1")])
        assert tuple([(await desk.read(one)).room_id for one in (second, first)]) == rooms
        await audited(desk)

    async def test_they_go_to_other_people_rooms_days_and_machines(self, pool: Pool) -> None:
        machines = [a_pool("ecg-1", quantity=1), a_pool("ecg-2", quantity=1)]
        desk = await desk_of(pool, services=[an_ecg()], equipment=machines)
        first = await desk.book("10:00", patient="p0", room="room-1", pools=("ecg-1",))
        tomorrow = at("12:15") + 24 * 60
        move = moved(desk, first, tomorrow, provider="silva", room="room-3", pools=("ecg-2",))
        await applied(desk, [move])
        now = await desk.read(first)
        assert Assignment.of(now) == move.after
        assert now.starts_at == moment("12:15") + timedelta(days=1)
        assert now.created_at == first.created_at
        await audited(desk)

    async def test_what_does_not_move_is_left_alone(self, desk: Desk) -> None:
        first, second = await booked(desk, "10:00", "10:30")
        done = await applied(desk, [moved(desk, first), moved(desk, second, "11:00")])
        assert [one.id for one in done.moved] == [second.id]
        assert await desk.read(first) == first

    async def test_a_plan_of_nothing_changes_nothing(self, desk: Desk) -> None:
        before = await everything(desk)
        done = await applied(desk, [])
        assert (done.moved, done.booked, done.canceled, done.kept) == ((), (), (), ())
        assert await everything(desk) == before

    async def test_notice_is_not_asked_for(self, pool: Pool) -> None:
        desk = await desk_of(pool, services=[a_service(min_notice_minutes=3 * 60)])
        (first,) = await booked(desk, "10:00")
        await applied(desk, [moved(desk, first, "08:00")])
        assert starts_of(await desk.read(first)) == ["08:00"]

    async def test_a_hold_stays_a_hold_and_can_be_confirmed(self, desk: Desk) -> None:
        (held,) = await booked(desk, "10:00", hold_minutes=30)
        await applied(desk, [moved(desk, held, "11:00", provider="tran", room="room-2")])
        now = await desk.read(held)
        assert (now.status, now.expires_at) == (AppointmentStatus.PENDING, held.expires_at)
        confirmed = await desk.confirm(now)
        assert confirmed.appointment is not None
        assert confirmed.appointment.status is AppointmentStatus.CONFIRMED
        await audited(desk)

    async def test_each_is_told_of_once(self, desk: Desk) -> None:
        first, second = await booked(desk, "10:00", "10:30")
        await applied(desk, swapped(first, second))
        told = [("created", "appointment.created"), ("updated", "appointment.updated")]
        assert [await told_of(desk, one.id) for one in (first, second)] == [told, told]
        query = "SELECT after FROM audit WHERE {here} AND entity_id = %(id)s AND action = 'updated'"
        ((after,),) = await desk.rows(query, id=first.id)
        assert set(after) == {"start", "end", "changed"}

    async def test_every_calendar_concerned_has_a_new_version_and_no_other(self, desk: Desk) -> None:
        first, second = await booked(desk, "10:00", "10:30")
        before = await desk.calendar_versions()
        await applied(desk, [moved(desk, first, "12:00", provider="silva", room="room-2")])
        after = await desk.calendar_versions()
        changed = {identifier for identifier, version in after.items() if version != before[identifier]}
        people = {desk.id_of("provider", name) for name in ("okoro", "silva")}
        rooms = {desk.id_of("room", name) for name in ("room-1", "room-2")}
        assert changed == {first.patient_id, *people, *rooms}
        assert second.patient_id not in changed

    async def test_the_place_that_somebody_leaves_can_be_booked(self, desk: Desk) -> None:
        first, _ = await booked(desk, "10:00", "10:30")
        await applied(desk, [moved(desk, first, "12:00")])
        again = await desk.book("10:00", patient="p7", room="room-1")
        assert again.room_id == first.room_id
        await audited(desk)


class TestScatteredUnits:
    async def test_others_exchange_theirs_for_somebody_who_needs_one_throughout(self, pool: Pool) -> None:
        names = ("okoro", "silva", "tran", "weber")
        setup = a_clinic(providers=[a_provider(name) for name in names], rooms=[a_room("shared", capacity=2)])
        desk = await open_desk(pool, setup, patients=PEOPLE)
        early = await desk.book("09:30", patient="p0", provider="okoro", ends_at=moment("10:30"))
        between = await desk.book("11:00", patient="p1", provider="silva", ends_at=moment("11:30"))
        late = await desk.book("11:15", patient="p2", provider="tran", ends_at=moment("12:15"))
        long = await desk.book("14:00", patient="p3", provider="weber", ends_at=moment("15:45"))
        await desk.cancel(between)
        shared = desk.id_of("room", "shared")
        assert await units_of(desk, shared) == {early.id: [0], late.id: [1], long.id: [0]}
        await applied(desk, [moved(desk, long, "10:00")])
        found = await units_of(desk, shared)
        assert found[early.id] == found[late.id] != found[long.id]
        assert (await desk.read(late)).version == late.version
        await audited(desk)

    async def test_machines_are_dealt_over_all_that_moves(self, pool: Pool) -> None:
        desk = await desk_of(pool, services=[an_ecg()], equipment=[a_pool(quantity=2)])
        visits = [
            await desk.book(start, patient=f"p{number}", provider=name, room=f"room-{number + 1}")
            for number, (name, start) in enumerate(zip(DOCTORS, ("10:00", "10:15", "12:00"), strict=True))
        ]
        moves = [
            moved(desk, visits[0], "12:00"),
            moved(desk, visits[1], "12:15"),
            moved(desk, visits[2], "12:30"),
        ]
        await applied(desk, moves)
        await audited(desk)
        assert place(desk, visits[0]).start == at("10:00")
