"""A clinic whose only provider may be overbooked."""

from typing import Any

from models.appointment import Appointment
from models.clinic import OverbookingRule
from models.snapshot import ClinicSnapshot
from tests.builders import (
    a_clinic,
    a_room,
    a_service,
    a_snapshot,
)


def with_rules(*rules: OverbookingRule, booked: tuple[Appointment, ...], **parts: Any) -> ClinicSnapshot:
    """These visits with the only provider, who may be overbooked by these rules."""
    usual: dict[str, Any] = {
        "services": (a_service(), a_service("other")),
        "rooms": tuple(a_room(f"room-{number}") for number in range(1, 6)),
        "overbooking": rules,
    }
    return a_snapshot(a_clinic(**{**usual, **parts}), *booked)
