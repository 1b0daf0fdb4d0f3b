"""Appointments that change room or units so that another one fits."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from models.postgres.connection import Connection
from models.postgres.named_queries import named_queries
from models.postgres.write_appointments import UnitClaim, appointment_values, claim_values, trail_values
from models.records import Trail
from models.stored_appointment import StoredAppointment

queries = named_queries(__file__)


async def free_places(conn: Connection, clinic_id: UUID, given_up: Mapping[str, Sequence[int]]) -> None:
    """Let appointments go of the rooms and pools that they leave: resource numbers by appointment."""
    pairs = [(identifier, number) for identifier, numbers in given_up.items() for number in numbers]
    values = {
        "clinic_id": clinic_id,
        "appointment_ids": [UUID(identifier) for identifier, _ in pairs],
        "resource_nos": [number for _, number in pairs],
    }
    await conn.execute(queries["free_places"], values)


async def write_rearrangement(
    conn: Connection,
    appointment: StoredAppointment,
    claims: Sequence[UnitClaim],
    resource_nos: Sequence[int],
    trail: Trail,
) -> None:
    """Store where an appointment has gone, with its claims there and its trail.

    The caller has locked it and `resource_nos`, whose change is counted, and has freed what it leaves.
    ClaimConflict where a unit is taken.
    """
    values = {
        "clinic_id": UUID(appointment.clinic_id),
        "id": UUID(appointment.id),
        "version": appointment.version,
        "resource_nos": resource_nos,
        **appointment_values(appointment),
        **claim_values(claims),
        **trail_values(trail),
    }
    await conn.execute(queries["write_rearrangement"], values)
