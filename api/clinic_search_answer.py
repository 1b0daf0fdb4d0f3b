"""The answer to a search across clinics as the JSON that clients get."""

from collections.abc import Sequence
from typing import Any

from api.slot_answer import HUNDREDTHS, slot_bodies
from models.between_clinics import UNKNOWN_METRES
from models.clinic import Service
from solver.opened_clinics import RankedSlot

METRES_PER_KM = 1000


def ranked_slot_bodies(slots: Sequence[RankedSlot]) -> list[dict[str, Any]]:
    """The slots in the form of the availability call, each with its clinic, service, distance and rank."""
    return [_slot(one) for one in slots]


def _slot(found: RankedSlot) -> dict[str, Any]:
    offer, points = found.offer, found.points
    setup = offer.setup
    return {
        "clinic": {"id": setup.clinic.id, "name": setup.clinic.name},
        "service": _service(offer.request.service),
        "distanceKm": _kilometres(found),
        **slot_bodies((found.slot,), setup)[0],
        "score": points.total / HUNDREDTHS,
        "scoreBreakdown": {
            "soonness": points.soonness / HUNDREDTHS,
            "nearness": points.nearness / HUNDREDTHS,
            "partOfDay": points.part_of_day / HUNDREDTHS,
        },
    }


def _service(service: Service) -> dict[str, Any]:
    return {"id": service.id, "name": service.name, "durationMinutes": service.duration_minutes}


def _kilometres(found: RankedSlot) -> float | None:
    """None where nobody asked, where there is nowhere to go, and where nobody knows."""
    is_measured = found.offer.wishes.near is not None and found.slot.location is not None
    if not is_measured or found.rank.metres == UNKNOWN_METRES:
        return None
    return found.rank.metres / METRES_PER_KM
