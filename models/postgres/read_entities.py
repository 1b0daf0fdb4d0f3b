"""Reads of the clinic's setup and patients, in the order in which they were named.

Each function only sends its query, so that several travel together; `Rows.all` waits for the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from psycopg import AsyncCursor

from models.clinic import (
    Clinic,
    EquipmentPool,
    HoursException,
    Location,
    OverbookingRule,
    Patient,
    Provider,
    Room,
    Service,
    WorkingHours,
)
from models.postgres.connection import Connection
from models.postgres.entity_rows import (
    clinic_of_row,
    exception_of_row,
    hours_of_row,
    location_of_row,
    overbooking_rule_of_row,
    patient_of_row,
    pool_of_row,
    provider_of_row,
    room_of_row,
    service_of_row,
)
from models.postgres.ids import uuid_or_none
from models.postgres.named_queries import named_queries
from models.stored_entity import StoredEntity

queries = named_queries(__file__)
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which rows of a list: those behind a position, at most so many, or the one of that id."""

    after: int = 0
    limit: int | None = None
    id: UUID | None = None


EVERYTHING = Page()


@dataclass(frozen=True, slots=True)
class Rows(Generic[Item]):
    """Rows on their way."""

    cursor: AsyncCursor[Any]
    build: Callable[..., Item]

    async def all(self) -> list[StoredEntity[Item]]:
        """All of them, as the domain knows them."""
        return [
            StoredEntity(
                id=identifier,
                item=self.build(identifier, *rest),
                position=position,
                external_id=external_id,
                version=version,
                created_at=created_at,
                updated_at=updated_at,
            )
            for identifier, position, external_id, version, created_at, updated_at, *rest in (
                await self.cursor.fetchall()
            )
        ]


async def _send(
    conn: Connection, name: str, clinic_id: UUID | None, page: Page, build: Callable[..., Item]
) -> Rows[Item]:
    values = {"clinic_id": clinic_id, "after": page.after, "limit": page.limit, "id": page.id}
    return Rows(await conn.execute(queries[name], values), build)


async def clinics(conn: Connection, page: Page = EVERYTHING) -> Rows[Clinic]:
    """Every tenant."""
    return await _send(conn, "clinics", None, page, clinic_of_row)


async def locations(conn: Connection, clinic_id: UUID, page: Page = EVERYTHING) -> Rows[Location]:
    """The sites of a clinic."""
    return await _send(conn, "locations", clinic_id, page, location_of_row)


async def providers(conn: Connection, clinic_id: UUID, page: Page = EVERYTHING) -> Rows[Provider]:
    """Its clinicians, with where they work and what they offer."""
    return await _send(conn, "providers", clinic_id, page, provider_of_row)


async def rooms(conn: Connection, clinic_id: UUID, page: Page = EVERYTHING) -> Rows[Room]:
    """Its rooms."""
    return await _send(conn, "rooms", clinic_id, page, room_of_row)


async def equipment(conn: Connection, clinic_id: UUID, page: Page = EVERYTHING) -> Rows[EquipmentPool]:
    """Its equipment pools."""
    return await _send(conn, "equipment", clinic_id, page, pool_of_row)


async def services(conn: Connection, clinic_id: UUID, page: Page = EVERYTHING) -> Rows[Service]:
    """What it offers."""
    return await _send(conn, "services", clinic_id, page, service_of_row)


async def availability(conn: Connection, clinic_id: UUID, page: Page = EVERYTHING) -> Rows[WorkingHours]:
    """The recurring hours of providers, rooms and pools."""
    return await _send(conn, "availability", clinic_id, page, hours_of_row)


async def exceptions(conn: Connection, clinic_id: UUID, page: Page = EVERYTHING) -> Rows[HoursException]:
    """The departures from those hours."""
    return await _send(conn, "exceptions", clinic_id, page, exception_of_row)


async def overbooking(conn: Connection, clinic_id: UUID, page: Page = EVERYTHING) -> Rows[OverbookingRule]:
    """Where visits may overlap."""
    return await _send(conn, "overbooking", clinic_id, page, overbooking_rule_of_row)


async def patients(conn: Connection, clinic_id: UUID, page: Page = EVERYTHING) -> Rows[Patient]:
    """Who is seen there."""
    return await _send(conn, "patients", clinic_id, page, patient_of_row)


async def patient_of_id(conn: Connection, clinic_id: UUID, page: Page) -> Rows[Patient]:
    """One patient, by the key."""
    return await _send(conn, "patient_of_id", clinic_id, page, patient_of_row)


async def read_patient(conn: Connection, clinic_id: str, patient_id: str) -> Patient | None:
    """One patient, if the clinic has them."""
    clinic, identifier = uuid_or_none(clinic_id), uuid_or_none(patient_id)
    if clinic is None or identifier is None:
        return None
    found = await (await patient_of_id(conn, clinic, Page(id=identifier))).all()
    return found[0].item if found else None
