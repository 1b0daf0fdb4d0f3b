"""Reads of what a clinic consists of, kind by kind, in the order in which it was named."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from api.workflows.runtime import Runtime
from models.clinic import Clinic
from models.errors import NotFound
from models.listing import Found, refuse_bad_limit
from models.postgres import read_entities
from models.postgres.connection import Connection, reading
from models.postgres.ids import uuid_of
from models.postgres.read_entities import Page, Rows
from models.stored_entity import StoredEntity

Reader: TypeAlias = Callable[[Connection, UUID, Page], Awaitable[Rows[Any]]]

READERS: Mapping[str, Reader] = {
    "locations": read_entities.locations,
    "providers": read_entities.providers,
    "rooms": read_entities.rooms,
    "equipment": read_entities.equipment,
    "services": read_entities.services,
    "availability": read_entities.availability,
    "exceptions": read_entities.exceptions,
    "overbooking": read_entities.overbooking,
    "patients": read_entities.patients,
}
SINGULAR: Mapping[str, str] = {
    "locations": "location",
    "providers": "provider",
    "rooms": "room",
    "equipment": "equipment pool",
    "services": "service",
    "availability": "availability row",
    "exceptions": "exception",
    "overbooking": "overbooking rule",
    "patients": "patient",
}
READERS_OF_ONE: Mapping[str, Reader] = {**READERS, "patients": read_entities.patient_of_id}


async def list_entities(
    runtime: Runtime, clinic_id: str, kind: str, *, after: int = 0, limit: int = 100
) -> Found[StoredEntity[Any], int]:
    """A page of one of the `READERS`; the mark is a position."""
    refuse_bad_limit(limit)
    clinic = uuid_of("clinic", clinic_id)
    async with reading(runtime.pool) as conn:
        found = await (await READERS[kind](conn, clinic, Page(after=after, limit=limit + 1))).all()
    return _page(found, limit)


async def read_entity(runtime: Runtime, clinic_id: str, kind: str, entity_id: str) -> StoredEntity[Any]:
    """One thing of a kind; NotFound where this clinic has none of that id."""
    page = Page(id=uuid_of(SINGULAR[kind], entity_id))
    clinic = uuid_of("clinic", clinic_id)
    async with reading(runtime.pool) as conn:
        found = await (await READERS_OF_ONE[kind](conn, clinic, page)).all()
    if not found:
        raise NotFound(SINGULAR[kind], entity_id)
    return found[0]


async def list_clinics(
    runtime: Runtime, *, after: int = 0, limit: int = 100
) -> Found[StoredEntity[Clinic], int]:
    """A page of all clinics."""
    refuse_bad_limit(limit)
    async with reading(runtime.pool) as conn:
        found = await (await read_entities.clinics(conn, Page(after=after, limit=limit + 1))).all()
    return _page(found, limit)


async def read_clinic(runtime: Runtime, clinic_id: str) -> StoredEntity[Clinic]:
    """One clinic; NotFound where there is none of that id."""
    page = Page(id=uuid_of("clinic", clinic_id))
    async with reading(runtime.pool) as conn:
        found = await (await read_entities.clinics(conn, page)).all()
    if not found:
        raise NotFound("clinic", clinic_id)
    return found[0]


def _page(found: list[StoredEntity[Any]], limit: int) -> Found[StoredEntity[Any], int]:
    more = len(found) > limit
    return Found(items=tuple(found[:limit]), next=found[limit - 1].position if more else None)
