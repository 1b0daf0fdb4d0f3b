"""Reads of scenarios, and of the list of those who are to be given a new time."""

from collections.abc import Collection
from dataclasses import fields
from typing import Any

from models.postgres.connection import Connection
from models.postgres.ids import uuid_or_none
from models.postgres.named_queries import named_queries
from models.scenario import ScenarioMode, ScenarioStatus
from models.stored_scenario import (
    ReschedulingEntry,
    ReschedulingMark,
    ScenarioKind,
    ScenarioMark,
    StoredScenario,
)

queries = named_queries(__file__)

# Every query selects in the order in which the fields are defined.
_NAMES = [one.name for one in fields(StoredScenario)]


async def read_scenario(conn: Connection, clinic_id: str, scenario_id: str) -> StoredScenario | None:
    """One scenario, if the clinic has it."""
    values = {"clinic_id": uuid_or_none(clinic_id), "id": uuid_or_none(scenario_id)}
    row = await (await conn.execute(queries["read_scenario"], values)).fetchone()
    return None if row is None else _scenario(row)


async def locked_scenario(conn: Connection, clinic_id: str, scenario_id: str) -> StoredScenario | None:
    """The same, and nobody else changes it until the end of the transaction."""
    await lock_scenario(conn, clinic_id, scenario_id)
    return await read_scenario(conn, clinic_id, scenario_id)


async def lock_scenario(conn: Connection, clinic_id: str, scenario_id: str) -> None:
    """Keep others from changing a scenario until the end of the transaction, or LockTimeout."""
    values = {"clinic_id": uuid_or_none(clinic_id), "id": uuid_or_none(scenario_id)}
    await conn.execute(queries["lock_scenario"], values)


async def scenario_version(conn: Connection, clinic_id: str, scenario_id: str) -> int | None:
    """What others can see of it has changed where this has; None where the clinic has no such scenario."""
    values = {"clinic_id": uuid_or_none(clinic_id), "id": uuid_or_none(scenario_id)}
    row = await (await conn.execute(queries["scenario_version"], values)).fetchone()
    return None if row is None else int(row[0])


async def list_scenarios(
    conn: Connection,
    clinic_id: str,
    *,
    kinds: Collection[ScenarioKind] = tuple(ScenarioKind),
    after: ScenarioMark | None,
    limit: int,
) -> list[StoredScenario]:
    """The first `limit` scenarios behind a mark, the latest first, without what was asked and what was found.

    Their `request` and `answers` are empty, their `plan` and `hint` None.
    """
    values = {
        "clinic_id": uuid_or_none(clinic_id),
        "kinds": sorted(kinds),
        "after": None if after is None else after.created_at,
        "after_id": None if after is None else uuid_or_none(after.id),
        "limit": limit,
    }
    rows = await (await conn.execute(queries["list_scenarios"], values)).fetchall()
    return [_scenario(row) for row in rows]


async def list_to_reschedule(
    conn: Connection, clinic_id: str, *, after: ReschedulingMark | None, limit: int
) -> list[ReschedulingEntry]:
    """The first `limit` of those behind a mark who are to be given a new time, who waits longest first."""
    values = {
        "clinic_id": uuid_or_none(clinic_id),
        "after": None if after is None else after.added_at,
        "after_id": None if after is None else uuid_or_none(after.appointment_id),
        "limit": limit,
    }
    rows = await (await conn.execute(queries["list_to_reschedule"], values)).fetchall()
    return [
        ReschedulingEntry(
            appointment_id=appointment_id,
            scenario_id=scenario_id,
            added_at=added_at,
            added_by=added_by,
            taken_off_at=taken_off_at,
        )
        for appointment_id, scenario_id, added_at, added_by, taken_off_at in rows
    ]


def _scenario(row: tuple[Any, ...]) -> StoredScenario:
    values = dict(zip(_NAMES, row, strict=True))
    values |= {
        "kind": ScenarioKind(values["kind"]),
        "mode": ScenarioMode(values["mode"]),
        "status": ScenarioStatus(values["status"]),
    }
    return StoredScenario(**values)
