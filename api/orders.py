"""What clients ask for, in the words of the domain: times read on the right wall clock, keys compared."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from api.appointment_answer import zone_of_visit
from api.errors import Fault, IdempotencyKeyRequired, Malformed
from api.payloads.appointments import MAX_KEY, BookingIn, ChangeIn, MoveIn, PlaceIn, RearrangementIn
from api.slot_query import read_instant
from models.appointment import EquipmentUse
from models.booking import KEEP, AppointmentChange, BookingOrder
from models.setup import ClinicSetup
from models.slot import Rearrangement
from models.stored_appointment import StoredAppointment


def booking_order(booking: BookingIn, clinic_id: str, setup: ClinicSetup) -> BookingOrder:
    """The order of a booking; InvalidRequest where its times make no sense."""
    zone = zone_of_visit(
        setup,
        provider_id=booking.provider_id,
        room_id=booking.room_id,
        location_id=booking.location_id,
    )
    return BookingOrder(
        clinic_id=clinic_id,
        patient_id=booking.patient_id,
        service_id=booking.service_id,
        provider_id=booking.provider_id,
        starts_at=read_instant(booking.start, zone, "start"),
        ends_at=instant_or_none(booking.end, zone, "end"),
        room_id=booking.room_id,
        location_id=booking.location_id,
        equipment_ids=None if booking.equipment_ids is None else tuple(booking.equipment_ids),
        hold_minutes=booking.hold_minutes,
        notes=booking.notes,
        rearranges=tuple(_rearrangement(one) for one in booking.rearranges),
    )


def _rearrangement(change: RearrangementIn) -> Rearrangement:
    return Rearrangement(
        appointment_id=change.appointment_id,
        from_room_id=change.from_.room_id,
        to_room_id=change.to.room_id,
        from_equipment=_units(change.from_),
        to_equipment=_units(change.to),
    )


def _units(place: PlaceIn) -> tuple[EquipmentUse, ...]:
    units: Counter[str] = Counter()
    for use in place.equipment:
        units[use.id] += use.units
    return tuple(EquipmentUse(id=pool_id, units=units[pool_id]) for pool_id in sorted(units))


def appointment_change(
    wanted: MoveIn, appointment: StoredAppointment, setup: ClinicSetup
) -> AppointmentChange:
    """What is to change; times without offset are read where the visit is to be."""
    if wanted.provider_id is None and wanted.room_id is None:
        zone = zone_of_visit(setup, location_id=appointment.location_id)
    else:
        zone = zone_of_visit(setup, provider_id=wanted.provider_id, room_id=wanted.room_id)
    more = wanted if isinstance(wanted, ChangeIn) else None
    return AppointmentChange(
        starts_at=instant_or_none(wanted.start, zone, "start"),
        ends_at=instant_or_none(wanted.end, zone, "end"),
        provider_id=wanted.provider_id,
        room_id=wanted.room_id,
        status=more.status if more else None,
        notes=more.notes if more and "notes" in more.model_fields_set else KEEP,
    )


def order_of_change(change: AppointmentChange, appointment: StoredAppointment) -> BookingOrder:
    """The booking that a move would have been, for finding other slots; it keeps its length."""
    starts_at = change.starts_at or appointment.starts_at
    return BookingOrder(
        clinic_id=appointment.clinic_id,
        patient_id=appointment.patient_id,
        service_id=appointment.service_id,
        provider_id=change.provider_id or appointment.provider_id,
        starts_at=starts_at,
        ends_at=change.ends_at or starts_at + (appointment.ends_at - appointment.starts_at),
    )


def instant_or_none(text: str | None, zone: ZoneInfo, field: str) -> datetime | None:
    """The instant of a time that may be left out."""
    return None if text is None else read_instant(text, zone, field)


def idempotency_key_of(header: str | None, body: str | None) -> str:
    """The one key of a booking, wherever it was put; Malformed where two of them differ."""
    key = body if header is None else header
    if not key:
        raise IdempotencyKeyRequired("send an Idempotency-Key header, or idempotencyKey in the body")
    if None not in (header, body) and header != body:
        fault = Fault("/idempotencyKey", "is not the one of the Idempotency-Key header")
        raise Malformed(f"idempotencyKey {fault.message}", (fault,))
    if len(key) > MAX_KEY:
        raise Malformed(f"an idempotency key has at most {MAX_KEY} characters")
    return key
