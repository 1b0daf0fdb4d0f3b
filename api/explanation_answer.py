"""Why nothing fits, as the JSON that clients get."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic.alias_generators import to_camel

from api.slot_answer import slot_bodies
from api.slot_query import SlotQuery
from models.clinic import Location
from models.errors import InvalidRequest
from models.explanation import Change, Closing, Explanation, Relaxation
from models.setup import ClinicSetup
from models.slot import SlotAnswer, SlotRequest
from models.snapshot import ClinicSnapshot
from solver.explaining import what_hides_more, why_nothing_fits


def explanation_of(
    answer: SlotAnswer, snapshot: ClinicSnapshot, request: SlotRequest, query: SlotQuery
) -> Explanation | None:
    """What belongs to an answer: always if it is empty, else only if the query asks for it.

    It tells of the calendar as it is: nobody changes their room for an explanation.
    """
    query, request = replace(query, rearrange=None), replace(request, rearrange_rooms=False)

    def at(location: Location) -> SlotRequest | None:
        try:
            return replace(query, location_id=location.id).request(snapshot.setup, request.patient)
        except InvalidRequest:  # by the clock there it would end before it starts, or at no time at all
            return None

    if not answer.slots:
        found = why_nothing_fits(snapshot, request, at=at)
        return found if query.names_appointments else found.naming_no_appointments()
    return what_hides_more(snapshot, request) if query.explain else None


def with_explanation(
    body: Mapping[str, Any], explanation: Explanation | None, setup: ClinicSetup
) -> dict[str, Any]:
    """An answer's body, complete."""
    if explanation is None:
        return dict(body)
    following = explanation.next_available
    metadata = {**body["metadata"], "nextAvailableDate": following.isoformat() if following else None}
    told = {
        "closedBy": [_closing(one, setup) for one in explanation.closed_by],
        "relaxations": [_relaxation(one, setup) for one in explanation.relaxations],
    }
    return {**body, "metadata": metadata, "explanation": told}


def _closing(closing: Closing, setup: ClinicSetup) -> dict[str, Any]:
    _, _, identifier = closing.resource.partition("/")
    return {
        "rule": closing.rule,
        "resourceId": identifier or setup.clinic.id,
        "resource": closing.resource,
        "message": closing.message,
        "start": closing.starts_at.isoformat(timespec="seconds") if closing.starts_at else None,
        "hides": closing.hides,
    }


def _relaxation(relaxation: Relaxation, setup: ClinicSetup) -> dict[str, Any]:
    return {
        "change": _change(relaxation.change),
        "slotsGained": relaxation.slots_gained,
        "example": slot_bodies((relaxation.example,), setup)[0],
    }


def _change(change: Change) -> dict[str, Any]:
    details = {to_camel(name): value for name, value in change.details.items()}
    return {"kind": change.kind.value, **details, "message": change.message}
