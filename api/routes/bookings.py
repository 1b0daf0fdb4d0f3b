"""Several appointments in one order: all of them, or none."""

from typing import Final

from fastapi import APIRouter, Response

from api.answers import reply_answer
from api.appointment_answer import booked_together_reply
from api.dependencies import Booking, ClinicCall
from api.errors import Taken
from api.openapi import IN_A_CLINIC, REPLAYED, WITH_A_BODY, problems, with_headers
from api.orders import booking_order, idempotency_key_of
from api.payloads.together import BookedOut, BookingsIn
from api.routes.appointments import KEYED, NEEDS_KEY, PLACING, Key
from api.workflows.book_together import book_together
from api.workflows.evidence import known_setup
from api.workflows.offer_slots import alternatives_for
from models.booking import BookingOrder
from models.errors import InvalidRequest, RefusedTogether, SlotUnavailable
from models.setup import ClinicSetup

BATCH_PATH: Final = "/v1/clinics/{clinicId}/appointments/batch"

router = APIRouter(tags=["appointments"])


@router.post(
    BATCH_PATH,
    operation_id="bookAppointments",
    status_code=201,
    response_model=BookedOut,
    responses={
        **with_headers(201, REPLAYED),
        **problems(*IN_A_CLINIC, *WITH_A_BODY, *PLACING, *KEYED, NEEDS_KEY),
    },
)
async def book_all(call: Booking, bookings: BookingsIn, idempotency_key: Key = None) -> Response:
    """Book or hold several visits, each beside those before it: all of them are stored, or none.

    An error says with `index` (from 0) whose it is. The same key and body again gives the first answer.
    """
    for booking in bookings.appointments:
        call.admit(booking.patient_id)
    key = idempotency_key_of(idempotency_key, bookings.idempotency_key)
    setup = (await known_setup(call.runtime, call.clinic_id)).setup
    orders = _orders(call, bookings, setup)
    try:
        render = call.rendering(booked_together_reply, setup)
        done = await book_together(call.runtime, orders, call.actor, key=key, render=render)
    except RefusedTogether as refused:
        if isinstance(refused.refusal, SlotUnavailable):
            others = await alternatives_for(call.runtime, orders[refused.index])
            raise RefusedTogether(refused.index, Taken(refused.refusal, others)) from refused
        raise
    return reply_answer(done.reply, is_repeated=done.is_repeated)


def _orders(call: ClinicCall, bookings: BookingsIn, setup: ClinicSetup) -> list[BookingOrder]:
    orders = []
    for index, booking in enumerate(bookings.appointments):
        try:
            orders.append(booking_order(booking, call.clinic_id, setup))
        except InvalidRequest as refusal:
            raise RefusedTogether(index, refusal) from refusal
    return orders
