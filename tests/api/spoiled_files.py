"""A clinic file that uses every field, and ways to spoil it."""

from copy import deepcopy
from typing import Any

from api.clinic_file import parse_clinic
from models.errors import Fault, InvalidClinic

MISSING = object()


def a_document() -> dict[str, Any]:
    """Two sites, two of everything, three visits that only just fit."""
    return deepcopy(_DOCUMENT)


def spoiled(path: str, value: object) -> dict[str, Any]:
    """The document with another value at `rooms.0.name`; MISSING takes the key away, `+` adds an item."""
    document: dict[str, Any] = a_document()
    *parents, last = path.split(".")
    place: Any = document
    for step in parents:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if isinstance(place, list):
        if last == "+":
            place.append(value)
        else:
            place[int(last)] = value
    elif value is MISSING:
        del place[last]
    else:
        place[last] = value
    return document


def faults_in(document: object) -> tuple[Fault, ...]:
    """What is wrong with a document; nothing, if it can be read."""
    try:
        parse_clinic(document)
    except InvalidClinic as invalid:
        return invalid.faults
    return ()


def paths_in(document: object) -> list[str]:
    """Where a document is wrong."""
    return [fault.path for fault in faults_in(document)]


_DOCUMENT: dict[str, Any] = {
    "schemaVersion": 1,
    "clinic": {
        "id": "clinic",
        "name": "Practice",
        "timezone": "Europe/Berlin",
        "gridMinutes": 5,
        "weights": {"preference": 30, "gap": 30, "room": 30, "overbook": 10, "fairness": 5},
    },
    "locations": [
        {"id": "main", "name": "Main"},
        {
            "id": "porto",
            "name": "Porto",
            "timezone": "Europe/Lisbon",
            "latitude": 41.1579,
            "longitude": -8.6291,
        },
    ],
    "providers": [
        {
            "id": "abel",
            "name": "Dr Abel",
            "specialty": "cardiology",
            "locationIds": ["main", "porto"],
            "serviceIds": ["checkup", "call"],
            "maxVisitsPerDay": 12,
            "preferences": {
                "timeWindows": [{"start": "08:00", "end": "12:00", "weight": 80}],
                "roomIds": ["r1"],
                "weight": 60,
            },
        },
        {"id": "zhou", "name": "Dr Zhou", "locationIds": ["main"], "serviceIds": ["checkup"]},
    ],
    "rooms": [
        {
            "id": "r1",
            "locationId": "main",
            "name": "Room 1",
            "type": "exam",
            "features": ["couch", "sink"],
            "capacity": 2,
            "turnaroundMinutes": 5,
        },
        {"id": "r2", "locationId": "porto", "name": "Room 2", "type": "exam"},
    ],
    "equipment": [
        {"id": "ecg1", "locationId": "main", "type": "ecg", "name": "ECG", "quantity": 2},
        {"id": "ecg2", "locationId": "porto", "type": "ecg", "name": "ECG of Porto"},
    ],
    "services": [
        {
            "id": "checkup",
            "name": "Check-up",
            "durationMinutes": 30,
            "bufferBeforeMinutes": 5,
            "bufferAfterMinutes": 10,
            "slotStepMinutes": 15,
            "modality": "in_person",
            "roomTypes": ["exam"],
            "roomFeatures": ["sink"],
            "equipment": [{"type": "ecg", "units": 1}],
            "minNoticeMinutes": 60,
            "maxFutureDays": 90,
            "maxPerDay": 20,
            "minGapMinutes": 5,
            "seats": 1,
            "blackoutDates": ["2026-12-24", "2026-12-31"],
            "allowedProviderIds": ["abel", "zhou"],
        },
        {"id": "call", "name": "Call", "durationMinutes": 15, "modality": "phone"},
    ],
    "availability": [
        {
            "resource": "providers/abel",
            "rrule": "FREQ=WEEKLY;BYDAY=MO,TU",
            "startTime": "08:00",
            "endTime": "24:00",
            "effectiveFrom": "2026-01-01",
            "effectiveTo": "2026-12-31",
        },
        {"resource": "rooms/r1", "rrule": "FREQ=DAILY", "startTime": "07:00", "endTime": "19:00"},
    ],
    "exceptions": [
        {
            "resource": "clinic",
            "start": "2026-12-24T00:00:00+01:00",
            "end": "2026-12-27T00:00:00+01:00",
            "kind": "unavailable",
            "reason": "holidays",
        },
        {
            "resource": "equipment/ecg2",
            "start": "2026-06-01T08:00:00+01:00",
            "end": "2026-06-01T09:00:30+01:00",
            "kind": "available",
        },
    ],
    "overbooking": [
        {
            "id": "mornings",
            "providerId": "abel",
            "weekdays": ["MO", "FR"],
            "startTime": "08:00",
            "endTime": "10:00",
            "lanes": 1,
            "maxPerDay": 2,
        },
        {
            "id": "calls",
            "serviceId": "call",
            "weekdays": ["TU"],
            "startTime": "08:00",
            "endTime": "10:00",
            "lanes": 2,
        },
    ],
    "patients": [
        {
            "id": "ada",
            "name": "Ada",
            "dob": "1980-02-29",
            "contact": {"email": "ada@example.com", "phone": "+49 30 1", "preferredMethod": "email"},
            "blockedProviderIds": ["zhou"],
        },
        {"id": "bela", "name": "Bela"},
    ],
    "appointments": [
        {
            "id": "v1",
            "patientId": "ada",
            "providerId": "abel",
            "serviceId": "checkup",
            "roomId": "r1",
            "equipment": [{"id": "ecg1", "units": 1}],
            "start": "2026-06-01T10:00:00+02:00",
            "end": "2026-06-01T10:30:00+02:00",
            "status": "confirmed",
            "overbook": False,
        },
        {
            "id": "v2",
            "patientId": "bela",
            "providerId": "zhou",
            "serviceId": "checkup",
            "roomId": "r1",
            "equipment": [{"id": "ecg1", "units": 1}],
            "start": "2026-06-01T10:00:00+02:00",
            "end": "2026-06-01T10:30:00+02:00",
            "status": "pending",
            "expiresAt": "2026-05-20T10:00:00+02:00",
        },
        {
            "id": "v3",
            "patientId": "ada",
            "providerId": "abel",
            "serviceId": "call",
            "start": "2026-06-01T10:40:00+02:00",
            "end": "2026-06-01T10:55:00+02:00",
            "status": "scheduled",
        },
    ],
}
