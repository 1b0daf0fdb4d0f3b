"""What is held at a clinic, and a version of it that is cheap to read."""

from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.appointment import EquipmentUse
from models.calendar import BusyTimes, Calendar
from models.group_visit import GroupKey, GroupVisit
from models.postgres.connection import Connection
from models.postgres.ids import uuid_or_none
from models.postgres.kinds import UNIT_BITS
from models.postgres.named_queries import named_queries
from models.postgres.packed import MICROSECONDS_PER_MINUTE, MINUTES_UNTIL_2000
from models.postgres.resource_numbers import ResourceNumbers
from models.wall_clock import Minute, ceil_minute, floor_minute, instant_of

queries = named_queries(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarVersions:
    """As long as all of these stay the same, so does every answer that depends on those calendars.

    `resources` are the versions of the resources asked for, in that order.
    """

    config: int
    resources: tuple[int, ...]
    patient: int | None
    last_expiry: datetime | None


async def read_versions(
    conn: Connection, clinic_id: str, resource_nos: Iterable[int], patient_id: str | None, now: datetime
) -> CalendarVersions | None:
    """The versions behind an answer; None where there is no such clinic."""
    values = {
        "clinic_id": uuid_or_none(clinic_id),
        "resource_nos": list(resource_nos),
        "patient_id": None if patient_id is None else uuid_or_none(patient_id),
        "now": now,
    }
    row = await (await conn.execute(queries["read_versions"], values)).fetchone()
    if row is None:
        return None
    config, versions, patient, last_expiry = row
    return CalendarVersions(
        config=config, resources=tuple(versions), patient=patient, last_expiry=last_expiry
    )


async def read_claims(
    conn: Connection,
    clinic_id: str,
    resource_nos: list[int],
    patient_id: str | None,
    low: Minute,
    high: Minute,
    now: datetime,
    without: Collection[str] = (),
) -> tuple[bytes | None, int | None]:
    """The claims that share a minute with `[low, high)`, packed, and the patient's resource number."""
    values = {
        "clinic_id": uuid_or_none(clinic_id),
        "resource_nos": resource_nos,
        "patient_id": None if patient_id is None else uuid_or_none(patient_id),
        "low": instant_of(low),
        "high": instant_of(high),
        "now": now,
        "without": list(without),
    }
    row = await (await conn.execute(queries["read_claims"], values)).fetchone()
    return row or (None, None)


async def read_calendar(
    conn: Connection,
    clinic_id: str,
    numbers: ResourceNumbers,
    refs: Iterable[str],
    patient_id: str | None,
    low: Minute,
    high: Minute,
    now: datetime,
    without: Collection[str] = (),
) -> Calendar:
    """What those resources and the patient are held for at any minute of `[low, high)`.

    Holds that ran out before `now` are left out, swept or not, and so are the holders named in `without`.
    """
    packed, patient_no = await read_claims(
        conn, clinic_id, numbers.of_refs(refs), patient_id, low, high, now, without
    )
    claims = np.frombuffer(packed or b"", ">i8").astype(np.int64).reshape(-1, 3)
    resource_nos = claims[:, 0] >> UNIT_BITS
    windows = claims[:, 1:] // MICROSECONDS_PER_MINUTE + MINUTES_UNTIL_2000
    if patient_id is None or patient_no is None:
        return calendar_of(numbers.indexes(resource_nos), windows, {})
    is_visit = resource_nos == patient_no
    visits = BusyTimes.of((start, end) for start, end in windows[is_visit].tolist())
    return calendar_of(numbers.indexes(resource_nos[~is_visit]), windows[~is_visit], {patient_id: visits})


async def group_visits(
    conn: Connection,
    clinic_id: str,
    service_id: str,
    low: Minute,
    high: Minute,
    now: datetime,
    without: Collection[str] = (),
) -> tuple[GroupVisit, ...]:
    """The group visits of a service that start in `[low, high)` and to which somebody comes."""
    values = {
        "clinic_id": uuid_or_none(clinic_id),
        "service_id": uuid_or_none(service_id),
        "low": instant_of(low),
        "high": instant_of(high),
        "now": now,
        "without": list(without),
    }
    rows = await (await conn.execute(queries["group_visits"], values)).fetchall()
    return tuple(group_visit_of_row(service_id, *row) for row in rows if row[-1])


def group_visit_of_row(
    service_id: str,
    identifier: str,
    provider_id: str,
    room_id: str | None,
    location_id: str | None,
    starts_at: datetime,
    ends_at: datetime,
    overbook: bool,
    equipment: list[dict[str, Any]],
    patients: int,
) -> GroupVisit:
    """A row of `group_visits`."""
    start, end = floor_minute(starts_at), ceil_minute(ends_at)
    return GroupVisit(
        id=identifier,
        key=GroupKey(service_id, provider_id, start, end, room_id),
        location_id=location_id,
        equipment=tuple(EquipmentUse(**use) for use in equipment),
        overbook=overbook,
        patients=patients,
    )


async def visits_with(
    conn: Connection,
    clinic_id: str,
    patient_id: str,
    before: Minute,
    now: datetime,
    without: Collection[str] = (),
) -> list[tuple[Minute, str]]:
    """The start of the patient's last visit with each provider before a minute, and the provider."""
    values = {
        "clinic_id": uuid_or_none(clinic_id),
        "patient_id": uuid_or_none(patient_id),
        "before": instant_of(before),
        "now": now,
        "without": list(without),
    }
    rows = await (await conn.execute(queries["visits_with"], values)).fetchall()
    return sorted((floor_minute(last), provider_id) for provider_id, last in rows)


def calendar_of(
    indexes: NDArray[np.int64], windows: NDArray[np.int64], visits: dict[str, BusyTimes]
) -> Calendar:
    """A calendar of packed claims: the setup's index of each resource, and the minutes of its holds."""
    order = np.lexsort((windows[:, 0], indexes))
    return Calendar(
        array("i", indexes[order].astype(np.int32).tobytes()),
        array("q", windows[order, 0].tobytes()),
        array("q", windows[order, 1].tobytes()),
        visits,
    )
