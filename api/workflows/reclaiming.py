"""What is booked holds what it needs once the rules of its clinic have changed."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from models.appointment import HOLDING
from models.listing import AppointmentFilter
from models.postgres.connection import Connection
from models.postgres.read_appointments import appointments
from models.postgres.write_clinic import new_id
from models.postgres.write_holds import release_holds
from models.postgres.write_reclaimed import holders_that_ran_out, write_reclaimed
from models.reclaiming import Reclaimed, reclaimed
from models.setup import ClinicSetup
from models.stored_appointment import StoredAppointment
from models.wall_clock import floor_minute

_LASTS_AT_MOST = timedelta(days=3)
"""A visit of a day, then a gap of a day, or buffers and turnaround of half a day each."""

_EVERYTHING = 2**31

_PATIENCE = (
    "SELECT set_config('statement_timeout', '0', true),"
    " set_config('idle_in_transaction_session_timeout', '60s', true)"
)


async def take_time(conn: Connection) -> None:
    """Let the transaction take as long as it needs: a big clinic takes its time."""
    await conn.execute(_PATIENCE)


async def reclaim(
    conn: Connection,
    before: ClinicSetup,
    after: ClinicSetup,
    numbers: Mapping[str, int],
    now: datetime,
    *,
    without: Collection[str] = (),
) -> None:
    """Let what is booked hold what it needs under a new setup; holds that have run out end.

    Nobody books meanwhile: the caller has taken the clinic. Appointments `without` hold nothing by now.
    `numbers` are those of providers, rooms and pools. RulesConflict where what is booked could not stand.
    """
    clinic_id = UUID(before.clinic.id)
    await release_holds(conn, clinic_id, await holders_that_ran_out(conn, clinic_id, now), now)
    wanted = AppointmentFilter(from_=now - _LASTS_AT_MOST, statuses=HOLDING)
    booked = await appointments(conn, clinic_id, wanted, after=None, limit=_EVERYTHING, now=now)
    staying = [one for one in booked if one.id not in without]
    changes = await asyncio.to_thread(_reclaimed, staying, before, after, floor_minute(now))
    await write_reclaimed(conn, clinic_id, changes, numbers, after.counters, now)


def _reclaimed(
    booked: list[StoredAppointment], before: ClinicSetup, after: ClinicSetup, since: int
) -> Reclaimed:
    return reclaimed(booked, before, after, since, new_id)
