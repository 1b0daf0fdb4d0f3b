"""Lists of appointments: filtered, by start, page by page."""

from typing import Any

import pytest

from tests.api.clinic_documents import FRIDAY, TUESDAY
from tests.api.desk import Desk
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest
from tests.builders import NOBODY

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def desk(shared_clinic: ClinicUnderTest) -> Desk:
    """Five visits: three on Tuesday (one of them at the coast, one by video), two on Friday."""
    desk, ids = Desk(shared_clinic), shared_clinic.ids
    await desk.booked(desk.order(f"{FRIDAY}T09:00", patientId=ids["kim"]))
    await desk.booked(desk.order(f"{TUESDAY}T09:00"))
    await desk.booked(desk.order(f"{TUESDAY}T10:00", providerId=ids["ben"], patientId=ids["kim"]))
    await desk.booked(desk.order(f"{TUESDAY}T10:00", serviceId=ids["video"]))
    canceled = await desk.booked(desk.order(f"{FRIDAY}T10:00"))
    await desk.clinic.client.delete(f"/appointments/{canceled['id']}")
    return desk


async def test_are_in_the_order_of_their_starts(desk: Desk) -> None:
    starts = [visit["startUTC"] for visit in await desk.stored()]
    assert len(starts) == 5
    assert starts == sorted(starts)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"from": TUESDAY, "to": TUESDAY}, 3),
        ({"from": FRIDAY}, 2),
        ({"to": TUESDAY}, 3),
        ({"to": f"{TUESDAY}T10:00"}, 1),
        ({"from": f"{TUESDAY}T10:00", "to": f"{TUESDAY}T10:01"}, 1),
        ({"from": "2026-06-02T09:00:00Z", "to": "2026-06-02T09:00:01Z"}, 1),
        ({"providerId": "ben"}, 1),
        ({"roomId": "exam"}, 3),
        ({"locationId": "coast"}, 1),
        ({"serviceId": "video"}, 1),
        ({"patientId": "kim"}, 2),
        ({"patientId": "kim", "locationId": "main"}, 1),
        ({"status": "canceled"}, 1),
        ({"status": "scheduled"}, 4),
        ({"status": "scheduled,canceled"}, 5),
        ({"status": ["scheduled", "canceled"]}, 5),
        ({"status": "completed"}, 0),
        ({"providerId": NOBODY}, 0),
    ],
    ids=str,
)
async def test_can_be_narrowed(desk: Desk, query: dict[str, Any], count: int) -> None:
    ids = desk.clinic.ids
    named = {key: ids.get(value, value) if isinstance(value, str) else value for key, value in query.items()}
    assert len(await desk.stored(**named)) == count


@pytest.mark.parametrize("limit", [1, 2, 4, 5])
async def test_come_page_by_page(desk: Desk, limit: int) -> None:
    pages: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        params: dict[str, Any] = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        body = (await desk.clinic.client.get("/appointments", params=params)).json()
        assert len(body["items"]) <= limit
        pages += body["items"]
        cursor = body["nextCursor"]
        if cursor is None:
            break
    assert pages == await desk.stored()


async def test_show_patients_their_own(desk: Desk) -> None:
    answer = await desk.clinic.client.get("/appointments", headers=desk.as_patient("kim"))
    items = answer.json()["items"]
    assert len(items) == 2
    assert {item["patientId"] for item in items} == {desk.clinic.ids["kim"]}
    others = await desk.clinic.client.get(
        "/appointments", params={"patientId": desk.clinic.ids["pat"]}, headers=desk.as_patient("kim")
    )
    assert_problem(others, 403, "FORBIDDEN")


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "from=2026-02-30",
        "from=%00",
        f"from={FRIDAY}&to={TUESDAY}",
        f"from={TUESDAY}T10:00&to={TUESDAY}T10:00",
        "to=9999-12-31",
        "status=done",
        "status=",
        "status=scheduled,",
        "providerId=ben",
        "patientId=",
        "roomId=%00",
        "limit=0",
        "limit=501",
        f"limit={10**40}",
        "cursor=x",
        "cursor=WyJhIiwiYiJd",
        "cursor=WyIyMDI2LTA2LTAxIiwiYiJd",
        "cursor=WzEsMl0",
        "surprise=1",
    ],
)
async def test_refuse_nonsense(shared_clinic: ClinicUnderTest, query: str) -> None:
    assert_problem(await shared_clinic.client.get(f"/appointments?{query}"), 400, "MALFORMED")


async def test_refuse_a_time_that_the_clock_skips(shared_clinic: ClinicUnderTest) -> None:
    answer = await shared_clinic.client.get("/appointments?from=2027-03-28T02:30")
    assert_problem(answer, 400, "NONEXISTENT_LOCAL_TIME")
