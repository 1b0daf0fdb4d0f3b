"""Absences over HTTP: recorded at once, each with a scenario that repairs what it displaces."""

import asyncio
from typing import Any

import pytest

from api.roles import Role
from tests.api.clinic_documents import MONDAY, TUESDAY, a_clinic_file
from tests.api.desk import Desk
from tests.api.planning_desk import PlanningDesk
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest, ServiceUnderTest
from tests.builders import NOBODY

pytestmark = pytest.mark.anyio


@pytest.fixture
def desk(clinic: ClinicUnderTest) -> PlanningDesk:
    return PlanningDesk(clinic)


async def exceptions(clinic: ClinicUnderTest) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await clinic.client.get("/exceptions")).json()["items"]
    return items


class TestReporting:
    """What one report leads to."""

    async def test_an_absence_is_recorded_and_gets_a_scenario(self, desk: PlanningDesk) -> None:
        answer = await desk.report()
        assert answer.status_code == 202, answer.text
        scenario = answer.json()
        assert (scenario["kind"], scenario["mode"], scenario["status"]) == ("absence", "repair", "queued")
        assert scenario["name"] == "Absence of Dr Ada"
        assert scenario["createdBy"] == "somebody"
        assert scenario["progress"] == {"incumbent": None, "bound": None, "gap": None, "seconds": 0.0}
        assert answer.headers["location"] == f"{desk.clinic.path}/scenarios/{scenario['id']}"
        assert (await desk.get(scenario)).json() == scenario
        recorded = [one for one in await exceptions(desk.clinic) if one["id"] == scenario["exceptionId"]]
        assert recorded == [
            {
                "id": scenario["exceptionId"],
                "resource": f"providers/{desk.clinic.ids['ada']}",
                "start": f"{TUESDAY}T00:00:00+02:00",
                "end": "2026-06-03T00:00:00+02:00",
                "kind": "unavailable",
                "reason": "ill",
            }
        ]

    async def test_nobody_is_booked_with_the_absent_from_then_on(self, desk: PlanningDesk) -> None:
        booking = Desk(desk.clinic)
        assert (await booking.book()).status_code == 201
        await desk.reported()
        later = booking.order(start=f"{TUESDAY}T10:00:00+02:00", patientId=desk.clinic.ids["kim"])
        assert_problem(await booking.book(later), 422, "RULE_VIOLATED")

    @pytest.mark.parametrize(
        ("name", "kind"), [("roomId", "exam"), ("equipmentId", "cart"), ("providerId", "ben")]
    )
    async def test_rooms_and_equipment_can_be_absent_too(
        self, desk: PlanningDesk, name: str, kind: str
    ) -> None:
        await desk.reported(desk.absence(**{"providerId": None, name: desk.clinic.ids[kind]}))

    async def test_the_resource_can_be_named_as_the_clinic_file_does(self, desk: PlanningDesk) -> None:
        room = f"rooms/{desk.clinic.ids['exam'].upper()}"
        scenario = await desk.reported(desk.absence(providerId=None, resource=room))
        assert scenario["name"] == "Absence of Exam"

    async def test_times_are_read_by_the_clock_of_the_site(self, desk: PlanningDesk) -> None:
        """Dr Ben works in Lisbon, an hour behind."""
        body = desk.absence(
            providerId=desk.clinic.ids["ben"], start=f"{TUESDAY}T09:00", end=f"{TUESDAY}T10:30"
        )
        scenario = await desk.reported(body)
        [recorded] = [one for one in await exceptions(desk.clinic) if one["id"] == scenario["exceptionId"]]
        assert recorded["start"] == f"{TUESDAY}T10:00:00+02:00"
        assert recorded["end"] == f"{TUESDAY}T11:30:00+02:00"

    async def test_an_absence_that_has_begun_can_still_be_reported(self, desk: PlanningDesk) -> None:
        await desk.reported(desk.absence(start="2026-05-28", end=TUESDAY))

    async def test_everything_that_can_be_said_is_kept(self, desk: PlanningDesk) -> None:
        visit = await Desk(desk.clinic).booked()
        body = desk.absence(
            until="2026-06-12",
            allow={"others": "moves", "mostMoved": 3, "withinDays": 2},
            order="lexicographic",
            prices={"day": 50, "fiveMinutes": 2},
            notThen=[{"appointmentId": visit["id"], "start": "2026-06-04", "end": "2026-06-05T10:00"}],
            freeze={"until": MONDAY},
            timeLimitSeconds=5,
        )
        scenario = await desk.reported(body)
        assert scenario["request"] == body
        assert scenario["timeLimitSeconds"] == 5

    @pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.PROVIDER, Role.MANAGER, Role.ADMIN])
    async def test_all_staff_may_report(self, desk: PlanningDesk, role: Role) -> None:
        assert (await desk.report(headers=desk.as_role(role))).status_code == 202

    async def test_patients_may_not(self, desk: PlanningDesk) -> None:
        answer = await desk.report(headers=desk.as_role(Role.PATIENT))
        assert_problem(answer, 403, "FORBIDDEN")
        body = {"absences": [{"clinicId": desk.clinic.id, **desk.absence()}]}
        client = desk.clinic.service.client
        answer = await client.post("/v1/absences", json=body, headers=desk.as_role(Role.PATIENT))
        assert_problem(answer, 403, "FORBIDDEN")


class TestKeys:
    """One report, one absence, however often it is sent."""

    async def test_the_same_key_and_body_gives_the_first_answer(self, desk: PlanningDesk) -> None:
        key = {"Idempotency-Key": "flu"}
        first, again = await desk.report(headers=key), await desk.report(headers=key)
        assert again.content == first.content
        assert (again.status_code, again.headers["idempotency-replayed"]) == (202, "true")
        assert "idempotency-replayed" not in first.headers
        assert len(await exceptions(desk.clinic)) == len(a_clinic_file()["exceptions"]) + 1

    async def test_it_gives_that_answer_even_once_the_absence_is_over(self, desk: PlanningDesk) -> None:
        key = {"Idempotency-Key": "flu"}
        morning = desk.absence(start=MONDAY, end=f"{MONDAY}T10:00")
        first = await desk.report(morning, headers=key)
        desk.clinic.service.clock.advance(hours=3)
        assert (await desk.report(morning, headers=key)).content == first.content
        assert_problem(await desk.report(morning), 422, "ABSENCE_IN_THE_PAST")

    async def test_another_body_under_the_same_key_is_refused(self, desk: PlanningDesk) -> None:
        key = {"Idempotency-Key": "flu"}
        await desk.report(headers=key)
        answer = await desk.report(desk.absence(end="2026-06-05"), headers=key)
        assert_problem(answer, 422, "IDEMPOTENCY_KEY_REUSED")

    async def test_reports_without_a_key_are_two(self, desk: PlanningDesk) -> None:
        assert (await desk.reported())["id"] != (await desk.reported())["id"]

    async def test_many_reports_at_once_are_all_recorded(self, desk: PlanningDesk) -> None:
        days = [f"2026-06-{day:02}" for day in range(8, 28)]
        answers = await asyncio.gather(*(desk.report(desk.absence(start=day, end=day)) for day in days))
        assert [answer.status_code for answer in answers] == [202] * len(days)
        assert len(await exceptions(desk.clinic)) == len(a_clinic_file()["exceptions"]) + len(days)


class TestNonsense:
    """Each mistake has its code, and leaves nothing behind."""

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"start": "2026-05-26", "end": "2026-05-27"}, 422, "ABSENCE_IN_THE_PAST"),
            ({"start": TUESDAY, "end": MONDAY}, 400, "MALFORMED"),
            ({"start": f"{TUESDAY}T09:00", "end": f"{TUESDAY}T09:00"}, 400, "MALFORMED"),
            ({"until": "2027-06-01"}, 422, "HORIZON_TOO_LONG"),
            ({"end": "2027-06-01"}, 422, "HORIZON_TOO_LONG"),
            ({"until": "2026-05-20"}, 422, "INVALID_SCENARIO"),
            ({"providerId": NOBODY}, 404, "NOT_FOUND"),
            ({"providerId": None, "roomId": NOBODY}, 404, "NOT_FOUND"),
            ({"providerId": None, "equipmentId": NOBODY}, 404, "NOT_FOUND"),
            ({"providerId": "ada"}, 400, "MALFORMED"),
            ({"providerId": None}, 400, "MALFORMED"),
            ({"roomId": NOBODY}, 400, "MALFORMED"),
            ({"providerId": None, "resource": "clinic"}, 400, "MALFORMED"),
            ({"start": "tomorrow"}, 400, "MALFORMED"),
            ({"start": 20260602}, 400, "MALFORMED"),
            ({"start": "2026-02-30"}, 400, "MALFORMED"),
            ({"start": "2027-03-28T02:30", "end": "2027-03-29"}, 400, "NONEXISTENT_LOCAL_TIME"),
            ({"timeLimitSeconds": 0}, 400, "MALFORMED"),
            ({"timeLimitSeconds": 601}, 400, "MALFORMED"),
            ({"timeLimitSeconds": "30"}, 400, "MALFORMED"),
            ({"order": "best"}, 400, "MALFORMED"),
            ({"allow": {"others": "everything"}}, 400, "MALFORMED"),
            ({"prices": {"day": -1}}, 400, "MALFORMED"),
            ({"prices": {"week": 1}}, 400, "MALFORMED"),
            ({"why": "flu"}, 400, "MALFORMED"),
            ({"reason": "a\x00b"}, 400, "MALFORMED"),
            (
                {"notThen": [{"appointmentId": NOBODY, "start": TUESDAY, "end": TUESDAY}]},
                404,
                "NOT_FOUND",
            ),
            (
                {"notThen": [{"appointmentId": NOBODY, "start": TUESDAY, "end": MONDAY}]},
                400,
                "MALFORMED",
            ),
            ({"freeze": {"appointmentIds": [NOBODY]}}, 404, "NOT_FOUND"),
        ],
    )
    async def test_is_refused_by_its_code(
        self, desk: PlanningDesk, changes: dict[str, Any], status: int, code: str
    ) -> None:
        assert_problem(await desk.report(desk.absence(**changes)), status, code)
        assert len(await exceptions(desk.clinic)) == len(a_clinic_file()["exceptions"])
        assert (await desk.clinic.client.get("/scenarios")).json()["items"] == []

    async def test_a_frozen_appointment_in_the_absence_is_named(self, desk: PlanningDesk) -> None:
        visit = await Desk(desk.clinic).booked()
        for freeze in ({"appointmentIds": [visit["id"]]}, {"until": TUESDAY}):
            answer = await desk.report(desk.absence(freeze=freeze))
            problem = assert_problem(answer, 422, "FROZEN_APPOINTMENT_DISPLACED")
            assert problem["appointmentIds"] == [visit["id"]]

    async def test_the_fault_is_pointed_at(self, desk: PlanningDesk) -> None:
        refused = {"appointmentId": NOBODY, "start": TUESDAY, "end": "soon"}
        answer = await desk.report(desk.absence(notThen=[refused]))
        [fault] = assert_problem(answer, 400, "MALFORMED")["errors"]
        assert fault["pointer"] == "/notThen/0/end"

    async def test_another_clinics_provider_is_unknown(
        self, desk: PlanningDesk, foreign_clinic: ClinicUnderTest
    ) -> None:
        answer = await desk.report(desk.absence(providerId=foreign_clinic.ids["ada"]))
        assert_problem(answer, 404, "NOT_FOUND")

    async def test_another_clinic_does_not_exist(
        self, desk: PlanningDesk, foreign_clinic: ClinicUnderTest
    ) -> None:
        client = desk.clinic.service.client
        path = f"{foreign_clinic.path}/absences"
        answer = await client.post(path, json=desk.absence(), headers=desk.clinic.headers())
        assert_problem(answer, 404, "NOT_FOUND")


class TestManyAtOnce:
    """Absences of many clinics in one call."""

    @pytest.fixture
    def bodies(self, clinic: ClinicUnderTest, foreign_clinic: ClinicUnderTest) -> list[dict[str, Any]]:
        mine, theirs = PlanningDesk(clinic), PlanningDesk(foreign_clinic)
        return [
            {"clinicId": clinic.id, **mine.absence()},
            {"clinicId": foreign_clinic.id, **theirs.absence()},
            {"clinicId": clinic.id, **mine.absence(start="2026-05-01", end="2026-05-02")},
            {"clinicId": clinic.id, **mine.absence(start="2026-06-04", end="2026-06-05")},
            {"clinicId": NOBODY, **mine.absence()},
        ]

    async def post(
        self, service: ServiceUnderTest, bodies: list[dict[str, Any]], headers: dict[str, str]
    ) -> list[dict[str, Any]]:
        answer = await service.client.post("/v1/absences", json={"absences": bodies}, headers=headers)
        assert answer.status_code == 202, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        assert [item["index"] for item in items] == list(range(len(bodies)))
        return items

    async def test_the_platform_reports_for_all_clinics(
        self, clinic: ClinicUnderTest, foreign_clinic: ClinicUnderTest, bodies: list[dict[str, Any]]
    ) -> None:
        items = await self.post(clinic.service, bodies, clinic.service.platform)
        assert [item["problem"] and item["problem"]["code"] for item in items] == [
            None,
            None,
            "ABSENCE_IN_THE_PAST",
            None,
            "NOT_FOUND",
        ]
        assert items[1]["scenario"]["clinicId"] == foreign_clinic.id
        assert items[2]["scenario"] is None
        assert "clinicId" not in items[0]["scenario"]["request"]
        for item in (items[0], items[3]):
            answer = await clinic.client.get(f"/scenarios/{item['scenario']['id']}")
            assert answer.json() == item["scenario"]

    async def test_others_report_for_their_own(
        self, clinic: ClinicUnderTest, bodies: list[dict[str, Any]]
    ) -> None:
        items = await self.post(clinic.service, bodies, clinic.headers(Role.FRONT_DESK))
        codes = [item["problem"] and item["problem"]["code"] for item in items]
        assert codes == [None, "NOT_FOUND", "ABSENCE_IN_THE_PAST", None, "NOT_FOUND"]

    async def test_a_key_records_each_of_them_once(
        self, clinic: ClinicUnderTest, bodies: list[dict[str, Any]]
    ) -> None:
        headers = clinic.headers() | {"Idempotency-Key": "storm"}
        first = await self.post(clinic.service, bodies, headers)
        assert await self.post(clinic.service, bodies, headers) == first
        assert len(await exceptions(clinic)) == len(a_clinic_file()["exceptions"]) + 2

    async def test_more_than_five_hundred_are_too_many(
        self, clinic: ClinicUnderTest, bodies: list[dict[str, Any]]
    ) -> None:
        body = {"absences": bodies[:1] * 501}
        answer = await clinic.service.client.post("/v1/absences", json=body, headers=clinic.headers())
        assert_problem(answer, 400, "MALFORMED")
