"""Scenarios: asked, watched while they are solved, looked at, solved on, and forgotten."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.answers import json_answer, reply_answer
from api.cursors import cursor_of, moment_and_id_of
from api.dependencies import ClinicCall, in_clinic, require
from api.errors import KINDS
from api.identifiers import canonical_id
from api.openapi import IN_A_CLINIC, LOCATION, REPLAYED, WITH_A_BODY, problems, with_headers
from api.payloads.basics import Page, PageQuery
from api.payloads.plans import CommitIn, ComparisonOut, PlanOut
from api.payloads.scenarios import ComparisonQuery, ExtensionIn, ScenarioIn, ScenarioOut, ScenarioSummaryOut
from api.roles import RIGHTS, Right
from api.routes.absences import ABSENCE_REFUSALS, Reporting
from api.routes.appointments import KEYED, Key
from api.scenario_answer import comparison_body, scenario_body, summary_body
from api.scenario_orders import wire_form
from api.scenario_stream import A_STREAM, EVENT_STREAM, scenario_stream, wants_stream
from api.workflows.commit_scenario import commit_scenario
from api.workflows.read_scenarios import compare_scenarios, list_scenarios, plan_of, read_scenario
from api.workflows.run_what_if import extend_scenario, forget_scenario, order_what_if, stop_scenario
from models.errors import (
    CalendarChanged,
    ChangesContradict,
    LockTimeout,
    RulesConflict,
    ScenarioIsCommitted,
    ScenarioNotReady,
    UnplacedIsInTheWay,
)
from models.scenario import ScenarioStatus
from models.stored_scenario import ScenarioKind, ScenarioMark, StoredScenario
from models.unplaced import KEEP_ALL

COMPARE_PATH: Final = "/v1/clinics/{clinicId}/scenarios/compare"

router = APIRouter(prefix="/v1/clinics/{clinicId}/scenarios", tags=["scenarios"])

REFUSALS: Final = (*ABSENCE_REFUSALS, KINDS[ChangesContradict])
OVER: Final = tuple(KINDS[error] for error in (ScenarioNotReady, ScenarioIsCommitted, LockTimeout))

COMMITTING: Final = (
    *OVER,
    *(KINDS[error] for error in (CalendarChanged, UnplacedIsInTheWay, RulesConflict, ChangesContradict)),
)

Resolve = Annotated[bool, Query(description="Solve anew what no longer holds, instead of refusing.")]
Asking = Annotated[ClinicCall, Depends(in_clinic(Right.ASK_WHAT_IF))]


async def _found(
    call: Reporting,
    scenario_id: Annotated[str, Path(alias="scenarioId", json_schema_extra={"format": "uuid"})],
) -> StoredScenario:
    found = await read_scenario(call.runtime, call.clinic_id, canonical_id("scenario", scenario_id))
    if found.kind is ScenarioKind.WHAT_IF:
        require(call.caller, Right.ASK_WHAT_IF)
    return found


Found = Annotated[StoredScenario, Depends(_found)]


@router.post(
    "",
    operation_id="askWhatIf",
    status_code=202,
    response_model=ScenarioOut,
    responses={
        **with_headers(202, LOCATION, REPLAYED),
        **problems(*IN_A_CLINIC, *WITH_A_BODY, *REFUSALS, *KEYED),
    },
)
async def ask(call: Asking, scenario: ScenarioIn, idempotency_key: Key = None) -> Response:
    """Ask what the schedule would best be under some changes; for managers and admins.

    The answer comes at once, the plan before long: `GET` tells how far it is. Nothing changes in the clinic
    before the plan is committed. The same key and body again gives the first answer.
    """
    done = await order_what_if(call.runtime, call.clinic_id, scenario, call.actor, key=idempotency_key)
    return reply_answer(done.reply, is_repeated=done.is_repeated)


@router.get(
    "",
    operation_id="listScenarios",
    response_model=Page[ScenarioSummaryOut],
    responses=problems(*IN_A_CLINIC),
)
async def list_them(call: Reporting, query: Annotated[PageQuery, Query()]) -> Response:
    """The scenarios of the clinic, the latest first; what-ifs only for whoever may ask them."""
    asks_what_if = Right.ASK_WHAT_IF in RIGHTS[call.caller.role]
    found = await list_scenarios(
        call.runtime,
        call.clinic_id,
        kinds=tuple(ScenarioKind) if asks_what_if else (ScenarioKind.ABSENCE,),
        after=None if query.cursor is None else ScenarioMark(*moment_and_id_of(query.cursor)),
        limit=query.limit,
    )
    cursor = None if found.next is None else cursor_of(found.next.created_at.isoformat(), found.next.id)
    return json_answer({"items": [summary_body(one) for one in found.items], "nextCursor": cursor})


@router.get(
    COMPARE_PATH.removeprefix(router.prefix),
    operation_id="compareScenarios",
    response_model=ComparisonOut,
    responses=problems(*IN_A_CLINIC, KINDS[ScenarioNotReady]),
)
async def compare(call: Asking, query: Annotated[ComparisonQuery, Query()]) -> Response:
    """Plans side by side: what each costs and does, and where they disagree about an appointment."""
    ids = [canonical_id("scenario", one.strip()) for one in query.ids.split(",")]
    stored, compared = await compare_scenarios(call.runtime, call.clinic_id, ids)
    return json_answer(comparison_body(stored, compared))


@router.get(
    "/{scenarioId}",
    operation_id="getScenario",
    response_model=ScenarioOut,
    responses={200: {"content": {EVENT_STREAM: A_STREAM}}, **problems(*IN_A_CLINIC)},
)
async def read(call: Reporting, scenario: Found, request: Request) -> Response:
    """A scenario and how far it has come.

    With `Accept: text/event-stream` it is told of whenever something changes: events `progress`, and `done`
    once it is over, each with the scenario as `data`.
    """
    if wants_stream(request):
        return scenario_stream(request, call.runtime, scenario)
    return json_answer(scenario_body(scenario))


@router.get(
    "/{scenarioId}/plan",
    operation_id="getPlan",
    response_model=PlanOut,
    responses=problems(*IN_A_CLINIC, KINDS[ScenarioNotReady]),
)
async def plan(scenario: Found) -> Response:
    """The plan; while the scenario is being solved, the best so far."""
    return json_answer(plan_of(scenario))


@router.post(
    "/{scenarioId}/stop",
    operation_id="stopScenario",
    response_model=ScenarioOut,
    responses=problems(*IN_A_CLINIC, KINDS[LockTimeout]),
)
async def stop(call: Reporting, scenario: Found) -> Response:
    """Let the best plan so far be the last. A scenario that is over stays as it is."""
    stopped = await stop_scenario(call.runtime, call.clinic_id, scenario.id)
    return json_answer(scenario_body(stopped))


@router.post(
    "/{scenarioId}/extend",
    operation_id="extendScenario",
    status_code=202,
    response_model=ScenarioOut,
    responses=problems(*IN_A_CLINIC, *WITH_A_BODY, *REFUSALS, *OVER),
)
async def extend(call: Reporting, scenario: Found, extension: ExtensionIn) -> Response:
    """Solve on from where it was: for longer, or because patients cannot come when the plan would have them.

    What `notThen` says is kept with what was said before.
    """
    extended = await extend_scenario(
        call.runtime,
        call.clinic_id,
        scenario.id,
        not_then=[wire_form(one) for one in extension.not_then],
        time_limit_seconds=extension.time_limit_seconds,
    )
    return json_answer(scenario_body(extended), status=202)


@router.post(
    "/{scenarioId}/commit",
    operation_id="commitScenario",
    response_model=ScenarioOut,
    responses={
        202: {"model": ScenarioOut, "description": "What no longer held is being solved anew."},
        **problems(*IN_A_CLINIC, *WITH_A_BODY, *COMMITTING),
    },
)
async def commit(
    call: Reporting, scenario: Found, how: CommitIn | None = None, resolve: Resolve = False
) -> Response:
    """Apply the whole plan, with the changes that it relies on, or nothing of it.

    Where the calendar has changed since, `CALENDAR_CHANGED` names the `moves` that no longer hold; with
    `resolve=true` these alone are solved anew, and the answer is 202 with the scenario, to be committed
    again.
    """
    choices = KEEP_ALL if how is None else how.choices()
    done = await commit_scenario(
        call.runtime, call.clinic_id, scenario.id, call.actor, choices=choices, resolve=resolve
    )
    is_committed = done.status is ScenarioStatus.COMMITTED
    return json_answer(scenario_body(done), status=200 if is_committed else 202)


@router.delete(
    "/{scenarioId}",
    operation_id="deleteScenario",
    status_code=204,
    responses=problems(*IN_A_CLINIC, KINDS[ScenarioIsCommitted], KINDS[LockTimeout]),
)
async def delete(call: Reporting, scenario: Found) -> Response:
    """Forget a scenario; whoever solves it stops. An absence that was recorded with it stays."""
    await forget_scenario(call.runtime, call.clinic_id, scenario.id, call.actor)
    return Response(status_code=204)
