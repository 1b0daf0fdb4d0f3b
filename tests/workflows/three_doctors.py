"""The desk at which plans are usually tried: three doctors, three rooms, visits with the first of each."""

from typing import Any

import pytest

from models.errors import CalendarChanged
from models.postgres.connection import Pool
from models.stored_appointment import StoredAppointment
from tests.builders import a_clinic, a_patient, a_provider, a_room
from tests.workflows.desk import Desk, open_desk
from tests.workflows.planned import applied, everything

PEOPLE = [a_patient(f"p{number}") for number in range(80)]
DOCTORS = ("okoro", "silva", "tran")


async def desk_of(pool: Pool, **parts: Any) -> Desk:
    """Three doctors, three rooms; `parts` replaces parts of that clinic."""
    usual: dict[str, Any] = {
        "providers": [a_provider(name) for name in DOCTORS],
        "rooms": [a_room(f"room-{number}") for number in (1, 2, 3)],
    }
    return await open_desk(pool, a_clinic(**{**usual, **parts}), patients=PEOPLE)


async def booked(desk: Desk, *starts: str, **more: Any) -> list[StoredAppointment]:
    """Visits of p0, p1, ... with Dr Okoro in the first room."""
    more = {"room": "room-1", **more}
    return [await desk.book(start, patient=f"p{number}", **more) for number, start in enumerate(starts)]


async def stale_of(desk: Desk, *arguments: Any, **more: Any) -> list[tuple[str, str]]:
    """Which moves no longer hold, and why; nothing has been stored."""
    before = await everything(desk)
    with pytest.raises(CalendarChanged) as refused:
        await applied(desk, *arguments, **more)
    after = await everything(desk)
    assert after == before, f"stored in {[table for table in before if after[table] != before[table]]}"
    return [(one.appointment_id, one.rule) for one in refused.value.stale]


def starts_of(*appointments: StoredAppointment) -> list[str]:
    """When each begins on the wall."""
    return [f"{one.starts_at:%H:%M}" for one in appointments]
