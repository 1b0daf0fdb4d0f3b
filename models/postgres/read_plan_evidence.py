"""The fresh rows on which a whole plan is judged, and the locks that keep them fresh."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncCursor

from models.clinic import Patient
from models.group_visit import GroupKey, GroupVisit
from models.hours import Window
from models.postgres.connection import Connection
from models.postgres.ids import uuid_or_none
from models.postgres.named_queries import named_queries
from models.postgres.read_calendar import group_visit_of_row
from models.postgres.read_evidence import unpacked_claims
from models.unit_claims import Claim
from models.wall_clock import instant_of

queries = named_queries(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedPatients:
    """Patients by their ids, and the numbers of their calendars."""

    by_id: Mapping[str, Patient]
    number_of: Mapping[str, int]


async def lock_groups_of_plan(
    conn: Connection, clinic_id: UUID, appointment_ids: Collection[str], joining: Collection[GroupKey]
) -> AsyncCursor[Any]:
    """Lock the group visits of these appointments, and those of these times in whatever room; their ids."""
    keys = sorted({key[:4] for key in joining})
    values = {
        "clinic_id": clinic_id,
        "appointment_ids": sorted(appointment_ids),
        "service_ids": [key[0] for key in keys],
        "provider_ids": [key[1] for key in keys],
        "starts": [instant_of(key[2]) for key in keys],
        "ends": [instant_of(key[3]) for key in keys],
    }
    return await conn.execute(queries["lock_groups_of_plan"], values)


async def groups_of_plan(
    conn: Connection,
    clinic_id: UUID,
    group_ids: Collection[UUID],
    leaving: Collection[str],
    now: datetime,
) -> list[GroupVisit]:
    """These group visits with as many `patients` as still come once some appointments have left; or none."""
    values = {"clinic_id": clinic_id, "ids": sorted(group_ids), "leaving": sorted(leaving), "now": now}
    rows = await (await conn.execute(queries["groups_of_plan"], values)).fetchall()
    return [group_visit_of_row(*row) for row in rows]


async def patients_of_plan(
    conn: Connection, clinic_id: UUID, patient_ids: Collection[str]
) -> AsyncCursor[Any]:
    """Those of these patients that there are, on their way: see `patients_arrived`."""
    found = (uuid_or_none(identifier) for identifier in sorted(patient_ids))
    values = {"clinic_id": clinic_id, "ids": [identifier for identifier in found if identifier is not None]}
    return await conn.execute(queries["patients_of_plan"], values)


async def patients_arrived(cursor: AsyncCursor[Any]) -> NumberedPatients:
    """The patients that were asked for."""
    rows = await cursor.fetchall()
    return NumberedPatients(
        by_id={
            identifier: Patient(id=identifier, name=name, blocked_provider_ids=frozenset(blocked))
            for identifier, name, blocked, _ in rows
        },
        number_of={identifier: number for identifier, _, _, number in rows},
    )


async def claims_of_plan(
    conn: Connection,
    clinic_id: UUID,
    windows: Mapping[str, Sequence[Window]],
    number_of: Mapping[str, int],
    now: datetime,
) -> tuple[frozenset[Claim], frozenset[str]]:
    """Every claim of some resources that shares a minute with one of their windows, and who has run out."""
    asked = [(number_of[ref], window) for ref, many in windows.items() for window in many]
    values = {
        "clinic_id": clinic_id,
        "resource_nos": [number for number, _ in asked],
        "lows": [instant_of(low) for _, (low, _) in asked],
        "highs": [instant_of(high) for _, (_, high) in asked],
        "now": now,
    }
    row = await (await conn.execute(queries["claims_of_plan"], values)).fetchone()
    packed, run_out = row or (None, ())
    ref_by_no = {number_of[ref]: ref for ref in windows}
    return frozenset(unpacked_claims(packed, ref_by_no)), frozenset(run_out)
