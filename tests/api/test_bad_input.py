"""Every kind of nonsense in every field of every body: refused clearly, nothing stored, never a 5xx."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.clinic_documents import TUESDAY
from tests.api.desk import Desk
from tests.api.service_under_test import ClinicUnderTest

pytestmark = pytest.mark.anyio

NONSENSE: dict[str, Any] = {
    "nothing": None,
    "empty": "",
    "blank": "   ",
    "NUL": "a\x00b",
    "control": "\x01\x1b",
    "half a surrogate pair": "\ud800",
    "right to left": "\u202e",
    "long": "x" * 5000,
    "number": 7,
    "negative": -1,
    "zero": 0,
    "fraction": 1.5,
    "2^31": 2**31,
    "2^63": 2**63,
    "10^400": 10**400,
    "yes": True,
    "list": [],
    "list of nothing": [None],
    "list of NUL": ["\x00"],
    "deep list": [[[[[["x"]]]]]],
    "object": {},
    "SQL": "'; DROP TABLE appointment; --",
    "no date": "2026-02-30T10:00:00Z",
    "far date": "9999-12-31T23:59:59Z",
    "early date": "0001-01-01T00:00:00+23:59",
    "other digits": "٢٠٢٦-٠٦-٠٢T٠٩:٠٠",
    "no id": "not-an-id",
    "braced id": "{0b8f6f0e-5d5f-4b0c-9f0e-3c1d2a7b9e11}",
    "id in one piece": "0b8f6f0e5d5f4b0c9f0e3c1d2a7b9e11",
}
FIELDS = [
    "patientId",
    "serviceId",
    "providerId",
    "start",
    "end",
    "locationId",
    "roomId",
    "roomSelectionMode",
    "equipmentIds",
    "holdMinutes",
    "notes",
    "idempotencyKey",
    "surprise",
]
NOTHING_IS_FINE = set(FIELDS) - {"patientId", "serviceId", "providerId", "start", "surprise"}
ANY_TEXT = {"notes", "idempotencyKey"}
CLIENT_ERRORS = range(400, 500)


def makes_sense(field: str, value: Any) -> bool:
    """The few pieces of nonsense that are none in that field."""
    if value is None:
        return field in NOTHING_IS_FINE
    if isinstance(value, str):
        unstorable = value in ("\x00", "a\x00b", "\ud800") or len(value) > 4000
        return field in ANY_TEXT and not unstorable and not (field == "idempotencyKey" and value == "")
    return (field, value) in (("holdMinutes", 7), ("equipmentIds", []))


@pytest.fixture(scope="module")
async def desk(shared_clinic: ClinicUnderTest) -> Desk:
    return Desk(shared_clinic)


async def send(desk: Desk, method: str, path: str, body: Any, **headers: str) -> int:
    """The status; whatever goes wrong is a problem document."""
    content = json.dumps(body).encode()
    answer = await desk.clinic.client.request(
        method, path, content=content, headers={"Content-Type": "application/json", **headers}
    )
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"]
    return answer.status_code


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("kind", NONSENSE)
async def test_in_a_booking(desk: Desk, field: str, kind: str) -> None:
    body = {**desk.order(), field: NONSENSE[kind]}
    key = {} if field == "idempotencyKey" else {"Idempotency-Key": f"{field} {kind}"}
    status = await send(desk, "POST", "/appointments", body, **key)
    stored = await desk.stored(status="scheduled,pending")
    for visit in stored:
        await desk.clinic.client.delete(f"/appointments/{visit['id']}")
    if status == 201:
        assert makes_sense(field, NONSENSE[kind])
    else:
        assert (status in CLIENT_ERRORS, stored) == (True, [])


@pytest.mark.parametrize("field", ["start", "end", "providerId", "roomId", "status", "notes", "surprise"])
@pytest.mark.parametrize("kind", NONSENSE)
async def test_in_a_change(desk: Desk, field: str, kind: str) -> None:
    visit = await desk.booked(desk.order(f"{TUESDAY}T11:00"))
    path = f"/appointments/{visit['id']}"
    for method in ("PATCH", "PUT"):
        before = (await desk.read(visit)).json()
        status = await send(desk, method, path, {field: NONSENSE[kind]}, **{"If-Match": "*"})
        after = (await desk.read(visit)).json()
        if status == 200:
            assert makes_sense("notes" if field == "notes" else "end", NONSENSE[kind])
        else:
            assert (status in CLIENT_ERRORS, after) == (True, before)
    await desk.clinic.client.delete(path)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"x"', "NaN", '{"start": }', "\x00", "{}"])
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
async def test_instead_of_a_body(desk: Desk, method: str, content: str) -> None:
    visit = await desk.booked(desk.order(f"{TUESDAY}T11:00"))
    path = "/appointments" if method == "POST" else f"/appointments/{visit['id']}"
    headers = {"Content-Type": "application/json", "If-Match": "*", "Idempotency-Key": "a"}
    answer = await desk.clinic.client.request(method, path, content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "MALFORMED")
    assert (await desk.read(visit)).json() == visit
    await desk.clinic.client.delete(f"/appointments/{visit['id']}")


@pytest.mark.parametrize("name", ["Idempotency-Key", "If-Match", "If-None-Match", "Authorization"])
@pytest.mark.parametrize("value", [b"\xff\xfe", b"\x01", b'"' * 500, b"x" * 10_000, b"null", "é".encode()])
async def test_in_a_header(desk: Desk, name: str, value: bytes) -> None:
    answer = await desk.clinic.client.request(
        "GET", "/appointments?limit=1", headers=[(name.encode(), value)]
    )
    assert answer.status_code < 500
    booking = await desk.clinic.client.post(
        "/appointments", json=desk.order(start="nonsense"), headers=[(name.encode(), value)]
    )
    assert booking.status_code in CLIENT_ERRORS


def parameters(document: dict[str, Any], place: str) -> list[tuple[str, str, str]]:
    """Every method, path and parameter in that place that the service describes."""
    return [
        (method, path, parameter["name"])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == place
    ]


@pytest.mark.parametrize("kind", [kind for kind, value in NONSENSE.items() if isinstance(value, str | int)])
async def test_in_every_parameter_of_every_call(desk: Desk, kind: str) -> None:
    document = desk.clinic.service.app.openapi()
    text = str(NONSENSE[kind]) if kind != "10^400" else "1" + "0" * 400
    value = quote(text.encode("utf-8", "surrogatepass"), safe="")
    client = desk.clinic.service.client
    ids = desk.clinic.ids
    question = {"serviceId": ids["scan"], "start": TUESDAY, "end": TUESDAY}
    for method, path, name in parameters(document, "query") + parameters(document, "path"):
        in_path = f"{{{name}}}" in path
        url = path.replace(f"{{{name}}}", value).replace("{clinicId}", desk.clinic.id)
        url = re.sub(r"\{\w+\}", desk.clinic.ids["pat"], url)
        usual = question if path.endswith("/availability") else {}
        words = [f"{key}={one}" for key, one in usual.items() if key != name]
        query = "&".join(words if in_path else [*words, f"{name}={value}"])
        answer = await client.request(method, f"{url}?{query}", headers=desk.clinic.service.platform)
        assert answer.status_code < 500, (method, url, name)
        if answer.status_code >= 400:
            assert answer.json()["code"], (method, url, name)
            assert "is missing" not in answer.text, (method, url, name)
