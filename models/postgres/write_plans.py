"""A plan stored: a few statements for all of it, however many appointments it moves.

The caller has locked every resource concerned, the group visits and the appointments.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from models.group_visit import GroupVisit
from models.postgres.connection import Connection
from models.postgres.kinds import UNITS_PER_RESOURCE
from models.postgres.named_queries import named_queries
from models.postgres.write_claims import add_claims
from models.records import Trail
from models.stored_appointment import StoredAppointment
from models.unit_claims import Claim
from models.units import UnitMove
from models.wall_clock import instant_of

queries = named_queries(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRows:
    """All that a plan changes: appointments as they become, and who claims what.

    `freed` are the holders that let go of everything, `concerned` the numbers of resources whose calendars
    change besides. `number_of` has the number of whatever is claimed or exchanged.
    """

    clinic_id: UUID
    now: datetime
    changed: Sequence[StoredAppointment]
    added: Sequence[StoredAppointment]
    groups: Sequence[GroupVisit]
    freed: Sequence[str]
    concerned: Sequence[int]
    claims: Sequence[Claim]
    exchanged: Sequence[UnitMove]
    number_of: Mapping[str, int]
    trails: Sequence[tuple[str, Trail]]


async def write_plan(conn: Connection, rows: PlanRows) -> None:
    """Store everything; ClaimConflict, at the end of the transaction, where a unit is taken."""
    await defer_guard(conn)
    await free_plan(conn, rows)
    if rows.groups:
        await open_plan_groups(conn, rows)
    if rows.changed:
        await change_appointments(conn, rows)
        await unequip(conn, rows)
    if rows.added:
        await add_appointments(conn, rows)
    if any(one.equipment for one in (*rows.changed, *rows.added)):
        await equip(conn, rows)
    if rows.exchanged:
        await exchange_units(conn, rows)
    shared = {group.id for group in rows.groups}
    await add_claims(conn, rows.clinic_id, rows.claims, rows.number_of, shared)
    await write_trails(conn, rows)


async def defer_guard(conn: Connection) -> None:
    """Let the guard against double booking speak at the end of the transaction."""
    await conn.execute(queries["defer_guard"])


async def free_plan(conn: Connection, rows: PlanRows) -> None:
    """Let go of all that moves or is given up, and count the change of every calendar concerned."""
    values = {"clinic_id": rows.clinic_id, "holder_ids": rows.freed, "resource_nos": rows.concerned}
    await conn.execute(queries["free_plan"], values)


async def open_plan_groups(conn: Connection, rows: PlanRows) -> None:
    """Group visits that the plan opens."""
    groups = rows.groups
    values = {
        "clinic_id": rows.clinic_id,
        "now": rows.now,
        "ids": [one.id for one in groups],
        "service_ids": [one.key.service_id for one in groups],
        "provider_ids": [one.key.provider_id for one in groups],
        "room_ids": [one.key.room_id for one in groups],
        "location_ids": [one.location_id for one in groups],
        "starts": [instant_of(one.key.start) for one in groups],
        "ends": [instant_of(one.key.end) for one in groups],
        "overbooks": [one.overbook for one in groups],
        "equipment": [_json([asdict(use) for use in one.equipment]) for one in groups],
    }
    await conn.execute(queries["open_plan_groups"], values)


async def change_appointments(conn: Connection, rows: PlanRows) -> None:
    """What was booked, as it becomes."""
    await conn.execute(queries["change_appointments"], _columns(rows, rows.changed))


async def add_appointments(conn: Connection, rows: PlanRows) -> None:
    """What was not booked before."""
    columns = _columns(rows, rows.added)
    columns["patient_ids"] = [one.patient_id for one in rows.added]
    columns["service_ids"] = [one.service_id for one in rows.added]
    await conn.execute(queries["add_appointments"], columns)


def _columns(rows: PlanRows, appointments: Sequence[StoredAppointment]) -> dict[str, Any]:
    return {
        "clinic_id": rows.clinic_id,
        "now": rows.now,
        "ids": [one.id for one in appointments],
        "provider_ids": [one.provider_id for one in appointments],
        "room_ids": [one.room_id for one in appointments],
        "location_ids": [one.location_id for one in appointments],
        "starts": [one.starts_at for one in appointments],
        "ends": [one.ends_at for one in appointments],
        "expiries": [one.expires_at for one in appointments],
        "statuses": [one.status.value for one in appointments],
        "overbooks": [one.overbook for one in appointments],
        "group_visit_ids": [one.group_visit_id for one in appointments],
        "versions": [one.version for one in appointments],
    }


async def unequip(conn: Connection, rows: PlanRows) -> None:
    """Forget which equipment was used by what changes."""
    values = {"clinic_id": rows.clinic_id, "ids": [one.id for one in rows.changed]}
    await conn.execute(queries["unequip"], values)


async def equip(conn: Connection, rows: PlanRows) -> None:
    """Remember which equipment is used now."""
    used = [(one.id, use) for one in (*rows.changed, *rows.added) for use in one.equipment]
    values = {
        "clinic_id": rows.clinic_id,
        "ids": [identifier for identifier, _ in used],
        "pool_ids": [use.id for _, use in used],
        "units": [use.units for _, use in used],
    }
    await conn.execute(queries["equip"], values)


async def exchange_units(conn: Connection, rows: PlanRows) -> None:
    """Let others give up units for equal ones."""
    moves = rows.exchanged
    values = {
        "clinic_id": rows.clinic_id,
        "holder_ids": [move.holder_id for move in moves],
        "unit_ids": [_unit_id(rows, move.ref, move.unit) for move in moves],
        "new_unit_ids": [_unit_id(rows, move.ref, move.new_unit) for move in moves],
    }
    await conn.execute(queries["exchange_units"], values)


def _unit_id(rows: PlanRows, ref: str, unit: int) -> int:
    return rows.number_of[ref] * UNITS_PER_RESOURCE + unit


async def write_trails(conn: Connection, rows: PlanRows) -> None:
    """One audit row and one event for each appointment, in the order of the plan."""
    if not rows.trails:
        return
    trails: Iterable[Trail] = (trail for _, trail in rows.trails)
    found = list(trails)
    values = {
        "clinic_id": rows.clinic_id,
        "now": rows.now,
        "subject": found[0].actor.subject,
        "role": found[0].actor.role,
        "ids": [identifier for identifier, _ in rows.trails],
        "actions": [trail.action for trail in found],
        "befores": [None if trail.before is None else _json(trail.before) for trail in found],
        "afters": [_json(trail.after) for trail in found],
        "events": [trail.event for trail in found],
        "payloads": [_json(trail.payload) for trail in found],
    }
    await conn.execute(queries["write_trails"], values)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
