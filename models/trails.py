"""What is told of a change, to auditors and to readers of events: never a name, a note or a contact."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.appointment import AppointmentStatus
from models.records import Actor, Trail
from models.stored_appointment import StoredAppointment

TOLD_BY_NAME = frozenset(
    {
        AppointmentStatus.CANCELED,
        AppointmentStatus.CONFIRMED,
        AppointmentStatus.EXPIRED,
        AppointmentStatus.COMPLETED,
        AppointmentStatus.NO_SHOW,
    }
)
"""Steps that have an event of their own; every other change is an `appointment.updated`."""


def trail_of_booking(booked: StoredAppointment, actor: Actor) -> Trail:
    """A new appointment."""
    return Trail(
        actor=actor,
        at=booked.created_at,
        action="created",
        before=None,
        after=_facts(booked),
        event="appointment.created",
        payload=_event(booked),
    )


def trail_of_change(before: StoredAppointment, after: StoredAppointment, actor: Actor) -> Trail:
    """A change of one appointment; only what changed is told, and of notes only that they did."""
    old, new = _facts(before), _facts(after)
    changed = [name for name in new if old[name] != new[name]]
    names = [*changed, "notes"] if before.notes != after.notes else changed
    action = "updated"
    if before.status is not after.status and after.status in TOLD_BY_NAME:
        action = after.status.value
    moved_from = {name: old[name] for name in changed if name in ("providerId", "roomId", "start", "end")}
    return Trail(
        actor=actor,
        at=after.updated_at,
        action=action,
        before={name: old[name] for name in changed},
        after={**{name: new[name] for name in changed}, "changed": names},
        event=f"appointment.{action}",
        payload={**_event(after), **({"previous": moved_from} if moved_from else {})},
    )


def _facts(appointment: StoredAppointment) -> dict[str, Any]:
    return {
        "patientId": appointment.patient_id,
        "providerId": appointment.provider_id,
        "serviceId": appointment.service_id,
        "roomId": appointment.room_id,
        "locationId": appointment.location_id,
        "start": _utc(appointment.starts_at),
        "end": _utc(appointment.ends_at),
        "status": appointment.status.value,
        "expiresAt": None if appointment.expires_at is None else _utc(appointment.expires_at),
        "equipment": {use.id: use.units for use in appointment.equipment},
    }


def _event(appointment: StoredAppointment) -> Mapping[str, Any]:
    return {
        "appointmentId": appointment.id,
        "patientId": appointment.patient_id,
        "providerId": appointment.provider_id,
        "serviceId": appointment.service_id,
        "roomId": appointment.room_id,
        "locationId": appointment.location_id,
        "start": _utc(appointment.starts_at),
        "end": _utc(appointment.ends_at),
        "status": appointment.status.value,
        "version": appointment.version,
    }


def _utc(moment: datetime) -> str:
    return moment.isoformat()
