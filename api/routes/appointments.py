"""Appointments: booked or held, read, moved, confirmed, cancelled."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from api.answers import reply_answer
from api.appointment_answer import booked_reply
from api.dependencies import Booking, ClinicCall
from api.errors import KINDS, IdempotencyKeyRequired, Taken
from api.openapi import IN_A_CLINIC, WITH_A_BODY, problems
from api.orders import booking_order, idempotency_key_of
from api.payloads.appointments import AppointmentOut, BookingIn
from api.workflows.book_appointment import book_appointment
from api.workflows.evidence import known_setup
from api.workflows.idempotency import Answered
from api.workflows.offer_slots import alternatives_for
from models.booking import BookingOrder
from models.errors import (
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    LockTimeout,
    NonexistentLocalTime,
    RuleViolated,
    SlotUnavailable,
)
from models.postgres.read_setup import StoredSetup
from models.records import Reply
from models.stored_appointment import StoredAppointment

router = APIRouter(prefix="/v1/clinics/{clinicId}/appointments", tags=["appointments"])

PLACING = (SlotUnavailable, LockTimeout, RuleViolated, NonexistentLocalTime)
KEYED = (IdempotencyKeyRequired, IdempotencyKeyInFlight, IdempotencyKeyReused)


@router.post(
    "",
    operation_id="bookAppointment",
    status_code=201,
    response_model=AppointmentOut,
    responses=problems(*IN_A_CLINIC, *WITH_A_BODY, *(KINDS[error] for error in (*PLACING, *KEYED))),
)
async def book(
    call: Booking,
    booking: BookingIn,
    idempotency_key: Annotated[str | None, Header(description="The same key and body book once.")] = None,
) -> Response:
    """Book a visit, or hold it for `holdMinutes`; what is taken answers with other slots.

    The same key and body again gives the first answer, whatever became of the connection.
    """
    call.admit(booking.patient_id)
    key = idempotency_key_of(idempotency_key, booking.idempotency_key)
    stored = await known_setup(call.runtime, call.clinic_id)
    order = booking_order(booking, call.clinic_id, stored.setup)
    answered = await _booked(call, order, key, stored)
    return reply_answer(answered.reply, is_repeated=answered.is_repeated)


async def _booked(call: ClinicCall, order: BookingOrder, key: str, stored: StoredSetup) -> Answered:
    runtime = call.runtime

    def render(appointment: StoredAppointment) -> Reply:
        current = runtime.setups.known(call.clinic_id) or stored
        return booked_reply(appointment, current.setup)

    try:
        return await book_appointment(runtime, order, call.actor, key=key, render=render)
    except SlotUnavailable as conflict:
        raise Taken(conflict, await alternatives_for(runtime, order)) from conflict
