"""A small clinic with one of everything, as a clinic file. Its clock stands on Monday, 2026-06-01."""

from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
"""Monday, 08:00 in Berlin: an hour before anybody works."""

MONDAY, TUESDAY, FRIDAY = "2026-06-01", "2026-06-02", "2026-06-05"

WEEKDAYS = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"


def a_clinic_file(name: str = "Elm Street Clinic") -> dict[str, Any]:
    """Two sites (one in Lisbon), two providers, two rooms, a scanner, a visit in person and one by video."""
    return {
        "schemaVersion": 1,
        "clinic": {"id": "elm", "name": name, "timezone": "Europe/Berlin"},
        "locations": [
            {"id": "main", "name": "Elm Street"},
            {
                "id": "coast",
                "name": "Coast",
                "timezone": "Europe/Lisbon",
                "latitude": 38.7,
                "longitude": -9.42,
            },
        ],
        "providers": [
            {
                "id": "ada",
                "name": "Dr Ada",
                "specialty": "cardiology",
                "locationIds": ["main"],
                "serviceIds": ["scan", "video"],
            },
            {"id": "ben", "name": "Dr Ben", "locationIds": ["coast"], "serviceIds": ["scan"]},
        ],
        "rooms": [
            {"id": "exam", "locationId": "main", "name": "Exam", "type": "exam", "features": ["couch"]},
            {"id": "shore", "locationId": "coast", "name": "Shore", "type": "exam", "turnaroundMinutes": 5},
        ],
        "equipment": [
            {"id": "cart", "locationId": "main", "type": "scanner", "name": "Cart", "quantity": 1},
            {"id": "tripod", "locationId": "coast", "type": "scanner", "name": "Tripod", "quantity": 1},
        ],
        "services": [
            {
                "id": "scan",
                "name": "Scan",
                "durationMinutes": 30,
                "modality": "in_person",
                "roomTypes": ["exam"],
                "equipment": [{"type": "scanner", "units": 1}],
                "slotStepMinutes": 30,
            },
            {
                "id": "video",
                "name": "Video",
                "durationMinutes": 20,
                "modality": "telehealth",
                "allowedProviderIds": ["ada"],
            },
        ],
        "availability": [
            {"resource": "providers/ada", "rrule": WEEKDAYS, "startTime": "09:00", "endTime": "12:00"},
            {"resource": "providers/ben", "rrule": WEEKDAYS, "startTime": "09:00", "endTime": "12:00"},
        ],
        "exceptions": [
            {
                "resource": "clinic",
                "start": "2026-06-03T00:00:00+02:00",
                "end": "2026-06-04T00:00:00+02:00",
                "kind": "unavailable",
                "reason": "inventory",
            }
        ],
        "overbooking": [
            {
                "id": "rush",
                "providerId": "ada",
                "weekdays": ["FR"],
                "startTime": "09:00",
                "endTime": "10:00",
                "lanes": 1,
            }
        ],
        "patients": [
            {"id": "pat", "name": "Pat Example", "contact": {"email": "pat@example.org"}},
            {"id": "sam", "name": "Sam Example", "blockedProviderIds": ["ben"]},
            {"id": "kim", "name": "Kim Example"},
        ],
        "appointments": [],
    }
