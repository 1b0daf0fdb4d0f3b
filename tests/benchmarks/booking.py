"""Booking over HTTP, against pgbench sending the same statements to the same server."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import count, islice
from pathlib import Path
from uuid import UUID, uuid4

import orjson
import psycopg

from models.clinic import Clinic, Location, Patient, Provider, Room, Service, WorkingHours
from models.clinic_file import ClinicFile
from models.postgres.ids import clinic_lock
from models.postgres.ready import ready_database
from models.refs import provider_ref
from models.setup import ClinicSetup
from tests.benchmarks.booking_script import SLOT_MINUTES, booking_script
from tests.benchmarks.http_questions import next_monday
from tests.benchmarks.lean_http import Load, drive, own_process
from tests.benchmarks.measuring import Sample, sample
from tests.benchmarks.pgbench import transactions_per_second
from tests.benchmarks.rows import Row, compared, times_at_least
from tests.benchmarks.run import Run
from tests.benchmarks.services import HOST, running_service
from tests.benchmarks.services import Service as RunningService

STATIONS = 32
"""Each is a provider, a room and a patient who meet around the clock, so that nobody waits for anybody."""
MOST_PER_SECOND = 1500


def always_open_clinic() -> ClinicFile:
    """So many stations, and visits of a quarter of an hour."""
    numbers = range(STATIONS)
    service = Service(id="visit", name="Visit", duration_minutes=SLOT_MINUTES, room_types=frozenset({"exam"}))
    setup = ClinicSetup(
        clinic=Clinic(id="always-open", name="Always open", timezone="UTC"),
        locations=(Location(id="here", name="Here"),),
        providers=tuple(
            Provider(id=f"provider-{n}", name=f"Provider {n}", location_ids=("here",), service_ids=("visit",))
            for n in numbers
        ),
        rooms=tuple(Room(id=f"room-{n}", location_id="here", name=f"Room {n}", type="exam") for n in numbers),
        services=(service,),
        working_hours=tuple(
            WorkingHours(resource=provider_ref(f"provider-{n}"), rrule="FREQ=DAILY", start=0, end=1440)
            for n in numbers
        ),
    )
    return ClinicFile(
        setup=setup, patients=tuple(Patient(id=f"patient-{n}", name=f"Patient {n}") for n in numbers)
    )


@dataclass(frozen=True)
class Orders:
    """Bookings that do not touch each other: station by station, then the next quarter of an hour."""

    service: RunningService
    clinic_id: str
    stations: list[tuple[str, str, str]]
    """Provider, room and patient."""
    service_id: str
    numbers: "count[int]"

    @staticmethod
    def of(service: RunningService, clinic_id: str) -> "Orders":
        people, rooms, patients = (
            service.ids(clinic_id, kind) for kind in ("providers", "rooms", "patients")
        )
        stations = [
            (people[f"provider-{n}"], rooms[f"room-{n}"], patients[f"patient-{n}"]) for n in range(STATIONS)
        ]
        service_id = service.ids(clinic_id, "services")["visit"]
        return Orders(service, clinic_id, stations, service_id, count(0))

    def requests(self, many: int) -> list[bytes]:
        """The next so many orders."""
        return list(islice(self._endless(), many))

    def _endless(self) -> Iterator[bytes]:
        first = datetime.combine(next_monday(), time(), UTC)
        for number in self.numbers:
            provider_id, room_id, patient_id = self.stations[number % STATIONS]
            start = first + timedelta(minutes=SLOT_MINUTES) * (number // STATIONS)
            order = {
                "patientId": patient_id,
                "serviceId": self.service_id,
                "providerId": provider_id,
                "roomId": room_id,
                "start": start.isoformat(),
            }
            key = {"Idempotency-Key": str(uuid4())}
            yield self.service.request("POST", f"/v1/clinics/{self.clinic_id}/appointments", order, key)


@dataclass(frozen=True)
class Rival:
    """pgbench, with all that it needs to send the product's statements."""

    conninfo: str
    script: Path
    values: dict[str, object]
    runs: "count[int]"

    def rate(self, clients: int, seconds: int) -> float:
        """Bookings a second; every run has weeks of its own."""
        run = next(self.runs)
        first = datetime.combine(next_monday(), time(), UTC) + timedelta(days=100 * run)
        given = {**self.values, "number": 0, "run": run, "first": int(first.timestamp())}
        return transactions_per_second(
            self.conninfo, self.script, clients=clients, seconds=seconds, values=given
        )


def rival(orders: Orders, script: Path, runs: "count[int]", *, pipelined: bool) -> Rival:
    """pgbench on the service's own server, writing rows as long as those of a real booking."""
    service = orders.service
    [answered] = drive(HOST, service.port, orders.requests(1), keep_bodies=True).answers
    if answered.status != 201:
        raise AssertionError(f"a booking answered {answered.status}: {answered.body[:500]!r}")
    booked = orjson.loads(answered.body)
    conninfo = asyncio.run(_conninfo(service.data_dir))
    with psycopg.connect(conninfo) as conn:
        after, payload, headers = conn.execute(
            "SELECT after::text, payload::text, headers::text FROM audit, outbox, idempotency_key"
            " WHERE audit.entity_id = %(id)s AND outbox.appointment_id = %(id)s"
            " AND idempotency_key.body = %(body)s",
            {"id": booked["id"], "body": answered.body},
        ).fetchone() or ("", "", "")
    script.write_text(booking_script(pipelined=pipelined), encoding="utf-8")
    values = {
        "clinic_id": orders.clinic_id,
        "clinic_lock": clinic_lock(UUID(orders.clinic_id)),
        "service_id": orders.service_id,
        "location_id": booked["locationId"],
        "after": after,
        "payload": payload,
        "headers": headers,
        "body": answered.body.decode(),
    }
    return Rival(conninfo, script, values, runs)


async def _conninfo(data_dir: Path) -> str:
    async with ready_database(database_url=None, data_dir=data_dir) as database:
        return database.service_conninfo


def measure(run: Run) -> list[Row]:
    """The rows of this subject."""
    file = always_open_clinic()
    with running_service(run.folder / "booking") as service, own_process() as client:
        ours, theirs = (Orders.of(service, service.imported(file)) for _ in range(2))
        runs = count(1)  # the first weeks have the bookings that show how long the rows are
        plain = rival(theirs, run.folder / "booking.pgbench.sql", runs, pipelined=False)
        ahead = rival(theirs, run.folder / "pipelined.pgbench.sql", runs, pipelined=True)
        for _ in range(2):  # new connections each time, so that every process of the service is warm
            _rate(ours, client, clients=16, seconds=1)
        facts = {"stations": STATIONS, "protocol": "prepared"}
        rows = []
        for clients, target in ((1, 1 / 4), (16, 1 / 7)):
            product, one_by_one, in_one_go = _in_turns(run, ours, client, (plain, ahead), clients)
            subject = f"booking over HTTP, {clients} client{'s' if clients > 1 else ''}"
            rows += [
                compared(subject, product, "pgbench", one_by_one, times_at_least(target), facts),
                compared(
                    subject,
                    product,
                    "pgbench, pipelined",
                    in_one_go,
                    times_at_least(target, decides=False),
                    facts,
                ),
            ]
        return rows


def _in_turns(
    run: Run, orders: Orders, client: Executor, rivals: tuple[Rival, Rival], clients: int
) -> tuple[Sample, Sample, Sample]:
    """Bookings a second of the product and of both rivals, in turns."""
    rounds, seconds = run.rounds(5, 2), run.rounds(4, 1)
    ours: list[float] = []
    others: tuple[list[float], list[float]] = ([], [])
    with run.telling(f"booking: {clients} at a time, in turns with pgbench", 3 * rounds) as tick:
        for _ in range(rounds):
            ours.append(_rate(orders, client, clients=clients, seconds=seconds))
            tick()
            for rates, other in zip(others, rivals, strict=True):
                rates.append(other.rate(clients, seconds))
                tick()
    return sample(ours, "/s"), sample(others[0], "/s"), sample(others[1], "/s")


def _rate(orders: Orders, client: Executor, *, clients: int, seconds: int) -> float:
    asked = orders.requests(MOST_PER_SECOND * seconds)
    load: Load = client.submit(
        drive, HOST, orders.service.port, asked, clients=clients, seconds=seconds
    ).result()
    if load.statuses() != {201: len(load.answers)}:
        raise AssertionError(f"bookings by status: {load.statuses()}")
    return load.per_second
