"""What is looked after whether anybody asks or not: the dead are replaced, what has run out is swept."""

import logging
from uuid import UUID

from api.workflows.runtime import Runtime
from models.postgres.connection import Connection, retrying
from models.postgres.jobs import drop_expired_keys, drop_finished_jobs, overdue_holds, rescue
from models.postgres.read_evidence import take_turn
from models.postgres.write_holds import release_holds

_logger = logging.getLogger("slotwright.jobs")


async def rescue_scenarios(runtime: Runtime) -> None:
    """Give scenarios whose worker died to somebody else."""

    async def work(conn: Connection) -> list[str]:
        return await rescue(conn, runtime.clock())

    for scenario_id in await retrying(runtime.pool, work):
        _logger.warning("scenario %s was left behind: it waits anew", scenario_id)


async def sweep_holds(runtime: Runtime) -> int:
    """Mark holds that nobody confirmed in time as expired, which tells everybody; how many there were.

    Each in a transaction of its own, which can be in nobody's way for long.
    """

    async def overdue(conn: Connection) -> list[tuple[str, str]]:
        return await overdue_holds(conn, runtime.clock())

    found = await retrying(runtime.pool, overdue)
    for clinic_id, appointment_id in found:
        await _release(runtime, UUID(clinic_id), appointment_id)
    return len(found)


async def _release(runtime: Runtime, clinic_id: UUID, appointment_id: str) -> None:
    async def work(conn: Connection) -> None:
        now = runtime.clock()
        await take_turn(conn, clinic_id, None, now)
        await release_holds(conn, clinic_id, [appointment_id], now)

    await retrying(runtime.pool, work)


async def sweep_records(runtime: Runtime) -> None:
    """Forget idempotency keys that have expired and jobs that failed more than a day ago."""

    async def work(conn: Connection) -> int:
        return await drop_expired_keys(conn, runtime.clock()) + await drop_finished_jobs(conn)

    while await retrying(runtime.pool, work):
        pass
