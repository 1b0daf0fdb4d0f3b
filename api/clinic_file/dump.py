"""A clinic becomes a clinic file: every default written out, nothing that is not there."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from models.appointment import Appointment
from models.clinic import (
    Clinic,
    EquipmentPool,
    HoursException,
    Location,
    OverbookingRule,
    Patient,
    Provider,
    ProviderPreferences,
    Room,
    Service,
    WorkingHours,
)
from models.clinic_file import ClinicFile
from models.setup import ClinicSetup
from models.wall_clock import format_time_of_day

Form: TypeAlias = dict[str, Any]


def dump_clinic(file: ClinicFile) -> Form:
    """The document that `parse_clinic` reads back as the same clinic.

    Moments carry the offset of the place they belong to.
    """
    setup = file.setup
    return {
        "schemaVersion": 1,
        "clinic": clinic_form(setup.clinic),
        "locations": [location_form(one) for one in setup.locations],
        "providers": [provider_form(one) for one in setup.providers],
        "rooms": [room_form(one) for one in setup.rooms],
        "equipment": [equipment_form(one) for one in setup.equipment],
        "services": [service_form(one) for one in setup.services],
        "availability": [availability_form(one) for one in setup.working_hours],
        "exceptions": [
            exception_form(one, zone_of_resource(one.resource, setup)) for one in setup.exceptions
        ],
        "overbooking": [overbooking_form(one) for one in setup.overbooking],
        "patients": [patient_form(one) for one in file.patients],
        "appointments": _appointment_forms(file),
    }


def _appointment_forms(file: ClinicFile) -> list[Form]:
    setup = file.setup
    zones = {room.id: setup.zone_of(setup.location_by_id.get(room.location_id)) for room in setup.rooms}
    return [appointment_form(one, zones.get(one.room_id or "", setup.zone)) for one in file.appointments]


def zone_of_resource(resource: str, setup: ClinicSetup) -> ZoneInfo:
    """The zone of the place that a resource stands at; the clinic's for people and the clinic itself."""
    kind, _, identifier = resource.partition("/")
    things: Mapping[str, Callable[[str], Room | EquipmentPool | None]] = {
        "rooms": setup.room_by_id.get,
        "equipment": setup.pool_by_id.get,
    }
    if kind in things:
        thing = things[kind](identifier)
        identifier = thing.location_id if thing else ""
    elif kind != "locations":
        return setup.zone
    return setup.zone_of(setup.location_by_id.get(identifier))


def moment_form(moment: datetime, zone: ZoneInfo) -> str:
    """An instant on the wall clock of a zone, with its offset.

    In UTC where ISO 8601 cannot write the local time: offsets of odd seconds (before the 1970s),
    and the last hours of the calendar.
    """
    try:
        local = moment.astimezone(zone)
    except OverflowError:
        local = moment.astimezone(UTC)
    if (local.utcoffset() or timedelta()) % timedelta(minutes=1):
        local = moment.astimezone(UTC)
    return local.isoformat()


def _present(**optional: object) -> Form:
    return {key: value for key, value in optional.items() if value is not None}


def clinic_form(clinic: Clinic) -> Form:
    weights = clinic.weights
    return {
        "id": clinic.id,
        "name": clinic.name,
        "timezone": clinic.timezone,
        "gridMinutes": clinic.grid_minutes,
        "weights": {
            "preference": weights.preference,
            "gap": weights.gap,
            "room": weights.room,
            "overbook": weights.overbook,
            **_present(fairness=weights.fairness or None),
        },
    }


def location_form(location: Location) -> Form:
    return {
        "id": location.id,
        "name": location.name,
        **_present(timezone=location.timezone, latitude=location.latitude, longitude=location.longitude),
    }


def provider_form(provider: Provider) -> Form:
    return {
        "id": provider.id,
        "name": provider.name,
        "locationIds": list(provider.location_ids),
        "serviceIds": list(provider.service_ids),
        **_present(
            specialty=provider.specialty,
            maxVisitsPerDay=provider.max_visits_per_day,
            preferences=_preferences_form(provider.preferences) if provider.preferences else None,
        ),
    }


def _preferences_form(preferences: ProviderPreferences) -> Form:
    return {
        "timeWindows": [
            {
                "start": format_time_of_day(window.start),
                "end": format_time_of_day(window.end),
                "weight": window.weight,
            }
            for window in preferences.time_windows
        ],
        "roomIds": list(preferences.room_ids),
        "weight": preferences.weight,
    }


def room_form(room: Room) -> Form:
    return {
        "id": room.id,
        "locationId": room.location_id,
        "name": room.name,
        "type": room.type,
        "features": sorted(room.features),
        "capacity": room.capacity,
        "turnaroundMinutes": room.turnaround_minutes,
    }


def equipment_form(pool: EquipmentPool) -> Form:
    return {
        "id": pool.id,
        "locationId": pool.location_id,
        "type": pool.type,
        "name": pool.name,
        "quantity": pool.quantity,
    }


def service_form(service: Service) -> Form:
    allowed = service.allowed_provider_ids
    return {
        "id": service.id,
        "name": service.name,
        "durationMinutes": service.duration_minutes,
        "bufferBeforeMinutes": service.buffer_before_minutes,
        "bufferAfterMinutes": service.buffer_after_minutes,
        "slotStepMinutes": service.slot_step_minutes,
        "modality": service.modality.value,
        "roomTypes": sorted(service.room_types),
        "roomFeatures": sorted(service.room_features),
        "equipment": [{"type": need.type, "units": need.units} for need in service.equipment],
        "minNoticeMinutes": service.min_notice_minutes,
        "maxFutureDays": service.max_future_days,
        **_present(maxPerDay=service.max_per_day),
        "minGapMinutes": service.min_gap_minutes,
        "seats": service.seats,
        "blackoutDates": [day.isoformat() for day in service.blackout_dates],
        **_present(allowedProviderIds=None if allowed is None else sorted(allowed)),
    }


def availability_form(hours: WorkingHours) -> Form:
    return {
        "resource": hours.resource,
        "rrule": hours.rrule,
        "startTime": format_time_of_day(hours.start),
        "endTime": format_time_of_day(hours.end),
        **_present(
            effectiveFrom=hours.effective_from.isoformat() if hours.effective_from else None,
            effectiveTo=hours.effective_to.isoformat() if hours.effective_to else None,
        ),
    }


def exception_form(exception: HoursException, zone: ZoneInfo) -> Form:
    return {
        "resource": exception.resource,
        "start": moment_form(exception.starts_at, zone),
        "end": moment_form(exception.ends_at, zone),
        "kind": exception.kind.value,
        **_present(reason=exception.reason),
    }


def overbooking_form(rule: OverbookingRule) -> Form:
    return {
        "id": rule.id,
        **_present(providerId=rule.provider_id, serviceId=rule.service_id),
        "weekdays": [day.value for day in rule.weekdays],
        "startTime": format_time_of_day(rule.start),
        "endTime": format_time_of_day(rule.end),
        "lanes": rule.lanes,
        **_present(maxPerDay=rule.max_per_day),
    }


def patient_form(patient: Patient) -> Form:
    contact = patient.contact
    reached = contact and _present(
        email=contact.email, phone=contact.phone, preferredMethod=contact.preferred_method
    )
    return {
        "id": patient.id,
        "name": patient.name,
        **_present(dob=patient.date_of_birth.isoformat() if patient.date_of_birth else None, contact=reached),
        "blockedProviderIds": sorted(patient.blocked_provider_ids),
    }


def appointment_form(appointment: Appointment, zone: ZoneInfo) -> Form:
    expires_at = appointment.expires_at
    return {
        "id": appointment.id,
        "patientId": appointment.patient_id,
        "providerId": appointment.provider_id,
        "serviceId": appointment.service_id,
        **_present(roomId=appointment.room_id),
        "equipment": [{"id": use.id, "units": use.units} for use in appointment.equipment],
        "start": moment_form(appointment.starts_at, zone),
        "end": moment_form(appointment.ends_at, zone),
        "status": appointment.status.value,
        "overbook": appointment.overbook,
        **_present(expiresAt=moment_form(expires_at, zone) if expires_at else None),
    }
