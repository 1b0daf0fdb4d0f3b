"""Plans that move visits which several patients share: whole, in part, into each other."""

from collections.abc import Sequence

import pytest

from models.appointment import AppointmentStatus
from models.errors import CalendarChanged, UnplacedIsInTheWay
from models.postgres.connection import Pool
from models.stored_appointment import StoredAppointment
from models.unplaced import UnplacedChoice
from tests.builders import a_clinic, a_patient, a_pool, a_provider, a_room, a_service, an_ecg, overbooking
from tests.workflows.desk import Desk, open_desk
from tests.workflows.planned import applied, audited, moved, swapped

pytestmark = pytest.mark.anyio

PEOPLE = [a_patient(f"p{number}") for number in range(12)]


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    """A class of three, with either of two teachers, in either of two rooms."""
    setup = a_clinic(
        providers=[a_provider(), a_provider("silva")],
        rooms=[a_room(), a_room("room-2")],
        services=[a_service(seats=3, buffer_after_minutes=5)],
    )
    return await open_desk(pool, setup, patients=PEOPLE)


async def class_of(
    desk: Desk, start: str, *people: str, provider: str = "okoro", room: str = "room-1"
) -> list[StoredAppointment]:
    return [await desk.book(start, patient=one, provider=provider, room=room) for one in people]


async def groups_of(desk: Desk, appointments: Sequence[StoredAppointment]) -> list[str | None]:
    """The group visit of each."""
    return [(await desk.read(one)).group_visit_id for one in appointments]


async def groups_that_hold(desk: Desk) -> set[str]:
    rows = await desk.rows(
        "SELECT DISTINCT group_visit_id::text FROM claim WHERE {here} AND group_visit_id IS NOT NULL"
    )
    return {row[0] for row in rows}


class TestAWholeClass:
    async def test_moves_as_one(self, desk: Desk) -> None:
        three = await class_of(desk, "10:00", "p0", "p1", "p2")
        await applied(desk, [moved(desk, one, "12:00", provider="silva", room="room-2") for one in three])
        found = await groups_of(desk, three)
        assert len(set(found)) == 1
        assert await groups_that_hold(desk) == set(found)
        await audited(desk)

    async def test_leaves_its_time_to_another(self, desk: Desk) -> None:
        first = await class_of(desk, "10:00", "p0", "p1")
        second = await class_of(desk, "12:00", "p2", "p3", "p4")
        moves = [moved(desk, one, "12:00") for one in first] + [moved(desk, one, "10:00") for one in second]
        await applied(desk, moves)
        now = [[await desk.read(one) for one in group] for group in (first, second)]
        assert [{f"{one.starts_at:%H:%M}" for one in group} for group in now] == [{"12:00"}, {"10:00"}]
        assert len({one.group_visit_id for group in now for one in group}) == 2
        await audited(desk)

    async def test_leaves_behind_whoever_had_given_up(self, desk: Desk) -> None:
        three = await class_of(desk, "10:00", "p0", "p1", "p2")
        await desk.cancel(three[0])
        gone = await desk.read(three[0])
        await applied(desk, [moved(desk, one, "12:00") for one in three[1:]])
        assert await desk.read(gone) == gone
        await audited(desk)

    async def test_shares_its_equipment_in_the_new_place_too(self, pool: Pool) -> None:
        setup = a_clinic(services=[an_ecg(seats=3)], equipment=[a_pool(quantity=1), a_pool("ecg-2")])
        desk = await open_desk(pool, setup, patients=PEOPLE)
        two = [await desk.book("10:00", patient=one, pools=("ecg-1",)) for one in ("p0", "p1")]
        await applied(desk, [moved(desk, one, "12:00", pools=("ecg-2",)) for one in two])
        used = {one.equipment for one in [await desk.read(one) for one in two]}
        assert [[use.id for use in uses] for uses in used] == [[desk.id_of("equipment", "ecg-2")]]
        await audited(desk)


class TestPartOfAClass:
    async def test_opens_another_one(self, desk: Desk) -> None:
        three = await class_of(desk, "10:00", "p0", "p1", "p2")
        await applied(desk, [moved(desk, one, "12:00") for one in three[:2]])
        first, second, third = await groups_of(desk, three)
        assert first == second != third == three[2].group_visit_id
        await audited(desk)

    async def test_joins_another_one(self, desk: Desk) -> None:
        three = await class_of(desk, "10:00", "p0", "p1", "p2")
        (other,) = await class_of(desk, "12:00", "p3")
        await applied(desk, [moved(desk, one, "12:00") for one in three[:2]])
        assert await groups_of(desk, three[:2]) == [other.group_visit_id] * 2
        await audited(desk)

    async def test_joins_another_one_and_ends_its_own(self, desk: Desk) -> None:
        two = await class_of(desk, "10:00", "p0", "p1")
        (other,) = await class_of(desk, "12:00", "p3")
        await applied(desk, [moved(desk, one, "12:00") for one in two])
        assert await groups_that_hold(desk) == {other.group_visit_id}
        await audited(desk)

    async def test_two_of_two_classes_change_seats(self, desk: Desk) -> None:
        first = await class_of(desk, "10:00", "p0", "p1", "p2")
        second = await class_of(desk, "12:00", "p3", "p4", "p5")
        await applied(desk, swapped(first[0], second[0]))
        assert await groups_of(desk, (first[0], second[0])) == [
            second[0].group_visit_id,
            first[0].group_visit_id,
        ]
        await audited(desk)

    async def test_there_are_no_more_seats_than_there_are(self, desk: Desk) -> None:
        two = await class_of(desk, "10:00", "p0", "p1")
        await class_of(desk, "12:00", "p3", "p4")
        with pytest.raises(CalendarChanged) as refused:
            await applied(desk, [moved(desk, one, "12:00") for one in two])
        assert [(one.appointment_id, one.rule) for one in refused.value.stale] == [
            (two[1].id, "group_visit_has_a_seat_left")
        ]

    async def test_nobody_joins_a_class_in_another_room(self, desk: Desk) -> None:
        (one,) = await class_of(desk, "10:00", "p0")
        await class_of(desk, "12:00", "p3", room="room-2")
        with pytest.raises(CalendarChanged) as refused:
            await applied(desk, [moved(desk, one, "12:00")])
        assert refused.value.stale[0].rule in (
            "provider_is_never_double_booked",
            "group_visit_is_shared_whole",
        )

    async def test_a_seat_whose_hold_has_run_out_is_free(self, desk: Desk) -> None:
        (one,) = await class_of(desk, "10:00", "p0")
        there = await class_of(desk, "12:00", "p3", "p4")
        held = await desk.book("12:00", patient="p5", room="room-1", hold_minutes=5)
        desk.clock.move(minutes=5)
        await applied(desk, [moved(desk, one, "12:00")])
        assert await groups_of(desk, [one]) == [there[0].group_visit_id]
        assert (await desk.read(held)).status is AppointmentStatus.EXPIRED
        await audited(desk)

    async def test_a_class_that_only_a_dead_hold_is_left_of_ends(self, desk: Desk) -> None:
        (one,) = await class_of(desk, "10:00", "p0")
        await desk.book("10:00", patient="p5", room="room-1", hold_minutes=5)
        desk.clock.move(minutes=5)
        await applied(desk, [moved(desk, one, "12:00")])
        assert await groups_that_hold(desk) == set(await groups_of(desk, [one]))
        await audited(desk)


class TestThoseWithoutAPlace:
    async def test_a_class_that_stays_stands_in_the_way_with_all_who_come(self, desk: Desk) -> None:
        two = await class_of(desk, "10:00", "p0", "p1")
        (other,) = await class_of(desk, "11:00", "p3")
        with pytest.raises(UnplacedIsInTheWay) as refused:
            await applied(desk, [moved(desk, other, "10:15")], two)
        assert set(refused.value.appointment_ids) == {one.id for one in two}

    async def test_who_is_given_up_leaves_the_others_their_class(self, desk: Desk) -> None:
        two = await class_of(desk, "10:00", "p0", "p1")
        await applied(desk, [], [two[0]], default=UnplacedChoice.CANCEL)
        assert await groups_that_hold(desk) == {two[1].group_visit_id}
        await audited(desk)

    async def test_a_class_of_which_all_are_given_up_ends(self, desk: Desk) -> None:
        two = await class_of(desk, "10:00", "p0", "p1")
        await applied(desk, [], two, default=UnplacedChoice.CANCEL)
        assert await groups_that_hold(desk) == set()
        await audited(desk)


class TestOnTopOfOthers:
    async def test_a_class_goes_on_top_whole(self, pool: Pool) -> None:
        setup = a_clinic(
            providers=[a_provider(service_ids=("class", "checkup"))],
            rooms=[a_room(capacity=3)],
            services=[a_service("class", seats=3), a_service()],
            overbooking=[overbooking("12:00", "14:00")],
        )
        desk = await open_desk(pool, setup, patients=PEOPLE)
        two = [await desk.book("10:00", patient=one, service="class") for one in ("p0", "p1")]
        await desk.book("12:00", patient="p2")
        await applied(desk, [moved(desk, one, "12:00") for one in two])
        assert [(await desk.read(one)).overbook for one in two] == [True, True]
        await applied(desk, [moved(desk, await desk.read(one), "10:00") for one in two])
        assert [(await desk.read(one)).overbook for one in two] == [False, False]
        await audited(desk)
