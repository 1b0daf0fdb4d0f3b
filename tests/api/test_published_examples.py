"""What the published description gives as an example, the service itself accepts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from api.payloads.chains import A_CHAIN, A_SERIES
from tests.api.desk import Desk
from tests.api.planning_desk import PlanningDesk
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest, ServiceUnderTest

pytestmark = pytest.mark.anyio

BEFORE_THE_EXAMPLES = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NAMES = {"patientId": "pat", "serviceId": "scan", "providerId": "ada", "roomId": "exam", "locationId": "main"}
"""Whom and what the small clinic has in the place of the examples' ids."""


def examples(service: ServiceUnderTest) -> dict[str, Any]:
    """The example of every body, by operation."""
    return {
        operation["operationId"]: operation["requestBody"]["content"]["application/json"]["example"]
        for methods in service.app.openapi()["paths"].values()
        for operation in methods.values()
        if "requestBody" in operation
    }


def with_ids(example: Any, clinic: ClinicUnderTest) -> Any:
    """The example, with ids of the small clinic wherever it has some."""
    if isinstance(example, list):
        return [with_ids(one, clinic) for one in example]
    if isinstance(example, Mapping):
        return {
            key: clinic.ids[NAMES[key]] if key in NAMES else with_ids(value, clinic)
            for key, value in example.items()
        }
    return example


async def test_every_body_is_tried_here(shared_service: ServiceUnderTest) -> None:
    assert set(examples(shared_service)) == {
        "askWhatIf",
        "bookAppointment",
        "bookAppointments",
        "changeAppointment",
        "commitScenario",
        "createClinic",
        "extendScenario",
        "findVisits",
        "importClinic",
        "reportAbsence",
        "reportAbsences",
        "replaceRules",
        "rescheduleAppointment",
    }


async def test_a_booking(clinic: ClinicUnderTest) -> None:
    example = with_ids(examples(clinic.service)["bookAppointment"], clinic)
    answer = await Desk(clinic).book(example)
    assert answer.status_code == 201, answer.text


async def test_several_bookings(clinic: ClinicUnderTest) -> None:
    example = with_ids(examples(clinic.service)["bookAppointments"], clinic)
    headers = {"Idempotency-Key": "several"}
    answer = await clinic.client.post("/appointments/batch", json=example, headers=headers)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("example", [A_CHAIN, A_SERIES], ids=["chain", "series"])
async def test_several_visits_in_one_question(shared_clinic: ClinicUnderTest, example: object) -> None:
    assert with_ids(examples(shared_clinic.service)["findVisits"], shared_clinic) == with_ids(
        A_CHAIN, shared_clinic
    )
    answer = await shared_clinic.client.post("/availability", json=with_ids(example, shared_clinic))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("method", "name"), [("PATCH", "changeAppointment"), ("PUT", "rescheduleAppointment")]
)
async def test_a_change(clinic: ClinicUnderTest, method: str, name: str) -> None:
    visit = await Desk(clinic).booked()
    example = with_ids(examples(clinic.service)[name], clinic)
    answer = await clinic.client.request(
        method, f"/appointments/{visit['id']}", json=example, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["start"] == example["start"]


@pytest.mark.parametrize(("path", "name"), [("", "createClinic"), ("/import", "importClinic")])
async def test_a_clinic(shared_service: ServiceUnderTest, path: str, name: str) -> None:
    example = examples(shared_service)[name]
    answer = await shared_service.client.post(
        f"/v1/clinics{path}", json=example, headers=shared_service.platform
    )
    assert answer.status_code == 201, answer.text


async def test_the_rules(clinic: ClinicUnderTest) -> None:
    """The example, with its rules for the clinic's own services and providers."""
    example = examples(clinic.service)["replaceRules"]
    names = {"services": ("scan", "video"), "providers": ("ada", "ben"), "overbooking": ("rush",)}
    body = {
        kind: [{**example[kind][0], "id": clinic.ids[name]} for name in of_kind]
        for kind, of_kind in names.items()
    }
    body["overbooking"][0]["providerId"] = clinic.ids["ada"]
    answer = await clinic.client.put("/rules", json={**example, **body}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("path", "name"), [("/absences", "reportAbsence"), ("/scenarios", "askWhatIf")])
async def test_an_absence_and_a_what_if(clinic: ClinicUnderTest, path: str, name: str) -> None:
    clinic.service.clock.now = BEFORE_THE_EXAMPLES
    example = with_ids(examples(clinic.service)[name], clinic)
    answer = await clinic.client.post(path, json=example, headers=clinic.headers())
    assert answer.status_code == 202, answer.text


async def test_absences_of_several_clinics(clinic: ClinicUnderTest) -> None:
    clinic.service.clock.now = BEFORE_THE_EXAMPLES
    example = with_ids(examples(clinic.service)["reportAbsences"], clinic)
    example["absences"][0]["clinicId"] = clinic.id
    answer = await clinic.service.client.post("/v1/absences", json=example, headers=clinic.headers())
    assert answer.status_code == 202, answer.text
    assert answer.json()["items"][0]["problem"] is None


async def test_solving_on_and_committing(clinic: ClinicUnderTest) -> None:
    clinic.service.clock.now = BEFORE_THE_EXAMPLES
    desk = PlanningDesk(clinic)
    desk.clinic.client.headers = httpx.Headers(clinic.headers())
    visit = await Desk(clinic).booked(with_ids(examples(clinic.service)["bookAppointment"], clinic))
    scenario = await desk.asked(with_ids(examples(clinic.service)["askWhatIf"], clinic))
    await desk.solved(scenario)
    extension = examples(clinic.service)["extendScenario"]
    extension["notThen"][0]["appointmentId"] = visit["id"]
    answer = await desk.post(scenario, "extend", extension)
    assert answer.status_code == 202, answer.text
    await desk.solved(scenario)
    answer = await desk.post(scenario, "commit", examples(clinic.service)["commitScenario"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "committed"


async def test_a_clinic_file_is_described_to_its_last_field(shared_service: ServiceUnderTest) -> None:
    schemas = shared_service.app.openapi()["components"]["schemas"]
    file = schemas["ClinicFile"]
    assert file["additionalProperties"] is False
    assert file["required"] == ["schemaVersion", "clinic"]
    service = schemas[file["properties"]["services"]["items"]["$ref"].rsplit("/", 1)[1]]
    assert service["properties"]["slotStepMinutes"]["default"] == 15


async def test_headers_are_described_where_they_come(shared_service: ServiceUnderTest) -> None:
    operations = {
        operation["operationId"]: operation["responses"]
        for methods in shared_service.app.openapi()["paths"].values()
        for operation in methods.values()
    }
    booked = operations["bookAppointment"]
    assert set(booked["201"]["headers"]) == {"ETag", "Location", "Idempotency-Replayed"}
    assert "Location" in operations["importClinic"]["201"]["headers"]
    for name in ("getAppointment", "getAvailability", "getRoom", "getRules"):
        assert "ETag" in operations[name]["200"]["headers"]
        assert "ETag" in operations[name]["304"]["headers"]
    for name in ("bookAppointment", "changeAppointment", "cancelAppointment", "confirmAppointment"):
        assert "BUSY" in operations[name]["409"]["content"]["application/problem+json"]["examples"]
        assert "Retry-After" in operations[name]["409"]["headers"]
        assert "Retry-After" in operations[name]["503"]["headers"]


async def test_headers_of_requests_are_spelled_as_everybody_spells_them(
    shared_service: ServiceUnderTest,
) -> None:
    names = {
        parameter["name"]
        for methods in shared_service.app.openapi()["paths"].values()
        for operation in methods.values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "header"
    }
    assert names == {"Idempotency-Key", "If-Match", "If-None-Match"}


class TestMessages:
    """First mistakes get an answer that says what to do."""

    async def test_broken_json_is_called_that(self, clinic: ClinicUnderTest) -> None:
        headers = {"Content-Type": "application/json", "Idempotency-Key": "a"}
        answer = await clinic.client.post("/appointments", content='{"start": }', headers=headers)
        assert_problem(answer, 400, "MALFORMED")
        message = "the body is not JSON: Expecting value (at character 10)"
        assert answer.json()["detail"] == message
        assert answer.json()["errors"] == [{"pointer": "", "message": message}]

    async def test_a_date_is_no_start_of_a_booking(self, clinic: ClinicUnderTest) -> None:
        desk = Desk(clinic)
        answer = await desk.book(desk.order(start="2026-11-23"))
        assert_problem(answer, 400, "MALFORMED")
        assert answer.json()["detail"].startswith("start must be a date-time, such as 2026-11-23T09:00,")

    @pytest.mark.parametrize(
        ("question", "said"),
        [
            ("serviceID=1", "serviceID: is not a known name here"),
            ("serviceId=scan", "serviceId: must be an id, such as 0b8f6f0e-5d5f-4b0c-9f0e-3c1d2a7b9e11"),
        ],
    )
    async def test_a_parameter_that_makes_no_sense(
        self, shared_clinic: ClinicUnderTest, question: str, said: str
    ) -> None:
        answer = await shared_clinic.client.get(f"/availability?{question}&start=2026-11-23&end=2026-11-24")
        assert_problem(answer, 400, "MALFORMED")
        assert answer.json()["detail"] == said

    async def test_a_place_that_is_no_point(self, shared_clinic: ClinicUnderTest) -> None:
        where = "service=scan&from=2026-11-23&to=2026-11-24&near=Berlin"
        service = shared_clinic.service
        answer = await service.client.get(f"/v1/slots?{where}", headers=service.platform)
        assert_problem(answer, 400, "MALFORMED")
        assert answer.json()["detail"] == "near: must be latitude and longitude, such as 52.52,13.405"

    async def test_a_question_that_asks_for_nothing(self, shared_clinic: ClinicUnderTest) -> None:
        answer = await shared_clinic.client.post("/availability", json={"start": "2026-11-23"})
        assert_problem(answer, 400, "MALFORMED")
        assert answer.json()["detail"] == "ask for steps or for a series"

    async def test_a_booking_without_a_start(self, shared_clinic: ClinicUnderTest) -> None:
        order = Desk(shared_clinic).order()
        del order["start"]
        answer = await Desk(shared_clinic).book(order)
        assert_problem(answer, 400, "MALFORMED")
        assert answer.json()["detail"] == "/start: is required"

    async def test_a_clinic_that_is_not_there(self, clinic: ClinicUnderTest) -> None:
        nowhere = "0b8f6f0e-5d5f-4b0c-9f0e-3c1d2a7b9e11"
        answer = await clinic.service.client.get(f"/v1/clinics/{nowhere}/providers", headers=clinic.headers())
        assert_problem(answer, 404, "NOT_FOUND")
        assert answer.json()["detail"] == f"there is no clinic {nowhere}"
