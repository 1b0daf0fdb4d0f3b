"""Clinics as they go out: one by one, or as the list that a caller may see."""

from collections.abc import Mapping
from typing import Any

from api.clinic_file import dump
from api.cursors import cursor_of
from api.workflows.read_entities import list_clinics, read_clinic
from api.workflows.runtime import Runtime
from models.clinic import Clinic
from models.errors import NotFound
from models.stored_entity import StoredEntity


async def clinic_page(runtime: Runtime, *, only: str | None, after: int, limit: int) -> Mapping[str, Any]:
    """The next `limit` clinics behind a position, or the one of that id alone."""
    if only is not None:
        return {"items": await _alone(runtime, only), "nextCursor": None}
    found = await list_clinics(runtime, after=after, limit=limit)
    cursor = None if found.next is None else cursor_of(found.next)
    return {"items": [_body(one) for one in found.items], "nextCursor": cursor}


async def _alone(runtime: Runtime, clinic_id: str) -> list[dict[str, Any]]:
    try:
        return [await clinic_body(runtime, clinic_id)]
    except NotFound:  # a token may outlive its clinic
        return []


async def clinic_body(runtime: Runtime, clinic_id: str) -> dict[str, Any]:
    """One clinic, or NotFound."""
    return _body(await read_clinic(runtime, clinic_id))


def _body(found: StoredEntity[Clinic]) -> dict[str, Any]:
    return {**dump.clinic_form(found.item), "externalId": found.external_id}
