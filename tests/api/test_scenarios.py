"""What-ifs over HTTP: asked, looked at, stopped, solved on, compared, forgotten."""

from typing import Any

import pytest

from api.roles import Role
from tests.api.clinic_documents import FRIDAY, MONDAY, TUESDAY, WEEKDAYS
from tests.api.desk import Desk
from tests.api.planning_desk import PlanningDesk, a_plan
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest

pytestmark = pytest.mark.anyio

THURSDAY = "2026-06-04"
HOURS = [{"rrule": WEEKDAYS, "startTime": "08:00", "endTime": "16:00"}]


@pytest.fixture
def desk(clinic: ClinicUnderTest) -> PlanningDesk:
    return PlanningDesk(clinic)


def every_change(desk: PlanningDesk) -> list[dict[str, Any]]:
    """One of each kind that goes with the others."""
    ids = desk.clinic.ids
    cart = {"locationId": ids["main"], "type": "scanner", "name": "Second cart"}
    locum = {"name": "Dr Locum", "locationIds": [ids["main"]], "serviceIds": [ids["scan"]]}
    visit = {"patientId": ids["kim"], "serviceId": ids["scan"], "latest": THURSDAY}
    there = {"start": TUESDAY, "end": TUESDAY}
    return [
        desk.away(),
        {"type": "room_closed", "roomId": ids["shore"], **there},
        {"type": "equipment_absent", "equipmentId": ids["tripod"], **there},
        {"type": "provider_added", "provider": locum, "availability": HOURS},
        {"type": "hours_changed", "resource": f"providers/{ids['ben']}", "availability": HOURS},
        {"type": "equipment_added", "equipment": cart},
        {"type": "service_rule_changed", "serviceId": ids["scan"], "rules": {"bufferAfterMinutes": 10}},
        {"type": "appointments_added", "appointments": [visit]},
    ]


class TestAsking:
    """What a question leads to."""

    async def test_a_what_if_waits_to_be_solved(self, desk: PlanningDesk) -> None:
        answer = await desk.ask()
        assert answer.status_code == 202, answer.text
        scenario = answer.json()
        assert (scenario["kind"], scenario["mode"], scenario["status"]) == ("what_if", "repair", "queued")
        assert scenario["name"] == "Ada away"
        assert scenario["request"] == desk.what_if()
        assert scenario["exceptionId"] is None
        assert answer.headers["location"] == f"{desk.clinic.path}/scenarios/{scenario['id']}"
        assert (await desk.get(scenario)).json() == scenario

    async def test_nothing_changes_in_the_clinic(self, desk: PlanningDesk) -> None:
        before = (await desk.clinic.client.get("/export")).json()
        await desk.asked(desk.what_if(*every_change(desk), mode="rebuild"))
        assert (await desk.clinic.client.get("/export")).json() == before

    async def test_whatever_is_new_keeps_the_id_that_it_is_given(self, desk: PlanningDesk) -> None:
        changes = every_change(desk)
        request = (await desk.asked(desk.what_if(*changes)))["request"]
        new = [
            request["changes"][3]["provider"].pop("id"),
            request["changes"][5]["equipment"].pop("id"),
            request["changes"][7]["appointments"][0].pop("id"),
        ]
        assert len(set(new)) == 3
        assert request["changes"] == changes

    async def test_clients_may_choose_those_ids(self, desk: PlanningDesk) -> None:
        changes = every_change(desk)
        first = (await desk.asked(desk.what_if(*changes)))["request"]["changes"]
        again = (await desk.asked(desk.what_if(*first)))["request"]["changes"]
        assert again == first

    async def test_everything_that_can_be_said_is_kept(self, desk: PlanningDesk) -> None:
        bookings = Desk(desk.clinic)
        visit = await bookings.booked()
        order = bookings.order(f"{THURSDAY}T09:00:00+02:00", patientId=desk.clinic.ids["kim"])
        later = await bookings.booked(order)
        body = desk.what_if(
            objective={"unplaced": 5000, "idleMinute": 3, "waitDay": 7},
            freeze={"until": MONDAY, "appointmentIds": [later["id"]]},
            allow={"others": "rooms"},
            order="lexicographic",
            notThen=[{"appointmentId": visit["id"], "start": THURSDAY, "end": THURSDAY}],
            timeLimitSeconds=600,
        )
        assert (await desk.asked(body))["request"] == body

    async def test_the_same_key_and_body_asks_once(self, desk: PlanningDesk) -> None:
        key = {"Idempotency-Key": "what if"}
        body = desk.what_if(*every_change(desk))
        first, again = await desk.ask(body, headers=key), await desk.ask(body, headers=key)
        assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
        assert_problem(await desk.ask(headers=key), 422, "IDEMPOTENCY_KEY_REUSED")
        assert len((await desk.clinic.client.get("/scenarios")).json()["items"]) == 1


class TestLooking:
    """How far a scenario has come, and what has been found."""

    async def test_progress_is_told(self, desk: PlanningDesk) -> None:
        scenario = await desk.asked()
        await desk.found(await desk.taken_up(scenario), a_plan(objective=20, bound=15))
        body = (await desk.get(scenario)).json()
        assert body["status"] == "solving"
        assert body["progress"] == {"incumbent": 20, "bound": 15, "gap": 0.25, "seconds": 0.5}
        assert body["version"] > scenario["version"]

    async def test_there_is_no_plan_at_first(self, desk: PlanningDesk) -> None:
        assert_problem(await desk.get(await desk.asked(), "/plan"), 409, "SCENARIO_NOT_READY")

    async def test_the_best_plan_so_far_is_read_while_it_is_solved(self, desk: PlanningDesk) -> None:
        scenario = await desk.asked()
        await desk.found(await desk.taken_up(scenario), a_plan(20, 15))
        answer = await desk.get(scenario, "/plan")
        assert (answer.status_code, answer.json()) == (200, a_plan(20, 15))

    async def test_scenarios_are_listed_the_latest_first(self, desk: PlanningDesk) -> None:
        made = []
        for name in ("one", "two", "three"):
            made.append(await desk.asked(desk.what_if(name=name)))
            desk.clinic.service.clock.advance(seconds=1)
        first = (await desk.clinic.client.get("/scenarios", params={"limit": 2})).json()
        rest = (
            await desk.clinic.client.get("/scenarios", params={"limit": 2, "cursor": first["nextCursor"]})
        ).json()
        assert [one["name"] for one in first["items"] + rest["items"]] == ["three", "two", "one"]
        assert rest["nextCursor"] is None
        assert first["items"][0] == {
            key: value for key, value in made[-1].items() if key not in {"request", "answers"}
        }

    async def test_the_list_of_those_to_be_given_a_new_time_begins_empty(self, desk: PlanningDesk) -> None:
        answer = await desk.clinic.client.get("/rescheduling")
        assert answer.json() == {"items": [], "nextCursor": None}

    @pytest.mark.parametrize("path", ["/scenarios", "/rescheduling"])
    async def test_a_cursor_must_be_one_that_was_given(self, desk: PlanningDesk, path: str) -> None:
        answer = await desk.clinic.client.get(path, params={"cursor": "Wzdd"})
        assert_problem(answer, 400, "MALFORMED")


class TestWhoMaySee:
    """What-ifs are for managers; what an absence leads to is everybody's business but the patients'."""

    @pytest.mark.parametrize("role", [Role.PATIENT, Role.FRONT_DESK, Role.PROVIDER])
    async def test_only_managers_and_admins_ask_what_if(self, desk: PlanningDesk, role: Role) -> None:
        assert_problem(await desk.ask(headers=desk.as_role(role)), 403, "FORBIDDEN")
        scenario = await desk.asked()
        for path in ("", "/plan"):
            answer = await desk.clinic.client.get(
                f"/scenarios/{scenario['id']}{path}", headers=desk.as_role(role)
            )
            assert_problem(answer, 403, "FORBIDDEN")

    async def test_managers_do(self, desk: PlanningDesk) -> None:
        assert (await desk.ask(headers=desk.as_role(Role.MANAGER))).status_code == 202

    @pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.PROVIDER])
    async def test_staff_see_what_absences_lead_to(self, desk: PlanningDesk, role: Role) -> None:
        await desk.asked()
        absence = await desk.reported()
        headers = desk.as_role(role)
        listed = (await desk.clinic.client.get("/scenarios", headers=headers)).json()["items"]
        assert [one["id"] for one in listed] == [absence["id"]]
        answer = await desk.clinic.client.get(f"/scenarios/{absence['id']}", headers=headers)
        assert answer.status_code == 200

    async def test_patients_see_nothing(self, desk: PlanningDesk) -> None:
        headers = desk.as_role(Role.PATIENT)
        absence = await desk.reported()
        for path in ("/scenarios", f"/scenarios/{absence['id']}", "/rescheduling"):
            assert_problem(await desk.clinic.client.get(path, headers=headers), 403, "FORBIDDEN")

    async def test_another_clinics_scenario_does_not_exist(
        self, desk: PlanningDesk, foreign_clinic: ClinicUnderTest
    ) -> None:
        theirs = await PlanningDesk(foreign_clinic).asked()
        for path in ("", "/plan"):
            assert_problem(await desk.get(theirs, path), 404, "NOT_FOUND")
        assert_problem(await desk.post(theirs, "stop"), 404, "NOT_FOUND")
        assert_problem(await desk.post(theirs, "extend", {}), 404, "NOT_FOUND")
        assert_problem(await desk.delete(theirs), 404, "NOT_FOUND")
        assert (await PlanningDesk(foreign_clinic).get(theirs)).status_code == 200

    async def test_an_id_that_is_none_names_nothing(self, desk: PlanningDesk) -> None:
        assert_problem(await desk.get({"id": "best"}), 404, "NOT_FOUND")


class TestStopping:
    """Enough is enough."""

    async def test_one_that_waits_is_over_at_once(self, desk: PlanningDesk) -> None:
        answer = await desk.post(await desk.asked(), "stop")
        assert (answer.status_code, answer.json()["status"]) == (200, "stopped")

    async def test_whoever_works_on_it_is_told(self, desk: PlanningDesk) -> None:
        scenario = await desk.asked()
        await desk.taken_up(scenario)
        assert (await desk.post(scenario, "stop")).json()["status"] == "solving"

    async def test_one_that_is_over_stays_as_it_is(self, desk: PlanningDesk) -> None:
        scenario = await desk.asked()
        await desk.solved(scenario)
        before = (await desk.get(scenario)).json()
        assert (await desk.post(scenario, "stop")).json() == before


class TestSolvingOn:
    """More time, or other answers."""

    async def test_more_time_keeps_the_plan(self, desk: PlanningDesk) -> None:
        scenario = await desk.asked()
        await desk.solved(scenario)
        answer = await desk.post(scenario, "extend", {"timeLimitSeconds": 90})
        assert answer.status_code == 202
        assert (answer.json()["status"], answer.json()["timeLimitSeconds"]) == ("queued", 90)
        assert (await desk.get(scenario, "/plan")).json() == a_plan()

    async def test_answers_of_patients_add_up(self, desk: PlanningDesk) -> None:
        visit = await Desk(desk.clinic).booked()
        scenario = await desk.asked()
        refused = [
            {"appointmentId": visit["id"], "start": day, "end": f"{day}T11:00"} for day in (THURSDAY, FRIDAY)
        ]
        for one in refused:
            await desk.solved(scenario)
            answer = await desk.post(scenario, "extend", {"notThen": [one]})
            assert answer.status_code == 202, answer.text
        assert answer.json()["answers"] == refused
        assert answer.json()["timeLimitSeconds"] == 30
        assert_problem(await desk.get(scenario, "/plan"), 409, "SCENARIO_NOT_READY")

    async def test_answers_add_up_to_no_more_than_one_request_may_name(self, desk: PlanningDesk) -> None:
        visit = await Desk(desk.clinic).booked()
        scenario = await desk.asked()
        refused = {"appointmentId": visit["id"], "start": THURSDAY, "end": THURSDAY}
        for status in (202, 400):
            await desk.solved(scenario)
            answer = await desk.post(scenario, "extend", {"notThen": [refused] * 600})
            assert answer.status_code == status, answer.text
        assert_problem(answer, 400, "MALFORMED")
        assert (await desk.post(scenario, "extend", {})).status_code == 202

    async def test_whoever_answered_and_cancels_is_no_obstacle(self, desk: PlanningDesk) -> None:
        visits = Desk(desk.clinic)
        visit = await visits.booked()
        scenario = await desk.asked(desk.what_if(freeze={"appointmentIds": [visit["id"]]}, changes=[]))
        refused = {"appointmentId": visit["id"], "start": THURSDAY, "end": THURSDAY}
        await desk.solved(scenario)
        assert (await desk.post(scenario, "extend", {"notThen": [refused]})).status_code == 202
        await desk.solved(scenario)
        assert (await visits.patch(visit, status="canceled")).status_code == 200
        assert_problem(await desk.post(scenario, "extend", {"notThen": [refused]}), 404, "NOT_FOUND")
        assert (await desk.post(scenario, "extend", {})).status_code == 202

    async def test_not_while_somebody_works_on_it(self, desk: PlanningDesk) -> None:
        scenario = await desk.asked()
        assert_problem(await desk.post(scenario, "extend", {}), 409, "SCENARIO_NOT_READY")
        await desk.taken_up(scenario)
        assert_problem(await desk.post(scenario, "extend", {}), 409, "SCENARIO_NOT_READY")

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"timeLimitSeconds": 0}, 400, "MALFORMED"),
            ({"more": True}, 400, "MALFORMED"),
            (
                {
                    "notThen": [
                        {
                            "appointmentId": "00000000-0000-4000-8000-000000000000",
                            "start": TUESDAY,
                            "end": TUESDAY,
                        }
                    ]
                },
                404,
                "NOT_FOUND",
            ),
        ],
    )
    async def test_nonsense_is_refused(
        self, desk: PlanningDesk, body: dict[str, Any], status: int, code: str
    ) -> None:
        scenario = await desk.asked()
        await desk.solved(scenario)
        assert_problem(await desk.post(scenario, "extend", body), status, code)
        assert (await desk.get(scenario)).json()["status"] == "solved"


class TestComparing:
    """Plans side by side."""

    async def compare(self, desk: PlanningDesk, *scenarios: dict[str, Any]) -> Any:
        ids = ",".join(one["id"] for one in scenarios)
        return await desk.clinic.client.get("/scenarios/compare", params={"ids": ids})

    async def test_two_plans_stand_side_by_side(self, desk: PlanningDesk) -> None:
        one, other = await desk.asked(), await desk.asked(desk.what_if(name="Ben away"))
        await desk.solved(one)
        await desk.solved(other, a_plan(40, 30))
        answer = await self.compare(desk, other, one)
        assert answer.status_code == 200, answer.text
        plans = answer.json()["plans"]
        assert [plan["scenarioId"] for plan in plans] == [other["id"], one["id"]]
        assert [(plan["name"], plan["objective"]) for plan in plans] == [("Ben away", 40), ("Ada away", 12)]
        assert answer.json()["differences"] == []

    async def test_each_must_have_a_plan(self, desk: PlanningDesk) -> None:
        one, other = await desk.asked(), await desk.asked()
        await desk.solved(one)
        assert_problem(await self.compare(desk, one, other), 409, "SCENARIO_NOT_READY")

    async def test_one_alone_compares_with_nothing(self, desk: PlanningDesk) -> None:
        one = await desk.asked()
        await desk.solved(one)
        assert_problem(await self.compare(desk, one), 400, "MALFORMED")
        assert_problem(await self.compare(desk, one, one), 400, "MALFORMED")

    async def test_another_clinics_plan_does_not_exist(
        self, desk: PlanningDesk, foreign_clinic: ClinicUnderTest
    ) -> None:
        one, theirs = await desk.asked(), await PlanningDesk(foreign_clinic).asked()
        await desk.solved(one)
        await PlanningDesk(foreign_clinic).solved(theirs)
        assert_problem(await self.compare(desk, one, theirs), 404, "NOT_FOUND")


class TestForgetting:
    """Gone is gone."""

    async def test_a_scenario_can_be_forgotten(self, desk: PlanningDesk) -> None:
        scenario = await desk.asked()
        answer = await desk.delete(scenario)
        assert (answer.status_code, answer.content) == (204, b"")
        assert_problem(await desk.get(scenario), 404, "NOT_FOUND")
        assert_problem(await desk.delete(scenario), 404, "NOT_FOUND")

    async def test_the_absence_behind_it_stays(self, desk: PlanningDesk) -> None:
        scenario = await desk.reported()
        assert (await desk.delete(scenario)).status_code == 204
        answer = await desk.clinic.client.get(f"/exceptions/{scenario['exceptionId']}")
        assert answer.status_code == 200
