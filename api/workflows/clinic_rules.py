"""The rules of a clinic, read and replaced as a whole."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from api.rules_answer import what_changed
from api.workflows.runtime import Runtime
from models.appointment import HOLDING
from models.clinic_rules import ClinicRules, with_rules
from models.errors import NotFound, VersionMismatch
from models.listing import AppointmentFilter
from models.postgres.connection import Connection, reading, retrying
from models.postgres.ids import uuid_of
from models.postgres.read_appointments import appointments
from models.postgres.read_setup import StoredSetup, read_setup
from models.postgres.write_clinic import new_id
from models.postgres.write_holds import release_holds
from models.postgres.write_reclaimed import holders_that_ran_out, write_reclaimed
from models.postgres.write_records import write_audit
from models.postgres.write_rules import take_clinic, write_rules
from models.reclaiming import Reclaimed, claims_follow, reclaimed
from models.records import Actor
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
"""A big clinic takes its time."""


async def read_rules(runtime: Runtime, clinic_id: str) -> ClinicSetup:
    """The setup whose rules hold now; NotFound where there is no such clinic."""
    uuid_of("clinic", clinic_id)
    async with reading(runtime.pool) as conn:
        return (await _stored(conn, clinic_id)).setup


async def replace_rules(
    runtime: Runtime, clinic_id: str, rules: ClinicRules, actor: Actor, *, version: int | None
) -> ClinicSetup:
    """Put other rules in the place of all that the clinic has; only if it is still at `version`.

    What is booked stays booked, and holds from now on what it needs under these rules. NotFound,
    VersionMismatch, InvalidRules; RulesConflict where what is booked could not stand; LockTimeout.
    """
    uuid_of("clinic", clinic_id)
    change = _Change(runtime, clinic_id, rules, actor, version)
    return await retrying(runtime.pool, change.attempt, pipelined=False)


@dataclass(frozen=True, slots=True)
class _Change:
    runtime: Runtime
    clinic_id: str
    rules: ClinicRules
    actor: Actor
    version: int | None

    async def attempt(self, conn: Connection) -> ClinicSetup:
        """One try, in one transaction, while nobody books."""
        clinic_id = UUID(self.clinic_id)
        await conn.execute(_PATIENCE)
        await take_clinic(conn, clinic_id)
        now, stored = self.runtime.clock(), await _stored(conn, self.clinic_id)
        before = stored.setup
        if self.version not in (None, before.version):
            raise VersionMismatch(before.version, "the setup of the clinic")
        after = replace(with_rules(before, self.rules, new_id), version=before.version + 1)
        if replace(after, version=before.version) == before:
            return before
        await write_rules(conn, before, after, now)
        if claims_follow(before, after):
            await self._reclaim(conn, stored, after, now)
        old, new = what_changed(before, after)
        await write_audit(
            conn,
            self.clinic_id,
            self.actor,
            now,
            action="rules_changed",
            entity="clinic",
            entity_id=self.clinic_id,
            before=old,
            after=new,
        )
        return after

    async def _reclaim(
        self, conn: Connection, stored: StoredSetup, after: ClinicSetup, now: datetime
    ) -> None:
        """Let what is booked hold what it needs under the new rules, holds that have run out aside."""
        clinic_id = UUID(self.clinic_id)
        await release_holds(conn, clinic_id, await holders_that_ran_out(conn, clinic_id, now), now)
        wanted = AppointmentFilter(from_=now - _LASTS_AT_MOST, statuses=HOLDING)
        booked = await appointments(conn, clinic_id, wanted, after=None, limit=_EVERYTHING, now=now)
        changes = await asyncio.to_thread(_reclaimed, booked, stored.setup, after, floor_minute(now))
        await write_reclaimed(conn, clinic_id, changes, stored.numbers.no_by_ref, after.counters, now)


def _reclaimed(
    booked: list[StoredAppointment], before: ClinicSetup, after: ClinicSetup, since: int
) -> Reclaimed:
    return reclaimed(booked, before, after, since, new_id)


async def _stored(conn: Connection, clinic_id: str) -> StoredSetup:
    found = await read_setup(conn, clinic_id)
    if found is None:
        raise NotFound("clinic", clinic_id)
    return found
