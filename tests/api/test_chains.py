"""Several visits in one question over HTTP, and booking all of them or none."""

from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.roles import Role
from tests.api.clinic_documents import FRIDAY, MONDAY, TUESDAY
from tests.api.desk import Desk
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest

pytestmark = pytest.mark.anyio


def chain(clinic: ClinicUnderTest, *services: str, **changes: Any) -> dict[str, Any]:
    """One visit after the other within an hour, from Monday to Friday."""
    steps: list[dict[str, Any]] = [{"serviceId": clinic.ids[service]} for service in services]
    for step in steps[1:]:
        step["maxMinutesAfter"] = 60
    usual = {"start": MONDAY, "end": FRIDAY, "patientId": clinic.ids["pat"], "steps": steps}
    return {name: value for name, value in (usual | changes).items() if value is not None}


def series(clinic: ClinicUnderTest, service: str = "scan", **changes: Any) -> dict[str, Any]:
    wanted = {"serviceId": clinic.ids[service], "count": 4, **changes}
    return {"start": MONDAY, "patientId": clinic.ids["pat"], "series": wanted}


async def asked(clinic: ClinicUnderTest, question: dict[str, Any]) -> dict[str, Any]:
    answer = await clinic.client.post("/availability", json=question)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def orders(clinic: ClinicUnderTest, slots: list[dict[str, Any]], services: list[str]) -> dict[str, Any]:
    """What books the slots of an answer as the documentation says."""
    return {
        "appointments": [
            {
                "patientId": clinic.ids["pat"],
                "serviceId": clinic.ids[service],
                "providerId": slot["provider"]["id"],
                "start": slot["start"],
                **({"roomId": slot["roomOptions"][0]["id"]} if slot["roomOptions"] else {}),
                **({"equipmentIds": [one["id"] for one in slot["equipment"]]} if slot["equipment"] else {}),
            }
            for slot, service in zip(slots, services, strict=True)
        ]
    }


async def together(
    clinic: ClinicUnderTest, body: dict[str, Any], key: str | None = None, **headers: str
) -> httpx.Response:
    sent = {"Idempotency-Key": str(uuid4()) if key is None else key, **headers}
    return await clinic.client.post("/appointments/batch", json=body, headers=sent)


class TestChains:
    async def test_come_best_first_and_are_proven(self, shared_clinic: ClinicUnderTest) -> None:
        body = await asked(shared_clinic, chain(shared_clinic, "scan", "video", limit=5))
        assert len(body["chains"]) == 5
        scores = [one["score"] for one in body["chains"]]
        assert scores == sorted(scores, reverse=True)
        assert body["metadata"]["proven"] is True
        assert body["metadata"]["bound"] == pytest.approx(sum(scores))
        for one in body["chains"]:
            scan, video = one["slots"]
            assert one["score"] == pytest.approx((scan["score"] + video["score"]) / 2)
            assert (one["start"], one["end"]) == (scan["start"], video["end"])
            assert scan["endUTC"] <= video["startUTC"]

    async def test_keep_to_the_provider_asked_for(self, shared_clinic: ClinicUnderTest) -> None:
        for how, alike in (("same", True), ("other", False)):
            question = chain(shared_clinic, "scan", "scan", limit=20)
            question["steps"][1] |= {"provider": how, "maxMinutesAfter": None}
            body = await asked(shared_clinic, question)
            assert body["chains"]
            for one in body["chains"]:
                first, second = (slot["provider"]["id"] for slot in one["slots"])
                assert (first == second) is alike

    async def test_an_empty_answer_names_the_steps_without_a_slot(
        self, shared_clinic: ClinicUnderTest
    ) -> None:
        question = chain(shared_clinic, "scan", "video", locationId=shared_clinic.ids["coast"])
        body = await asked(shared_clinic, question)
        assert (body["chains"], body["explanation"]["steps"]) == ([], [1])
        assert "Video" in body["explanation"]["message"]

    async def test_an_empty_answer_tells_that_the_pauses_are_the_reason(
        self, shared_clinic: ClinicUnderTest
    ) -> None:
        question = chain(shared_clinic, "scan", "scan")
        question["steps"][1] |= {"minMinutesAfter": 6 * 60, "maxMinutesAfter": 7 * 60}
        body = await asked(shared_clinic, question)
        assert (body["chains"], body["explanation"]["steps"]) == ([], [])
        assert body["metadata"]["proven"] is True

    async def test_every_chain_offered_can_be_booked(self, clinic: ClinicUnderTest) -> None:
        body = await asked(clinic, chain(clinic, "scan", "video", "scan", limit=4))
        for one in body["chains"]:
            answer = await together(clinic, orders(clinic, one["slots"], ["scan", "video", "scan"]))
            assert answer.status_code == 201, answer.text
            for booked in answer.json()["items"]:
                cancelled = await clinic.client.delete(f"/appointments/{booked['id']}")
                assert cancelled.status_code == 200

    @pytest.mark.parametrize(
        "broken",
        [
            {"steps": None},
            {"series": {"serviceId": str(uuid4()), "count": 3}},
            {"end": None},
            {"end": "2026-05-01"},
            {"limit": 0},
            {"steps": []},
        ],
    )
    async def test_a_question_that_makes_no_sense_is_refused(
        self, shared_clinic: ClinicUnderTest, broken: dict[str, Any]
    ) -> None:
        question = chain(shared_clinic, "scan", "video", **broken)
        assert_problem(await shared_clinic.client.post("/availability", json=question), 400, "MALFORMED")

    @pytest.mark.parametrize(
        "broken",
        [{"minMinutesAfter": 90}, {"provider": "nobody"}, {"minMinutesAfter": -1}, {"whatever": 1}],
    )
    async def test_a_step_that_makes_no_sense_is_refused(
        self, shared_clinic: ClinicUnderTest, broken: dict[str, Any]
    ) -> None:
        question = chain(shared_clinic, "scan", "video")
        question["steps"][1] |= broken
        assert_problem(await shared_clinic.client.post("/availability", json=question), 400, "MALFORMED")

    async def test_unknown_things_are_not_found(self, shared_clinic: ClinicUnderTest) -> None:
        for changes in ({"patientId": str(uuid4())}, {"steps": [{"serviceId": str(uuid4())}]}):
            question = chain(shared_clinic, "scan", **changes)
            answer = await shared_clinic.client.post("/availability", json=question)
            assert_problem(answer, 404, "NOT_FOUND")

    async def test_a_patient_asks_for_nobody_else(self, shared_clinic: ClinicUnderTest) -> None:
        headers = shared_clinic.headers(Role.PATIENT, shared_clinic.ids["sam"])
        question = chain(shared_clinic, "scan", "video")
        answer = await shared_clinic.client.post("/availability", json=question, headers=headers)
        assert_problem(answer, 403, "FORBIDDEN")


class TestSeries:
    async def test_has_one_visit_a_week_and_keeps_to_its_pattern(
        self, shared_clinic: ClinicUnderTest
    ) -> None:
        body = await asked(shared_clinic, series(shared_clinic))
        found = body["series"]
        assert len(found["slots"]) == 4
        assert found["deviations"] == []
        assert {slot["provider"]["id"] for slot in found["slots"]} == {found["providerId"]}
        assert {slot["start"][11:16] for slot in found["slots"]} == {found["time"]}
        days = [int(slot["start"][8:10]) for slot in found["slots"]]
        assert [(later - earlier) % 30 for earlier, later in pairwise(days)] == [7, 7, 7]
        assert body["metadata"]["proven"] is True
        assert body["metadata"]["bound"] == pytest.approx(found["score"])

    async def test_explains_where_it_departs_from_its_pattern(self, clinic: ClinicUnderTest) -> None:
        desk = Desk(clinic)
        await desk.booked(desk.order("2026-06-08T09:00:00+02:00", patientId=clinic.ids["sam"]))
        question = series(clinic, providerIds=[clinic.ids["ada"]], count=3)
        question |= {"start": f"{MONDAY}T09:00", "end": f"{MONDAY}T09:30"}
        found = (await asked(clinic, question))["series"]
        assert (found["weekday"], found["time"]) == ("MO", "09:00")
        [deviation] = found["deviations"]
        told = {name: deviation[name] for name in ("index", "what", "from", "to", "cost")}
        assert told == {"index": 1, "what": "time", "from": "09:00", "to": "09:30", "cost": 1.0}
        assert deviation["message"] == "at 09:30 instead of at 09:00: Cart: all units are taken then"
        scores = [slot["score"] for slot in found["slots"]]
        assert found["score"] == pytest.approx((sum(scores) - 1) / 3, abs=1e-4)

    async def test_tells_which_week_is_closed(self, shared_clinic: ClinicUnderTest) -> None:
        question = {**series(shared_clinic, count=26), "start": "2027-05-03"}
        body = await asked(shared_clinic, question)
        assert body["series"] is None
        closed = body["explanation"]["closedWeeks"]
        assert closed
        assert closed[0]["message"] in body["explanation"]["message"]

    @pytest.mark.parametrize("broken", [{"count": 1}, {"count": 27}, {"everyWeeks": 3}, {"count": None}])
    async def test_a_question_that_makes_no_sense_is_refused(
        self, shared_clinic: ClinicUnderTest, broken: dict[str, Any]
    ) -> None:
        answer = await shared_clinic.client.post("/availability", json=series(shared_clinic, **broken))
        assert_problem(answer, 400, "MALFORMED")

    async def test_can_be_booked_whole(self, clinic: ClinicUnderTest) -> None:
        found = (await asked(clinic, series(clinic)))["series"]
        answer = await together(clinic, orders(clinic, found["slots"], ["scan"] * 4))
        assert answer.status_code == 201, answer.text
        assert [one["start"] for one in answer.json()["items"]] == [one["start"] for one in found["slots"]]


class TestBookingTogether:
    def two(self, clinic: ClinicUnderTest, **changes: Any) -> dict[str, Any]:
        desk = Desk(clinic)
        second = desk.order(f"{TUESDAY}T10:00:00+02:00", **changes)
        return {"appointments": [desk.order(), second]}

    async def test_stores_all_and_answers_in_order(self, clinic: ClinicUnderTest) -> None:
        answer = await together(clinic, self.two(clinic))
        assert answer.status_code == 201
        items = answer.json()["items"]
        assert [one["start"][11:16] for one in items] == ["09:00", "10:00"]
        assert await Desk(clinic).stored() == items

    async def test_the_same_key_gives_the_first_answer_again(self, clinic: ClinicUnderTest) -> None:
        first = await together(clinic, self.two(clinic), "key")
        again = await together(clinic, self.two(clinic), "key")
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert len(await Desk(clinic).stored()) == 2
        other = await together(clinic, self.two(clinic, notes="other"), "key")
        assert_problem(other, 422, "IDEMPOTENCY_KEY_REUSED")

    async def test_a_key_is_needed_and_may_stand_in_the_body(self, clinic: ClinicUnderTest) -> None:
        without = await clinic.client.post("/appointments/batch", json=self.two(clinic))
        assert_problem(without, 400, "IDEMPOTENCY_KEY_REQUIRED")
        body = {**self.two(clinic), "idempotencyKey": "mine"}
        assert (await clinic.client.post("/appointments/batch", json=body)).status_code == 201

    async def test_what_is_taken_stores_nothing_and_tells_whose_it_is(self, clinic: ClinicUnderTest) -> None:
        desk = Desk(clinic)
        await desk.booked(desk.order(f"{TUESDAY}T10:00:00+02:00", patientId=clinic.ids["sam"]))
        answer = await together(clinic, self.two(clinic))
        problem = assert_problem(answer, 409, "SLOT_UNAVAILABLE")
        assert problem["index"] == 1
        assert problem["conflict"]["reason"] == "equipment_is_never_overbooked"
        assert problem["alternatives"]
        assert len(await desk.stored()) == 1

    async def test_visits_get_in_each_others_way(self, clinic: ClinicUnderTest) -> None:
        desk = Desk(clinic)
        answer = await together(clinic, {"appointments": [desk.order(), desk.order()]})
        assert assert_problem(answer, 409, "SLOT_UNAVAILABLE")["index"] == 1
        assert await desk.stored() == []

    async def test_a_rule_that_forbids_one_forbids_all(self, clinic: ClinicUnderTest) -> None:
        desk = Desk(clinic)
        odd = desk.order(f"{TUESDAY}T10:07:00+02:00")
        problem = assert_problem(
            await together(clinic, {"appointments": [odd, desk.order()]}), 422, "RULE_VIOLATED"
        )
        assert (problem["index"], problem["rule"]) == (0, "start_is_aligned")
        assert await desk.stored() == []

    async def test_whoever_is_unknown_is_not_found(self, clinic: ClinicUnderTest) -> None:
        for name in ("patientId", "providerId", "serviceId"):
            answer = await together(clinic, self.two(clinic, **{name: str(uuid4())}))
            assert assert_problem(answer, 404, "NOT_FOUND")["index"] == 1

    async def test_a_time_that_is_none_is_refused_with_its_number(self, clinic: ClinicUnderTest) -> None:
        body = self.two(clinic)
        body["appointments"][1]["start"] = "soon"
        assert assert_problem(await together(clinic, body), 400, "MALFORMED")["index"] == 1

    async def test_holds_run_out_like_any_other(self, clinic: ClinicUnderTest) -> None:
        body = self.two(clinic, holdMinutes=5)
        items = (await together(clinic, body)).json()["items"]
        assert [one["status"] for one in items] == ["scheduled", "pending"]

    async def test_a_patient_books_for_nobody_else(self, clinic: ClinicUnderTest) -> None:
        headers = clinic.headers(Role.PATIENT, clinic.ids["pat"])
        answer = await together(clinic, self.two(clinic, patientId=clinic.ids["sam"]), **headers)
        assert_problem(answer, 403, "FORBIDDEN")
        assert (await together(clinic, self.two(clinic), **headers)).status_code == 201

    async def test_from_two_to_twenty_six_at_once(self, clinic: ClinicUnderTest) -> None:
        desk = Desk(clinic)
        for count in (1, 27):
            answer = await together(clinic, {"appointments": [desk.order()] * count})
            assert_problem(answer, 400, "MALFORMED")
