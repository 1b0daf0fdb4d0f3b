"""Reads of everything that a clinic consists of: each kind as a list, and one by one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from api.answers import json_answer, tagged_json_answer
from api.cursors import position_of
from api.dependencies import ClinicCall, Seen, in_clinic
from api.entities import ENTITIES, WORKING_HOURS, Entity, entity_page, one_entity
from api.etags import known_tags, version_tag
from api.identifiers import canonical_id
from api.openapi import IN_A_CLINIC, TAGGED, problems
from api.payloads.basics import Page, PageQuery

router = APIRouter(prefix="/v1/clinics/{clinicId}")


async def list_answer(call: ClinicCall, entity: Entity, query: PageQuery) -> Response:
    """One page of a kind."""
    page = await entity_page(
        call.runtime, call.clinic_id, entity, after=position_of(query.cursor), limit=query.limit
    )
    return json_answer(page)


def _add_list(entity: Entity) -> None:
    admitted = Annotated[ClinicCall, Depends(in_clinic(entity.listed_by))]

    async def list_them(call: admitted, query: Annotated[PageQuery, Query()]) -> Response:
        return await list_answer(call, entity, query)

    router.add_api_route(
        f"/{entity.path}",
        list_them,
        operation_id=f"list{_capitalized(entity.path)}",
        summary=f"List {entity.path}",
        description=f"All {entity.path} of the clinic, in the order in which it named them.",
        tags=["clinic"],
        response_model=Page.__class_getitem__(entity.payload),
        responses=problems(*IN_A_CLINIC),
    )


def _add_read(entity: Entity) -> None:
    admitted = Annotated[ClinicCall, Depends(in_clinic(entity.read_by))]
    named = Annotated[str, Path(alias=f"{entity.name}Id", json_schema_extra={"format": "uuid"})]

    async def read_it(
        call: admitted,
        identifier: named,
        if_none_match: Seen = None,
    ) -> Response:
        known = canonical_id(entity.name, identifier)
        if entity.name == "patient":
            call.see(entity.name, known, known)
        body, version = await one_entity(call.runtime, call.clinic_id, entity, known)
        return tagged_json_answer(body, version_tag(version), known_tags(if_none_match))

    router.add_api_route(
        f"/{entity.path}/{{{entity.name}Id}}",
        read_it,
        operation_id=f"get{_capitalized(entity.name)}",
        summary=f"Read one of the {entity.path}",
        description="With its version as `ETag`.",
        tags=["clinic"],
        response_model=entity.payload,
        responses={**TAGGED, **problems(*IN_A_CLINIC)},
    )


def _capitalized(name: str) -> str:
    return name[0].upper() + name[1:]


for _entity in ENTITIES:
    if _entity is not WORKING_HOURS:  # its list shares a path with the search for slots
        _add_list(_entity)
    _add_read(_entity)
