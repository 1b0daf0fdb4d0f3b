"""Booking over HTTP: once per key, refused with reasons, and never what somebody else has."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from api.roles import Role
from tests.api.clinic_documents import TUESDAY, a_clinic_file
from tests.api.desk import Desk
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest, ServiceUnderTest

pytestmark = pytest.mark.anyio


@pytest.fixture
def desk(clinic: ClinicUnderTest) -> Desk:
    return Desk(clinic)


class TestAnswer:
    async def test_is_the_appointment_with_tag_and_place(self, desk: Desk) -> None:
        answer = await desk.book()
        body, ids = answer.json(), desk.clinic.ids
        assert answer.status_code == 201
        assert answer.headers["etag"] == '"1"'
        assert answer.headers["location"] == f"{desk.clinic.path}/appointments/{body['id']}"
        assert body == {
            "id": body["id"],
            "clinicId": desk.clinic.id,
            "patientId": ids["pat"],
            "providerId": ids["ada"],
            "serviceId": ids["scan"],
            "roomId": ids["exam"],
            "locationId": ids["main"],
            "equipment": [{"id": ids["cart"], "units": 1}],
            "start": "2026-06-02T09:00:00+02:00",
            "end": "2026-06-02T09:30:00+02:00",
            "startUTC": "2026-06-02T07:00:00Z",
            "endUTC": "2026-06-02T07:30:00Z",
            "status": "scheduled",
            "overbook": False,
            "notes": None,
            "expiresAt": None,
            "version": 1,
            "createdAt": "2026-06-01T06:00:00Z",
            "updatedAt": "2026-06-01T06:00:00Z",
            "externalId": None,
        }
        assert (await desk.read(body)).json() == body

    async def test_of_a_hold_says_when_it_ends(self, desk: Desk) -> None:
        body = await desk.booked(desk.order(holdMinutes=10, notes="by phone"))
        assert (body["status"], body["expiresAt"]) == ("pending", "2026-06-01T06:10:00Z")
        assert body["notes"] == "by phone"

    async def test_of_a_video_visit_has_no_place(self, desk: Desk) -> None:
        body = await desk.booked(desk.order(serviceId=desk.clinic.ids["video"]))
        assert (body["roomId"], body["locationId"], body["equipment"]) == (None, None, [])

    @pytest.mark.parametrize(
        ("provider", "start", "utc"),
        [
            ("ada", f"{TUESDAY}T10:00", "2026-06-02T08:00:00Z"),
            ("ben", f"{TUESDAY}T10:00", "2026-06-02T09:00:00Z"),
            ("ben", f"{TUESDAY}T09:00:00Z", "2026-06-02T09:00:00Z"),
        ],
    )
    async def test_reads_a_time_without_offset_where_the_visit_is(
        self, desk: Desk, provider: str, start: str, utc: str
    ) -> None:
        body = await desk.booked(desk.order(start, providerId=desk.clinic.ids[provider]))
        assert body["startUTC"] == utc

    @pytest.mark.parametrize(("site", "offset"), [("main", "+02:00"), ("coast", "+01:00")])
    async def test_is_at_the_site_that_was_asked_for(
        self, shared_service: ServiceUnderTest, site: str, offset: str
    ) -> None:
        document = a_clinic_file()
        document["providers"][0]["locationIds"] = ["main", "coast"]
        desk = Desk(await shared_service.store(document))
        body = await desk.booked(desk.order(f"{TUESDAY}T10:00", locationId=desk.clinic.ids[site]))
        assert body["locationId"] == desk.clinic.ids[site]
        assert body["start"] == f"{TUESDAY}T10:00:00{offset}"

    async def test_is_nowhere_where_the_provider_does_not_work(self, desk: Desk) -> None:
        answer = await desk.book(desk.order(locationId=desk.clinic.ids["coast"]))
        assert_problem(answer, 422, "RULE_VIOLATED")

    async def test_takes_the_room_that_was_asked_for(self, desk: Desk) -> None:
        ids = desk.clinic.ids
        body = await desk.booked(desk.order(roomId=ids["exam"], equipmentIds=[ids["cart"]]))
        assert body["roomId"] == ids["exam"]

    async def test_is_the_same_for_ids_in_capitals(self, desk: Desk) -> None:
        body = await desk.booked(desk.order(patientId=desk.clinic.ids["pat"].upper()))
        assert body["patientId"] == desk.clinic.ids["pat"]


class TestKey:
    async def test_is_needed(self, desk: Desk) -> None:
        for headers in ({}, {"Idempotency-Key": ""}):
            answer = await desk.clinic.client.post("/appointments", json=desk.order(), headers=headers)
            assert_problem(answer, 400, "IDEMPOTENCY_KEY_REQUIRED")
        assert await desk.stored() == []

    async def test_may_be_in_the_body(self, desk: Desk) -> None:
        body = {**desk.order(), "idempotencyKey": "mine"}
        first = await desk.clinic.client.post("/appointments", json=body)
        second = await desk.clinic.client.post("/appointments", json=body)
        third = await desk.clinic.client.post(
            "/appointments", json=desk.order(), headers={"Idempotency-Key": "mine"}
        )
        assert first.status_code == second.status_code == third.status_code == 201
        assert first.content == second.content == third.content

    async def test_in_both_places_must_be_one(self, desk: Desk) -> None:
        body = {**desk.order(), "idempotencyKey": "mine"}
        differs = await desk.book(body, key="yours")
        assert_problem(differs, 400, "MALFORMED")
        assert (await desk.book(body, key="mine")).status_code == 201

    async def test_gives_the_first_answer_again(self, desk: Desk) -> None:
        first = await desk.book(key="a")
        desk.clinic.service.clock.advance(minutes=5)
        again = await desk.book(key="a")
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["location"] == first.headers["location"]
        assert again.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers
        assert len(await desk.stored()) == 1

    @pytest.mark.parametrize("changes", [{"notes": "x"}, {"start": f"{TUESDAY}T10:00"}, {"holdMinutes": 5}])
    async def test_does_not_fit_another_order(self, desk: Desk, changes: dict[str, Any]) -> None:
        await desk.book(key="a")
        other = await desk.book(desk.order(**changes), key="a")
        assert_problem(other, 422, "IDEMPOTENCY_KEY_REUSED")
        assert len(await desk.stored()) == 1

    async def test_of_a_refused_order_is_not_used_up(self, desk: Desk) -> None:
        refused = await desk.book(desk.order(f"{TUESDAY}T08:00"), key="a")
        assert_problem(refused, 422, "RULE_VIOLATED")
        assert (await desk.book(key="a")).status_code == 201

    async def test_of_two_callers_are_two(self, desk: Desk) -> None:
        one = await desk.book(key="a")
        headers = {"Idempotency-Key": "a", **desk.clinic.headers(Role.FRONT_DESK, "somebody-else")}
        other = await desk.clinic.client.post(
            "/appointments", json=desk.order(f"{TUESDAY}T10:00"), headers=headers
        )
        assert other.status_code == 201
        assert other.json()["id"] != one.json()["id"]

    async def test_sent_many_times_at_once_books_once(self, desk: Desk) -> None:
        answers = await asyncio.gather(*(desk.book(key="a") for _ in range(12)))
        statuses = Counter(answer.status_code for answer in answers)
        assert set(statuses) <= {201, 409}
        assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
        for answer in answers:
            if answer.status_code == 409:
                assert_problem(answer, 409, "IDEMPOTENCY_KEY_IN_FLIGHT")
                assert answer.headers["retry-after"] == "1"
        assert len(await desk.stored()) == 1

    @pytest.mark.parametrize("key", ["x" * 256, "x" * 5000])
    async def test_that_is_too_long_is_refused(self, desk: Desk, key: str) -> None:
        assert_problem(await desk.book(key=key), 400, "MALFORMED")
        assert_problem(await desk.book({**desk.order(), "idempotencyKey": key}), 400, "MALFORMED")


class TestConflict:
    async def test_names_what_is_taken_and_offers_other_slots(self, desk: Desk) -> None:
        await desk.booked()
        answer = await desk.book(desk.order(patientId=desk.clinic.ids["kim"]))
        problem = assert_problem(answer, 409, "SLOT_UNAVAILABLE")
        kind, _, identifier = problem["conflict"]["resource"].partition("/")
        assert kind in {"providers", "rooms", "equipment"}
        assert identifier in desk.clinic.ids.values()
        assert problem["conflict"]["reason"].isidentifier()
        assert 1 <= len(problem["alternatives"]) <= 5

    async def test_alternatives_can_be_booked(self, desk: Desk) -> None:
        await desk.booked()
        kim = desk.clinic.ids["kim"]
        problem = (await desk.book(desk.order(patientId=kim))).json()
        for slot in problem["alternatives"][:1]:
            order = desk.order(slot["start"], patientId=kim, providerId=slot["provider"]["id"])
            assert (await desk.book(order)).status_code == 201

    async def test_of_the_patient_is_told_too(self, desk: Desk) -> None:
        await desk.booked()
        elsewhere = desk.order("2026-06-02T07:00:00Z", providerId=desk.clinic.ids["ben"])
        problem = (await desk.book(elsewhere)).json()
        # Dr Ben works from 08:00 UTC on: a rule, and no conflict.
        assert (problem["code"], problem["rule"]) == ("RULE_VIOLATED", "provider_is_working")

    async def test_of_many_at_once_one_wins(self, desk: Desk) -> None:
        names = ["pat", "kim", "sam"] * 4
        orders = [desk.order(patientId=desk.clinic.ids[name]) for name in names]
        answers = await asyncio.gather(*(desk.book(order) for order in orders))
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == {201: 1, 409: len(orders) - 1}
        assert len(await desk.stored()) == 1

    async def test_a_hold_that_ran_out_is_none(self, desk: Desk) -> None:
        held = await desk.booked(desk.order(holdMinutes=5))
        assert (await desk.book(desk.order(patientId=desk.clinic.ids["kim"]))).status_code == 409
        desk.clinic.service.clock.advance(minutes=5)
        assert (await desk.book(desk.order(patientId=desk.clinic.ids["kim"]))).status_code == 201
        assert (await desk.read(held)).json()["status"] == "expired"


class TestRules:
    @pytest.mark.parametrize(
        ("changes", "rule"),
        [
            ({"start": f"{TUESDAY}T08:00"}, "provider_is_working"),
            ({"start": "2026-05-29T09:00"}, "start_respects_notice"),
            ({"start": "2026-06-03T09:00"}, "location_is_open"),
            ({"start": f"{TUESDAY}T09:10"}, "start_is_aligned"),
            ({"start": "2028-06-02T09:00"}, "start_is_within_the_booking_horizon"),
        ],
        ids=str,
    )
    async def test_are_named(self, desk: Desk, changes: dict[str, Any], rule: str) -> None:
        problem = assert_problem(await desk.book(desk.order(**changes)), 422, "RULE_VIOLATED")
        assert problem["rule"] == rule
        assert await desk.stored() == []


class TestUnknown:
    @pytest.mark.parametrize("field", ["patientId", "serviceId", "providerId", "roomId", "equipmentIds"])
    async def test_things_are_not_found(self, desk: Desk, field: str) -> None:
        unknown: Any = [str(uuid4())] if field == "equipmentIds" else str(uuid4())
        assert_problem(await desk.book(desk.order(**{field: unknown})), 404, "NOT_FOUND")
        assert await desk.stored() == []

    async def test_things_of_another_clinic_are_not_found(self, desk: Desk) -> None:
        other = await desk.clinic.service.store(a_clinic_file("Oak Street Clinic"))
        for field, name in (
            ("patientId", "pat"),
            ("serviceId", "scan"),
            ("providerId", "ada"),
            ("roomId", "exam"),
        ):
            assert_problem(await desk.book(desk.order(**{field: other.ids[name]})), 404, "NOT_FOUND")
        answer = await other.client.post(
            "/appointments", json=desk.order(), headers={**desk.clinic.headers(), "Idempotency-Key": "a"}
        )
        assert_problem(answer, 404, "NOT_FOUND")
        assert await desk.stored() == []


class TestPatients:
    async def test_book_for_themselves(self, desk: Desk) -> None:
        headers = {**desk.as_patient("pat"), "Idempotency-Key": "a"}
        answer = await desk.clinic.client.post("/appointments", json=desk.order(), headers=headers)
        assert answer.status_code == 201

    async def test_book_for_nobody_else(self, desk: Desk) -> None:
        headers = {**desk.as_patient("kim"), "Idempotency-Key": "a"}
        answer = await desk.clinic.client.post("/appointments", json=desk.order(), headers=headers)
        assert_problem(answer, 403, "FORBIDDEN")
        assert await desk.stored() == []
