"""A scenario applied: its changes and its whole plan in one transaction, or nothing of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from api.scenario_orders import read_order
from api.workflows.apply_changes import stored_setup
from api.workflows.apply_plan import apply_plan
from api.workflows.book_appointment import ATTEMPTS
from api.workflows.runtime import Runtime
from models.errors import (
    CalendarChanged,
    ClaimConflict,
    NotFound,
    ScenarioIsCommitted,
    ScenarioNotReady,
    StillConflicting,
)
from models.plan import Plan
from models.plan_to_apply import AppliedPlan, PlanToApply
from models.postgres.connection import Connection, retrying
from models.postgres.ids import uuid_of
from models.postgres.jobs import defer_solve
from models.postgres.read_scenarios import locked_scenario
from models.postgres.write_records import write_audit
from models.postgres.write_rules import take_clinic
from models.postgres.write_scenarios import add_to_rescheduling_list, mark_committed, requeue
from models.records import Actor
from models.scenario import AppointmentsAdded, ScenarioChange, ScenarioStatus
from models.stored_scenario import ScenarioKind, StoredScenario
from models.unplaced import KEEP_ALL, UnplacedChoices
from scenarios.plan_document import plan_of_document


async def commit_scenario(
    runtime: Runtime,
    clinic_id: str,
    scenario_id: str,
    actor: Actor,
    *,
    choices: UnplacedChoices = KEEP_ALL,
    resolve: bool = False,
) -> StoredScenario:
    """Apply the plan of a scenario that is solved, or was stopped with one; it is history afterwards.

    CalendarChanged with the moves that no longer hold; with `resolve` the scenario is solved anew instead,
    the other moves pinned, and comes back queued. UnplacedIsInTheWay, ScenarioNotReady, ScenarioIsCommitted,
    NotFound, whatever else `apply_plan` raises, and Unavailable with its kinds.
    """
    commit = _Commit(runtime, clinic_id, scenario_id, actor, choices)
    uuid_of("clinic", clinic_id), uuid_of("scenario", scenario_id)
    for _ in range(ATTEMPTS):
        try:
            return await retrying(runtime.pool, commit.attempt)
        except ClaimConflict:
            continue
        except CalendarChanged as changed:
            if not resolve:
                raise
            stale = frozenset(one.appointment_id for one in changed.stale)
            return await retrying(runtime.pool, _Resolving(commit, stale).attempt)
    raise StillConflicting("other bookings kept getting in the way")


@dataclass(frozen=True, slots=True)
class _Commit:
    runtime: Runtime
    clinic_id: str
    scenario_id: str
    actor: Actor
    choices: UnplacedChoices

    async def attempt(self, conn: Connection) -> StoredScenario:
        """One try, in one transaction."""
        scenario, plan = await self.ready(conn)
        changes = await self._changes(conn, scenario)
        added = [change for change in changes if isinstance(change, AppointmentsAdded)]
        applied = await apply_plan(
            conn,
            self.runtime,
            PlanToApply(
                clinic_id=self.clinic_id,
                plan=plan,
                actor=self.actor,
                wanted={visit.id: visit for change in added for visit in change.wanted},
                changes=tuple(_of_the_setup(changes)),
                choices=self.choices,
                seen_at=scenario.calendar_seen_at,
            ),
        )
        return await self._history(conn, applied)

    async def ready(self, conn: Connection) -> tuple[StoredScenario, Plan]:
        """The scenario, locked, and its plan."""
        scenario = await locked_scenario(conn, self.clinic_id, self.scenario_id)
        if scenario is None:
            raise NotFound("scenario", self.scenario_id)
        if scenario.status is ScenarioStatus.COMMITTED:
            raise ScenarioIsCommitted("the scenario has been applied, and is history")
        if scenario.status not in (ScenarioStatus.SOLVED, ScenarioStatus.STOPPED) or scenario.plan is None:
            raise ScenarioNotReady(f"the scenario is {scenario.status}, and has no plan to apply")
        return scenario, plan_of_document(scenario.plan)

    async def _changes(self, conn: Connection, scenario: StoredScenario) -> tuple[ScenarioChange, ...]:
        """What the plan relies on besides; an absence was recorded when it was reported."""
        if scenario.kind is ScenarioKind.ABSENCE:
            return ()
        now = self.runtime.clock()
        known = await self.runtime.setups.current(conn, self.clinic_id)
        asked = read_order(scenario.request, known.setup, now, {}, {})
        if not list(_of_the_setup(asked.changes)):
            return asked.changes
        await take_clinic(conn, uuid_of("clinic", self.clinic_id))
        setup = (await stored_setup(conn, self.clinic_id)).setup
        return read_order(scenario.request, setup, now, {}, {}).changes

    async def _history(self, conn: Connection, applied: AppliedPlan) -> StoredScenario:
        now = self.runtime.clock()
        if applied.listed:
            await add_to_rescheduling_list(
                conn,
                self.clinic_id,
                self.scenario_id,
                applied.listed,
                added_by=self.actor.subject,
                now=now,
            )
        await write_audit(
            conn,
            self.clinic_id,
            self.actor,
            now,
            action="scenario_committed",
            entity="scenario",
            entity_id=self.scenario_id,
            after={
                "moved": len(applied.moved),
                "booked": len(applied.booked),
                "canceled": len(applied.canceled),
                "listed": len(applied.listed),
                "kept": len(applied.kept),
            },
        )
        await mark_committed(conn, self.clinic_id, self.scenario_id, now)
        return await self.found(conn)

    async def found(self, conn: Connection) -> StoredScenario:
        """The scenario as this transaction leaves it."""
        scenario = await locked_scenario(conn, self.clinic_id, self.scenario_id)
        if scenario is None:
            raise NotFound("scenario", self.scenario_id)
        return scenario


@dataclass(frozen=True, slots=True)
class _Resolving:
    """Only what no longer holds is solved anew: the answers name the moves to keep."""

    commit: _Commit
    stale: frozenset[str]

    async def attempt(self, conn: Connection) -> StoredScenario:
        """One try, in one transaction."""
        commit = self.commit
        scenario, plan = await commit.ready(conn)
        keep = [one.appointment_id for one in plan.moves if one.appointment_id not in self.stale]
        answers = {**scenario.answers, "keep": keep}
        now = commit.runtime.clock()
        await requeue(conn, commit.clinic_id, commit.scenario_id, now, answers=answers)
        await defer_solve(conn, commit.clinic_id, commit.scenario_id)
        return await commit.found(conn)


def _of_the_setup(changes: Iterable[ScenarioChange]) -> Iterable[ScenarioChange]:
    return (change for change in changes if not isinstance(change, AppointmentsAdded))
