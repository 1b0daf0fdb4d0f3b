"""Reads of appointments, one or a page of many."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncCursor

from models.appointment import AppointmentStatus, EquipmentUse
from models.listing import AppointmentFilter, AppointmentMark
from models.postgres.connection import Connection
from models.postgres.ids import uuid_or_none
from models.postgres.named_queries import named_queries
from models.stored_appointment import StoredAppointment

queries = named_queries(__file__)

_PLACE_OF_CONDITIONS = "/* what is asked for */ true"
# Only what is asked for becomes part of the query, so that each kind of question gets its own index.
CONDITIONS: Mapping[str, str] = {
    "from_": "starts_at >= %(from_)s",
    "to": "starts_at < %(to)s",
    "provider_id": "provider_id = %(provider_id)s",
    "room_id": "room_id = %(room_id)s",
    "patient_id": "patient_id = %(patient_id)s",
    "location_id": "location_id = %(location_id)s",
    "service_id": "service_id = %(service_id)s",
    "statuses": (
        "CASE WHEN status = 'pending' AND expires_at <= %(now)s THEN 'expired' ELSE status END"
        " = ANY(%(statuses)s::text[])"
    ),
    "after_id": "(starts_at, id) > (%(after_start)s, %(after_id)s)",
}


def _where(*conditions: str) -> str:
    """The query with these conditions."""
    return queries["appointments"].replace(_PLACE_OF_CONDITIONS, " AND ".join(conditions) or "true")


_ONE = _where("id = %(id)s")
_SOME = _where("id = ANY(%(ids)s::uuid[])") + " ORDER BY id"  # in which everybody locks them
_LOCKED = "FOR UPDATE"


async def appointment_of_id(conn: Connection, clinic_id: UUID, appointment_id: UUID) -> AsyncCursor[Any]:
    """One appointment, on its way: see `arrived`."""
    return await conn.execute(_ONE, {"clinic_id": clinic_id, "id": appointment_id})


async def locked_appointment(conn: Connection, clinic_id: UUID, appointment_id: UUID) -> AsyncCursor[Any]:
    """The same, and nobody else changes it until the end of the transaction."""
    return await conn.execute(f"{_ONE} {_LOCKED}", {"clinic_id": clinic_id, "id": appointment_id})


async def arrived(cursor: AsyncCursor[Any]) -> StoredAppointment | None:
    """The appointment that was asked for, if there is one."""
    row = await cursor.fetchone()
    return None if row is None else _appointment(*row)


async def appointments(
    conn: Connection,
    clinic_id: UUID,
    wanted: AppointmentFilter,
    *,
    after: AppointmentMark | None,
    limit: int,
    now: datetime,
) -> list[StoredAppointment]:
    """The first `limit` appointments behind a mark that match, by start."""
    values: dict[str, Any] = {
        "from_": wanted.from_,
        "to": wanted.to,
        "statuses": sorted(wanted.statuses) or None,
        "after_id": None if after is None else uuid_or_none(after.id),
    }
    for name in ("provider_id", "room_id", "patient_id", "location_id", "service_id"):
        given = getattr(wanted, name)
        values[name] = None if given is None else uuid_or_none(given)
        if given is not None and values[name] is None:
            return []
    conditions = [CONDITIONS[name] for name, value in values.items() if value is not None]
    query = f"{_where(*conditions)} ORDER BY starts_at, id LIMIT %(limit)s"
    values |= {
        "clinic_id": clinic_id,
        "limit": limit,
        "now": now,
        "after_start": None if after is None else after.starts_at,
    }
    return [_appointment(*row) for row in await (await conn.execute(query, values)).fetchall()]


async def appointments_of_ids(
    conn: Connection, clinic_id: UUID, appointment_ids: Collection[str]
) -> AsyncCursor[Any]:
    """Those of these appointments that there are, on their way: see `all_arrived`."""
    values = {"clinic_id": clinic_id, "ids": _uuids(appointment_ids)}
    return await conn.execute(_SOME, values)


async def locked_appointments(
    conn: Connection, clinic_id: UUID, appointment_ids: Collection[str]
) -> AsyncCursor[Any]:
    """The same, and nobody else changes any of them until the end of the transaction."""
    values = {"clinic_id": clinic_id, "ids": _uuids(appointment_ids)}
    return await conn.execute(f"{_SOME} {_LOCKED}", values)


async def all_arrived(cursor: AsyncCursor[Any]) -> dict[str, StoredAppointment]:
    """The appointments that were asked for, by their ids."""
    found = [_appointment(*row) for row in await cursor.fetchall()]
    return {one.id: one for one in found}


def _uuids(identifiers: Collection[str]) -> list[UUID]:
    """What is no UUID names nothing."""
    found = (uuid_or_none(identifier) for identifier in sorted(identifiers))
    return [identifier for identifier in found if identifier is not None]


def _appointment(
    identifier: str,
    clinic_id: str,
    patient_id: str,
    provider_id: str,
    service_id: str,
    room_id: str | None,
    location_id: str | None,
    starts_at: datetime,
    ends_at: datetime,
    expires_at: datetime | None,
    created_at: datetime,
    updated_at: datetime,
    version: int,
    status: str,
    *rest: Any,
) -> StoredAppointment:
    overbook, notes, external_id, group_visit_id, pools, units = rest
    equipment = tuple(EquipmentUse(id=pool, units=count) for pool, count in zip(pools, units, strict=True))
    return StoredAppointment(
        id=identifier,
        clinic_id=clinic_id,
        patient_id=patient_id,
        provider_id=provider_id,
        service_id=service_id,
        room_id=room_id,
        location_id=location_id,
        equipment=equipment,
        starts_at=starts_at,
        ends_at=ends_at,
        expires_at=expires_at,
        created_at=created_at,
        updated_at=updated_at,
        version=version,
        status=AppointmentStatus(status),
        overbook=overbook,
        notes=notes,
        external_id=external_id,
        group_visit_id=group_visit_id,
    )
