"""A small clinic that is always open, as a clinic file."""

from datetime import UTC, datetime, timedelta
from typing import Any

VISIT_MINUTES = 10


def an_open_clinic(*, providers: int = 2, rooms: int = 2, patients: int = 60) -> dict[str, Any]:
    """Round the clock, visits of ten minutes, no buffers: its starts are easy to name."""
    return {
        "schemaVersion": 1,
        "clinic": {"name": "Harbour Clinic", "timezone": "UTC"},
        "locations": [{"id": "main", "name": "Main"}],
        "providers": [
            {"id": f"p{n}", "name": f"Dr {n}", "locationIds": ["main"], "serviceIds": ["visit"]}
            for n in range(providers)
        ],
        "rooms": [
            {"id": f"r{n}", "locationId": "main", "name": f"Room {n}", "type": "exam"} for n in range(rooms)
        ],
        "equipment": [],
        "services": [
            {
                "id": "visit",
                "name": "Visit",
                "durationMinutes": VISIT_MINUTES,
                "slotStepMinutes": VISIT_MINUTES,
                "modality": "in_person",
                "roomTypes": ["exam"],
            }
        ],
        "availability": [
            {"resource": f"providers/p{n}", "rrule": "FREQ=DAILY", "startTime": "00:00", "endTime": "24:00"}
            for n in range(providers)
        ],
        "exceptions": [],
        "overbooking": [],
        "patients": [{"id": f"a{n}", "name": f"Patient {n}"} for n in range(patients)],
        "appointments": [],
    }


def tomorrow() -> datetime:
    """Midnight of the next day, UTC."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)


def start_number(number: int) -> str:
    """The n-th start from tomorrow on."""
    return (tomorrow() + timedelta(minutes=VISIT_MINUTES * number)).isoformat()
