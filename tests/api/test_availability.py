"""Ranked slots over HTTP: never stale, cheap to ask again, and clear about what is wrong with a question."""

from typing import Any
from uuid import uuid4

import pytest

from api.roles import Role
from tests.api.clinic_documents import FRIDAY, MONDAY, TUESDAY, a_clinic_file
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest

pytestmark = pytest.mark.anyio


def question(clinic: ClinicUnderTest, **changes: Any) -> dict[str, Any]:
    """Scans from Monday to Friday; a change to None leaves the parameter out."""
    usual = {"serviceId": clinic.ids["scan"], "start": MONDAY, "end": FRIDAY}
    return {name: value for name, value in (usual | changes).items() if value is not None}


class TestSlots:
    async def test_come_best_first_with_everything_that_a_booking_needs(
        self, shared_clinic: ClinicUnderTest
    ) -> None:
        answer = await shared_clinic.client.get("/availability", params=question(shared_clinic, limit=500))
        body = answer.json()
        assert answer.status_code == 200
        scores = [slot["score"] for slot in body["slots"]]
        assert scores == sorted(scores, reverse=True)
        for slot in body["slots"]:
            assert sum(slot["scoreBreakdown"].values()) == pytest.approx(slot["score"])
            assert slot["roomOptions"]
            assert slot["equipment"][0]["type"] == "scanner"
            assert slot["startUTC"].endswith("Z")
        assert body["metadata"]["proven"] is True
        assert body["metadata"]["bound"] == pytest.approx(sum(scores))

    async def test_are_told_in_the_time_of_their_location(self, shared_clinic: ClinicUnderTest) -> None:
        for location, offset in (("main", "+02:00"), ("coast", "+01:00")):
            params = question(shared_clinic, locationId=shared_clinic.ids[location])
            slots = (await shared_clinic.client.get("/availability", params=params)).json()["slots"]
            assert {slot["start"][-6:] for slot in slots} == {offset}
            assert {slot["start"][11:16] for slot in slots} >= {"09:00", "11:30"}

    async def test_of_a_video_visit_have_no_place(self, shared_clinic: ClinicUnderTest) -> None:
        params = question(shared_clinic, serviceId=shared_clinic.ids["video"])
        slot = (await shared_clinic.client.get("/availability", params=params)).json()["slots"][0]
        assert (slot["location"], slot["roomOptions"], slot["equipment"]) == (None, [], [])

    async def test_leave_out_who_is_blocked(self, shared_clinic: ClinicUnderTest) -> None:
        params = question(shared_clinic, patientId=shared_clinic.ids["sam"])
        slots = (await shared_clinic.client.get("/availability", params=params)).json()["slots"]
        assert {slot["provider"]["name"] for slot in slots} == {"Dr Ada"}

    @pytest.mark.parametrize("separator", [",", "repeated"])
    async def test_narrow_to_several_providers(self, shared_clinic: ClinicUnderTest, separator: str) -> None:
        wanted = [shared_clinic.ids["ada"], shared_clinic.ids["ben"]]
        value = wanted if separator == "repeated" else separator.join(wanted)
        params = question(shared_clinic, providerIds=value, limit=500)
        slots = (await shared_clinic.client.get("/availability", params=params)).json()["slots"]
        assert {slot["provider"]["id"] for slot in slots} == set(wanted)

    async def test_that_nobody_has_are_an_empty_answer(self, shared_clinic: ClinicUnderTest) -> None:
        params = question(shared_clinic, start="2026-06-03", end="2026-06-03")
        answer = await shared_clinic.client.get("/availability", params=params)
        assert (answer.status_code, answer.json()["slots"]) == (200, [])


class TestEntityTag:
    async def test_the_same_question_again_is_not_answered_twice(
        self, shared_clinic: ClinicUnderTest
    ) -> None:
        params = question(shared_clinic)
        first = await shared_clinic.client.get("/availability", params=params)
        assert first.headers["cache-control"] == "private, no-cache"
        for tag in (first.headers["etag"], f"W/{first.headers['etag']}", f'"x", {first.headers["etag"]}'):
            again = await shared_clinic.client.get(
                "/availability", params=params, headers={"If-None-Match": tag}
            )
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == first.headers["etag"]

    @pytest.mark.parametrize("header", ["", "*", '"x"', "no quotes", '"', "W/", '"' * 1000])
    async def test_a_condition_that_does_not_hold_is_answered(
        self, shared_clinic: ClinicUnderTest, header: str
    ) -> None:
        answer = await shared_clinic.client.get(
            "/availability", params=question(shared_clinic), headers={"If-None-Match": header}
        )
        assert answer.status_code == 200

    async def test_a_booking_ends_it(self, clinic: ClinicUnderTest) -> None:
        params = question(clinic, limit=500)
        before = await clinic.client.get("/availability", params=params)
        slot = before.json()["slots"][0]
        booking = {
            "patientId": clinic.ids["pat"],
            "serviceId": clinic.ids["scan"],
            "providerId": slot["provider"]["id"],
            "start": slot["start"],
        }
        booked = await clinic.client.post("/appointments", json=booking, headers={"Idempotency-Key": "a"})
        assert booked.status_code == 201
        after = await clinic.client.get(
            "/availability", params=params, headers={"If-None-Match": before.headers["etag"]}
        )
        assert after.status_code == 200
        taken = (slot["provider"]["id"], slot["startUTC"])
        assert taken not in {(one["provider"]["id"], one["startUTC"]) for one in after.json()["slots"]}

    async def test_a_hold_that_runs_out_ends_it(self, clinic: ClinicUnderTest) -> None:
        params = question(clinic, start=TUESDAY, limit=500)
        first = await clinic.client.get("/availability", params=params)
        slot = first.json()["slots"][0]
        hold = {
            "patientId": clinic.ids["pat"],
            "serviceId": clinic.ids["scan"],
            "providerId": slot["provider"]["id"],
            "start": slot["start"],
            "holdMinutes": 5,
        }
        await clinic.client.post("/appointments", json=hold, headers={"Idempotency-Key": "a"})
        held = await clinic.client.get("/availability", params=params)
        assert len(held.json()["slots"]) < len(first.json()["slots"])
        clinic.service.clock.advance(minutes=5)
        condition = {"If-None-Match": held.headers["etag"]}
        free = await clinic.client.get("/availability", params=params, headers=condition)
        assert free.status_code == 200
        assert free.json()["slots"] == first.json()["slots"]

    async def test_what_is_booked_elsewhere_does_not(self, clinic: ClinicUnderTest) -> None:
        at_the_coast = question(clinic, locationId=clinic.ids["coast"])
        before = await clinic.client.get("/availability", params=at_the_coast)
        video = {
            "patientId": clinic.ids["pat"],
            "serviceId": clinic.ids["video"],
            "providerId": clinic.ids["ada"],
            "start": f"{TUESDAY}T09:00",
        }
        booked = await clinic.client.post("/appointments", json=video, headers={"Idempotency-Key": "a"})
        assert booked.status_code == 201, booked.text
        condition = {"If-None-Match": before.headers["etag"]}
        after = await clinic.client.get("/availability", params=at_the_coast, headers=condition)
        assert after.status_code == 304


class TestBadQuestions:
    @pytest.mark.parametrize("missing", ["serviceId", "start", "end"])
    async def test_what_is_missing_is_named(self, shared_clinic: ClinicUnderTest, missing: str) -> None:
        params = question(shared_clinic, **{missing: None})
        problem = assert_problem(
            await shared_clinic.client.get("/availability", params=params), 400, "MALFORMED"
        )
        assert problem["errors"][0]["pointer"] == missing

    @pytest.mark.parametrize("name", ["serviceId", "locationId", "patientId", "providerIds"])
    async def test_what_this_clinic_does_not_have_is_not_found(
        self, shared_clinic: ClinicUnderTest, foreign_clinic: ClinicUnderTest, name: str
    ) -> None:
        theirs = {"serviceId": "scan", "locationId": "main", "patientId": "pat", "providerIds": "ada"}[name]
        for unknown in (str(uuid4()), foreign_clinic.ids[theirs]):
            params = question(shared_clinic, **{name: unknown})
            answer = await shared_clinic.client.get("/availability", params=params)
            assert_problem(answer, 404, "NOT_FOUND")

    @pytest.mark.parametrize(
        "changes",
        [
            {"serviceId": "scan"},
            {"serviceId": ""},
            {"serviceId": "\x00"},
            {"locationId": "../main"},
            {"patientId": "x" * 5000},
            {"start": ""},
            {"start": "today"},
            {"start": "2026-02-30"},
            {"start": "2026-06-01T25:00"},
            {"start": "0000-01-01"},
            {"start": "9999-12-31"},
            {"start": "2026-06-01\x00"},
            {"start": "2026-06-01T09:00+99:00"},
            {"start": "٢٠٢٦-٠٦-٠١"},
            {"end": MONDAY, "start": FRIDAY},
            {"end": "2027-06-01"},
            {"end": "1e9"},
            {"limit": 0},
            {"limit": 501},
            {"limit": -1},
            {"limit": 10**40},
            {"limit": "ten"},
            {"durationMinutes": 0},
            {"durationMinutes": 1441},
            {"durationMinutes": 1.5},
            {"preferredTimeOfDay": "night"},
            {"surprise": "1"},
            {"providerIds": "\x00"},
        ],
        ids=str,
    )
    async def test_nonsense_is_refused(self, shared_clinic: ClinicUnderTest, changes: dict[str, Any]) -> None:
        params = question(shared_clinic, **changes)
        answer = await shared_clinic.client.get("/availability", params=params)
        if "providerIds" in changes:
            assert answer.status_code in (400, 404), answer.text
        else:
            assert_problem(answer, 400, "MALFORMED")

    async def test_a_time_that_the_clock_skips_is_refused_with_the_next_one(
        self, shared_clinic: ClinicUnderTest
    ) -> None:
        params = question(shared_clinic, start="2027-03-28T02:30", end="2027-03-29")
        answer = await shared_clinic.client.get("/availability", params=params)
        problem = assert_problem(answer, 400, "NONEXISTENT_LOCAL_TIME")
        assert problem["nextValid"] == "2027-03-28T03:00+02:00"


class TestWhoMayAsk:
    async def test_a_patient_for_themselves(self, shared_clinic: ClinicUnderTest) -> None:
        own = shared_clinic.headers(Role.PATIENT, shared_clinic.ids["pat"])
        params = question(shared_clinic, patientId=shared_clinic.ids["pat"])
        answer = await shared_clinic.client.get("/availability", params=params, headers=own)
        assert answer.status_code == 200

    async def test_a_patient_for_nobody_else(self, shared_clinic: ClinicUnderTest) -> None:
        own = shared_clinic.headers(Role.PATIENT, shared_clinic.ids["pat"])
        params = question(shared_clinic, patientId=shared_clinic.ids["sam"])
        answer = await shared_clinic.client.get("/availability", params=params, headers=own)
        assert_problem(answer, 403, "FORBIDDEN")

    async def test_nobody_from_another_clinic(
        self, shared_clinic: ClinicUnderTest, foreign_clinic: ClinicUnderTest
    ) -> None:
        answer = await foreign_clinic.client.get(
            "/availability", params=question(foreign_clinic), headers=shared_clinic.headers()
        )
        assert_problem(answer, 404, "NOT_FOUND")


async def test_without_a_question_the_hours_behind_it_are_listed(shared_clinic: ClinicUnderTest) -> None:
    answer = await shared_clinic.client.get("/availability?limit=1")
    assert [item["rrule"] for item in answer.json()["items"]] == [a_clinic_file()["availability"][0]["rrule"]]
    assert answer.json()["nextCursor"]
