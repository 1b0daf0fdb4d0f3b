"""A change of a clinic's setup by somebody else, while setups are in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from models.postgres.connection import writing
from models.postgres.ids import clinic_lock
from tests.workflows.desk import Desk


@asynccontextmanager
async def closing_early(desk: Desk) -> AsyncIterator[None]:
    """Everybody will go home at noon, once the block ends."""
    clinic_id = UUID(desk.clinic_id)
    async with writing(desk.runtime.pool, pipelined=False) as conn:
        await conn.execute("SELECT pg_advisory_xact_lock(%s)", [clinic_lock(clinic_id)])
        await conn.execute("UPDATE availability SET end_minute = 720 WHERE clinic_id = %s", [clinic_id])
        await conn.execute("UPDATE clinic SET config_version = config_version + 1 WHERE id = %s", [clinic_id])
        yield


async def take_machines_away(desk: Desk, *, leaving: int) -> None:
    """Every pool has fewer machines from now on, whatever is booked."""
    clinic_id = UUID(desk.clinic_id)
    async with writing(desk.runtime.pool, pipelined=False) as conn:
        await conn.execute("SELECT pg_advisory_xact_lock(%s)", [clinic_lock(clinic_id)])
        await conn.execute("UPDATE equipment SET quantity = %s WHERE clinic_id = %s", [leaving, clinic_id])
        await conn.execute("UPDATE clinic SET config_version = config_version + 1 WHERE id = %s", [clinic_id])


async def close_early(desk: Desk) -> None:
    """Everybody goes home at noon."""
    async with closing_early(desk):
        pass
