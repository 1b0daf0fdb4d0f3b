"""Scenarios that make no sense: each mistake has its code, points at its place, and leaves nothing behind."""

from typing import Any

import pytest

from tests.api.clinic_documents import FRIDAY, MONDAY, TUESDAY, WEEKDAYS
from tests.api.desk import Desk
from tests.api.planning_desk import PlanningDesk
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest

pytestmark = pytest.mark.anyio

NOBODY = "00000000-0000-4000-8000-000000000000"
HOURS = [{"rrule": WEEKDAYS, "startTime": "08:00", "endTime": "16:00"}]


@pytest.fixture
def desk(clinic: ClinicUnderTest) -> PlanningDesk:
    return PlanningDesk(clinic)


async def refused(desk: PlanningDesk, body: dict[str, Any], status: int, code: str) -> dict[str, Any]:
    problem = assert_problem(await desk.ask(body), status, code)
    assert (await desk.clinic.client.get("/scenarios")).json()["items"] == []
    return problem


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"horizon": {"start": FRIDAY, "end": TUESDAY}}, 400, "MALFORMED"),
        ({"horizon": {"start": TUESDAY}}, 400, "MALFORMED"),
        ({"horizon": {"start": TUESDAY, "end": "2027-06-02"}}, 422, "HORIZON_TOO_LONG"),
        ({"horizon": {"start": "2026-05-01", "end": "2026-05-03"}}, 422, "INVALID_SCENARIO"),
        ({"mode": "improve"}, 400, "MALFORMED"),
        ({"name": ""}, 400, "MALFORMED"),
        ({"name": 7}, 400, "MALFORMED"),
        ({"name": "a\x00b"}, 400, "MALFORMED"),
        ({"timeLimitSeconds": True}, 400, "MALFORMED"),
        ({"objective": {"told": 1_000_001}}, 400, "MALFORMED"),
        ({"objective": {"happiness": 1}}, 400, "MALFORMED"),
        ({"allow": {"mostMoved": -1}}, 400, "MALFORMED"),
        ({"freeze": {"until": "noon"}}, 400, "MALFORMED"),
        ({"freeze": {"appointmentIds": [NOBODY]}}, 404, "NOT_FOUND"),
        ({"notThen": [{"appointmentId": NOBODY, "start": MONDAY, "end": MONDAY}]}, 404, "NOT_FOUND"),
        ({"changes": {}}, 400, "MALFORMED"),
        ({"colour": "blue"}, 400, "MALFORMED"),
    ],
)
async def test_a_question_that_makes_no_sense(
    desk: PlanningDesk, fields: dict[str, Any], status: int, code: str
) -> None:
    await refused(desk, desk.what_if() | fields, status, code)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"type": "holiday"}, "/changes/0"),
        ({"start": TUESDAY}, "/changes/0"),
        ({"type": "provider_absent", "start": TUESDAY, "end": TUESDAY}, "/changes/0/providerId"),
        ({"type": "room_closed", "roomId": "exam", "start": TUESDAY, "end": TUESDAY}, "/changes/0/roomId"),
        ({"type": "room_closed", "roomId": NOBODY, "start": 1, "end": TUESDAY}, "/changes/0/start"),
        (
            {"type": "equipment_absent", "equipmentId": NOBODY, "start": TUESDAY, "end": TUESDAY, "x": 1},
            "/changes/0/x",
        ),
        (
            {"type": "provider_absent", "providerId": NOBODY, "start": FRIDAY, "end": TUESDAY},
            "/changes/0/end",
        ),
        (
            {"type": "provider_absent", "providerId": NOBODY, "start": "2026-13-01", "end": TUESDAY},
            "/changes/0/start",
        ),
        ({"type": "hours_changed", "resource": "clinic", "availability": HOURS}, "/changes/0/resource"),
        (
            {
                "type": "hours_changed",
                "resource": f"rooms/{NOBODY}",
                "availability": [{**HOURS[0], "rrule": "X"}],
            },
            "/changes/0/availability/0",
        ),
        (
            {
                "type": "hours_changed",
                "resource": f"rooms/{NOBODY}",
                "availability": [{**HOURS[0], "endTime": "07:00"}],
            },
            "/changes/0/availability/0",
        ),
        (
            {
                "type": "hours_changed",
                "resource": f"rooms/{NOBODY}",
                "availability": [{**HOURS[0], "startTime": 8}],
            },
            "/changes/0/availability/0/startTime",
        ),
        (
            {"type": "provider_added", "provider": {"name": "X"}, "availability": []},
            "/changes/0/provider/locationIds",
        ),
        ({"type": "service_rule_changed", "serviceId": NOBODY, "rules": {}}, "/changes/0/rules"),
        (
            {"type": "service_rule_changed", "serviceId": NOBODY, "rules": {"seats": 0}},
            "/changes/0/rules/seats",
        ),
        ({"type": "appointments_added", "appointments": []}, "/changes/0/appointments"),
    ],
)
async def test_a_change_that_makes_no_sense_is_pointed_at(
    desk: PlanningDesk, change: dict[str, Any], pointer: str
) -> None:
    problem = await refused(desk, desk.what_if(change), 400, "MALFORMED")
    assert problem["errors"][0]["pointer"] == pointer


def unknown(desk: PlanningDesk, kind: str) -> dict[str, Any]:
    """A change that names something that the clinic does not have."""
    ids, there = desk.clinic.ids, {"start": TUESDAY, "end": TUESDAY}
    locum = {"name": "Dr Locum", "locationIds": [ids["main"]], "serviceIds": [ids["scan"]]}
    visit = {"patientId": ids["kim"], "serviceId": ids["scan"]}
    return {
        "provider": desk.away(providerId=NOBODY),
        "room": {"type": "room_closed", "roomId": NOBODY, **there},
        "equipment": {"type": "equipment_absent", "equipmentId": NOBODY, **there},
        "hours": {"type": "hours_changed", "resource": f"rooms/{NOBODY}", "availability": HOURS},
        "location of a provider": {
            "type": "provider_added",
            "provider": locum | {"locationIds": [NOBODY]},
            "availability": HOURS,
        },
        "service of a provider": {
            "type": "provider_added",
            "provider": locum | {"serviceIds": [NOBODY]},
            "availability": HOURS,
        },
        "location of equipment": {
            "type": "equipment_added",
            "equipment": {"locationId": NOBODY, "type": "scanner", "name": "Cart"},
        },
        "service": {"type": "service_rule_changed", "serviceId": NOBODY, "rules": {"seats": 2}},
        "allowed provider": {
            "type": "service_rule_changed",
            "serviceId": ids["scan"],
            "rules": {"allowedProviderIds": [NOBODY]},
        },
        "patient": {"type": "appointments_added", "appointments": [visit | {"patientId": NOBODY}]},
        "wanted service": {"type": "appointments_added", "appointments": [visit | {"serviceId": NOBODY}]},
        "wanted provider": {
            "type": "appointments_added",
            "appointments": [visit | {"providerIds": [NOBODY]}],
        },
        "wanted location": {"type": "appointments_added", "appointments": [visit | {"locationId": NOBODY}]},
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "provider",
        "room",
        "equipment",
        "hours",
        "location of a provider",
        "service of a provider",
        "location of equipment",
        "service",
        "allowed provider",
        "patient",
        "wanted service",
        "wanted provider",
        "wanted location",
    ],
)
async def test_what_the_clinic_does_not_have_is_not_found(desk: PlanningDesk, kind: str) -> None:
    await refused(desk, desk.what_if(unknown(desk, kind)), 404, "NOT_FOUND")


async def test_changes_that_contradict_each_other_are_named(desk: PlanningDesk) -> None:
    problem = await refused(desk, desk.what_if(desk.away(), desk.away()), 422, "CHANGES_CONTRADICT")
    assert problem["change"] == 1


async def test_an_absence_that_is_over_is_no_change(desk: PlanningDesk) -> None:
    body = desk.what_if(desk.away(start="2026-05-01", end="2026-05-02"))
    await refused(desk, body, 422, "ABSENCE_IN_THE_PAST")


async def test_an_absence_outside_the_horizon_has_no_effect(desk: PlanningDesk) -> None:
    body = desk.what_if(desk.away(start="2026-07-01", end="2026-07-01"), mode="rebuild")
    await refused(desk, body, 422, "CHANGES_CONTRADICT")


async def test_rules_that_make_no_sense_together_are_pointed_at(desk: PlanningDesk) -> None:
    twice = {"equipment": [{"type": "scanner", "units": 1}, {"type": "scanner", "units": 2}]}
    change = {"type": "service_rule_changed", "serviceId": desk.clinic.ids["scan"], "rules": twice}
    problem = await refused(desk, desk.what_if(change), 400, "MALFORMED")
    assert problem["errors"][0]["pointer"] == "/changes/0/rules"


async def test_a_frozen_appointment_that_cannot_stay_is_named(desk: PlanningDesk) -> None:
    visit = await Desk(desk.clinic).booked()
    body = desk.what_if(freeze={"appointmentIds": [visit["id"]]})
    problem = await refused(desk, body, 422, "FROZEN_APPOINTMENT_DISPLACED")
    assert problem["appointmentIds"] == [visit["id"]]


async def test_an_id_that_somebody_has_is_not_new(desk: PlanningDesk) -> None:
    ids = desk.clinic.ids
    locum = {"id": ids["ada"], "name": "Ada II", "locationIds": [ids["main"]], "serviceIds": [ids["scan"]]}
    change = {"type": "provider_added", "provider": locum, "availability": HOURS}
    await refused(desk, desk.what_if(change), 422, "CHANGES_CONTRADICT")
    visit = await Desk(desk.clinic).booked()
    wanted = {"id": visit["id"], "patientId": ids["kim"], "serviceId": ids["scan"]}
    change = {"type": "appointments_added", "appointments": [wanted]}
    await refused(desk, desk.what_if(change), 422, "CHANGES_CONTRADICT")
