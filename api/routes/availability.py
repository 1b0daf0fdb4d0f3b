"""Ranked slots: the question that everything else serves. Without a question, the hours behind it."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.answers import encoded_answer, tagged_answer
from api.dependencies import Searching, Seen
from api.entities import WORKING_HOURS
from api.errors import KINDS
from api.etags import known_tags
from api.openapi import IN_A_CLINIC, TAGGED, WITH_A_BODY, problems
from api.payloads.basics import Page
from api.payloads.chains import ChainsOut, SeriesAnswerOut, VisitsQuery
from api.payloads.clinics import WorkingHoursOut
from api.payloads.slots import AvailabilityQuery, SlotsOut
from api.routes.entities import list_answer
from api.workflows.offer_chains import offer_chains
from api.workflows.offer_slots import offer_slots
from models.errors import NonexistentLocalTime

router = APIRouter(tags=["slots"])


@router.get(
    "/v1/clinics/{clinicId}/availability",
    operation_id="getAvailability",
    response_model=SlotsOut | Page[WorkingHoursOut],
    responses={**TAGGED, **problems(*IN_A_CLINIC, KINDS[NonexistentLocalTime])},
)
async def get_availability(
    call: Searching,
    query: Annotated[AvailabilityQuery, Query()],
    if_none_match: Seen = None,
) -> Response:
    """Ranked slots for `serviceId` from `start` to `end`, with the proof that there are no better ones.

    Never stale: the `ETag` covers everything that the answer depends on. With none of the question's
    parameters, the rows of the clinic's working hours, as a list.
    """
    if not query.asks_for_slots:
        return await list_answer(call, WORKING_HOURS, query)
    call.admit(query.patient_id)
    question = replace(query.question(), names_appointments=call.own_patient_id is None)
    found = await offer_slots(call.runtime, call.clinic_id, question, seen=known_tags(if_none_match))
    return tagged_answer(found.body, found.etag)


@router.post(
    "/v1/clinics/{clinicId}/availability",
    operation_id="findVisits",
    response_model=ChainsOut | SeriesAnswerOut,
    responses=problems(*IN_A_CLINIC, *WITH_A_BODY, KINDS[NonexistentLocalTime]),
)
async def find_visits(call: Searching, query: VisitsQuery) -> Response:
    """Several visits in one question: ranked chains of `steps`, or the best complete `series`, proven.

    What is offered together can be booked together: send the visits to `appointments/batch`, each in the
    first of its `roomOptions`.
    """
    call.admit(query.patient_id)
    return encoded_answer(await offer_chains(call.runtime, call.clinic_id, query.question()))
