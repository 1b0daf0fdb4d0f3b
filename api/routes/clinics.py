"""Clinics as tenants, and whole clinics as files."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from api.answers import json_answer
from api.clinic_file import dump_clinic, parse_clinic
from api.clinic_file.document import ClinicFileEntry
from api.clinics import clinic_body, clinic_page
from api.cursors import position_of
from api.dependencies import Caller, Exporting, ReadingClinic, Running, actor_of, json_document, require
from api.errors import KINDS
from api.openapi import ALWAYS, IN_A_CLINIC, LOCATION, WITH_A_BODY, json_body, problems, with_headers
from api.payloads.basics import Page, PageQuery
from api.payloads.clinics import ClinicIn, ClinicOut
from api.roles import Right
from api.workflows.export_clinic import export_clinic
from api.workflows.import_clinic import import_clinic
from models.errors import InvalidClinic

router = APIRouter(prefix="/v1/clinics", tags=["clinics"])

IMPORT_PATH: Final = "/v1/clinics/import"


@router.get("", operation_id="listClinics", response_model=Page[ClinicOut], responses=problems(*ALWAYS))
async def list_clinics(runtime: Running, caller: Caller, query: Annotated[PageQuery, Query()]) -> Response:
    """The clinics that the caller may see: all of them for the platform, their own for everybody else."""
    page = await clinic_page(
        runtime, only=caller.only_clinic_id, after=position_of(query.cursor), limit=query.limit
    )
    return json_answer(page)


@router.post(
    "",
    operation_id="createClinic",
    status_code=201,
    response_model=ClinicOut,
    responses={**with_headers(201, LOCATION), **problems(*ALWAYS, *WITH_A_BODY, KINDS[InvalidClinic])},
)
async def create_clinic(runtime: Running, caller: Caller, clinic: ClinicIn) -> Response:
    """A new clinic with nothing in it; for the platform only."""
    require(caller, Right.MANAGE_CLINICS)
    document = {"schemaVersion": 1, "clinic": clinic.model_dump(by_alias=True)}
    clinic_id = await import_clinic(runtime, parse_clinic(document), actor_of(caller))
    return await _created(runtime, clinic_id)


@router.post(
    "/import",
    operation_id="importClinic",
    status_code=201,
    response_model=ClinicOut,
    responses={**with_headers(201, LOCATION), **problems(*ALWAYS, *WITH_A_BODY, KINDS[InvalidClinic])},
    openapi_extra=json_body(ClinicFileEntry),
)
async def import_(runtime: Running, caller: Caller, request: Request) -> Response:
    """A new clinic from a clinic file, whole or not at all; for the platform only.

    Everything gets an id of the service; what the file called it is kept as `externalId`.
    """
    require(caller, Right.MANAGE_CLINICS)
    document = await json_document(request)
    file = await asyncio.to_thread(parse_clinic, document)
    return await _created(runtime, await import_clinic(runtime, file, actor_of(caller)))


@router.get(
    "/{clinicId}", operation_id="getClinic", response_model=ClinicOut, responses=problems(*IN_A_CLINIC)
)
async def get_clinic(call: ReadingClinic) -> Response:
    """One clinic."""
    return json_answer(await clinic_body(call.runtime, call.clinic_id))


@router.get(
    "/{clinicId}/export",
    operation_id="exportClinic",
    response_model=ClinicFileEntry,
    responses=problems(*IN_A_CLINIC),
)
async def export(call: Exporting) -> Response:
    """The clinic as a clinic file, under the ids that it was imported with."""
    file = await export_clinic(call.runtime, call.clinic_id)
    document: dict[str, Any] = await asyncio.to_thread(dump_clinic, file)
    return json_answer(document)


async def _created(runtime: Running, clinic_id: str) -> Response:
    body = await clinic_body(runtime, clinic_id)
    return json_answer(body, status=201, headers={"Location": f"/v1/clinics/{clinic_id}"})
