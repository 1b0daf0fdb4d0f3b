"""The claims of what is booked follow the rules of their clinic: see `models.reclaiming`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID, uuid4

import orjson

from models.group_visit import GroupVisit
from models.postgres.connection import Connection
from models.postgres.kinds import UNIT_BITS, UNITS_PER_RESOURCE
from models.postgres.named_queries import named_queries
from models.postgres.write_claims import add_claims, drop_claims
from models.reclaiming import Reclaimed, exchanged
from models.unit_claims import Claim
from models.wall_clock import Minute, ceil_minute, floor_minute, instant_of

queries = named_queries(__file__)


async def write_reclaimed(
    conn: Connection,
    clinic_id: UUID,
    changes: Reclaimed,
    numbers: Mapping[str, int],
    counters: Iterable[str],
    now: datetime,
) -> None:
    """Exchange the claims that differ, and count the change of every resource concerned.

    `numbers` are those of providers, rooms and pools; `counters` is what is counted from now on.
    """
    await name_counters(conn, clinic_id, counters)
    await open_groups(conn, clinic_id, changes.new_groups, now)
    await regroup(conn, clinic_id, changes.group_of)
    known = {**numbers, **await numbers_of_counters(conn, clinic_id)}
    number_of = {ref: known[ref] for ref in changes.refs}
    stored = await claims_near(conn, clinic_id, number_of, changes.since)
    dropped, added = exchanged(stored, changes)
    await drop_claims(conn, clinic_id, dropped, number_of)
    await add_claims(conn, clinic_id, added, number_of, changes.group_ids)
    await count_changes(conn, clinic_id, {number_of[claim.ref] for claim in (*dropped, *added)})


async def name_counters(conn: Connection, clinic_id: UUID, counters: Iterable[str]) -> None:
    """Give a number to every counter that never had one."""
    names = sorted(counters)
    values = {"clinic_id": clinic_id, "ids": [uuid4() for _ in names], "counters": names}
    await conn.execute(queries["name_counters"], values)


async def numbers_of_counters(conn: Connection, clinic_id: UUID) -> dict[str, int]:
    """The number of everything that is counted, or ever was."""
    found = await conn.execute(queries["numbers_of_counters"], {"clinic_id": clinic_id})
    return dict(await found.fetchall())


async def holders_that_ran_out(conn: Connection, clinic_id: UUID, now: datetime) -> list[str]:
    """Holds that nobody confirmed in time, and the group visits of nobody else."""
    found = await conn.execute(queries["holders_that_ran_out"], {"clinic_id": clinic_id, "now": now})
    return [holder_id for (holder_id,) in await found.fetchall()]


async def claims_near(
    conn: Connection, clinic_id: UUID, number_of: Mapping[str, int], since: Minute
) -> list[Claim]:
    """What some resources are held for from three days before a minute on."""
    values = {
        "clinic_id": clinic_id,
        "resource_nos": list(number_of.values()),
        "since": instant_of(since),
    }
    ref_of = {number: ref for ref, number in number_of.items()}
    rows = await (await conn.execute(queries["claims_near"], values)).fetchall()
    return [
        Claim(
            ref_of[unit_id >> UNIT_BITS],
            unit_id % UNITS_PER_RESOURCE,
            floor_minute(starts_at),
            ceil_minute(ends_at),
            holder_id,
        )
        for holder_id, unit_id, starts_at, ends_at in rows
    ]


async def open_groups(conn: Connection, clinic_id: UUID, groups: Sequence[GroupVisit], now: datetime) -> None:
    """Store group visits that nobody has come to as yet."""
    for group in groups:
        key = group.key
        values = {
            "clinic_id": clinic_id,
            "id": group.id,
            "provider_id": key.provider_id,
            "service_id": key.service_id,
            "room_id": key.room_id,
            "location_id": group.location_id,
            "starts_at": instant_of(key.start),
            "ends_at": instant_of(key.end),
            "overbook": group.overbook,
            "equipment": orjson.dumps([asdict(use) for use in group.equipment]).decode(),
            "now": now,
        }
        await conn.execute(queries["open_groups"], values)


async def regroup(conn: Connection, clinic_id: UUID, group_of: Mapping[str, str | None]) -> None:
    """Let appointments come to other group visits, or to none."""
    values = {
        "clinic_id": clinic_id,
        "ids": list(group_of),
        "group_visit_ids": list(group_of.values()),
    }
    await conn.execute(queries["regroup"], values)


async def count_changes(conn: Connection, clinic_id: UUID, resource_nos: Iterable[int]) -> None:
    """A new version for the calendar of each of these resources."""
    values = {"clinic_id": clinic_id, "resource_nos": sorted(resource_nos)}
    await conn.execute(queries["count_changes"], values)
