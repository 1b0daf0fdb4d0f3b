"""Those whose appointments were given up, and who are to be given a new time."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.answers import json_answer
from api.cursors import cursor_of, moment_and_id_of
from api.openapi import IN_A_CLINIC, problems
from api.payloads.basics import Page, PageQuery
from api.payloads.plans import ReschedulingOut
from api.routes.absences import Reporting
from api.scenario_answer import rescheduling_body
from api.workflows.read_scenarios import list_to_reschedule
from models.stored_scenario import ReschedulingMark

router = APIRouter(prefix="/v1/clinics/{clinicId}/rescheduling", tags=["scenarios"])


@router.get(
    "",
    operation_id="listRescheduling",
    response_model=Page[ReschedulingOut],
    responses=problems(*IN_A_CLINIC),
)
async def list_waiting(call: Reporting, query: Annotated[PageQuery, Query()]) -> Response:
    """Appointments that a plan left out and a clerk put on the list, who waits longest first."""
    found = await list_to_reschedule(
        call.runtime,
        call.clinic_id,
        after=None if query.cursor is None else ReschedulingMark(*moment_and_id_of(query.cursor)),
        limit=query.limit,
    )
    following = found.next
    cursor = (
        None if following is None else cursor_of(following.added_at.isoformat(), following.appointment_id)
    )
    return json_answer({"items": [rescheduling_body(one) for one in found.items], "nextCursor": cursor})
