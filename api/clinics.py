"""Clinics as they go out: one by one, or as the list that a caller may see."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from api.clinic_file import dump
from api.cursors import cursor_of
from api.workflows.runtime import Runtime
from models.clinic import Clinic
from models.errors import NotFound
from models.postgres.connection import reading
from models.postgres.read_entities import Page, clinics
from models.stored_entity import StoredEntity


async def clinic_page(runtime: Runtime, *, only: str | None, after: int, limit: int) -> Mapping[str, Any]:
    """The next `limit` clinics behind a position, or the one of that id alone."""
    page = Page(after=after, limit=limit + 1, id=None if only is None else UUID(only))
    async with reading(runtime.pool) as conn:
        found = await (await clinics(conn, page)).all()
    cursor = cursor_of(found[limit - 1].position) if len(found) > limit else None
    return {"items": [_body(one) for one in found[:limit]], "nextCursor": cursor}


async def clinic_body(runtime: Runtime, clinic_id: str) -> dict[str, Any]:
    """One clinic, or NotFound."""
    async with reading(runtime.pool) as conn:
        found = await (await clinics(conn, Page(id=UUID(clinic_id)))).all()
    if not found:
        raise NotFound("clinic", clinic_id)
    return _body(found[0])


def _body(found: StoredEntity[Clinic]) -> dict[str, Any]:
    return {**dump.clinic_form(found.item), "externalId": found.external_id}
