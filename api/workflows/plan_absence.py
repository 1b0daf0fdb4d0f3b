"""Absences reported: recorded in the clinic's hours, with the scenario that plans around them."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from api.payloads.absences import AbsenceIn
from api.scenario_orders import wire_form
from api.workflows.accepting import Accepted, Accepting, refuse_unless_possible
from api.workflows.evidence import known_setup
from api.workflows.idempotency import idempotency_key
from api.workflows.runtime import Runtime
from models.errors import SlotwrightError
from models.postgres.write_clinic import new_id
from models.records import Actor
from models.scenario import ResourceAbsent, Scenario, ScenarioStatus
from models.snapshot import ClinicSnapshot
from models.stored_scenario import ScenarioKind, StoredScenario

OPERATION = "report absence"
CLINICS_AT_ONCE = 4


class ClinicAbsence(NamedTuple):
    """An absence, the clinic that it is reported to, and the key of the report."""

    clinic_id: str
    body: AbsenceIn
    key: str | None


async def report_absence(
    runtime: Runtime, clinic_id: str, body: AbsenceIn, actor: Actor, *, key: str | None
) -> Accepted:
    """Record an absence and store the scenario that repairs it, to be solved: both or neither, once per key.

    InvalidRequest, InvalidScenario and NotFound for one that cannot be planned around;
    IdempotencyKeyReused, IdempotencyKeyInFlight.
    """
    now, setup = runtime.clock(), (await known_setup(runtime, clinic_id)).setup
    request = wire_form(body)
    request.pop("clinicId", None)  # of a report among many
    named = idempotency_key(clinic_id, actor, OPERATION, key, request)
    earlier = await Accepting(runtime, clinic_id, actor, named).earlier()
    if earlier is not None:
        return earlier
    scenario = body.to_order().scenario(ClinicSnapshot.of(setup, now=now))
    if scenario.not_then or scenario.freeze.appointment_ids or scenario.freeze.until is not None:
        await refuse_unless_possible(runtime, clinic_id, scenario)
    stored = StoredScenario(
        id=new_id(),
        clinic_id=clinic_id,
        name=scenario.name,
        kind=ScenarioKind.ABSENCE,
        mode=scenario.mode,
        status=ScenarioStatus.QUEUED,
        request=request,
        time_limit_seconds=body.time_limit_seconds,
        created_by=actor.subject,
        created_at=now,
        updated_at=now,
    )
    return await Accepting(runtime, clinic_id, actor, named, _absence_of(scenario)).accept(stored)


def _absence_of(scenario: Scenario) -> ResourceAbsent:
    [absence] = (change for change in scenario.changes if isinstance(change, ResourceAbsent))
    return absence


async def report_absences(
    runtime: Runtime, absences: Sequence[ClinicAbsence], actor: Actor
) -> list[Accepted | SlotwrightError]:
    """Each absence reported on its own, those of one clinic one after the other; what became of each."""
    places: dict[str, list[int]] = {}
    for index, absence in enumerate(absences):
        places.setdefault(absence.clinic_id, []).append(index)
    found: dict[int, Accepted | SlotwrightError] = {}
    turns = asyncio.Semaphore(CLINICS_AT_ONCE)

    async def at_one_clinic(indexes: list[int]) -> None:
        async with turns:
            for index in indexes:
                found[index] = await _reported(runtime, absences[index], actor)

    async with asyncio.TaskGroup() as group:
        for indexes in places.values():
            group.create_task(at_one_clinic(indexes))
    return [found[index] for index in range(len(absences))]


async def _reported(runtime: Runtime, absence: ClinicAbsence, actor: Actor) -> Accepted | SlotwrightError:
    try:
        return await report_absence(runtime, absence.clinic_id, absence.body, actor, key=absence.key)
    except SlotwrightError as refusal:
        return refusal
