"""Jobs that are told within our own transactions, and what has to be looked after across all clinics."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson
import psycopg

from models.errors import Unavailable
from models.postgres.connection import RECONNECT_SECONDS, Connection, Database, PooledConnection
from models.postgres.named_queries import named_queries
from models.postgres.refusals import translated
from models.postgres.write_scenarios import DEAD_AFTER_SECONDS

queries = named_queries(__file__)

SCENARIOS: Final = "scenarios"
SOLVE_SCENARIO: Final = "solve_scenario"
"""The queue and the task of those who solve scenarios."""

KEPT_SECONDS: Final = 86_400.0
MOST_AT_ONCE: Final = 1000

_LOCK_PREFIX = "scenario/"
# The queue's own statements are planned for what they ask, as usual: see SERVICE_OPTIONS.
_USUAL_PLANS = "-c plan_cache_mode=auto -c enable_seqscan=on"


def job_connections(database: Database, *, size: int) -> dict[str, Any]:
    """How the queue's own pool connects: as the service does, planning as usual."""
    return {
        "conninfo": database.service_with(_USUAL_PLANS),
        "connection_class": PooledConnection,
        "min_size": 1,
        "max_size": size,
        "timeout": RECONNECT_SECONDS,
        "reconnect_timeout": RECONNECT_SECONDS,
        "name": "slotwright jobs",
    }


def is_away(error: BaseException | None) -> bool:
    """Whether it is the database that could not be reached just now."""
    return isinstance(error, psycopg.Error) and isinstance(translated(error), Unavailable)


async def defer_solve(conn: Connection, clinic_id: str, scenario_id: str) -> None:
    """Have a scenario solved once the caller's transaction is committed, and not otherwise.

    Never by two workers at once. A job too many does no harm: it finds nothing to do.
    """
    values = {
        "queue": SCENARIOS,
        "task": SOLVE_SCENARIO,
        "lock": f"{_LOCK_PREFIX}{scenario_id}",
        "arguments": orjson.dumps({"clinic_id": clinic_id, "scenario_id": scenario_id}).decode(),
    }
    await conn.execute(queries["defer_solve"], values)


async def rescue(
    conn: Connection, now: datetime, *, dead_after_seconds: float = DEAD_AFTER_SECONDS
) -> list[str]:
    """Give scenarios whose worker died, or whose job vanished, to somebody else; their ids."""
    await drop_dead_jobs(conn, dead_after_seconds)
    return await rescue_scenarios(conn, now, dead_after_seconds)


async def drop_dead_jobs(conn: Connection, dead_after_seconds: float) -> None:
    """Forget jobs that were fetched and that nobody works on."""
    values = {"task": SOLVE_SCENARIO, "dead_after": dead_after_seconds}
    await conn.execute(queries["drop_dead_jobs"], values)


async def rescue_scenarios(conn: Connection, now: datetime, dead_after_seconds: float) -> list[str]:
    """Queue scenarios anew of which nobody has been heard for too long, with a job; their ids."""
    values = {"lock_prefix": _LOCK_PREFIX, "dead_after": dead_after_seconds, "now": now}
    rows = await (await conn.execute(queries["rescue_scenarios"], values)).fetchall()
    for clinic_id, scenario_id, has_job in rows:
        if not has_job:
            await defer_solve(conn, clinic_id, scenario_id)
    return [scenario_id for _, scenario_id, _ in rows]


async def drop_finished_jobs(conn: Connection, *, kept_seconds: float = KEPT_SECONDS) -> int:
    """Forget jobs that ended so long ago, a thousand at once; how many they were."""
    values = {"kept": kept_seconds, "most": MOST_AT_ONCE}
    return await _count(conn, "drop_finished_jobs", values)


async def drop_expired_keys(conn: Connection, now: datetime) -> int:
    """Forget idempotency keys that have expired, a thousand of each clinic at once; how many they were."""
    return await _count(conn, "drop_expired_keys", {"now": now, "most": MOST_AT_ONCE})


async def overdue_holds(conn: Connection, now: datetime) -> list[tuple[str, str]]:
    """Holds that ran out and are still kept as pending: clinic and appointment, a thousand at most."""
    values = {"now": now, "most": MOST_AT_ONCE}
    rows = await (await conn.execute(queries["overdue_holds"], values)).fetchall()
    return [(clinic_id, appointment_id) for clinic_id, appointment_id in rows]


async def _count(conn: Connection, name: str, values: Mapping[str, object]) -> int:
    row = await (await conn.execute(queries[name], values)).fetchone()
    return 0 if row is None else int(row[0])
