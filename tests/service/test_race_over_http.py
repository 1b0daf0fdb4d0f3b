"""Fifty clients, one slot, over HTTP."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.service.documents import an_open_clinic, start_number
from tests.service.running_service import RunningService, running_service
from tests.service.test_kills import Names, every_appointment, names_of

CLIENTS = 50
ROUNDS = 20


@pytest.fixture
def service(data_folder: Path) -> Iterator[RunningService]:
    with running_service(data_folder) as service:
        yield service


def test_one_of_fifty_gets_the_slot_and_the_rest_are_told(service: RunningService) -> None:
    clinic = service.import_clinic(an_open_clinic(providers=1, rooms=1))
    with service.client(clinic) as client:
        names = names_of(client)
        for number in range(ROUNDS):
            answers = asyncio.run(all_at_once(client, names, start_number(number)))
            statuses = Counter(answer.status_code for answer in answers)
            assert statuses == {201: 1, 409: CLIENTS - 1}
            for answer in answers:
                if answer.status_code == 409:
                    problem = answer.json()
                    assert problem["code"] == "SLOT_UNAVAILABLE"
                    assert problem["conflict"]["resource"].startswith(("providers/", "rooms/"))
        stored = list(every_appointment(client))
    assert len(stored) == ROUNDS
    assert len({item["startUTC"] for item in stored}) == ROUNDS


async def all_at_once(client: httpx.Client, names: Names, start: str) -> list[httpx.Response]:
    """Every client sends its order the moment all are ready."""
    ready = asyncio.Barrier(CLIENTS)
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(
        base_url=client.base_url, headers=client.headers, limits=limits, timeout=30
    ) as together:

        async def order(patient: str) -> httpx.Response:
            body = {
                "patientId": patient,
                "providerId": names.providers[0],
                "serviceId": names.service,
                "start": start,
            }
            await ready.wait()
            return await together.post("/appointments", json=body, headers={"Idempotency-Key": str(uuid4())})

        return await asyncio.gather(*(order(patient) for patient in names.patients[:CLIENTS]))


def test_the_winner_of_a_race_is_gone_from_the_next_answer(service: RunningService) -> None:
    clinic = service.import_clinic(an_open_clinic(providers=1, rooms=1))
    with service.client(clinic) as client:
        names = names_of(client)
        asked = {"serviceId": names.service, "start": start_number(0), "end": start_number(3)}
        before = client.get("/availability", params=asked)
        assert [slot["startUTC"] for slot in before.json()["slots"]]
        unchanged = client.get(
            "/availability", params=asked, headers={"If-None-Match": before.headers["ETag"]}
        )
        assert unchanged.status_code == 304
        answers = asyncio.run(all_at_once(client, names, start_number(1)))
        (won,) = [answer.json() for answer in answers if answer.status_code == 201]
        after = client.get("/availability", params=asked, headers={"If-None-Match": before.headers["ETag"]})
        assert after.status_code == 200
        assert won["startUTC"] not in [slot["startUTC"] for slot in after.json()["slots"]]
