"""The one statement that books."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from models.postgres.connection import Connection
from models.postgres.named_queries import named_queries
from models.records import IdempotencyKey, Reply, Trail
from models.stored_appointment import StoredAppointment
from models.wall_clock import Minute, instant_of

queries = named_queries(__file__)

KEYS_ARE_KEPT_FOR = timedelta(days=1)


class UnitClaim(NamedTuple):
    """One unit, by its number in the database, over `[start, end)`, for the whole group if `shared`."""

    unit_id: int
    start: Minute
    end: Minute
    shared: bool = False


async def write_booking(
    conn: Connection,
    appointment: StoredAppointment,
    claims: Sequence[UnitClaim],
    resource_nos: Sequence[int],
    trail: Trail,
    key: IdempotencyKey | None,
    reply: Reply,
    *,
    opens_group: bool = False,
) -> None:
    """Count the change of those resources; store the visit, its claims, its trail, its answer.

    With `opens_group` its group visit is stored as well, and holds what is shared. Where there are
    several resources, the caller has locked them, in order. ClaimConflict, at the end of the
    transaction, where a unit is taken.
    """
    values = {
        "clinic_id": UUID(appointment.clinic_id),
        "id": UUID(appointment.id),
        "patient_id": UUID(appointment.patient_id),
        "provider_id": UUID(appointment.provider_id),
        "service_id": UUID(appointment.service_id),
        "resource_nos": resource_nos,
        "opens_group": opens_group,
        **appointment_values(appointment),
        **claim_values(claims),
        **trail_values(trail),
        **reply_values(key, reply, trail.at),
    }
    await conn.execute(queries["write_booking"], values)


def appointment_values(appointment: StoredAppointment) -> dict[str, Any]:
    """What a change may change of an appointment."""
    return {
        "room_id": None if appointment.room_id is None else UUID(appointment.room_id),
        "location_id": None if appointment.location_id is None else UUID(appointment.location_id),
        "starts_at": appointment.starts_at,
        "ends_at": appointment.ends_at,
        "expires_at": appointment.expires_at,
        "status": appointment.status.value,
        "notes": appointment.notes,
        "overbook": appointment.overbook,
        "group_visit_id": None if appointment.group_visit_id is None else UUID(appointment.group_visit_id),
        "equipment": orjson.dumps([asdict(use) for use in appointment.equipment]).decode(),
        "pool_ids": [use.id for use in appointment.equipment],
        "pool_units": [use.units for use in appointment.equipment],
    }


def claim_values(claims: Sequence[UnitClaim]) -> dict[str, Any]:
    """Claims as parallel arrays."""
    return {
        "unit_ids": [claim.unit_id for claim in claims],
        "held_from": [instant_of(claim.start) for claim in claims],
        "held_until": [instant_of(claim.end) for claim in claims],
        "shared": [claim.shared for claim in claims],
    }


def trail_values(trail: Trail) -> dict[str, Any]:
    """The audit row and the event."""
    return {
        "now": trail.at,
        "subject": trail.actor.subject,
        "role": trail.actor.role,
        "action": trail.action,
        "before": None if trail.before is None else orjson.dumps(trail.before).decode(),
        "after": orjson.dumps(trail.after).decode(),
        "event": trail.event,
        "payload": orjson.dumps(trail.payload).decode(),
    }


def reply_values(key: IdempotencyKey | None, reply: Reply, at: datetime) -> dict[str, Any]:
    """The answer to keep under the caller's key, if there is one."""
    return {
        "operation": None if key is None else key.operation,
        "key": None if key is None else key.key,
        "request_hash": None if key is None else key.fingerprint,
        "reply_status": reply.status,
        "headers": orjson.dumps(dict(reply.headers)).decode(),
        "body": reply.body,
        "key_expires_at": at + KEYS_ARE_KEPT_FOR,
    }
