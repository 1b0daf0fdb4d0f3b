"""Tenants and whole clinic files over HTTP."""

import json
from typing import Any

import pytest

from api.clinic_file import parse_clinic
from api.roles import Role
from tests.api.canonical import canonical
from tests.api.clinic_documents import a_clinic_file
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest, ServiceUnderTest

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}
A_CLINIC = {"name": "New Clinic", "timezone": "Asia/Tokyo"}
NOT_THE_PLATFORM = [role for role in Role if role is not Role.PLATFORM]


class TestImport:
    async def test_stores_a_clinic_and_says_where(self, service: ServiceUnderTest) -> None:
        answer = await service.client.post(
            "/v1/clinics/import", json=a_clinic_file(), headers=service.platform
        )
        assert answer.status_code == 201
        body = answer.json()
        assert answer.headers["location"] == f"/v1/clinics/{body['id']}"
        assert (body["name"], body["timezone"]) == ("Elm Street Clinic", "Europe/Berlin")
        assert body["externalId"] == "elm"
        found = await service.client.get(answer.headers["location"], headers=service.platform)
        assert found.json() == body

    async def test_an_export_equals_what_was_imported(self, clinic: ClinicUnderTest) -> None:
        exported = await clinic.client.get("/export")
        assert exported.status_code == 200
        assert canonical(exported.json()) == canonical(a_clinic_file())
        parse_clinic(exported.json())

    async def test_a_fault_is_named_by_its_path_and_nothing_is_stored(
        self, service: ServiceUnderTest
    ) -> None:
        document = a_clinic_file()
        document["rooms"][1]["locationId"] = "nowhere"
        answer = await service.client.post("/v1/clinics/import", json=document, headers=service.platform)
        problem = assert_problem(answer, 422, "INVALID_CLINIC")
        assert problem["errors"][0]["path"] == "$.rooms[1].locationId"
        assert await stored_clinics(service) == []

    @pytest.mark.parametrize(
        "content",
        [b"", b"{", b"\xff", b'{"a": NaN}', b'"\\ud800"', b"[" * 100_000, b'{"schemaVersion": 1} x', b"\x00"],
        ids=["nothing", "half", "no UTF-8", "NaN", "half a surrogate pair", "depth", "more behind", "NUL"],
    )
    async def test_what_is_not_json_is_refused(self, service: ServiceUnderTest, content: bytes) -> None:
        answer = await service.client.post(
            "/v1/clinics/import", content=content, headers=service.platform | JSON
        )
        assert_problem(answer, 400, "MALFORMED")
        assert await stored_clinics(service) == []

    @pytest.mark.parametrize(
        "document",
        [
            None,
            [],
            "x",
            7,
            {},
            {"schemaVersion": 2},
            {"schemaVersion": 1, "clinic": []},
            {**a_clinic_file(), "surprise": 1},
            {**a_clinic_file(), "clinic": {"name": "a\x00b", "timezone": "UTC"}},
            {**a_clinic_file(), "clinic": {"name": "x", "timezone": "../etc/passwd"}},
            {**a_clinic_file(), "clinic": {"name": "x", "timezone": "UTC", "gridMinutes": 10**30}},
            {**a_clinic_file(), "patients": [{"id": "p", "name": "x\x00"}]},
        ],
        ids=str,
    )
    async def test_what_is_no_clinic_is_refused(self, service: ServiceUnderTest, document: Any) -> None:
        content = json.dumps(document).encode()
        answer = await service.client.post(
            "/v1/clinics/import", content=content, headers=service.platform | JSON
        )
        assert_problem(answer, 422, "INVALID_CLINIC")
        assert await stored_clinics(service) == []

    async def test_must_be_sent_as_json(self, service: ServiceUnderTest) -> None:
        answer = await service.client.post(
            "/v1/clinics/import",
            content=json.dumps(a_clinic_file()),
            headers=service.platform | {"Content-Type": "text/plain"},
        )
        assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")

    @pytest.mark.parametrize("role", NOT_THE_PLATFORM)
    async def test_is_for_the_platform_only(self, shared_clinic: ClinicUnderTest, role: Role) -> None:
        client = shared_clinic.service.client
        before = await stored_clinics(shared_clinic.service)
        for path, body in (("/v1/clinics/import", a_clinic_file()), ("/v1/clinics", A_CLINIC)):
            answer = await client.post(path, json=body, headers=shared_clinic.headers(role))
            assert_problem(answer, 403, "FORBIDDEN")
        assert await stored_clinics(shared_clinic.service) == before


class TestCreate:
    async def test_a_new_clinic_is_empty(self, service: ServiceUnderTest) -> None:
        answer = await service.client.post("/v1/clinics", json=A_CLINIC, headers=service.platform)
        assert answer.status_code == 201
        assert answer.json().items() >= {**A_CLINIC, "gridMinutes": 5}.items()
        rooms = await service.client.get(f"{answer.headers['location']}/rooms", headers=service.platform)
        assert rooms.json() == {"items": [], "nextCursor": None}

    @pytest.mark.parametrize(
        "changes",
        [
            {"name": None},
            {"name": ""},
            {"name": "x" * 201},
            {"name": "a\x00b"},
            {"name": 7},
            {"gridMinutes": 0},
            {"gridMinutes": 2**63},
            {"weights": {"gap": -1}},
            {"surprise": True},
        ],
        ids=str,
    )
    async def test_nonsense_is_refused(self, service: ServiceUnderTest, changes: dict[str, Any]) -> None:
        answer = await service.client.post(
            "/v1/clinics", json={**A_CLINIC, **changes}, headers=service.platform
        )
        problem = assert_problem(answer, 400, "MALFORMED")
        assert problem["errors"][0]["pointer"].startswith(f"/{next(iter(changes))}")
        assert await stored_clinics(service) == []

    @pytest.mark.parametrize("name", ["   ", "\t"])
    async def test_a_blank_name_is_refused(self, service: ServiceUnderTest, name: str) -> None:
        answer = await service.client.post(
            "/v1/clinics", json={**A_CLINIC, "name": name}, headers=service.platform
        )
        assert_problem(answer, 422, "INVALID_CLINIC")

    async def test_a_zone_that_does_not_exist_is_refused(self, service: ServiceUnderTest) -> None:
        answer = await service.client.post(
            "/v1/clinics", json={**A_CLINIC, "timezone": "Mars/Base"}, headers=service.platform
        )
        assert_problem(answer, 422, "INVALID_CLINIC")


class TestList:
    async def test_the_platform_sees_all_of_them_page_by_page(self, service: ServiceUnderTest) -> None:
        names = [f"Clinic {number}" for number in range(3)]
        for name in names:
            await service.client.post(
                "/v1/clinics", json={**A_CLINIC, "name": name}, headers=service.platform
            )
        first = await service.client.get("/v1/clinics?limit=2", headers=service.platform)
        cursor = first.json()["nextCursor"]
        second = await service.client.get(f"/v1/clinics?limit=2&cursor={cursor}", headers=service.platform)
        found = [item["name"] for item in first.json()["items"] + second.json()["items"]]
        assert (found, second.json()["nextCursor"]) == (names, None)

    @pytest.mark.parametrize("role", NOT_THE_PLATFORM)
    async def test_everybody_else_sees_their_own(
        self, shared_clinic: ClinicUnderTest, foreign_clinic: ClinicUnderTest, role: Role
    ) -> None:
        headers = shared_clinic.headers(role)
        answer = await shared_clinic.service.client.get("/v1/clinics", headers=headers)
        assert [item["id"] for item in answer.json()["items"]] == [shared_clinic.id]
        theirs = await shared_clinic.service.client.get(foreign_clinic.path, headers=headers)
        assert_problem(theirs, 404, "NOT_FOUND")


@pytest.mark.parametrize("role", [Role.PATIENT, Role.FRONT_DESK, Role.PROVIDER])
async def test_an_export_is_for_those_who_manage(shared_clinic: ClinicUnderTest, role: Role) -> None:
    answer = await shared_clinic.client.get("/export", headers=shared_clinic.headers(role))
    assert_problem(answer, 403, "FORBIDDEN")


async def stored_clinics(service: ServiceUnderTest) -> list[dict[str, Any]]:
    answer = await service.client.get("/v1/clinics?limit=500", headers=service.platform)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items
