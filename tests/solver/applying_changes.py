"""A change that an explanation names, made to the clinic file or to the question by hand."""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

Json = dict[str, Any]


def applied(change: Json, clinic_file: Json, asked: Json) -> tuple[Json, Json]:
    """The file and the question with the change made."""
    file, question = deepcopy(clinic_file), dict(asked)
    _MAKERS[change["kind"]](change, file, question)
    return file, question


def _entry(file: Json, kind: str, identifier: str) -> Json:
    found: Json = next(one for one in file[kind] if one["id"] == identifier)
    return found


def _later_date(change: Json, file: Json, question: Json) -> None:
    question.update(start=change["start"], end=change["end"])


def _other_provider(change: Json, file: Json, question: Json) -> None:
    question["providerIds"] = [change["providerId"]]


def _other_location(change: Json, file: Json, question: Json) -> None:
    question["locationId"] = change["locationId"]


def _service(*names: str) -> Callable[[Json, Json, Json], None]:
    def make(change: Json, file: Json, question: Json) -> None:
        service = _entry(file, "services", change["serviceId"])
        service.update({name: change[name] for name in names})

    return make


def _other_room_type(change: Json, file: Json, question: Json) -> None:
    _entry(file, "services", change["serviceId"])["roomTypes"].append(change["roomType"])


def _one_unit_more(change: Json, file: Json, question: Json) -> None:
    pool = _entry(file, "equipment", change["equipmentId"])
    assert change["quantity"] == pool.get("quantity", 1) + 1
    pool["quantity"] = change["quantity"]


def _one_place_more(change: Json, file: Json, question: Json) -> None:
    room = _entry(file, "rooms", change["roomId"])
    assert change["capacity"] == room.get("capacity", 1) + 1
    room["capacity"] = change["capacity"]


def _one_visit_more(change: Json, file: Json, question: Json) -> None:
    if "providerId" in change:
        provider = _entry(file, "providers", change["providerId"])
        assert change["maxVisitsPerDay"] == provider["maxVisitsPerDay"] + 1
        provider["maxVisitsPerDay"] = change["maxVisitsPerDay"]
    else:
        service = _entry(file, "services", change["serviceId"])
        assert change["maxPerDay"] == service["maxPerDay"] + 1
        service["maxPerDay"] = change["maxPerDay"]


def _other_provider_offers(change: Json, file: Json, question: Json) -> None:
    _entry(file, "providers", change["providerId"])["serviceIds"].append(change["serviceId"])


def _move_appointment(change: Json, file: Json, question: Json) -> None:
    appointment = _entry(file, "appointments", change["appointmentId"])
    was, becomes = datetime.fromisoformat(change["from"]), datetime.fromisoformat(change["to"])
    assert datetime.fromisoformat(appointment["start"]) == was
    assert timedelta(0) < abs(becomes - was) <= timedelta(minutes=30)
    for edge in ("start", "end"):
        moved = datetime.fromisoformat(appointment[edge]) + (becomes - was)
        appointment[edge] = moved.isoformat()


_MAKERS: dict[str, Callable[[Json, Json, Json], None]] = {
    "later_date": _later_date,
    "other_provider": _other_provider,
    "other_location": _other_location,
    "shorter_notice": _service("minNoticeMinutes"),
    "longer_horizon": _service("maxFutureDays"),
    "other_room_type": _other_room_type,
    "one_unit_more": _one_unit_more,
    "one_place_more": _one_place_more,
    "one_visit_more": _one_visit_more,
    "one_seat_more": _service("seats"),
    "other_provider_offers": _other_provider_offers,
    "move_appointment": _move_appointment,
}
