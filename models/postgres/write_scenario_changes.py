"""What a scenario changes about a clinic, stored; the caller has taken the clinic."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

import orjson

from models.clinic import EquipmentPool, HoursException, Provider, WorkingHours
from models.errors import NotFound
from models.postgres.connection import Connection
from models.postgres.ids import uuid_of, uuid_or_none
from models.postgres.kinds import Kind
from models.postgres.named_queries import named_queries
from models.postgres.write_clinic import new_id

queries = named_queries(__file__)

_KINDS = {"providers": Kind.PROVIDER, "rooms": Kind.ROOM, "equipment": Kind.EQUIPMENT}


async def add_exception(conn: Connection, clinic_id: UUID, exception: HoursException, now: datetime) -> str:
    """An exception to the hours of a provider, a room or a pool; its id. NotFound without the resource."""
    kind, _, identifier = exception.resource.partition("/")
    values = {
        "clinic_id": clinic_id,
        "id": new_id(),
        "resource_id": uuid_or_none(identifier),
        "resource_kind": int(_KINDS[kind]),
        "starts_at": exception.starts_at,
        "ends_at": exception.ends_at,
        "kind": exception.kind.value,
        "reason": exception.reason,
        "now": now,
    }
    if await (await conn.execute(queries["add_exception"], values)).fetchone() is None:
        raise NotFound(_KINDS[kind].name.lower(), identifier)
    return str(values["id"])


async def add_provider(conn: Connection, clinic_id: UUID, provider: Provider, now: datetime) -> bool:
    """Somebody new, without hours; False where there is something of that id already."""
    if not await add_resource(conn, clinic_id, provider.id, Kind.PROVIDER):
        return False
    liked = provider.preferences
    values = {
        "clinic_id": clinic_id,
        "id": provider.id,
        "name": provider.name,
        "specialty": provider.specialty,
        "max_visits_per_day": provider.max_visits_per_day,
        "preferences": None if liked is None else orjson.dumps(asdict(liked)).decode(),
        "now": now,
    }
    await conn.execute(queries["add_provider"], values)
    await add_provider_locations(conn, clinic_id, provider)
    await add_provider_services(conn, clinic_id, provider)
    return True


async def add_resource(conn: Connection, clinic_id: UUID, identifier: str, kind: Kind) -> bool:
    """Something that can be held; False where there is something of that id already."""
    values = {"clinic_id": clinic_id, "id": uuid_of(kind.name.lower(), identifier), "kind": int(kind)}
    return await (await conn.execute(queries["add_resource"], values)).fetchone() is not None


async def add_provider_locations(conn: Connection, clinic_id: UUID, provider: Provider) -> None:
    """Where somebody works, in the order given."""
    values = {
        "clinic_id": clinic_id,
        "id": provider.id,
        "location_ids": list(dict.fromkeys(provider.location_ids)),
    }
    await conn.execute(queries["add_provider_locations"], values)


async def add_provider_services(conn: Connection, clinic_id: UUID, provider: Provider) -> None:
    """What somebody offers, in the order given."""
    values = {
        "clinic_id": clinic_id,
        "id": provider.id,
        "service_ids": list(dict.fromkeys(provider.service_ids)),
    }
    await conn.execute(queries["add_provider_services"], values)


async def add_equipment(conn: Connection, clinic_id: UUID, pool: EquipmentPool, now: datetime) -> bool:
    """A new pool; False where there is something of that id already."""
    if not await add_resource(conn, clinic_id, pool.id, Kind.EQUIPMENT):
        return False
    await conn.execute(queries["add_equipment"], {"clinic_id": clinic_id, "now": now, **asdict(pool)})
    return True


async def drop_hours(conn: Connection, clinic_id: UUID, resource: str) -> None:
    """Forget the weekly hours of a resource."""
    values = {"clinic_id": clinic_id, "resource_id": _id_of(resource)}
    await conn.execute(queries["drop_hours"], values)


async def add_hours(
    conn: Connection, clinic_id: UUID, resource: str, rows: Sequence[WorkingHours], now: datetime
) -> None:
    """Weekly hours of a resource, whatever resource the rows themselves name."""
    values = {
        "clinic_id": clinic_id,
        "resource_id": _id_of(resource),
        "ids": [new_id() for _ in rows],
        "rrules": [row.rrule for row in rows],
        "starts": [row.start for row in rows],
        "ends": [row.end for row in rows],
        "firsts": [row.effective_from for row in rows],
        "lasts": [row.effective_to for row in rows],
        "now": now,
    }
    await conn.execute(queries["add_hours"], values)


async def count_setup(conn: Connection, clinic_id: UUID, now: datetime) -> None:
    """The next version of the whole setup."""
    await conn.execute(queries["count_setup"], {"clinic_id": clinic_id, "now": now})


def _id_of(resource: str) -> UUID:
    kind, _, identifier = resource.partition("/")
    return uuid_of(_KINDS[kind].name.lower(), identifier)
