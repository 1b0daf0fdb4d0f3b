"""Many at once for the last of what is counted: a place of a day, a lane, a seat. One of them gets it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterable
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from models.clinic import OverbookingRule, Weekday
from models.errors import SlotUnavailable
from models.postgres.connection import Database, Pool, connected_as_owner, open_pool
from models.postgres.constraints import UNITS_ARE_NEVER_HELD_TWICE
from models.setup import ClinicSetup
from models.stored_appointment import StoredAppointment
from tests.builders import a_clinic, a_patient, a_provider, a_room, a_service
from tests.workflows.desk import Desk, open_desk

pytestmark = pytest.mark.anyio

RIVALS = 20
PEOPLE = [a_patient(f"p{number}") for number in range(2 * RIVALS)]
HALVES = [f"{8 + half // 2:02d}:{half % 2 * 30:02d}" for half in range(14)]
QUARTERS = [f"{8 + quarter // 4:02d}:{quarter % 4 * 15:02d}" for quarter in range(4 * 7)]


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    """As many connections as a busy service has."""
    async with open_pool(database, size=20) as opened:
        yield opened


def many(count: int = RIVALS, **provider: Any) -> dict[str, Any]:
    """So many providers with a room each, so that only what is counted runs out."""
    return {
        "providers": [a_provider(f"dr{number}", **provider) for number in range(count)],
        "rooms": [a_room(f"room-{number}") for number in range(count)],
    }


def lanes(count: int = 1, most: int | None = None) -> tuple[OverbookingRule, ...]:
    """All day, every day."""
    every_day = tuple(Weekday)
    return (
        OverbookingRule(
            id="extra",
            provider_id="okoro",
            weekdays=every_day,
            start=0,
            end=24 * 60,
            lanes=count,
            max_per_day=most,
        ),
    )


async def raced(calls: Iterable[Awaitable[object]]) -> Counter[str]:
    """How often each rule refused, and how many got what they wanted."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    told: Counter[str] = Counter()
    for one in found:
        if isinstance(one, SlotUnavailable):
            told[one.reason] += 1
        elif isinstance(one, BaseException):
            raise one
        else:
            assert isinstance(one, StoredAppointment)
            told["booked"] += 1
    return told


async def desk_of(pool: Pool, setup: ClinicSetup) -> Desk:
    return await open_desk(pool, setup, patients=PEOPLE)


class TestTheLastPlaceOfADay:
    async def test_of_a_service_goes_to_one_of_twenty_providers_patients(self, pool: Pool) -> None:
        desk = await desk_of(pool, a_clinic(services=[a_service(max_per_day=3)], **many()))
        await desk.book("08:00", provider="dr0", patient="p20")
        await desk.book("08:00", provider="dr1", patient="p21")
        told = await raced(
            desk.book("10:00", provider=f"dr{number}", patient=f"p{number}") for number in range(RIVALS)
        )
        assert told == {"booked": 1, "service_has_visits_left_that_day": RIVALS - 1}
        assert await desk.overlapping_claims() == 0

    async def test_of_a_provider_goes_to_one_of_twenty_at_different_times(self, pool: Pool) -> None:
        rooms = [a_room(f"room-{number}") for number in range(3)]
        setup = a_clinic(providers=[a_provider(max_visits_per_day=2)], rooms=rooms)
        desk = await desk_of(pool, setup)
        await desk.book("15:00", patient="p30")
        told = await raced(desk.book(start, patient=f"p{number}") for number, start in enumerate(HALVES))
        assert told == {"booked": 1, "provider_has_visits_left_that_day": len(HALVES) - 1}

    async def test_is_free_again_once_somebody_cancels(self, pool: Pool) -> None:
        desk = await desk_of(pool, a_clinic(services=[a_service(max_per_day=1)]))
        first = await desk.book("10:00", patient="p0")
        with pytest.raises(SlotUnavailable):
            await desk.book("12:00", patient="p1")
        await desk.cancel(first)
        assert not (await desk.book("12:00", patient="p1")).overbook

    async def test_is_guarded_by_the_constraint_even_without_the_rules(
        self, pool: Pool, database: Database
    ) -> None:
        """A claim of the same unit of the day is refused by PostgreSQL itself."""
        desk = await desk_of(pool, a_clinic(services=[a_service(max_per_day=2)], **many(2)))
        first = await desk.book("10:00", provider="dr0", patient="p0")
        second = await desk.book("10:00", provider="dr1", patient="p1")
        async with connected_as_owner(database) as conn:
            with pytest.raises(psycopg.errors.ExclusionViolation) as refused:
                await conn.execute(
                    "UPDATE claim SET unit_id = other.unit_id FROM claim AS other, resource"
                    " WHERE claim.holder_id = %s AND other.holder_id = %s AND counter LIKE 'service-days/%%'"
                    " AND claim.unit_id >> 10 = resource_no AND other.unit_id >> 10 = resource_no",
                    (second.id, first.id),
                )
        assert refused.value.diag.constraint_name == UNITS_ARE_NEVER_HELD_TWICE


class TestTheLastLane:
    async def test_goes_to_one_of_twenty_at_one_time(self, pool: Pool) -> None:
        rooms = [a_room(f"room-{number}") for number in range(RIVALS + 1)]
        desk = await desk_of(pool, a_clinic(rooms=rooms, overbooking=lanes()))
        regular = await desk.book("10:00", patient="p30")
        told = await raced(desk.book("10:00", patient=f"p{number}") for number in range(RIVALS))
        assert told == {"booked": 1, "provider_is_never_double_booked": RIVALS - 1}
        flags = await desk.rows("SELECT overbook FROM appointment WHERE {here} ORDER BY created_at, overbook")
        assert (regular.overbook, sorted(flags)) == (False, [(False,), (True,)])
        assert await desk.overlapping_claims() == 0

    async def test_of_a_day_goes_to_one_of_twenty_at_different_times(self, pool: Pool) -> None:
        rooms = [a_room(f"room-{number}") for number in range(RIVALS)]
        desk = await desk_of(pool, a_clinic(rooms=rooms, overbooking=lanes(most=1)))
        for number, start in enumerate(HALVES):
            await desk.book(start, patient=f"p{number}")
        told = await raced(
            desk.book(start, patient=f"p{number + RIVALS}") for number, start in enumerate(HALVES)
        )
        assert told["booked"] == 1
        assert told["overbooking_stays_within_its_daily_limit"] == len(HALVES) - 1

    async def test_as_many_get_on_top_as_there_are_lanes(self, pool: Pool) -> None:
        rooms = [a_room(f"room-{number}") for number in range(RIVALS)]
        desk = await desk_of(pool, a_clinic(rooms=rooms, overbooking=lanes(3)))
        told = await raced(desk.book("10:00", patient=f"p{number}") for number in range(RIVALS))
        assert told["booked"] == 4
        regular = await desk.rows("SELECT count(*) FROM appointment WHERE {here} AND NOT overbook")
        assert regular == [(1,)]


class TestTheLastSeat:
    async def test_goes_to_one_of_twenty(self, pool: Pool) -> None:
        desk = await desk_of(pool, a_clinic(services=[a_service(seats=4)]))
        for number in range(3):
            await desk.book("10:00", patient=f"p{30 + number}")
        told = await raced(desk.book("10:00", patient=f"p{number}") for number in range(RIVALS))
        assert told == {"booked": 1, "group_visit_has_a_seat_left": RIVALS - 1}
        assert await desk.rows("SELECT count(*) FROM group_visit WHERE {here}") == [(1,)]

    async def test_twenty_open_one_group_visit_together(self, pool: Pool) -> None:
        desk = await desk_of(pool, a_clinic(services=[a_service(seats=8)]))
        told = await raced(desk.book("10:00", patient=f"p{number}") for number in range(RIVALS))
        assert told == {"booked": 8, "group_visit_has_a_seat_left": RIVALS - 8}
        assert await desk.rows("SELECT count(*) FROM group_visit WHERE {here}") == [(1,)]
        held = await desk.rows("SELECT count(*) FROM claim WHERE {here} AND group_visit_id IS NOT NULL")
        assert held == [(2,)]


class TestTheGap:
    async def test_is_kept_by_twenty_who_come_close_together(self, pool: Pool) -> None:
        rooms = [a_room(f"room-{number}") for number in range(3)]
        setup = a_clinic(services=[a_service(duration_minutes=15, min_gap_minutes=60)], rooms=rooms)
        desk = await desk_of(pool, setup)
        told = await raced(
            desk.book(start, patient=f"p{number}") for number, start in enumerate(QUARTERS[:RIVALS])
        )
        assert 2 <= told["booked"] <= 4
        starts = await desk.rows("SELECT starts_at, ends_at FROM appointment WHERE {here} ORDER BY starts_at")
        for (_, ended), (started, _) in pairwise(starts):
            assert (started - ended).total_seconds() >= 60 * 60
