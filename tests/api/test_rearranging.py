"""Slots for which others make space, over HTTP: offered with the changes, booked with them or not at all."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.clinic_file.dump import dump_clinic
from scenarios.one_room_short import one_room_short
from tests.api.clinic_documents import NOW, TUESDAY
from tests.api.desk import Desk
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest, ServiceUnderTest

pytestmark = pytest.mark.anyio

Slot = dict[str, Any]


@pytest.fixture
async def clinic(shared_service: ServiceUnderTest) -> AsyncIterator[ClinicUnderTest]:
    """The practice that is one room short, on a Tuesday."""
    shared_service.clock.now = NOW
    document = dict(dump_clinic(one_room_short(date.fromisoformat(TUESDAY))))
    document["patients"] = [*document["patients"], {"id": "pat", "name": "Pat"}]
    yield await shared_service.store(document)
    shared_service.clock.now = NOW


@pytest.fixture
def desk(clinic: ClinicUnderTest) -> Desk:
    return Desk(clinic)


async def asked(desk: Desk, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
    params = {"serviceId": desk.clinic.ids["scan"], "start": TUESDAY, "end": TUESDAY, "rearrange": "rooms"}
    params |= changes
    return await desk.clinic.client.get(
        "/availability", params={k: v for k, v in params.items() if v}, headers=headers
    )


async def slots(desk: Desk, **changes: Any) -> list[Slot]:
    answer = await asked(desk, **changes)
    assert answer.status_code == 200, answer.text
    found: list[Slot] = answer.json()["slots"]
    return found


def order_of(desk: Desk, slot: Slot, **changes: Any) -> dict[str, Any]:
    usual = {
        "patientId": desk.clinic.ids["pat"],
        "start": slot["start"],
        "serviceId": desk.clinic.ids["scan"],
        "providerId": slot["provider"]["id"],
        "roomId": slot["roomOptions"][0]["id"],
        "rearranges": slot["rearranges"],
    }
    return usual | changes


async def everything(desk: Desk) -> list[dict[str, Any]]:
    return sorted(await desk.stored(), key=lambda one: str(one["id"]))


def go_on_to_a_quarter_past_nine(desk: Desk) -> None:
    desk.clinic.service.clock.advance(days=1, hours=1, minutes=15)
    desk.clinic.client.headers.update(desk.clinic.headers())


class TestSlots:
    async def test_exist_only_with_changes(self, desk: Desk) -> None:
        assert await slots(desk, rearrange=None) == []
        found = await slots(desk)
        assert [len(slot["rearranges"]) for slot in found].count(1) == 3
        assert [len(slot["rearranges"]) for slot in found].count(2) == 3

    async def test_name_the_changes(self, desk: Desk) -> None:
        slot = next(one for one in await slots(desk) if len(one["rearranges"]) == 1)
        (change,) = slot["rearranges"]
        ids = desk.clinic.ids
        assert change["from"] == {"roomId": ids["scan-room"], "equipment": []}
        assert change["to"] == {"roomId": ids["exam-room"], "equipment": []}
        visit = (await desk.read({"id": change["appointmentId"]})).json()
        assert (visit["start"], visit["roomId"]) == (slot["start"], ids["scan-room"])

    async def test_are_proven_to_be_the_best(self, desk: Desk) -> None:
        metadata = (await asked(desk)).json()["metadata"]
        assert metadata["proven"] is True

    async def test_of_another_kind_are_refused(self, desk: Desk) -> None:
        answer = await asked(desk, rearrange="people")
        assert_problem(answer, 400, "MALFORMED")

    async def test_have_an_entity_tag_of_their_own(self, desk: Desk) -> None:
        first = await asked(desk)
        tag = first.headers["etag"]
        assert (await asked(desk, headers={"If-None-Match": tag})).status_code == 304
        assert (await asked(desk, rearrange=None)).headers["etag"] != tag

    async def test_are_never_stale(self, desk: Desk) -> None:
        """A visit in a room that does not suit the service can still be in the way of who moves there."""
        tag = (await asked(desk)).headers["etag"]
        wound = next(one for one in await desk.stored() if one["roomId"] == desk.clinic.ids["exam-room"])
        moved = await desk.patch(wound, roomId=desk.clinic.ids["small-theatre"])
        assert moved.status_code == 200, moved.text
        again = await asked(desk, headers={"If-None-Match": tag})
        assert again.status_code == 200
        assert [len(slot["rearranges"]) for slot in again.json()["slots"]].count(1) == 4

    async def test_end_where_somebody_has_come_already(self, desk: Desk) -> None:
        tag = (await asked(desk)).headers["etag"]
        slot = next(one for one in await slots(desk) if len(one["rearranges"]) == 1)
        visit = (await desk.read({"id": slot["rearranges"][0]["appointmentId"]})).json()
        assert (await desk.patch(visit, status="checked_in")).status_code == 200
        again = await asked(desk, headers={"If-None-Match": tag})
        assert slot["start"] not in {one["start"] for one in again.json()["slots"]}

    async def test_are_explained_where_there_are_none(self, desk: Desk) -> None:
        slot = next(one for one in await slots(desk) if len(one["rearranges"]) == 1)
        visit = (await desk.read({"id": slot["rearranges"][0]["appointmentId"]})).json()
        assert (await desk.patch(visit, status="checked_in")).status_code == 200
        body = (await asked(desk, start=slot["start"], end=slot["end"])).json()
        (closing,) = body["explanation"]["closedBy"]
        assert body["slots"] == []
        assert closing["resource"] == f"rooms/{desk.clinic.ids['scan-room']}"

    async def test_end_where_a_visit_has_begun(self, desk: Desk) -> None:
        tag = (await asked(desk)).headers["etag"]
        go_on_to_a_quarter_past_nine(desk)
        again = await asked(desk, headers={"If-None-Match": tag})
        assert again.status_code == 200
        assert len(again.json()["slots"]) == 5


class TestBooking:
    async def test_of_every_slot_changes_what_it_says(self, desk: Desk) -> None:
        for slot in await slots(desk):
            answer = await desk.book(order_of(desk, slot))
            assert answer.status_code == 201, answer.text
            assert answer.json()["roomId"] == desk.clinic.ids["scan-room"]
            for change in slot["rearranges"]:
                visit = (await desk.read({"id": change["appointmentId"]})).json()
                assert (visit["roomId"], visit["version"]) == (change["to"]["roomId"], 2)

    async def test_tells_auditors_and_readers_of_events(self, desk: Desk) -> None:
        slot = next(one for one in await slots(desk) if len(one["rearranges"]) == 2)
        await desk.booked(order_of(desk, slot))
        async with desk.clinic.service.runtime.pool.connection() as conn:
            rows = await conn.execute(
                "SELECT appointment_id::text, type FROM outbox WHERE clinic_id = %s", [desk.clinic.id]
            )
            told = {(row[0], row[1]) for row in await rows.fetchall()}
            rows = await conn.execute(
                "SELECT entity_id::text, action FROM audit WHERE clinic_id = %s", [desk.clinic.id]
            )
            audited = {(row[0], row[1]) for row in await rows.fetchall()}
        for change in slot["rearranges"]:
            assert (change["appointmentId"], "appointment.updated") in told
            assert (change["appointmentId"], "updated") in audited

    async def test_lets_two_swap_their_rooms_with_a_third(self, desk: Desk) -> None:
        """The consultation goes where the wounds were, and these to the theatre, in one transaction."""
        slot = next(one for one in await slots(desk) if len(one["rearranges"]) == 2)
        await desk.booked(order_of(desk, slot))
        rooms = {one["roomId"] for one in await desk.stored() if one["start"] == slot["start"]}
        ids = desk.clinic.ids
        assert rooms == {ids["scan-room"], ids["exam-room"], ids["small-theatre"]}

    async def test_under_a_key_takes_effect_once(self, desk: Desk) -> None:
        slot = (await slots(desk))[0]
        first = await desk.book(order_of(desk, slot), key="one")
        before = await everything(desk)
        again = await desk.book(order_of(desk, slot), key="one")
        assert (again.status_code, again.json()) == (201, first.json())
        assert await everything(desk) == before

    async def test_is_refused_after_a_change_and_then_changes_nothing(self, desk: Desk) -> None:
        slot = next(one for one in await slots(desk) if len(one["rearranges"]) == 2)
        theatre = desk.clinic.ids["small-theatre"]
        (moving,) = [one for one in slot["rearranges"] if one["to"]["roomId"] == theatre]
        visit = (await desk.read({"id": moving["appointmentId"]})).json()
        assert (await desk.patch(visit, roomId=moving["to"]["roomId"])).status_code == 200
        before = await everything(desk)
        answer = await desk.book(order_of(desk, slot))
        problem = assert_problem(answer, 409, "SLOT_UNAVAILABLE")
        assert problem["conflict"]["reason"] == "appointment_is_where_it_was"
        assert problem["conflict"]["resource"] == f"appointments/{visit['id']}"
        assert await everything(desk) == before

    async def test_is_refused_where_the_new_place_is_taken(self, desk: Desk) -> None:
        slot = next(one for one in await slots(desk) if len(one["rearranges"]) == 2)
        (consultation,) = [
            one for one in slot["rearranges"] if one["from"]["roomId"] == desk.clinic.ids["scan-room"]
        ]
        before = await everything(desk)
        answer = await desk.book(order_of(desk, slot, rearranges=[consultation]))
        problem = assert_problem(answer, 409, "SLOT_UNAVAILABLE")
        assert problem["conflict"]["resource"] == f"rooms/{consultation['to']['roomId']}"
        assert await everything(desk) == before

    async def test_is_refused_where_the_new_room_does_not_fit_as_well(self, desk: Desk) -> None:
        slot = next(one for one in await slots(desk) if len(one["rearranges"]) == 1)
        (change,) = slot["rearranges"]
        worse = {**change, "to": {"roomId": desk.clinic.ids["small-theatre"], "equipment": []}}
        answer = await desk.book(order_of(desk, slot, rearranges=[worse]))
        problem = assert_problem(answer, 409, "SLOT_UNAVAILABLE")
        assert problem["conflict"]["reason"] == "change_is_of_equal_fitness"

    async def test_is_refused_once_a_visit_has_begun(self, desk: Desk) -> None:
        slot = min(await slots(desk), key=lambda one: str(one["start"]))
        later = max(await slots(desk), key=lambda one: str(one["start"]))
        go_on_to_a_quarter_past_nine(desk)
        order = order_of(desk, later, rearranges=[*later["rearranges"], slot["rearranges"][0]])
        problem = assert_problem(await desk.book(order), 409, "SLOT_UNAVAILABLE")
        assert problem["conflict"]["reason"] == "appointment_may_change"

    async def test_does_not_know_other_appointments(self, desk: Desk) -> None:
        slot = (await slots(desk))[0]
        unknown = [{**slot["rearranges"][0], "appointmentId": str(uuid4())}]
        assert_problem(await desk.book(order_of(desk, slot, rearranges=unknown)), 404, "NOT_FOUND")

    async def test_does_not_know_other_rooms(self, desk: Desk) -> None:
        slot = (await slots(desk))[0]
        unknown = [{**slot["rearranges"][0], "to": {"roomId": str(uuid4())}}]
        assert_problem(await desk.book(order_of(desk, slot, rearranges=unknown)), 404, "NOT_FOUND")

    async def test_names_each_appointment_once_and_with_a_change(self, desk: Desk) -> None:
        slot = (await slots(desk))[0]
        change = slot["rearranges"][0]
        for rearranges in ([change, change], [{**change, "to": change["from"]}]):
            answer = await desk.book(order_of(desk, slot, rearranges=rearranges))
            assert_problem(answer, 400, "MALFORMED")

    async def test_counts_the_units_of_a_pool_that_is_named_twice(self, desk: Desk) -> None:
        slot, pool = (await slots(desk))[0], str(uuid4())
        far_too_many = {"equipment": [{"id": pool, "units": 1000}, {"id": pool, "units": 1000}]}
        answer = await desk.book(
            order_of(desk, slot, rearranges=[{**slot["rearranges"][0], "to": far_too_many}])
        )
        assert_problem(answer, 400, "MALFORMED")

    async def test_is_for_an_appointment_on_its_own(self, desk: Desk) -> None:
        order = order_of(desk, (await slots(desk))[0])
        answer = await desk.clinic.client.post(
            "/appointments/batch", json={"appointments": [order, order], "idempotencyKey": "both"}
        )
        assert_problem(answer, 400, "MALFORMED")

    async def test_has_one_winner_of_many(self, desk: Desk) -> None:
        slot = next(one for one in await slots(desk) if len(one["rearranges"]) == 2)
        answers = await asyncio.gather(*(desk.book(order_of(desk, slot)) for _ in range(6)))
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [201, 409, 409, 409, 409, 409]
        for change in slot["rearranges"]:
            visit = (await desk.read({"id": change["appointmentId"]})).json()
            assert (visit["roomId"], visit["version"]) == (change["to"]["roomId"], 2)

    async def test_never_waits_in_a_circle(self, desk: Desk) -> None:
        """Neighbouring starts need different appointments of the same rooms, locked in one order."""
        offered = await slots(desk)
        orders = [order_of(desk, slot) for slot in offered]
        patients = [one for name, one in desk.clinic.ids.items() if "patient" in name]
        for order, patient in zip(orders, patients, strict=False):
            order["patientId"] = patient
        answers = await asyncio.gather(*(desk.book(order) for order in orders))
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert [answer.status_code for answer in answers].count(201) >= 1
