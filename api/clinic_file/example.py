"""A small clinic file that can be imported as it stands."""

from typing import Any, Final

_WEEKDAYS: Final = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"

A_CLINIC_FILE: Final[dict[str, Any]] = {
    "schemaVersion": 1,
    "clinic": {"name": "Riverside Practice", "timezone": "Europe/Berlin"},
    "locations": [{"id": "main", "name": "Main site"}],
    "providers": [
        {
            "id": "ada",
            "name": "Dr. Ada Moreno",
            "specialty": "Family medicine",
            "locationIds": ["main"],
            "serviceIds": ["consultation"],
        }
    ],
    "rooms": [
        {"id": "exam-1", "locationId": "main", "name": "Exam 1", "type": "exam", "turnaroundMinutes": 5}
    ],
    "equipment": [{"id": "carts", "locationId": "main", "type": "ultrasound", "name": "Ultrasound carts"}],
    "services": [
        {
            "id": "consultation",
            "name": "Consultation",
            "durationMinutes": 30,
            "modality": "in_person",
            "roomTypes": ["exam"],
            "equipment": [{"type": "ultrasound", "units": 1}],
        }
    ],
    "availability": [
        {"resource": "providers/ada", "rrule": _WEEKDAYS, "startTime": "09:00", "endTime": "17:00"}
    ],
    "exceptions": [
        {
            "resource": "clinic",
            "start": "2026-12-25T00:00:00+01:00",
            "end": "2026-12-26T00:00:00+01:00",
            "kind": "unavailable",
            "reason": "public holiday",
        }
    ],
    "overbooking": [
        {
            "id": "friday-rush",
            "providerId": "ada",
            "weekdays": ["FR"],
            "startTime": "09:00",
            "endTime": "10:00",
            "lanes": 1,
            "maxPerDay": 2,
        }
    ],
    "patients": [{"id": "pat", "name": "Pat Example", "contact": {"email": "pat@example.org"}}],
    "appointments": [
        {
            "id": "first-visit",
            "patientId": "pat",
            "providerId": "ada",
            "serviceId": "consultation",
            "roomId": "exam-1",
            "equipment": [{"id": "carts", "units": 1}],
            "start": "2026-11-23T09:00:00+01:00",
            "end": "2026-11-23T09:30:00+01:00",
            "status": "scheduled",
        }
    ],
}
