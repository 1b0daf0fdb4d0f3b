"""Making room: holds that have run out are released, units of others are exchanged for equal ones."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from models.postgres.connection import Connection
from models.postgres.kinds import UNITS_PER_RESOURCE
from models.postgres.named_queries import named_queries
from models.units import UnitMove

queries = named_queries(__file__)


async def release_holds(conn: Connection, clinic_id: UUID, holder_ids: Iterable[str], now: datetime) -> None:
    """Mark those of the holds that have run out as expired, and free what they claim.

    `holder_ids` are appointments, or group visits whose patients are meant.
    """
    ids = sorted(holder_ids)
    await lock_groups_of(conn, clinic_id, ids)
    await conn.execute(queries["release_holds"], {"clinic_id": clinic_id, "ids": ids, "now": now})


async def lock_groups_of(conn: Connection, clinic_id: UUID, holder_ids: Sequence[str]) -> None:
    """Lock the group visits concerned, so that of two who are the last to leave one knows it."""
    await conn.execute(queries["lock_groups_of"], {"clinic_id": clinic_id, "ids": holder_ids})


async def free_claims(conn: Connection, clinic_id: UUID, holder_ids: Iterable[str]) -> None:
    """Let go of everything that a visit holds, in favour of what it is about to claim."""
    await conn.execute(queries["free_claims"], {"clinic_id": clinic_id, "holder_ids": sorted(holder_ids)})


async def move_claims(conn: Connection, clinic_id: UUID, resource_no: int, moves: Sequence[UnitMove]) -> None:
    """Exchange units of one resource, which the caller has locked."""
    first = resource_no * UNITS_PER_RESOURCE
    values = {
        "clinic_id": clinic_id,
        "holder_ids": [move.holder_id for move in moves],
        "unit_ids": [first + move.unit for move in moves],
        "new_unit_ids": [first + move.new_unit for move in moves],
    }
    await conn.execute(queries["move_claims"], values)
