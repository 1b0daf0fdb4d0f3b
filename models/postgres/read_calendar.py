"""What is held at a clinic, and a version of it that is cheap to read."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from models.calendar import BusyTimes, Calendar
from models.postgres.connection import Connection
from models.postgres.ids import uuid_or_none
from models.postgres.kinds import UNIT_BITS
from models.postgres.named_queries import named_queries
from models.postgres.packed import MICROSECONDS_PER_MINUTE, MINUTES_UNTIL_2000
from models.postgres.resource_numbers import ResourceNumbers
from models.wall_clock import Minute, instant_of

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
    without_appointment: str | None,
) -> tuple[bytes | None, int | None]:
    """The claims that share a minute with `[low, high)`, packed, and the patient's resource number."""
    values = {
        "clinic_id": uuid_or_none(clinic_id),
        "resource_nos": resource_nos,
        "patient_id": None if patient_id is None else uuid_or_none(patient_id),
        "low": instant_of(low),
        "high": instant_of(high),
        "now": now,
        "without_appointment": None if without_appointment is None else uuid_or_none(without_appointment),
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
    without_appointment: str | None = None,
) -> Calendar:
    """What those resources and the patient are held for at any minute of `[low, high)`.

    Holds that ran out before `now` are left out, swept or not, and so is one appointment if named.
    """
    packed, patient_no = await read_claims(
        conn, clinic_id, numbers.of_refs(refs), patient_id, low, high, now, without_appointment
    )
    claims = np.frombuffer(packed or b"", ">i8").astype(np.int64).reshape(-1, 3)
    resource_nos = claims[:, 0] >> UNIT_BITS
    windows = claims[:, 1:] // MICROSECONDS_PER_MINUTE + MINUTES_UNTIL_2000
    if patient_id is None or patient_no is None:
        return _calendar(numbers.indexes(resource_nos), windows, {})
    is_visit = resource_nos == patient_no
    visits = BusyTimes.of((start, end) for start, end in windows[is_visit].tolist())
    return _calendar(numbers.indexes(resource_nos[~is_visit]), windows[~is_visit], {patient_id: visits})


def _calendar(
    indexes: NDArray[np.int64], windows: NDArray[np.int64], visits: dict[str, BusyTimes]
) -> Calendar:
    order = np.lexsort((windows[:, 0], indexes))
    return Calendar(
        array("i", indexes[order].astype(np.int32).tobytes()),
        array("q", windows[order, 0].tobytes()),
        array("q", windows[order, 1].tobytes()),
        visits,
    )
