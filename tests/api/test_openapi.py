"""What the service publishes about itself is complete, and stays."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from api.errors import MEDIA_TYPE
from tests.api.service_under_test import ServiceUnderTest

pytestmark = pytest.mark.anyio

OPERATIONS = {
    "askWhatIf",
    "bookAppointment",
    "bookAppointments",
    "cancelAppointment",
    "changeAppointment",
    "commitScenario",
    "compareScenarios",
    "confirmAppointment",
    "createClinic",
    "deleteScenario",
    "exportClinic",
    "extendScenario",
    "getAppointment",
    "findVisits",
    "getAvailability",
    "getAvailabilityRow",
    "getClinic",
    "getEquipmentPool",
    "getException",
    "getHealth",
    "getLocation",
    "getOverbookingRule",
    "getPatient",
    "getPlan",
    "getProvider",
    "getReadiness",
    "getRoom",
    "getRules",
    "getScenario",
    "getService",
    "importClinic",
    "listAppointments",
    "listClinics",
    "listEquipment",
    "listExceptions",
    "listLocations",
    "listOverbooking",
    "listPatients",
    "listProviders",
    "listRescheduling",
    "listRooms",
    "listScenarios",
    "listServices",
    "replaceRules",
    "reportAbsence",
    "reportAbsences",
    "rescheduleAppointment",
    "searchSlots",
    "stopScenario",
}
OPEN = {"getHealth", "getReadiness"}


@pytest.fixture
def document(shared_service: ServiceUnderTest) -> dict[str, Any]:
    found: dict[str, Any] = shared_service.app.openapi()
    return found


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


async def test_the_operations_keep_their_names(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(document)]
    assert len(names) == len(set(names))
    assert set(names) == OPERATIONS


async def test_every_route_is_published(shared_service: ServiceUnderTest, document: dict[str, Any]) -> None:
    assert (await shared_service.client.get("/openapi.json")).json() == document
    assert document["openapi"].startswith("3.1")


async def test_every_operation_is_described_with_an_example(document: dict[str, Any]) -> None:
    for operation in operations(document):
        assert operation["summary"]
        assert operation["description"]
        answers = [
            part
            for status, part in operation["responses"].items()
            if status.startswith("2") and status != "204"
        ]
        for part in [*answers, *([operation["requestBody"]] if "requestBody" in operation else [])]:
            content = part["content"]["application/json"]
            assert "example" in content, operation["operationId"]
            assert {"$ref", "anyOf"} & content["schema"].keys(), operation["operationId"]


async def test_examples_fit_their_schemas(document: dict[str, Any]) -> None:
    for operation in operations(document):
        for part in [*operation["responses"].values(), operation.get("requestBody", {})]:
            for content in part.get("content", {}).values():
                schema = {**content["schema"], "components": document["components"]}
                validator = jsonschema_rs.Draft202012Validator(schema)
                examples = [one["value"] for one in content.get("examples", {}).values()]
                for example in [*examples, *([content["example"]] if "example" in content else [])]:
                    validator.validate(example)


async def test_every_error_is_a_problem_document(document: dict[str, Any]) -> None:
    for operation in operations(document):
        for status, part in operation["responses"].items():
            if status[0] in "45":
                assert set(part["content"]) == {MEDIA_TYPE}
                codes = set(part["content"][MEDIA_TYPE]["examples"])
                assert codes
                assert all(f"`{code}`" in part["description"] for code in codes)


async def test_every_operation_names_the_errors_that_it_can_give(document: dict[str, Any]) -> None:
    for operation in operations(document):
        expected = {"503"} if operation["operationId"] in OPEN else {"400", "401", "403", "500", "503", "504"}
        if operation["operationId"] == "getHealth":
            expected = set()
        if "{clinicId}" in str(operation.get("parameters", "")) or any(
            parameter["name"] == "clinicId" for parameter in operation.get("parameters", [])
        ):
            expected |= {"404"}
        if "requestBody" in operation:
            expected |= {"413", "415"}
        assert expected <= set(operation["responses"]), operation["operationId"]


async def test_everything_but_health_needs_a_token(
    shared_service: ServiceUnderTest, document: dict[str, Any]
) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            needed = operation["operationId"] not in OPEN
            assert ("security" in operation) is needed
            if needed:
                url = path.replace("{", "").replace("}", "")
                answer = await shared_service.client.request(method, url)
                assert answer.status_code == 401, (method, path)
