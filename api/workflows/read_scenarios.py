"""Reads of scenarios: one, a page of many, several side by side, one again and again while it is solved."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

from api.workflows.runtime import Runtime
from models.errors import InvalidRequest, NotFound, ScenarioNotReady, Unavailable
from models.listing import Found, refuse_bad_limit
from models.postgres import read_scenarios as stored
from models.postgres.connection import glancing
from models.postgres.ids import uuid_of
from models.stored_scenario import (
    ReschedulingEntry,
    ReschedulingMark,
    ScenarioKind,
    ScenarioMark,
    StoredScenario,
)
from scenarios.compare import compared

POLL_SECONDS = 0.3
SILENCE_SECONDS = 5.0
"""After so long without news whoever watches hears that there is none."""

FEWEST_COMPARED = 2


async def read_scenario(runtime: Runtime, clinic_id: str, scenario_id: str) -> StoredScenario:
    """One scenario; NotFound where this clinic has none of that id."""
    uuid_of("clinic", clinic_id), uuid_of("scenario", scenario_id)
    async with glancing(runtime.pool) as conn:
        found = await stored.read_scenario(conn, clinic_id, scenario_id)
    if found is None:
        raise NotFound("scenario", scenario_id)
    return found


async def list_scenarios(
    runtime: Runtime,
    clinic_id: str,
    *,
    kinds: Collection[ScenarioKind],
    after: ScenarioMark | None,
    limit: int,
) -> Found[StoredScenario, ScenarioMark]:
    """A page of the scenarios of some kinds, the latest first, without their requests and plans."""
    refuse_bad_limit(limit)
    uuid_of("clinic", clinic_id)
    async with glancing(runtime.pool) as conn:
        found = await stored.list_scenarios(conn, clinic_id, kinds=kinds, after=after, limit=limit + 1)
    items = tuple(found[:limit])
    mark = ScenarioMark(items[-1].created_at, items[-1].id) if len(found) > limit else None
    return Found(items=items, next=mark)


async def list_to_reschedule(
    runtime: Runtime, clinic_id: str, *, after: ReschedulingMark | None, limit: int
) -> Found[ReschedulingEntry, ReschedulingMark]:
    """A page of those to be given a new time, who waits longest first."""
    refuse_bad_limit(limit)
    uuid_of("clinic", clinic_id)
    async with glancing(runtime.pool) as conn:
        found = await stored.list_to_reschedule(conn, clinic_id, after=after, limit=limit + 1)
    items = tuple(found[:limit])
    mark = ReschedulingMark(items[-1].added_at, items[-1].appointment_id) if len(found) > limit else None
    return Found(items=items, next=mark)


def plan_of(scenario: StoredScenario) -> Any:
    """Its plan document, be it the last one or the best so far; ScenarioNotReady while there is none."""
    if scenario.plan is None:
        raise ScenarioNotReady(f"the scenario is {scenario.status} and has no plan")
    return scenario.plan


async def compare_scenarios(
    runtime: Runtime, clinic_id: str, scenario_ids: Sequence[str]
) -> tuple[list[StoredScenario], dict[str, Any]]:
    """Scenarios of one clinic and their plans side by side; NotFound, ScenarioNotReady."""
    if len(set(scenario_ids)) < max(FEWEST_COMPARED, len(scenario_ids)):
        raise InvalidRequest("ids must name at least two scenarios, each once", field="ids")
    found = [await read_scenario(runtime, clinic_id, one) for one in scenario_ids]
    return found, compared({one.id: plan_of(one) for one in found})


async def watched(
    runtime: Runtime, scenario: StoredScenario, stopping: asyncio.Event
) -> AsyncIterator[StoredScenario | None]:
    """A scenario as it is, and again each time that something about it has changed, until it is over.

    None from time to time where there is no news. Ends where it is deleted, and when `stopping` is set.
    No connection is kept while nothing is read.
    """
    silence = 0.0
    yield scenario
    while not scenario.status.is_over and not await _stops(stopping):
        silence += POLL_SECONDS
        changed = await _changed(runtime, scenario)
        if changed is None:
            return
        if changed.version != scenario.version:
            scenario, silence = changed, 0.0
            yield scenario
        elif silence >= SILENCE_SECONDS:
            silence = 0.0
            yield None


async def _stops(stopping: asyncio.Event) -> bool:
    """Whether it is set within one pause."""
    try:
        await asyncio.wait_for(stopping.wait(), POLL_SECONDS)
    except TimeoutError:
        return False
    return True


async def _changed(runtime: Runtime, scenario: StoredScenario) -> StoredScenario | None:
    """The scenario as it is now; None where it is gone. A database that is away for a while has no news."""
    try:
        async with glancing(runtime.pool) as conn:
            version = await stored.scenario_version(conn, scenario.clinic_id, scenario.id)
            if version in (None, scenario.version):
                return None if version is None else scenario
            return await stored.read_scenario(conn, scenario.clinic_id, scenario.id)
    except Unavailable:
        return scenario
