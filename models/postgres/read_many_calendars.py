"""What is held at many clinics, in one read."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.calendar import Calendar
from models.hours import Window
from models.postgres.connection import Connection
from models.postgres.kinds import UNIT_BITS
from models.postgres.named_queries import named_queries
from models.postgres.packed import MICROSECONDS_PER_MINUTE, MINUTES_UNTIL_2000
from models.postgres.read_calendar import calendar_of
from models.postgres.resource_numbers import ResourceNumbers
from models.wall_clock import Minute, instant_of

queries = named_queries(__file__)

Held: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Resource numbers, and the minutes from and until which each is held."""


async def read_busy_providers(
    conn: Connection, clinic_of: Mapping[int, str], low: Minute, high: Minute, now: datetime
) -> Mapping[int, list[Window]]:
    """The holds that share a minute with `[low, high)`, by resource number and sorted: enough to tell which
    calendars are worth opening.

    `clinic_of` has the clinic of each number. Holds that ran out before `now` are left out.
    """
    numbers, windows = await read_claims_of_clinics(conn, clinic_of, low, high, now)
    holds: dict[int, list[Window]] = {}
    for number, start, end in zip(numbers.tolist(), *windows.T.tolist(), strict=True):
        holds.setdefault(number, []).append((start, end))
    for windows_of_one in holds.values():
        windows_of_one.sort()
    return holds


async def read_calendars(
    conn: Connection,
    refs: Mapping[str, tuple[ResourceNumbers, Collection[str]]],
    low: Minute,
    high: Minute,
    now: datetime,
) -> Mapping[str, Calendar]:
    """As `read_calendar`, for some resources of each of several clinics."""
    clinic_of = {
        number: clinic_id for clinic_id, (numbers, some) in refs.items() for number in numbers.of_refs(some)
    }
    numbers, windows = await read_claims_of_clinics(conn, clinic_of, low, high, now)
    found = {}
    for clinic_id, (known, some) in refs.items():
        mine = np.isin(numbers, known.of_refs(some))
        found[clinic_id] = calendar_of(known.indexes(numbers[mine]), windows[mine], {})
    return found


async def read_claims_of_clinics(
    conn: Connection, clinic_of: Mapping[int, str], low: Minute, high: Minute, now: datetime
) -> Held:
    """The claims of these resources that share a minute with `[low, high)` and have not run out."""
    values = {
        "clinic_ids": _array(clinic_of.values()),
        "resource_nos": _array(map(str, clinic_of)),
        "distinct_clinic_ids": _array(dict.fromkeys(clinic_of.values())),
        "low": instant_of(low),
        "high": instant_of(high),
        "now": now,
    }
    row = await (await conn.execute(queries["read_claims_of_clinics"], values)).fetchone()
    claims = np.frombuffer((row and row[0]) or b"", ">i8").astype(np.int64).reshape(-1, 3)
    return claims[:, 0] >> UNIT_BITS, claims[:, 1:] // MICROSECONDS_PER_MINUTE + MINUTES_UNTIL_2000


def _array(items: Iterable[str]) -> str:
    """As the database writes an array: thousands of items would take longer one by one than to be read."""
    return f"{{{','.join(items)}}}"
