"""What becomes of a scenario, step by step, and the list of those who are to be given a new time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from models.postgres.connection import Connection
from models.postgres.ids import uuid_or_none
from models.postgres.named_queries import named_queries
from models.postgres.read_scenarios import read_scenario
from models.scenario import ScenarioStatus
from models.stored_scenario import FoundPlan, RunState, StoredScenario

queries = named_queries(__file__)

DEAD_AFTER_SECONDS = 10.0
"""Whoever works on a scenario and has not been heard of for so long is taken for dead."""


async def insert_scenario(conn: Connection, scenario: StoredScenario) -> None:
    """Store a scenario that has just been asked for; somebody has to be told to solve it: `defer_solve`."""
    values = {
        **_named(scenario.clinic_id, scenario.id),
        "name": scenario.name,
        "kind": scenario.kind.value,
        "mode": scenario.mode.value,
        "status": scenario.status.value,
        "request": _json(scenario.request),
        "answers": _json(scenario.answers),
        "time_limit_seconds": scenario.time_limit_seconds,
        "exception_id": scenario.exception_id,
        "created_by": scenario.created_by,
        "created_at": scenario.created_at,
    }
    await conn.execute(queries["insert_scenario"], values)


async def mark_solving(
    conn: Connection,
    clinic_id: str,
    scenario_id: str,
    now: datetime,
    *,
    dead_after_seconds: float = DEAD_AFTER_SECONDS,
) -> StoredScenario | None:
    """Take up a scenario that waits, or whose worker has died; None where there is nothing to do.

    Its `run` belongs to the caller from now on, and is what every later write has to name.
    """
    values = {**_named(clinic_id, scenario_id), "now": now, "dead_after": dead_after_seconds}
    if not await _done(conn, "mark_solving", values):
        return None
    return await read_scenario(conn, clinic_id, scenario_id)


async def write_progress(
    conn: Connection,
    scenario: StoredScenario,
    found: FoundPlan | None,
    *,
    bound: int | None,
    seconds: float,
    now: datetime,
) -> RunState:
    """Say that the run of `scenario` is alive, and what it has found since the last time, if anything.

    `bound` and `seconds` are those of the whole run; a bound alone is news, time alone is none.
    """
    values = _progress(scenario, found, bound, seconds, now)
    values["news"] = found is not None or bound is not None
    row = await (await conn.execute(queries["write_progress"], values)).fetchone()
    if row is None:
        return RunState.NOT_OURS
    return RunState.STOP_ASKED if row[0] else RunState.GOES_ON


async def finish_scenario(
    conn: Connection,
    scenario: StoredScenario,
    status: ScenarioStatus,
    found: FoundPlan | None = None,
    *,
    seconds: float,
    now: datetime,
    failure: str | None = None,
) -> bool:
    """End the run of `scenario`: solved, stopped, or failed for a reason; what was stored so far stays.

    False where somebody else has taken it up, or it is gone.
    """
    bound = None if found is None else found.bound
    values = _progress(scenario, found, bound, seconds, now) | {"status": status.value, "failure": failure}
    return await _done(conn, "finish_scenario", values)


async def put_back(conn: Connection, scenario: StoredScenario, now: datetime) -> bool:
    """Let go of a run that somebody else is to go on with; False where it is not the caller's any more."""
    values = {**_named(scenario.clinic_id, scenario.id), "run": scenario.run, "now": now}
    return await _done(conn, "put_back", values)


async def ask_to_stop(conn: Connection, clinic_id: str, scenario_id: str, now: datetime) -> bool:
    """Have the best plan so far be the last; False where nobody works on it and nobody is going to."""
    return await _done(conn, "ask_to_stop", {**_named(clinic_id, scenario_id), "now": now})


async def requeue(
    conn: Connection,
    clinic_id: str,
    scenario_id: str,
    now: datetime,
    *,
    answers: Mapping[str, Any] | None = None,
    time_limit_seconds: int | None = None,
) -> bool:
    """Ask anew, for so many more seconds and with these answers, where given; False unless it is over.

    The plan so far is where the next run starts; with other answers it is no longer one to be committed.
    Somebody has to be told to solve it: `defer_solve`.
    """
    values = {
        **_named(clinic_id, scenario_id),
        "answers": None if answers is None else _json(answers),
        "time_limit_seconds": time_limit_seconds,
        "now": now,
    }
    return await _done(conn, "requeue", values)


async def mark_committed(
    conn: Connection,
    clinic_id: str,
    scenario_id: str,
    now: datetime,
    *,
    plan: Mapping[str, Any] | None = None,
) -> bool:
    """Make it history, with the plan as it was applied where that differs; False unless it has been solved.

    In the transaction that applies the plan.
    """
    values = {
        **_named(clinic_id, scenario_id),
        "now": now,
        "plan": None if plan is None else _json(plan),
    }
    return await _done(conn, "mark_committed", values)


async def delete_scenario(conn: Connection, clinic_id: str, scenario_id: str) -> bool:
    """Forget it; whoever works on it stops. False where there is none, or where it has been committed."""
    return await _done(conn, "delete_scenario", _named(clinic_id, scenario_id))


async def add_to_rescheduling_list(
    conn: Connection,
    clinic_id: str,
    scenario_id: str,
    appointment_ids: Sequence[str],
    *,
    added_by: str,
    now: datetime,
) -> None:
    """Note appointments, canceled by now, whose patients are to be given a new time."""
    values = {
        "clinic_id": uuid_or_none(clinic_id),
        "scenario_id": uuid_or_none(scenario_id),
        "appointment_ids": list(appointment_ids),
        "added_by": added_by,
        "now": now,
    }
    await conn.execute(queries["add_to_rescheduling_list"], values)


async def take_off_rescheduling_list(
    conn: Connection, clinic_id: str, appointment_id: str, now: datetime
) -> bool:
    """The patient has been given a new time, or wants none; False where they are not on the list."""
    values = {
        "clinic_id": uuid_or_none(clinic_id),
        "appointment_id": uuid_or_none(appointment_id),
        "now": now,
    }
    return await _done(conn, "take_off_rescheduling_list", values)


def _progress(
    scenario: StoredScenario, found: FoundPlan | None, bound: int | None, seconds: float, now: datetime
) -> dict[str, Any]:
    return {
        **_named(scenario.clinic_id, scenario.id),
        "run": scenario.run,
        "plan": None if found is None else _json(found.document),
        "objective": None if found is None else found.objective,
        "calendar_seen_at": None if found is None else found.calendar_seen_at,
        "bound": bound,
        "seconds": seconds,
        "now": now,
    }


def _named(clinic_id: str, scenario_id: str) -> dict[str, Any]:
    return {"clinic_id": uuid_or_none(clinic_id), "id": uuid_or_none(scenario_id)}


def _json(document: Mapping[str, Any]) -> str:
    return orjson.dumps(document).decode()


async def _done(conn: Connection, name: str, values: Mapping[str, Any]) -> bool:
    """Whether the statement of that name changed anything."""
    return await (await conn.execute(queries[name], values)).fetchone() is not None
