"""Bookings outlive the death of the service and of its database."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.service.documents import an_open_clinic, start_number
from tests.service.running_service import RunningService, running_service

CLIENTS = 4
WARM_UP = 40
"""Bookings that are acknowledged before something dies."""


@dataclass
class Bookings:
    """What clients sent and heard, one order per key."""

    orders: dict[str, dict[str, str]] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Key -> appointment id of every 201."""
    unknown: set[str] = field(default_factory=set)
    """Keys of orders whose answer never came, or said that nobody knows."""
    changed: threading.Condition = field(default_factory=threading.Condition)
    stopped: threading.Event = field(default_factory=threading.Event)

    def acknowledge(self, key: str, appointment_id: str) -> None:
        with self.changed:
            self.acknowledged[key] = appointment_id
            self.changed.notify_all()

    def doubt(self, key: str) -> None:
        with self.changed:
            self.unknown.add(key)
            self.changed.notify_all()

    def wait_for(self, *, acknowledged: int = 0, unknown: int = 0) -> None:
        """Until so many orders have been acknowledged, and so many are in doubt."""
        with self.changed:
            assert self.changed.wait_for(
                lambda: len(self.acknowledged) >= acknowledged and len(self.unknown) >= unknown, timeout=60
            )


@dataclass(frozen=True)
class Names:
    """The ids that the service gave to the clinic's entities."""

    service: str
    providers: list[str]
    patients: list[str]


def names_of(client: httpx.Client) -> Names:
    def ids(kind: str) -> list[str]:
        items = client.get(f"/{kind}", params={"limit": 500}).json()["items"]
        return [item["id"] for item in items]

    return Names(ids("services")[0], ids("providers"), ids("patients"))


def book_until_stopped(client: httpx.Client, names: Names, bookings: Bookings, worker: int) -> None:
    """Book one start after the other; every worker has its own provider and patient."""
    number = 0
    while not bookings.stopped.is_set():
        key = str(uuid4())
        order = {
            "patientId": names.patients[worker],
            "providerId": names.providers[worker],
            "serviceId": names.service,
            "start": start_number(number),
        }
        bookings.orders[key] = order
        number += 1
        try:
            answer = client.post("/appointments", json=order, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            bookings.doubt(key)
            bookings.stopped.wait(0.1)
            continue
        if answer.status_code == 201:
            bookings.acknowledge(key, answer.json()["id"])
        else:
            assert answer.status_code == 503, answer.text
            bookings.doubt(key)


def bookings_around(client: httpx.Client, names: Names, kill: "Kill") -> Bookings:
    """Let clients book, kill something in the middle, and stop them once its death was felt.

    A service whose database alone was killed brings it back by itself, and repeats what was not yet being
    committed: then clients book on, and often none of them is left in doubt.
    """
    bookings = Bookings()
    workers = [
        threading.Thread(target=book_until_stopped, args=(client, names, bookings, worker))
        for worker in range(CLIENTS)
    ]
    for worker in workers:
        worker.start()
    try:
        bookings.wait_for(acknowledged=WARM_UP)
        kill()
        if kill.what == "database":
            bookings.wait_for(acknowledged=len(bookings.acknowledged) + WARM_UP)
        else:
            bookings.wait_for(unknown=1)
    finally:
        bookings.stopped.set()
        for worker in workers:
            worker.join()
    return bookings


class Kill:
    """Something to die, as a call."""

    def __init__(self, service: RunningService, what: str) -> None:
        self.service, self.what = service, what

    def __call__(self) -> None:
        if self.what in ("service", "both"):
            self.service.kill()
        if self.what in ("database", "both"):
            self.service.kill_database()


@pytest.fixture
def service(data_folder: Path) -> Iterator[RunningService]:
    with running_service(data_folder) as service:
        yield service


@pytest.mark.parametrize("what", ["service", "database", "both"])
def test_every_acknowledged_booking_is_there_after_a_kill(service: RunningService, what: str) -> None:
    clinic = service.import_clinic(an_open_clinic(providers=CLIENTS, rooms=CLIENTS))
    with service.client(clinic) as client:
        names = names_of(client)
        bookings = bookings_around(client, names, Kill(service, what))
        if what != "database":
            service.start()
        stored = {item["id"]: item for item in every_appointment(client)}
        assert set(bookings.acknowledged.values()) <= stored.keys()
        settle(client, bookings)
        stored = {item["id"]: item for item in every_appointment(client)}
    assert set(bookings.acknowledged.values()) == stored.keys()
    starts = [(item["providerId"], item["startUTC"]) for item in stored.values()]
    assert len(set(starts)) == len(starts)


def settle(client: httpx.Client, bookings: Bookings) -> None:
    """Ask again with the same key: each unknown outcome becomes a known one, and happens once."""
    for key in bookings.unknown:
        answers = [
            client.post("/appointments", json=bookings.orders[key], headers={"Idempotency-Key": key})
            for _ in range(2)
        ]
        assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
        assert answers[0].content == answers[1].content
        bookings.acknowledged[key] = answers[0].json()["id"]


def every_appointment(client: httpx.Client) -> Iterator[dict[str, str]]:
    """All stored appointments, page after page."""
    cursor = None
    while True:
        page = client.get(
            "/appointments", params={"limit": 100} | ({"cursor": cursor} if cursor else {})
        ).json()
        yield from page["items"]
        cursor = page["nextCursor"]
        if cursor is None:
            return
