"""Everything that a clinic consists of can be read, by its own people only."""

from typing import Any
from uuid import uuid4

import pytest

from api.roles import Role
from tests.api.clinic_documents import a_clinic_file
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest, ServiceUnderTest

pytestmark = pytest.mark.anyio

KINDS = [
    "locations",
    "providers",
    "rooms",
    "equipment",
    "services",
    "patients",
    "availability",
    "exceptions",
    "overbooking",
]
ID_FIELDS = {"id", "locationId", "providerId", "serviceId"}
ID_LISTS = {"locationIds", "serviceIds", "blockedProviderIds", "allowedProviderIds"}


def as_stored(item: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """An entry of the file under the service's ids."""
    named = {key: ids[value] if key in ID_FIELDS else value for key, value in item.items()}
    named |= {key: [ids[one] for one in item[key]] for key in ID_LISTS & item.keys()}
    if "resource" in item and "/" in item["resource"]:
        kind, identifier = item["resource"].split("/")
        named["resource"] = f"{kind}/{ids[identifier]}"
    return named


@pytest.mark.parametrize("kind", KINDS)
async def test_a_list_gives_what_the_file_said(shared_clinic: ClinicUnderTest, kind: str) -> None:
    body = (await shared_clinic.client.get(f"/{kind}")).json()
    expected = a_clinic_file()[kind]
    assert body["nextCursor"] is None
    assert len(body["items"]) == len(expected)
    for item, entry in zip(body["items"], expected, strict=True):
        assert item.items() >= as_stored(entry, dict(shared_clinic.ids)).items()
        assert item.get("externalId") == entry.get("id")


@pytest.mark.parametrize("kind", KINDS)
async def test_each_item_can_be_read_alone(shared_clinic: ClinicUnderTest, kind: str) -> None:
    for item in (await shared_clinic.client.get(f"/{kind}")).json()["items"]:
        answer = await shared_clinic.client.get(f"/{kind}/{item['id']}")
        assert answer.status_code == 200
        assert answer.json() == item
        assert answer.headers["etag"] == '"1"'


@pytest.mark.parametrize("kind", KINDS)
async def test_an_item_that_has_not_changed_is_not_sent_again(
    shared_clinic: ClinicUnderTest, kind: str
) -> None:
    item = (await shared_clinic.client.get(f"/{kind}")).json()["items"][0]
    answer = await shared_clinic.client.get(f"/{kind}/{item['id']}", headers={"If-None-Match": '"0", W/"1"'})
    assert answer.status_code == 304
    assert answer.content == b""


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"exceptions", "overbooking"}])
async def test_pages_together_give_the_whole_list(shared_clinic: ClinicUnderTest, kind: str) -> None:
    whole = (await shared_clinic.client.get(f"/{kind}")).json()["items"]
    pages, cursor = [], None
    while True:
        params = {"limit": 1} if cursor is None else {"limit": 1, "cursor": cursor}
        body = (await shared_clinic.client.get(f"/{kind}", params=params)).json()
        pages += body["items"]
        cursor = body["nextCursor"]
        if cursor is None:
            break
    assert pages == whole


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "identifier", ["00000000-0000-4000-8000-000000000000", "nothing", "%00", "a" * 300, "%ff", "1e9", "-1"]
)
async def test_what_is_not_there_is_not_found(
    shared_clinic: ClinicUnderTest, kind: str, identifier: str
) -> None:
    assert_problem(await shared_clinic.client.get(f"/{kind}/{identifier}"), 404, "NOT_FOUND")


@pytest.mark.parametrize("kind", KINDS)
async def test_another_clinics_things_do_not_exist(
    shared_clinic: ClinicUnderTest, foreign_clinic: ClinicUnderTest, kind: str
) -> None:
    theirs = (await foreign_clinic.client.get(f"/{kind}")).json()["items"][0]["id"]
    stranger = shared_clinic.headers()
    answers = [
        await shared_clinic.client.get(f"/{kind}/{theirs}"),
        await foreign_clinic.client.get(f"/{kind}", headers=stranger),
        await foreign_clinic.client.get(f"/{kind}/{theirs}", headers=stranger),
        await foreign_clinic.client.get(f"/{kind}/{uuid4()}", headers=stranger),
    ]
    for answer in answers:
        assert_problem(answer, 404, "NOT_FOUND")


async def test_the_platform_sees_every_clinic(
    shared_service: ServiceUnderTest, shared_clinic: ClinicUnderTest, foreign_clinic: ClinicUnderTest
) -> None:
    for clinic in (shared_clinic, foreign_clinic):
        answer = await clinic.client.get("/providers", headers=shared_service.platform)
        assert answer.status_code == 200
    missing = f"/v1/clinics/{uuid4()}/providers"
    assert_problem(
        await shared_service.client.get(missing, headers=shared_service.platform), 404, "NOT_FOUND"
    )


class TestPatients:
    async def test_read_their_own_record(self, shared_clinic: ClinicUnderTest) -> None:
        own = shared_clinic.headers(Role.PATIENT, shared_clinic.ids["pat"])
        answer = await shared_clinic.client.get(f"/patients/{shared_clinic.ids['pat']}", headers=own)
        assert answer.json()["name"] == "Pat Example"

    async def test_read_nobody_elses(self, shared_clinic: ClinicUnderTest) -> None:
        own = shared_clinic.headers(Role.PATIENT, shared_clinic.ids["pat"])
        one = await shared_clinic.client.get(f"/patients/{shared_clinic.ids['sam']}", headers=own)
        assert_problem(one, 404, "NOT_FOUND")
        assert_problem(await shared_clinic.client.get("/patients", headers=own), 403, "FORBIDDEN")

    async def test_may_not_export(self, shared_clinic: ClinicUnderTest) -> None:
        own = shared_clinic.headers(Role.PATIENT, shared_clinic.ids["pat"])
        assert_problem(await shared_clinic.client.get("/export", headers=own), 403, "FORBIDDEN")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=x",
        "limit=1e400",
        f"limit={10**30}",
        "cursor=x",
        "cursor=%00",
        "cursor=WzFd.",
        "cursor=WyJhIl0",
        "cursor=e30",
        "cursor=WzFlNDAwXQ",
        "cursor=W3RydWVd",
        "cursor=%F0%9F%98%80",
        "unknown=1",
    ],
)
async def test_a_bad_query_is_refused(shared_clinic: ClinicUnderTest, kind: str, query: str) -> None:
    assert_problem(await shared_clinic.client.get(f"/{kind}?{query}"), 400, "MALFORMED")
