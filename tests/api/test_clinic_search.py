"""Slots of many clinics over HTTP: ranked for the patient, kept apart by token, clear about bad questions."""

from typing import Any

import httpx
import jsonschema_rs
import pytest

from api.roles import Role
from models.between_clinics import UNKNOWN_METRES
from tests.api.clinic_documents import FRIDAY, MONDAY, TUESDAY, a_clinic_file
from tests.api.desk import Desk
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest, ServiceUnderTest

pytestmark = pytest.mark.anyio

ELM_STREET, OAK_STREET = (52.52, 13.405), (52.60, 13.405)
"""Oak Street lies nine kilometres north of Elm Street."""


def a_placed_file(name: str, latitude: float, longitude: float) -> dict[str, Any]:
    """The small clinic under a name; its main site lies somewhere, the coast nobody knows where."""
    document = a_clinic_file(name)
    main, coast = document["locations"]
    main |= {"latitude": latitude, "longitude": longitude}
    for known in ("latitude", "longitude"):
        coast.pop(known, None)
    return document


@pytest.fixture(scope="module")
async def elm(shared_service: ServiceUnderTest) -> ClinicUnderTest:
    return await shared_service.store(a_placed_file("Elm Street Clinic", *ELM_STREET))


@pytest.fixture(scope="module")
async def oak(shared_service: ServiceUnderTest, elm: ClinicUnderTest) -> ClinicUnderTest:
    return await shared_service.store(a_placed_file("Oak Street Clinic", *OAK_STREET))


async def ask(running: ServiceUnderTest, headers: dict[str, str], **query: Any) -> httpx.Response:
    """Scans from Monday to Friday; a change to None leaves the parameter out."""
    usual: dict[str, Any] = {"service": "scan", "from": MONDAY, "to": FRIDAY}
    params = {name: value for name, value in (usual | query).items() if value is not None}
    return await running.client.get("/v1/slots", params=params, headers=headers)


async def found(running: ServiceUnderTest, headers: dict[str, str], **query: Any) -> dict[str, Any]:
    answer = await ask(running, headers, **query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def clinics_of(body: dict[str, Any]) -> list[str]:
    return [slot["clinic"]["name"] for slot in body["slots"]]


class TestSlots:
    @pytest.mark.usefixtures("oak")
    async def test_of_the_nearer_clinic_come_first(self, elm: ClinicUnderTest) -> None:
        near_oak = await found(elm.service, elm.service.platform, near="52.61,13.405", limit=3)
        assert clinics_of(near_oak) == ["Oak Street Clinic"] * 3
        assert near_oak["slots"][0]["distanceKm"] == pytest.approx(1.112, abs=0.001)
        latitude, longitude = ELM_STREET
        near_elm = await found(elm.service, elm.service.platform, lat=latitude, lon=longitude, limit=3)
        assert clinics_of(near_elm) == ["Elm Street Clinic"] * 3
        assert near_elm["slots"][0]["distanceKm"] == 0
        assert near_elm["slots"][0]["score"] == 100

    async def test_have_a_score_that_its_parts_add_up_to(self, elm: ClinicUnderTest) -> None:
        body = await found(elm.service, elm.headers(), near="52.7,13.5", preferredTimeOfDay="afternoon")
        scores = [slot["score"] for slot in body["slots"]]
        assert scores == sorted(scores, reverse=True)
        for slot in body["slots"]:
            assert sum(slot["scoreBreakdown"].values()) == pytest.approx(slot["score"])
        assert body["metadata"]["bound"] == pytest.approx(sum(scores))
        assert body["metadata"]["proven"] is True

    async def test_say_where_what_and_with_whom(self, elm: ClinicUnderTest) -> None:
        body = await found(elm.service, elm.headers(), specialty="CARDIOLOGY", limit=1)
        slot = body["slots"][0]
        assert slot["clinic"] == {"id": elm.id, "name": "Elm Street Clinic"}
        assert slot["service"] == {"id": elm.ids["scan"], "name": "Scan", "durationMinutes": 30}
        assert slot["provider"]["name"] == "Dr Ada"
        assert [room["name"] for room in slot["roomOptions"]] == ["Exam"]
        assert (slot["start"], slot["startUTC"]) == ("2026-06-01T09:00:00+02:00", "2026-06-01T07:00:00Z")
        assert slot["distanceKm"] is None

    async def test_have_no_distance_where_nobody_knows_or_nobody_has_to_go(
        self, elm: ClinicUnderTest
    ) -> None:
        coast = await found(elm.service, elm.headers(), near="52.52,13.405", limit=100)
        distances = {slot["location"]["name"]: slot["distanceKm"] for slot in coast["slots"]}
        assert distances == {"Elm Street": 0.0, "Coast": None}
        assert {
            slot["scoreBreakdown"]["nearness"] for slot in coast["slots"] if slot["distanceKm"] is None
        } == {0.0}
        video = await found(elm.service, elm.headers(), near="52.52,13.405", service="VIDEO", limit=1)
        assert video["slots"][0]["distanceKm"] is None
        assert video["slots"][0]["scoreBreakdown"]["nearness"] == 30.0
        assert UNKNOWN_METRES > 40_075_000

    @pytest.mark.usefixtures("oak")
    async def test_fit_the_published_description(self, elm: ClinicUnderTest) -> None:
        document = elm.service.app.openapi()
        schema = document["paths"]["/v1/slots"]["get"]["responses"]["200"]["content"]["application/json"][
            "schema"
        ]
        validator = jsonschema_rs.Draft202012Validator({**schema, "components": document["components"]})
        for query in ({"near": "52.6,13.4"}, {"service": "video"}, {"service": "massage"}):
            validator.validate(await found(elm.service, elm.service.platform, **query))

    async def test_can_be_booked_and_are_gone_then(self, clinic: ClinicUnderTest) -> None:
        desk = Desk(clinic)
        before = (await found(clinic.service, clinic.headers(), limit=1))["slots"][0]
        order = desk.order(before["start"], providerId=before["provider"]["id"])
        assert (await desk.book(order)).status_code == 201
        after = (await found(clinic.service, clinic.headers(), limit=100))["slots"]
        again = (before["start"], before["provider"])
        assert again not in [(slot["start"], slot["provider"]) for slot in after]

    async def test_are_those_of_the_availability_call(self, elm: ClinicUnderTest) -> None:
        query: dict[str, str | int] = {
            "serviceId": elm.ids["scan"],
            "start": TUESDAY,
            "end": TUESDAY,
            "limit": 500,
        }
        alone = (await elm.client.get("/availability", params=query)).json()["slots"]
        together = await found(elm.service, elm.headers(), **{"from": TUESDAY, "to": TUESDAY, "limit": 100})
        ranking = {"score", "scoreBreakdown", "clinic", "service", "distanceKm"}
        plain = [
            {name: part for name, part in slot.items() if name not in ranking}
            for slots in (alone, together["slots"])
            for slot in sorted(slots, key=lambda one: (one["startUTC"], one["provider"]["name"]))
        ]
        assert plain[: len(alone)] == plain[len(alone) :]


class TestWhoSeesWhat:
    @pytest.mark.usefixtures("oak")
    async def test_the_platform_sees_every_clinic(self, elm: ClinicUnderTest) -> None:
        body = await found(elm.service, elm.service.platform, limit=100)
        assert {"Elm Street Clinic", "Oak Street Clinic"} <= set(clinics_of(body))

    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.PLATFORM])
    async def test_everybody_else_sees_their_own(self, oak: ClinicUnderTest, role: Role) -> None:
        body = await found(oak.service, oak.headers(role, oak.ids["pat"]), near="52.52,13.405", limit=100)
        assert {slot["clinic"]["id"] for slot in body["slots"]} == {oak.id}
        assert body["metadata"]["clinicsConsidered"] == body["metadata"]["clinicsOpened"] == 1

    async def test_the_service_of_another_clinic_is_nothing(
        self, elm: ClinicUnderTest, oak: ClinicUnderTest
    ) -> None:
        body = await found(oak.service, oak.headers(), service=elm.ids["scan"])
        assert body["slots"] == []
        assert body["metadata"]["clinicsOpened"] == 0
        of_elm = await found(oak.service, oak.service.platform, service=elm.ids["scan"].upper())
        assert {slot["clinic"]["id"] for slot in of_elm["slots"]} == {elm.id}

    async def test_a_token_that_outlived_its_clinic_sees_nothing(
        self, shared_service: ServiceUnderTest
    ) -> None:
        nowhere = "0b8f6f0e-5d5f-4b0c-9f0e-3c1d2a7b9e11"
        body = await found(shared_service, shared_service.headers(Role.ADMIN, clinic_id=nowhere))
        assert (body["slots"], body["metadata"]["clinicsConsidered"]) == ([], 0)

    async def test_without_a_token_nobody_sees_anything(self, shared_service: ServiceUnderTest) -> None:
        assert_problem(await ask(shared_service, {}), 401, "UNAUTHENTICATED")


class TestQuestionsThatMakeNoSense:
    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"service": None}, "service"),
            ({"service": " "}, "service"),
            ({"from": None}, "from"),
            ({"to": None}, "to"),
            ({"from": "soon"}, "from"),
            ({"from": FRIDAY, "to": MONDAY}, "to"),
            ({"to": "2026-08-01"}, "to"),
            ({"near": "Berlin"}, "near"),
            ({"near": "91,13"}, "near"),
            ({"near": "52,181"}, "near"),
            ({"near": "52.5,13.4", "lat": 52.5, "lon": 13.4}, "near"),
            ({"lat": 52.5}, "lon"),
            ({"lon": 13.4}, "lat"),
            ({"lat": "nan", "lon": 13.4}, "lat"),
            ({"lat": "inf", "lon": 13.4}, "lat"),
            ({"lat": 52.5, "lon": 200}, "lon"),
            ({"preferredTimeOfDay": "night"}, "preferredTimeOfDay"),
            ({"limit": 0}, "limit"),
            ({"limit": 101}, "limit"),
            ({"clinic": "elm"}, "clinic"),
            ({"service": "\x00"}, "service"),
        ],
    )
    async def test_are_refused_by_the_name_of_their_part(
        self, elm: ClinicUnderTest, query: dict[str, Any], field: str
    ) -> None:
        answer = await ask(elm.service, elm.headers(), **query)
        assert_problem(answer, 400, "MALFORMED")
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [field]
