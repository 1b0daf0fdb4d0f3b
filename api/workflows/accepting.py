"""Scenarios taken in: checked against the clinic as it is, then stored with the job that solves them."""

from collections.abc import Set
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

from api.absence_order import refuse_unknown_answers
from api.scenario_answer import accepted_reply
from api.workflows.apply_changes import record_absence
from api.workflows.idempotency import earlier_reply
from api.workflows.runtime import Runtime
from models.errors import NotFound
from models.postgres.connection import Connection, glancing, reading, retrying
from models.postgres.ids import uuid_of
from models.postgres.jobs import defer_solve
from models.postgres.read_evidence import kept_reply, take_turn
from models.postgres.read_planning import planning_range, read_planning, wanted_patients
from models.postgres.read_setup import config_version
from models.postgres.write_records import keep_reply, write_audit
from models.postgres.write_rules import take_clinic
from models.postgres.write_scenarios import insert_scenario
from models.records import Actor, IdempotencyKey, Reply
from models.scenario import ResourceAbsent, Scenario
from models.setup import ClinicSetup
from models.snapshot import ClinicSnapshot
from models.stored_scenario import StoredScenario
from scenarios.what_if import refuse_impossible


class Accepted(NamedTuple):
    """The answer to an order of a scenario, and whether it is that to an earlier one."""

    reply: Reply
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class Accepting:
    """One order of a scenario, under its key if it has one, with the absence that is recorded with it."""

    runtime: Runtime
    clinic_id: str
    actor: Actor
    key: IdempotencyKey | None
    absence: ResourceAbsent | None = None

    async def earlier(self) -> Accepted | None:
        """The answer that the same order was given before; IdempotencyKeyReused where it was another."""
        if self.key is None:
            return None
        async with glancing(self.runtime.pool) as conn:
            kept = await kept_reply(conn, self.key, self.runtime.clock())
        reply = earlier_reply(self.key, kept, key_is_free=True)
        return None if reply is None else Accepted(reply, is_repeated=True)

    async def accept(self, scenario: StoredScenario) -> Accepted:
        """Store it with its job, its audit row and its answer, in one transaction."""

        async def attempt(conn: Connection) -> Accepted:
            now = self.runtime.clock()
            if self.absence is not None:  # before the turn, which shares the lock that recording needs alone
                await take_clinic(conn, UUID(self.clinic_id))
            turn = await take_turn(conn, UUID(self.clinic_id), self.key, now)
            kept = await kept_reply(conn, self.key, now)
            reply = earlier_reply(self.key, kept, key_is_free=await turn.fetchone() == (True,))
            if reply is not None:
                return Accepted(reply, is_repeated=True)
            stored = await self._recorded(conn, scenario)
            await insert_scenario(conn, stored)
            await defer_solve(conn, stored.clinic_id, stored.id)
            await self._note(conn, stored)
            reply = accepted_reply(stored)
            if self.key is not None:
                await keep_reply(conn, UUID(self.clinic_id), self.actor, now, self.key, reply)
            return Accepted(reply)

        return await retrying(self.runtime.pool, attempt)

    async def _recorded(self, conn: Connection, scenario: StoredScenario) -> StoredScenario:
        if self.absence is None:
            return scenario
        entered = await record_absence(conn, self.clinic_id, self.absence, self.actor, scenario.created_at)
        return replace(scenario, exception_id=entered)

    async def _note(self, conn: Connection, stored: StoredScenario) -> None:
        await write_audit(
            conn,
            self.clinic_id,
            self.actor,
            stored.created_at,
            action="scenario_asked",
            entity="scenario",
            entity_id=stored.id,
            after={"kind": stored.kind.value, "mode": stored.mode.value},
        )


async def refuse_unless_possible(
    runtime: Runtime, clinic_id: str, scenario: Scenario, *, named_before: Set[str] = frozenset()
) -> None:
    """Look at the calendar as it is: InvalidScenario or NotFound where a scenario cannot be asked of it.

    Of the appointments that were `named_before`, what has been given up since is no obstacle.
    """
    now = runtime.clock()
    async with reading(runtime.pool) as conn:
        setup = await _setup_now(conn, runtime, clinic_id)
        low, high = planning_range(scenario, now)
        appointments, patients = await read_planning(
            conn, clinic_id, low, high, now, also_patients=wanted_patients(scenario)
        )

    def look() -> None:
        snapshot = ClinicSnapshot.of(setup, appointments=appointments, patients=patients, now=now)
        asked = _without(scenario, named_before - {one.id for one in appointments})
        refuse_impossible(asked, snapshot)
        refuse_unknown_answers(asked, snapshot)

    await runtime.solving.run(look)


def _without(scenario: Scenario, gone: Set[str]) -> Scenario:
    """The scenario that says nothing of some appointments."""
    freeze = replace(scenario.freeze, appointment_ids=scenario.freeze.appointment_ids - gone)
    not_then = {one: times for one, times in scenario.not_then.items() if one not in gone}
    return replace(scenario, freeze=freeze, not_then=not_then)


async def _setup_now(conn: Connection, runtime: Runtime, clinic_id: str) -> ClinicSetup:
    version = await (await config_version(conn, uuid_of("clinic", clinic_id))).fetchone()
    if version is None:
        raise NotFound("clinic", clinic_id)
    return (await runtime.setups.current(conn, clinic_id, version[0])).setup
