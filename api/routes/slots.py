"""Ranked slots of any clinic: for whoever looks for a place to go to."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.answers import encoded_answer
from api.dependencies import Caller, Running, require
from api.openapi import ALWAYS, problems
from api.payloads.clinic_search import ClinicSlotsOut, SlotSearchQuery
from api.roles import Right
from api.workflows.search_clinics import search_clinics

router = APIRouter(tags=["slots"])


@router.get(
    "/v1/slots", operation_id="searchSlots", response_model=ClinicSlotsOut, responses=problems(*ALWAYS)
)
async def search_slots(
    runtime: Running, caller: Caller, query: Annotated[SlotSearchQuery, Query()]
) -> Response:
    """Ranked slots for a service, a specialty or both, over the clinics that the caller may see.

    The platform sees all clinics, everybody else their own. Soon, near and at the preferred part of the day
    is best. A clinic whose setup allows nothing better than what is listed is not looked into.
    """
    require(caller, Right.SEARCH)
    return encoded_answer(await search_clinics(runtime, query.question(), only=caller.only_clinic_id))
