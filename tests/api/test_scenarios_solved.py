"""From a report or a question to the plan and its commit, solved as a worker does it."""

from typing import Any

import pytest

from api.jobs.solving import Solving, solve_stored
from api.payloads.plans import ComparisonOut, PlanOut
from api.scenario_orders import read_order
from tests.api.clinic_documents import FRIDAY, MONDAY, TUESDAY, WEEKDAYS
from tests.api.desk import Desk
from tests.api.planning_desk import PlanningDesk
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest

pytestmark = pytest.mark.anyio

THURSDAY = "2026-06-04"
NINE = f"{MONDAY}T09:00:00+02:00"


@pytest.fixture
def desk(clinic: ClinicUnderTest) -> PlanningDesk:
    return PlanningDesk(clinic)


@pytest.fixture
def bookings(desk: PlanningDesk) -> Desk:
    return Desk(desk.clinic)


async def worked(desk: PlanningDesk, scenario: dict[str, Any], status: str = "solved") -> dict[str, Any]:
    """A worker takes it up and comes to an end; gives the scenario as it is then."""
    await solve_stored(
        desk.clinic.service.runtime, desk.clinic.id, scenario["id"], Solving(read_order=read_order)
    )
    done: dict[str, Any] = (await desk.get(scenario)).json()
    assert done["status"] == status, done
    return done


async def plan_of(desk: PlanningDesk, scenario: dict[str, Any]) -> dict[str, Any]:
    """The plan, which has the published form."""
    plan: dict[str, Any] = (await desk.get(scenario, "/plan")).json()
    PlanOut.model_validate(plan)
    return plan


async def test_an_absence_is_repaired(desk: PlanningDesk, bookings: Desk) -> None:
    visit = await bookings.booked()
    scenario = await desk.reported(desk.absence(timeLimitSeconds=10))
    done = await worked(desk, scenario)
    assert done["progress"]["incumbent"] == done["progress"]["bound"] == 100
    plan = await plan_of(desk, scenario)
    [move] = plan["moves"]
    assert (move["appointmentId"], move["to"]["start"]) == (visit["id"], NINE)
    assert plan["optimality"]["proven"] is True
    assert "Dr Ada" in move["why"]

    answer = await desk.post(scenario, "commit")
    assert (answer.status_code, answer.json()["status"]) == (200, "committed")
    assert (await bookings.read(visit)).json()["start"] == NINE
    assert_problem(await desk.post(scenario, "commit"), 409, "SCENARIO_COMMITTED")
    assert_problem(await desk.delete(scenario), 409, "SCENARIO_COMMITTED")
    assert_problem(await desk.post(scenario, "extend", {}), 409, "SCENARIO_COMMITTED")
    assert (await desk.get(scenario, "/plan")).json() == plan


async def test_a_what_if_is_committed_with_its_changes(desk: PlanningDesk, bookings: Desk) -> None:
    ids = desk.clinic.ids
    visit = await bookings.booked()
    locum = {"name": "Dr Locum", "locationIds": [ids["main"]], "serviceIds": [ids["scan"]]}
    hours = [{"rrule": WEEKDAYS, "startTime": "08:00", "endTime": "16:00"}]
    new = {"patientId": ids["kim"], "serviceId": ids["scan"]}
    scenario = await desk.asked(
        desk.what_if(
            desk.away(),
            {"type": "provider_added", "provider": locum, "availability": hours},
            {"type": "appointments_added", "appointments": [new]},
            horizon={"start": MONDAY, "end": FRIDAY},
            timeLimitSeconds=10,
        )
    )
    await worked(desk, scenario)
    provider = scenario["request"]["changes"][1]["provider"]["id"]
    wanted = scenario["request"]["changes"][2]["appointments"][0]["id"]
    moves = {move["appointmentId"]: move for move in (await plan_of(desk, scenario))["moves"]}
    assert moves[visit["id"]]["to"]["providerId"] == provider
    assert moves[wanted]["from"] is None

    answer = await desk.post(scenario, "commit", {})
    assert (answer.status_code, answer.json()["status"]) == (200, "committed")
    assert (await bookings.read(visit)).json()["providerId"] == provider
    assert (await bookings.read({"id": wanted})).json()["patientId"] == ids["kim"]
    assert (await desk.clinic.client.get(f"/providers/{provider}")).json()["name"] == "Dr Locum"


async def test_a_patient_who_cannot_come_is_planned_again(desk: PlanningDesk, bookings: Desk) -> None:
    visit = await bookings.booked()
    scenario = await desk.reported()
    await worked(desk, scenario)
    refused = {"appointmentId": visit["id"], "start": MONDAY, "end": MONDAY}
    answer = await desk.post(scenario, "extend", {"notThen": [refused], "timeLimitSeconds": 10})
    assert answer.status_code == 202, answer.text
    await worked(desk, scenario)
    [move] = (await plan_of(desk, scenario))["moves"]
    assert move["to"]["start"] == f"{THURSDAY}T09:00:00+02:00"


async def test_a_calendar_that_has_changed_is_named_or_solved_anew(
    desk: PlanningDesk, bookings: Desk
) -> None:
    """Sam takes Pat's new place meanwhile; Kim's stays what it was."""
    ids = desk.clinic.ids
    pats = await bookings.booked()
    kims = await bookings.booked(bookings.order(f"{TUESDAY}T10:00:00+02:00", patientId=ids["kim"]))
    scenario = await desk.reported()
    await worked(desk, scenario)
    await bookings.booked(bookings.order(NINE, patientId=ids["sam"]))
    problem = assert_problem(await desk.post(scenario, "commit"), 409, "CALENDAR_CHANGED")
    assert [one["appointmentId"] for one in problem["moves"]] == [pats["id"]]
    assert (await bookings.read(kims)).json()["start"] == kims["start"]

    answer = await desk.post(scenario, "commit?resolve=true")
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    await worked(desk, scenario)
    starts = {move["appointmentId"]: move["to"]["start"] for move in (await plan_of(desk, scenario))["moves"]}
    assert starts[kims["id"]] == f"{MONDAY}T10:00:00+02:00"
    assert starts[pats["id"]] not in (NINE, starts[kims["id"]])
    assert (await desk.post(scenario, "commit?resolve=true")).json()["status"] == "committed"
    assert (await bookings.read(pats)).json()["start"] == starts[pats["id"]]


@pytest.mark.parametrize("by_name", [True, False])
async def test_whoever_has_no_place_is_put_on_the_list(
    desk: PlanningDesk, bookings: Desk, by_name: bool
) -> None:
    visit = await bookings.booked()
    scenario = await desk.reported(desk.absence(start=MONDAY, until=TUESDAY))
    await worked(desk, scenario)
    [unplaced] = (await plan_of(desk, scenario))["unplaced"]
    assert unplaced["appointmentId"] == visit["id"]
    assert unplaced["closedBy"]
    choices = {"appointments": {visit["id"]: "list"}} if by_name else {"default": "list"}
    answer = await desk.post(scenario, "commit", {"unplaced": choices})
    assert answer.status_code == 200, answer.text
    assert (await bookings.read(visit)).json()["status"] == "canceled"
    [waiting] = (await desk.clinic.client.get("/rescheduling")).json()["items"]
    assert (waiting["appointmentId"], waiting["scenarioId"]) == (visit["id"], scenario["id"])


async def test_whoever_has_no_place_stays_unless_somebody_says_otherwise(
    desk: PlanningDesk, bookings: Desk
) -> None:
    visit = await bookings.booked()
    scenario = await desk.reported(desk.absence(start=MONDAY, until=TUESDAY))
    await worked(desk, scenario)
    assert (await desk.post(scenario, "commit")).status_code == 200
    assert (await bookings.read(visit)).json()["status"] == "scheduled"
    assert (await desk.clinic.client.get("/rescheduling")).json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"unplaced": {"default": "forget"}},
        {"unplaced": {"appointments": {"pat": "keep"}}},
        {"unplaced": {"appointments": []}},
        {"force": True},
    ],
)
async def test_a_commit_that_makes_no_sense_changes_nothing(desk: PlanningDesk, body: dict[str, Any]) -> None:
    scenario = await desk.asked()
    await desk.solved(scenario)
    assert_problem(await desk.post(scenario, "commit", body), 400, "MALFORMED")
    assert (await desk.get(scenario)).json()["status"] == "solved"


async def test_only_what_has_a_plan_is_committed(desk: PlanningDesk) -> None:
    scenario = await desk.asked()
    assert_problem(await desk.post(scenario, "commit"), 409, "SCENARIO_NOT_READY")


async def test_real_plans_stand_side_by_side(desk: PlanningDesk, bookings: Desk) -> None:
    visit = await bookings.booked()
    early = await desk.asked(desk.what_if(name="early", horizon={"start": MONDAY, "end": TUESDAY}))
    late = await desk.asked(desk.what_if(name="late"))
    await worked(desk, early)
    await worked(desk, late)
    params = {"ids": f"{early['id']},{late['id']}"}
    compared = (await desk.clinic.client.get("/scenarios/compare", params=params)).json()
    ComparisonOut.model_validate(compared)
    assert [plan["objective"] for plan in compared["plans"]] == [100, 200]
    [difference] = compared["differences"]
    assert difference["appointmentId"] == visit["id"]


async def test_what_the_calendar_no_longer_allows_fails_with_the_reason(
    desk: PlanningDesk, bookings: Desk
) -> None:
    """The appointment was free to be frozen when the question was asked, and is displaced by now."""
    later = await bookings.booked(bookings.order(f"{THURSDAY}T09:00:00+02:00"))
    scenario = await desk.asked(desk.what_if(freeze={"appointmentIds": [later["id"]]}))
    moved = await bookings.patch(later, start=f"{TUESDAY}T09:00:00+02:00")
    assert moved.status_code == 200, moved.text
    done = await worked(desk, scenario, "failed")
    assert done["failure"] == "1 frozen appointments cannot stay where they are"
