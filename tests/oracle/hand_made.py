"""Clinics small enough to work out by hand."""

from typing import Any

from tests.oracle.brute_force import Expected, every_slot
from tests.oracle.clock import Json


def a_clinic(zone: str = "UTC", hours: tuple[tuple[str, str], ...] = (("09:00", "12:00"),)) -> Json:
    """Provider p1 at location l1, who visits by phone (30 minutes, every 30) and in room r1."""
    visit = {"durationMinutes": 30, "slotStepMinutes": 30}
    return {
        "schemaVersion": 1,
        "clinic": {"name": "Clinic", "timezone": zone},
        "locations": [{"id": "l1", "name": "Main"}],
        "providers": [{"id": "p1", "name": "Abel", "locationIds": ["l1"], "serviceIds": ["phone", "room"]}],
        "rooms": [{"id": "r1", "locationId": "l1", "name": "One", "type": "exam"}],
        "equipment": [],
        "services": [
            {"id": "phone", "name": "Call", "modality": "phone", **visit},
            {"id": "room", "name": "Visit", "modality": "in_person", **visit},
        ],
        "availability": [
            {"resource": "providers/p1", "rrule": "FREQ=DAILY", "startTime": start, "endTime": end}
            for start, end in hours
        ],
        "exceptions": [],
        "overbooking": [],
        "patients": [{"id": "a1", "name": "One"}, {"id": "a2", "name": "Two", "blockedProviderIds": ["p1"]}],
        "appointments": [],
    }


def a_second_provider(clinic: Json) -> None:
    clinic["providers"].append({**clinic["providers"][0], "id": "p2", "name": "Baker"})
    clinic["availability"] += [
        {**row, "resource": "providers/p2"}
        for row in clinic["availability"]
        if row["resource"] == "providers/p1"
    ]


def an_appointment(start: str, end: str, /, **changes: Any) -> Json:
    """One on 2026-05-04 (a Monday), in room r1 unless told otherwise."""
    appointment = {
        "id": f"v{start}",
        "patientId": "a1",
        "providerId": "p1",
        "serviceId": "room",
        "roomId": "r1",
        "equipment": [],
        "start": f"2026-05-04T{start}:00Z",
        "end": f"2026-05-04T{end}:00Z",
        "status": "scheduled",
    }
    return {**appointment, **changes}


def search(clinic: Json, service: str = "phone", day: str = "2026-05-04", **more: Any) -> Expected:
    query = {"serviceId": service, "start": day, "end": day, "now": "2010-01-01T00:00:00Z"}
    for each in clinic["services"]:
        each.setdefault("maxFutureDays", 10_000)
    return every_slot(clinic, {**query, **more})


def starts(clinic: Json, service: str = "phone", day: str = "2026-05-04", **more: Any) -> list[str]:
    """Starts in UTC, such as 08:30, earliest first; twice where two providers have it."""
    return [start[11:16] for start in sorted(key[2] for key in search(clinic, service, day, **more).slots)]


def a_phone_call(start: str, end: str, /, **changes: Any) -> Json:
    """An appointment by phone."""
    call = {"id": f"c{start}", "serviceId": "phone", **changes}
    appointment = an_appointment(start, end, **call)
    if "roomId" not in changes:
        del appointment["roomId"]
    return appointment


def a_second_room(clinic: Json) -> None:
    clinic["rooms"].append({"id": "r2", "locationId": "l1", "name": "Two", "type": "exam"})


def overbooked(**changes: Any) -> Json:
    """A rule that gives p1 one lane more, all day on any day, unless told otherwise."""
    weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    hours = {"startTime": "00:00", "endTime": "24:00"}
    rule = {"id": "o1", "providerId": "p1", "weekdays": weekdays, **hours, "lanes": 1, **changes}
    return {name: value for name, value in rule.items() if value is not None}
