"""Who claims which unit, changed for many at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from models.postgres.connection import Connection
from models.postgres.kinds import UNITS_PER_RESOURCE
from models.postgres.named_queries import named_queries
from models.unit_claims import Claim
from models.wall_clock import instant_of

queries = named_queries(__file__)


async def drop_claims(
    conn: Connection, clinic_id: UUID, claims: Sequence[Claim], number_of: Mapping[str, int]
) -> None:
    """Let go of some claims."""
    values = {
        "clinic_id": clinic_id,
        "holder_ids": [claim.holder_id for claim in claims],
        "unit_ids": _unit_ids(claims, number_of),
    }
    await conn.execute(queries["drop_claims"], values)


async def add_claims(
    conn: Connection,
    clinic_id: UUID,
    claims: Sequence[Claim],
    number_of: Mapping[str, int],
    group_ids: Collection[str],
) -> None:
    """Take some more; those of `group_ids` are held by group visits, the others by appointments."""
    values = {
        "clinic_id": clinic_id,
        "holder_ids": [claim.holder_id for claim in claims],
        "shared": [claim.holder_id in group_ids for claim in claims],
        "unit_ids": _unit_ids(claims, number_of),
        "held_from": [instant_of(claim.start) for claim in claims],
        "held_until": [instant_of(claim.end) for claim in claims],
    }
    await conn.execute(queries["add_claims"], values)


def _unit_ids(claims: Iterable[Claim], number_of: Mapping[str, int]) -> list[int]:
    return [number_of[claim.ref] * UNITS_PER_RESOURCE + claim.unit for claim in claims]
