"""The one statement that changes an appointment."""

from collections.abc import Sequence
from uuid import UUID

from models.postgres.connection import Connection
from models.postgres.named_queries import named_queries
from models.postgres.write_appointments import (
    UnitClaim,
    appointment_values,
    claim_values,
    reply_values,
    trail_values,
)
from models.records import IdempotencyKey, Reply, Trail
from models.stored_appointment import StoredAppointment

queries = named_queries(__file__)


async def write_change(
    conn: Connection,
    appointment: StoredAppointment,
    *,
    moves: bool,
    claims: Sequence[UnitClaim],
    resource_ids: Sequence[UUID],
    trail: Trail,
    key: IdempotencyKey | None,
    reply: Reply,
    group_that_ends: str | None = None,
    opens_group: bool = False,
) -> None:
    """Store what the appointment has become; its claims are exchanged if it moves, and end if it does.

    So do those of the group visit that it was the last to leave; one that it opens is stored.

    The caller has locked the appointment and `resource_ids`, whose change is counted. ClaimConflict, at
    the end of the transaction, where a unit is taken.
    """
    values = {
        "clinic_id": UUID(appointment.clinic_id),
        "id": UUID(appointment.id),
        "provider_id": UUID(appointment.provider_id),
        "service_id": UUID(appointment.service_id),
        "group_that_ends": None if group_that_ends is None else UUID(group_that_ends),
        "opens_group": opens_group,
        "version": appointment.version,
        "resource_ids": resource_ids,
        "moves": moves,
        "frees": moves or not appointment.status.holds_resources,
        **appointment_values(appointment),
        **claim_values(claims),
        **trail_values(trail),
        **reply_values(key, reply, trail.at),
    }
    await conn.execute(queries["write_change"], values)
