"""Several bookings in one transaction: all or none, also where many meet."""

import asyncio
from collections.abc import Sequence
from itertools import permutations

import orjson
import pytest

from api.workflows.book_together import book_together
from api.workflows.idempotency import Answered
from models.booking import BookingOrder
from models.errors import RefusedTogether, SlotUnavailable, SlotwrightError
from models.postgres.connection import Pool
from models.records import Reply
from models.stored_appointment import StoredAppointment
from tests.builders import a_class, a_clinic, a_patient, a_pool, a_provider, a_room, a_service, an_ecg
from tests.workflows.desk import STAFF, Desk, open_desk

pytestmark = pytest.mark.anyio


def all_rendered(appointments: Sequence[StoredAppointment]) -> Reply:
    body = orjson.dumps([(one.id, one.room_id, one.starts_at.isoformat()) for one in appointments])
    return Reply(status=201, headers={}, body=body)


async def together(desk: Desk, *orders: BookingOrder, key: str | None = None) -> Answered:
    return await book_together(desk.runtime, orders, STAFF, key=key, render=all_rendered)


async def refused(desk: Desk, *orders: BookingOrder) -> tuple[int, SlotUnavailable]:
    with pytest.raises(RefusedTogether) as caught:
        await together(desk, *orders)
    assert isinstance(caught.value.refusal, SlotUnavailable)
    return caught.value.index, caught.value.refusal


async def count(desk: Desk) -> dict[str, int]:
    """Rows of everything that a booking leaves behind."""
    tables = ("appointment", "claim", "audit", "outbox", "idempotency_key", "group_visit")
    return {
        table: int((await desk.rows(f"SELECT count(*) FROM {table} WHERE {{here}}"))[0][0])  # noqa: S608  our own names
        for table in tables
    }


class TestAllOrNone:
    async def test_each_leaves_what_a_booking_of_its_own_leaves(self, desk: Desk) -> None:
        before = await count(desk)
        await together(desk, desk.order("10:00"), desk.order("11:00"), key="both")
        after = await count(desk)
        assert {name: after[name] - before[name] for name in after} == {
            "appointment": 2,
            "claim": 6,
            "audit": 2,
            "outbox": 2,
            "idempotency_key": 1,
            "group_visit": 0,
        }

    async def test_calendars_get_new_versions(self, desk: Desk) -> None:
        before = await desk.calendar_versions()
        await together(desk, desk.order("10:00"), desk.order("11:00"))
        after = await desk.calendar_versions()
        changed = {one for one in after if after[one] > before[one]}
        assert changed == {
            desk.id_of("patient", "ada"),
            desk.id_of("provider", "okoro"),
            desk.id_of("room", "room-1"),
        }

    async def test_the_second_sees_the_first(self, pool: Pool) -> None:
        capped = a_service(max_per_day=1)
        desk = await open_desk(pool, a_clinic(services=(capped,)))
        before = await count(desk)
        index, refusal = await refused(desk, desk.order("10:00"), desk.order("11:00"))
        assert (index, refusal.reason) == (1, "service_has_visits_left_that_day")
        assert await count(desk) == before

    async def test_two_patients_share_a_group_visit_that_the_first_opens(self, pool: Pool) -> None:
        desk = await open_desk(pool, a_clinic(services=(a_class(seats=2),)))
        service = a_class().id
        orders = [desk.order("10:00", service=service, patient=name) for name in ("ada", "bela", "cleo")]
        await together(desk, *orders[:2])
        assert (await count(desk))["group_visit"] == 1
        index, refusal = await refused(desk, desk.order("11:00", service=service), orders[2])
        assert (index, refusal.reason) == (1, "group_visit_has_a_seat_left")

    async def test_expired_holds_are_in_nobodys_way(self, desk: Desk) -> None:
        await together(desk, desk.order("10:00", hold_minutes=5), desk.order("11:00", hold_minutes=5))
        await refused(desk, desk.order("10:00", patient="bela"), desk.order("11:00", patient="bela"))
        desk.clock.move(minutes=5)
        await together(desk, desk.order("10:00", patient="bela"), desk.order("11:00", patient="bela"))
        assert await desk.overlapping_claims() == 0

    async def test_units_are_dealt_anew_for_all_of_them(self, pool: Pool) -> None:
        """Two of three units are free at every minute, and none for the whole visit."""
        setup = a_clinic(
            providers=[a_provider(f"p{number}") for number in range(4)],
            rooms=[a_room(f"r{number}") for number in range(4)],
            equipment=(a_pool(quantity=2),),
            services=(an_ecg(),),
        )
        desk = await open_desk(pool, setup)
        await desk.book("10:00", provider="p0")
        early = await desk.book("10:15", provider="p1", patient="bela")
        await desk.cancel(await desk.book("10:30", provider="p0"))
        await together(
            desk,
            desk.order("10:30", provider="p2", patient="cleo"),
            desk.order("10:45", provider="p3", patient="ada"),
        )
        assert early.id
        assert await desk.overlapping_claims() == 0


class TestRaces:
    async def test_of_orders_in_all_orders_one_wins_and_nobody_deadlocks(self, pool: Pool) -> None:
        names = [f"p{number}" for number in range(4)]
        setup = a_clinic(
            providers=[a_provider(name) for name in names],
            rooms=[a_room(f"r{number}") for number in range(4)],
        )
        people = [a_patient(f"patient-{number}") for number in range(24)]
        desk = await open_desk(pool, setup, patients=people)
        calls = []
        for person, order in zip(people, permutations(range(4)), strict=True):
            visits = [
                desk.order(f"{9 + place}:00", provider=names[place], patient=person.id) for place in order
            ]
            calls.append(together(desk, *visits))
        found = await asyncio.gather(*calls, return_exceptions=True)
        for one in found:
            if isinstance(one, BaseException) and not isinstance(one, SlotwrightError):
                raise one
        assert sum(isinstance(one, Answered) for one in found) == 1
        assert all(isinstance(one, Answered | RefusedTogether) for one in found)
        assert (await count(desk))["appointment"] == 4
        assert await desk.overlapping_claims() == 0

    async def test_bookings_alone_and_together_get_out_of_each_others_way(self, desk: Desk) -> None:
        for round_number in range(5):
            start = 8 + round_number
            calls = [
                together(desk, desk.order(f"{start}:30"), desk.order(f"{start}:00")),
                desk.ask(desk.order(f"{start}:00", patient="bela")),
                together(
                    desk,
                    desk.order(f"{start}:00", patient="cleo"),
                    desk.order(f"{start}:30", patient="cleo"),
                ),
            ]
            found = await asyncio.gather(*calls, return_exceptions=True)
            assert sum(isinstance(one, Answered) for one in found) == 1, found
        assert await desk.overlapping_claims() == 0
