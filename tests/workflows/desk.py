"""A front desk for tests: speaks of people and rooms by the names that the test's clinic gave them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from api.workflows.book_appointment import book_appointment
from api.workflows.change_appointment import (
    cancel_appointment,
    change_appointment,
    confirm_appointment,
)
from api.workflows.idempotency import Answered
from api.workflows.import_clinic import import_clinic
from api.workflows.read_appointments import read_appointment
from api.workflows.runtime import Runtime
from models.appointment import Appointment, AppointmentStatus
from models.booking import AppointmentChange, BookingOrder
from models.clinic import Patient
from models.clinic_file import ClinicFile
from models.postgres.connection import Connection, Pool, reading
from models.records import Actor, Reply
from models.setup import ClinicSetup
from models.stored_appointment import StoredAppointment
from tests.builders import NOW, a_clinic, a_patient, moment

STAFF = Actor(subject="desk-1", role="front_desk")
TABLES = ("provider", "room", "equipment", "service", "patient", "location", "appointment")

OVERLAPPING_CLAIMS = """
WITH mine AS MATERIALIZED (SELECT * FROM claim WHERE {here})
SELECT count(*) FROM mine AS one JOIN mine AS other
    ON one.unit_id = other.unit_id AND one.holder_id < other.holder_id
    AND one.starts_at < other.ends_at AND other.starts_at < one.ends_at
"""


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def rendered(appointment: StoredAppointment) -> Reply:
    """An answer that shows everything, so that a difference would be seen."""
    body = orjson.dumps({"id": appointment.id, "version": appointment.version, "status": appointment.status})
    return Reply(status=201, headers={"ETag": f'"{appointment.version}"'}, body=body)


@dataclass
class Desk:
    """One clinic, open for business."""

    runtime: Runtime
    clinic_id: str
    clock: Clock
    ids: dict[str, dict[str, str]] = field(default_factory=dict)

    def id_of(self, table: str, name: str) -> str:
        """The UUID of what the test calls by a name; a UUID stays what it is."""
        return self.ids.get(table, {}).get(name, name)

    def order(self, start: str | datetime = "10:00", **changes: Any) -> BookingOrder:
        """Ada's check-up with Dr Okoro on Monday, in any room."""
        start = moment(start) if isinstance(start, str) else start
        names = {"patient": "ada", "provider": "okoro", "service": "checkup"}
        names |= {name: changes.pop(name) for name in ("patient", "provider", "service") if name in changes}
        found: dict[str, Any] = {f"{name}_id": self.id_of(name, known) for name, known in names.items()}
        if "room" in changes:
            found["room_id"] = self.id_of("room", changes.pop("room"))
        if "pools" in changes:
            changes["equipment_ids"] = tuple(self.id_of("equipment", one) for one in changes.pop("pools"))
        return BookingOrder(clinic_id=self.clinic_id, starts_at=start, **found, **changes)

    async def ask(self, order: BookingOrder, key: str | None = None, actor: Actor = STAFF) -> Answered:
        """Book, and return the answer."""
        return await book_appointment(self.runtime, order, actor, key=key, render=rendered)

    async def book(self, start: str | datetime = "10:00", **changes: Any) -> StoredAppointment:
        """Book, and return what is stored."""
        answered = await self.ask(self.order(start, **changes))
        assert answered.appointment is not None
        return answered.appointment

    async def change(
        self, of: StoredAppointment, version: int | None = None, key: str | None = None, **changes: Any
    ) -> StoredAppointment:
        """Change an appointment at the version given, by default the one in hand."""
        for name in ("provider", "room"):
            if name in changes:
                changes[f"{name}_id"] = self.id_of(name, changes.pop(name))
        if isinstance(changes.get("starts_at"), str):
            changes["starts_at"] = moment(changes["starts_at"])
        answered = await change_appointment(
            self.runtime,
            self.clinic_id,
            of.id,
            AppointmentChange(**changes),
            STAFF,
            version=of.version if version is None else version,
            key=key,
            render=rendered,
        )
        assert answered.appointment is not None
        return answered.appointment

    async def step(self, of: StoredAppointment, *statuses: str) -> StoredAppointment:
        """Carry an appointment through some statuses."""
        for status in statuses:
            of = await self.change(of, status=AppointmentStatus(status))
        return of

    async def cancel(self, of: StoredAppointment, **how: Any) -> Answered:
        return await cancel_appointment(self.runtime, self.clinic_id, of.id, STAFF, render=rendered, **how)

    async def confirm(self, of: StoredAppointment, **how: Any) -> Answered:
        return await confirm_appointment(self.runtime, self.clinic_id, of.id, STAFF, render=rendered, **how)

    async def read(self, of: StoredAppointment | str) -> StoredAppointment:
        identifier = of if isinstance(of, str) else of.id
        return await read_appointment(self.runtime, self.clinic_id, identifier)

    async def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """Rows straight from the database; `{here}` is the condition that keeps to this clinic."""
        query = query.replace("{here}", "clinic_id = %(clinic_id)s")
        async with reading(self.runtime.pool) as conn:
            return await _rows(conn, query, {"clinic_id": UUID(self.clinic_id), **values})

    async def claims_of(self, appointment: StoredAppointment) -> list[tuple[int, datetime, datetime]]:
        """Its claims, by unit."""
        query = "SELECT unit_id, starts_at, ends_at FROM claim WHERE {here} AND holder_id = %(id)s"
        return sorted((row[0], row[1], row[2]) for row in await self.rows(query, id=appointment.id))

    async def overlapping_claims(self) -> int:
        """Pairs of claims of one unit that share a moment: never any."""
        return int((await self.rows(OVERLAPPING_CLAIMS))[0][0])

    async def calendar_versions(self) -> dict[str, int]:
        """The version of every resource, by its id."""
        query = "SELECT id::text, calendar_version FROM resource WHERE {here}"
        return {row[0]: row[1] for row in await self.rows(query)}


async def _rows(conn: Connection, query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    return list(await (await conn.execute(query, values)).fetchall())


async def open_desk(
    pool: Pool,
    setup: ClinicSetup | None = None,
    appointments: Iterable[Appointment] = (),
    patients: Iterable[Patient] | None = None,
    clock: Clock | None = None,
    runtime: Callable[[Pool, Clock], Runtime] = lambda pool, clock: Runtime(pool=pool, clock=clock),
) -> Desk:
    """A desk in a new clinic of that setup; Ada, Bela and Cleo are its patients."""
    clock = clock or Clock()
    known = [a_patient(), a_patient("bela"), a_patient("cleo")] if patients is None else list(patients)
    file = ClinicFile(setup=setup or a_clinic(), patients=tuple(known), appointments=tuple(appointments))
    working = runtime(pool, clock)
    desk = Desk(working, await import_clinic(working, file, STAFF), clock)
    for table in TABLES:
        query = f"SELECT external_id, id::text FROM {table} WHERE {{here}}"  # noqa: S608  one of TABLES
        desk.ids[table] = {name: identifier for name, identifier in await desk.rows(query) if name}
    return desk


def utc(clock: str) -> datetime:
    """A moment of the test's Monday."""
    return moment(clock).astimezone(UTC)
