"""Reads of appointments as they are now: a hold that has run out reads `expired`, swept or not."""

from api.workflows.runtime import Runtime
from models.errors import NotFound
from models.listing import AppointmentFilter, AppointmentMark, Found, refuse_bad_limit
from models.postgres.connection import reading
from models.postgres.ids import uuid_of
from models.postgres.read_appointments import appointment_of_id, appointments, arrived
from models.stored_appointment import StoredAppointment


async def read_appointment(runtime: Runtime, clinic_id: str, appointment_id: str) -> StoredAppointment:
    """One appointment; NotFound where this clinic has none of that id."""
    clinic, identifier = uuid_of("clinic", clinic_id), uuid_of("appointment", appointment_id)
    async with reading(runtime.pool) as conn:
        found = await arrived(await appointment_of_id(conn, clinic, identifier))
    if found is None:
        raise NotFound("appointment", appointment_id)
    return found.as_of(runtime.clock())


async def list_appointments(
    runtime: Runtime,
    clinic_id: str,
    wanted: AppointmentFilter,
    *,
    after: AppointmentMark | None = None,
    limit: int = 100,
) -> Found[StoredAppointment, AppointmentMark]:
    """A page of the appointments that match, by start; empty for a clinic that does not exist."""
    refuse_bad_limit(limit)
    clinic, now = uuid_of("clinic", clinic_id), runtime.clock()
    async with reading(runtime.pool) as conn:
        found = await appointments(conn, clinic, wanted, after=after, limit=limit + 1, now=now)
    items = tuple(one.as_of(now) for one in found[:limit])
    mark = AppointmentMark(items[-1].starts_at, items[-1].id) if len(found) > limit else None
    return Found(items=items, next=mark)
