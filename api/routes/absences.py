"""Absences: recorded at once, and planned around by somebody else meanwhile."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from api.absence_results import absence_results
from api.answers import json_answer, reply_answer
from api.dependencies import Caller, ClinicCall, Running, in_clinic, require
from api.errors import KINDS
from api.openapi import ALWAYS, IN_A_CLINIC, LOCATION, REPLAYED, WITH_A_BODY, problems, with_headers
from api.payloads.absences import AbsenceIn, AbsencesIn, AbsencesOut
from api.payloads.scenarios import ScenarioOut
from api.roles import Right
from api.routes.appointments import KEYED, Key
from api.workflows.plan_absence import report_absence
from models.errors import (
    AbsenceInThePast,
    FrozenIsDisplaced,
    HorizonTooLong,
    InvalidScenario,
    LockTimeout,
    NonexistentLocalTime,
)

router = APIRouter(tags=["absences"])

ABSENCE_REFUSALS: Final = tuple(
    KINDS[error]
    for error in (
        NonexistentLocalTime,
        LockTimeout,
        InvalidScenario,
        AbsenceInThePast,
        HorizonTooLong,
        FrozenIsDisplaced,
    )
)

Reporting = Annotated[ClinicCall, Depends(in_clinic(Right.REPORT_ABSENCES))]


@router.post(
    "/v1/clinics/{clinicId}/absences",
    operation_id="reportAbsence",
    status_code=202,
    response_model=ScenarioOut,
    responses={
        **with_headers(202, LOCATION, REPLAYED),
        **problems(*IN_A_CLINIC, *WITH_A_BODY, *ABSENCE_REFUSALS, *KEYED),
    },
)
async def report(call: Reporting, absence: AbsenceIn, idempotency_key: Key = None) -> Response:
    """Record that a provider, a room or equipment is gone, and have a plan made for whom that displaces.

    From now on nobody is booked there. The scenario of the answer has the plan before long; what is booked
    moves when it is committed, and not before. The same key and body again gives the first answer.
    """
    done = await report_absence(call.runtime, call.clinic_id, absence, call.actor, key=idempotency_key)
    return reply_answer(done.reply, is_repeated=done.is_repeated)


@router.post(
    "/v1/absences",
    operation_id="reportAbsences",
    status_code=202,
    response_model=AbsencesOut,
    responses=problems(*ALWAYS, *WITH_A_BODY),
)
async def report_all(
    runtime: Running, caller: Caller, absences: AbsencesIn, idempotency_key: Key = None
) -> Response:
    """Report up to 500 absences at once, of any of the clinics that the caller may see.

    Each is recorded on its own and gets a scenario, or the problem that it would have got alone. With a key
    the same call can be sent again: what was recorded is not recorded twice.
    """
    require(caller, Right.REPORT_ABSENCES)
    items = await absence_results(runtime, absences.absences, caller, key=idempotency_key)
    return json_answer({"items": items}, status=202)
