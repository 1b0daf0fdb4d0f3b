"""Plans with caps, gaps and lanes: what is counted is counted over all that moves."""

import pytest

from models.errors import CalendarChanged
from models.postgres.connection import Pool
from models.setup import ClinicSetup
from tests.builders import a_clinic, a_patient, a_provider, a_room, a_service, overbooking
from tests.workflows.desk import Desk, open_desk
from tests.workflows.planned import applied, audited, moved, swapped

pytestmark = pytest.mark.anyio

PEOPLE = [a_patient(f"p{number}") for number in range(8)]


async def desk_of(pool: Pool, setup: ClinicSetup) -> Desk:
    return await open_desk(pool, setup, patients=PEOPLE)


async def test_who_comes_first_is_regular_and_the_others_are_on_top(pool: Pool) -> None:
    setup = a_clinic(rooms=[a_room(capacity=4)], overbooking=[overbooking("12:00", "14:00", lanes=2)])
    desk = await desk_of(pool, setup)
    three = [
        await desk.book(start, patient=f"p{number}")
        for number, start in enumerate(("09:00", "09:30", "10:00"))
    ]
    await applied(desk, [moved(desk, one, "12:00") for one in three])
    assert [(await desk.read(one)).overbook for one in three] == [False, True, True]
    await audited(desk)
    await applied(desk, [moved(desk, await desk.read(three[1]), "15:00")])
    assert not (await desk.read(three[1])).overbook
    await audited(desk)


async def test_whoever_may_not_be_on_top_goes_first_whatever_the_order(pool: Pool) -> None:
    """A plan that names them the other way round is one that can be booked all the same."""
    setup = a_clinic(
        providers=[a_provider(service_ids=("checkup", "long"))],
        rooms=[a_room(capacity=4)],
        services=[a_service(), a_service("long", duration_minutes=90)],
        overbooking=[overbooking("12:00", "13:00")],
    )
    desk = await desk_of(pool, setup)
    short = await desk.book("09:00", patient="p0")
    long = await desk.book("10:00", patient="p1", service="long")
    await applied(desk, [moved(desk, short, "12:00"), moved(desk, long, "12:00")])
    assert [(await desk.read(one)).overbook for one in (short, long)] == [True, False]
    await audited(desk)


async def test_who_is_on_top_of_others_is_counted_by_the_day(pool: Pool) -> None:
    setup = a_clinic(rooms=[a_room(capacity=4)], overbooking=[overbooking(lanes=2, max_per_day=1)])
    desk = await desk_of(pool, setup)
    three = [
        await desk.book(start, patient=f"p{number}")
        for number, start in enumerate(("09:00", "09:30", "10:00"))
    ]
    with pytest.raises(CalendarChanged) as refused:
        await applied(desk, [moved(desk, one, "12:00") for one in three])
    assert [one.rule for one in refused.value.stale] == ["overbooking_stays_within_its_daily_limit"]
    await applied(desk, [moved(desk, one, "12:00") for one in three[:2]])
    await audited(desk)


async def test_a_full_day_can_be_changed_within_itself(pool: Pool) -> None:
    setup = a_clinic(
        providers=[a_provider(max_visits_per_day=3)],
        services=[a_service(max_per_day=3, min_gap_minutes=15)],
    )
    desk = await desk_of(pool, setup)
    three = [
        await desk.book(start, patient=f"p{number}")
        for number, start in enumerate(("09:00", "10:00", "11:00"))
    ]
    await applied(desk, [*swapped(*three[:2]), moved(desk, three[2], "12:00")])
    await audited(desk)
    tomorrow = 24 * 60
    there = await desk.read(three[2])
    await applied(desk, [moved(desk, there, int(there.starts_at.timestamp()) // 60 + tomorrow)])
    await desk.book("14:00", patient="p5")
    await audited(desk)


async def test_a_gap_is_kept_between_all_that_move(pool: Pool) -> None:
    desk = await desk_of(pool, a_clinic(services=[a_service(min_gap_minutes=30)]))
    two = [await desk.book(start, patient=f"p{number}") for number, start in enumerate(("09:00", "10:00"))]
    with pytest.raises(CalendarChanged) as refused:
        await applied(desk, [moved(desk, two[0], "12:00"), moved(desk, two[1], "12:45")])
    assert [one.rule for one in refused.value.stale] == ["visits_of_a_service_keep_their_gap"]
    await applied(desk, [moved(desk, two[0], "12:00"), moved(desk, two[1], "13:00")])
    await audited(desk)
