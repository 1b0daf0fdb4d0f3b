"""When providers of many clinics are held, in one read: enough to tell which calendars are worth opening."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np

from models.hours import Window
from models.postgres.connection import Connection
from models.postgres.kinds import UNIT_BITS
from models.postgres.named_queries import named_queries
from models.postgres.packed import MICROSECONDS_PER_MINUTE, MINUTES_UNTIL_2000
from models.wall_clock import Minute, instant_of

queries = named_queries(__file__)


async def read_busy_providers(
    conn: Connection, clinic_of: Mapping[int, str], low: Minute, high: Minute, now: datetime
) -> Mapping[int, list[Window]]:
    """The holds that share a minute with `[low, high)`, by resource number and sorted.

    `clinic_of` has the clinic of each number. Holds that ran out before `now` are left out.
    """
    values = {
        "clinic_ids": list(clinic_of.values()),
        "resource_nos": list(clinic_of),
        "distinct_clinic_ids": list(set(clinic_of.values())),
        "low": instant_of(low),
        "high": instant_of(high),
        "now": now,
    }
    row = await (await conn.execute(queries["read_busy_providers"], values)).fetchone()
    claims = np.frombuffer((row and row[0]) or b"", ">i8").astype(np.int64).reshape(-1, 3)
    numbers = (claims[:, 0] >> UNIT_BITS).tolist()
    windows = (claims[:, 1:] // MICROSECONDS_PER_MINUTE + MINUTES_UNTIL_2000).tolist()
    holds: dict[int, list[Window]] = {}
    for number, (start, end) in zip(numbers, windows, strict=True):
        holds.setdefault(number, []).append((start, end))
    for windows_of_one in holds.values():
        windows_of_one.sort()
    return holds
