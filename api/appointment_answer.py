"""An appointment as the JSON that clients get."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from api.etags import version_tag
from api.slot_answer import local_text, utc_text
from models.records import Reply
from models.setup import ClinicSetup
from models.stored_appointment import StoredAppointment


def appointment_body(appointment: StoredAppointment, setup: ClinicSetup) -> dict[str, Any]:
    """The appointment, with its times on the wall clock of its location and in UTC."""
    zone = setup.zone_of(setup.location_by_id.get(appointment.location_id or ""))
    expires_at = appointment.expires_at
    return {
        "id": appointment.id,
        "clinicId": appointment.clinic_id,
        "patientId": appointment.patient_id,
        "providerId": appointment.provider_id,
        "serviceId": appointment.service_id,
        "roomId": appointment.room_id,
        "locationId": appointment.location_id,
        "equipment": [{"id": use.id, "units": use.units} for use in appointment.equipment],
        "start": local_text(appointment.starts_at, zone),
        "end": local_text(appointment.ends_at, zone),
        "startUTC": utc_text(appointment.starts_at),
        "endUTC": utc_text(appointment.ends_at),
        "status": appointment.status.value,
        "overbook": appointment.overbook,
        "notes": appointment.notes,
        "expiresAt": None if expires_at is None else utc_text(expires_at),
        "version": appointment.version,
        "createdAt": utc_text(appointment.created_at),
        "updatedAt": utc_text(appointment.updated_at),
        "externalId": appointment.external_id,
    }


def booked_reply(appointment: StoredAppointment, setup: ClinicSetup) -> Reply:
    """What a booking answers, now and whenever its key is sent again."""
    path = f"/v1/clinics/{appointment.clinic_id}/appointments/{appointment.id}"
    headers = {"ETag": version_tag(appointment.version), "Location": path}
    return Reply(status=201, headers=headers, body=orjson.dumps(appointment_body(appointment, setup)))


def booked_together_reply(appointments: Sequence[StoredAppointment], setup: ClinicSetup) -> Reply:
    """What several bookings at once answer; each appointment tells its version itself."""
    items = [appointment_body(appointment, setup) for appointment in appointments]
    return Reply(status=201, headers={}, body=orjson.dumps({"items": items}))


def changed_reply(appointment: StoredAppointment, setup: ClinicSetup) -> Reply:
    """What a change answers."""
    headers = {"ETag": version_tag(appointment.version)}
    return Reply(status=200, headers=headers, body=orjson.dumps(appointment_body(appointment, setup)))


def zone_of_visit(
    setup: ClinicSetup,
    *,
    provider_id: str | None = None,
    room_id: str | None = None,
    location_id: str | None = None,
) -> ZoneInfo:
    """Whose clock a time without offset is on: the site's, the room's, the provider's only site's, or
    the clinic's."""
    room = setup.room_by_id.get(room_id or "")
    provider = setup.provider_by_id.get(provider_id or "")
    site = location_id or (room.location_id if room else None)
    if site is None and provider is not None and len(provider.location_ids) == 1:
        site = provider.location_ids[0]
    return setup.zone_of(setup.location_by_id.get(site or ""))
