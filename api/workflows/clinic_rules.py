"""The rules of a clinic, read and replaced as a whole."""

from dataclasses import dataclass, replace
from uuid import UUID

from api.rules_answer import what_changed
from api.workflows.reclaiming import reclaim, take_time
from api.workflows.runtime import Runtime
from models.clinic_rules import ClinicRules, with_rules
from models.errors import NotFound, VersionMismatch
from models.postgres.connection import Connection, reading, retrying
from models.postgres.ids import uuid_of
from models.postgres.read_setup import StoredSetup, read_setup
from models.postgres.write_clinic import new_id
from models.postgres.write_records import write_audit
from models.postgres.write_rules import take_clinic, write_rules
from models.reclaiming import claims_follow
from models.records import Actor
from models.setup import ClinicSetup


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
        await take_time(conn)
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
            await reclaim(conn, before, after, stored.numbers.no_by_ref, now)
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


async def _stored(conn: Connection, clinic_id: str) -> StoredSetup:
    found = await read_setup(conn, clinic_id)
    if found is None:
        raise NotFound("clinic", clinic_id)
    return found
