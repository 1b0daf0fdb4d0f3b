"""Slots as the JSON that clients get, over HTTP and from the command line alike."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from models.appointment import EquipmentUse
from models.clinic import Location, Provider, Room, Weights
from models.setup import ClinicSetup
from models.slot import Rearrangement, ScoreBreakdown, Slot, SlotAnswer, SlotRequest
from models.wall_clock import Minute, instant_of

HUNDREDTHS = 100


def answer_body(
    answer: SlotAnswer, request: SlotRequest, setup: ClinicSetup, *, now: datetime, duration_ms: float
) -> dict[str, Any]:
    """The whole answer: slots, metadata with the proof, explanation."""
    return {
        "slots": slot_bodies(answer.slots, setup),
        "metadata": {
            "timezone": setup.zone_of(request.location).key,
            "fetchedAt": utc_text(now),
            "queryDurationMs": round(duration_ms, 3),
            "proven": answer.proven,
            "bound": answer.bound / HUNDREDTHS,
            "nextAvailableDate": None,
        },
        "explanation": None,
    }


def slot_bodies(slots: tuple[Slot, ...], setup: ClinicSetup) -> list[dict[str, Any]]:
    """The slots in the form of the availability call; also the form of alternatives."""
    rooms = {room.id: _room(room) for room in setup.rooms}
    types = {pool.id: pool.type for pool in setup.equipment}
    return [_slot(slot, setup, rooms, types) for slot in slots]


def _slot(
    slot: Slot, setup: ClinicSetup, rooms: dict[str, dict[str, str]], types: dict[str, str]
) -> dict[str, Any]:
    zone = setup.zone_of(slot.location)
    start, start_utc = _both_texts(slot.start, zone)
    end, end_utc = _both_texts(slot.end, zone)
    score = slot.score
    return {
        "start": start,
        "end": end,
        "startUTC": start_utc,
        "endUTC": end_utc,
        "provider": _provider(slot.provider),
        "location": _location(slot.location),
        "roomOptions": [rooms[room.id] for room in slot.rooms],
        "equipment": [{"id": use.id, "type": types[use.id], "units": use.units} for use in slot.equipment],
        "overbook": slot.overbook,
        "score": score.total / HUNDREDTHS,
        "scoreBreakdown": _breakdown(score, setup.clinic.weights),
        "rearranges": [_rearrangement(one) for one in slot.rearranges],
    }


def _rearrangement(change: Rearrangement) -> dict[str, Any]:
    return {
        "appointmentId": change.appointment_id,
        "from": _held(change.from_room_id, change.from_equipment),
        "to": _held(change.to_room_id, change.to_equipment),
    }


def _held(room_id: str | None, equipment: tuple[EquipmentUse, ...]) -> dict[str, Any]:
    return {"roomId": room_id, "equipment": [{"id": use.id, "units": use.units} for use in equipment]}


def _breakdown(score: ScoreBreakdown, weights: Weights) -> dict[str, float]:
    """The points by what earned them; fairness only where the clinic gives it weight."""
    parts = {
        "preference": score.preference / HUNDREDTHS,
        "gap": score.gap / HUNDREDTHS,
        "room": score.room / HUNDREDTHS,
        "overbook": score.overbook / HUNDREDTHS,
    }
    return {**parts, "fairness": score.fairness / HUNDREDTHS} if weights.fairness else parts


def _provider(provider: Provider) -> dict[str, Any]:
    return {"id": provider.id, "name": provider.name, "specialty": provider.specialty}


def _location(location: Location | None) -> dict[str, str] | None:
    return None if location is None else {"id": location.id, "name": location.name}


def _room(room: Room) -> dict[str, str]:
    return {"id": room.id, "name": room.name, "type": room.type}


@lru_cache(maxsize=16_384)
def _both_texts(minute: Minute, zone: ZoneInfo) -> tuple[str, str]:
    """An instant on the wall clock with its offset, and in UTC."""
    instant = instant_of(minute)
    return local_text(instant, zone), utc_text(instant)


def local_text(instant: datetime, zone: ZoneInfo) -> str:
    """`2026-02-20T09:00:00-05:00`."""
    return instant.astimezone(zone).isoformat(timespec="seconds")


def utc_text(instant: datetime) -> str:
    """`2026-02-20T14:00:00Z`."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"
