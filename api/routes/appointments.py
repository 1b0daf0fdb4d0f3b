"""Appointments: booked or held, listed, read."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response

from api.answers import json_answer, reply_answer, tagged_json_answer
from api.appointment_answer import appointment_body, booked_reply
from api.appointment_lists import appointment_filter, cursor_of_mark, mark_of
from api.dependencies import Booking, ReadingOneRecord, Seen
from api.errors import KINDS, IdempotencyKeyRequired, Taken
from api.etags import known_tags, version_tag
from api.identifiers import canonical_id
from api.openapi import ETAG, IN_A_CLINIC, LOCATION, REPLAYED, TAGGED, WITH_A_BODY, problems, with_headers
from api.orders import booking_order, idempotency_key_of
from api.payloads.appointments import AppointmentOut, AppointmentsQuery, BookingIn
from api.payloads.basics import Page
from api.workflows.book_appointment import book_appointment
from api.workflows.evidence import known_setup
from api.workflows.offer_slots import alternatives_for
from api.workflows.read_appointments import list_appointments, read_appointment
from api.workflows.rearranging import book_rearranging
from models.appointment import AppointmentStatus
from models.errors import (
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    LockTimeout,
    NonexistentLocalTime,
    RuleViolated,
    SlotUnavailable,
)

router = APIRouter(prefix="/v1/clinics/{clinicId}/appointments", tags=["appointments"])

PLACING = tuple(KINDS[e] for e in (SlotUnavailable, LockTimeout, RuleViolated, NonexistentLocalTime))
KEYED = tuple(KINDS[e] for e in (IdempotencyKeyInFlight, IdempotencyKeyReused))
NEEDS_KEY = KINDS[IdempotencyKeyRequired]

Key = Annotated[
    str | None, Header(alias="Idempotency-Key", description="The same key and body take effect once.")
]


async def _named(
    appointment_id: Annotated[str, Path(alias="appointmentId", json_schema_extra={"format": "uuid"})],
) -> str:
    return canonical_id("appointment", appointment_id)


Named = Annotated[str, Depends(_named)]


@router.post(
    "",
    operation_id="bookAppointment",
    status_code=201,
    response_model=AppointmentOut,
    responses={
        **with_headers(201, ETAG, LOCATION, REPLAYED),
        **problems(*IN_A_CLINIC, *WITH_A_BODY, *PLACING, *KEYED, NEEDS_KEY),
    },
)
async def book(call: Booking, booking: BookingIn, idempotency_key: Key = None) -> Response:
    """Book a visit, or hold it for `holdMinutes`; what is taken answers with other slots.

    What `rearranges` lists changes in the same transaction, or nothing does.

    The same key and body again gives the first answer, whatever became of the connection.
    """
    call.admit(booking.patient_id)
    key = idempotency_key_of(idempotency_key, booking.idempotency_key)
    setup = (await known_setup(call.runtime, call.clinic_id)).setup
    order, render = booking_order(booking, call.clinic_id, setup), call.rendering(booked_reply, setup)
    try:
        booking_it = book_rearranging if order.rearranges else book_appointment
        done = await booking_it(call.runtime, order, call.actor, key=key, render=render)
    except SlotUnavailable as conflict:
        raise Taken(conflict, await alternatives_for(call.runtime, order)) from conflict
    return reply_answer(done.reply, is_repeated=done.is_repeated)


@router.get(
    "",
    operation_id="listAppointments",
    response_model=Page[AppointmentOut],
    responses=problems(*IN_A_CLINIC, KINDS[NonexistentLocalTime]),
)
async def list_them(call: ReadingOneRecord, query: Annotated[AppointmentsQuery, Query()]) -> Response:
    """The appointments that start in `[from, to)`, by start; a date as `to` includes that day."""
    call.admit(query.patient_id)
    setup = (await known_setup(call.runtime, call.clinic_id)).setup
    wanted = appointment_filter(query, setup, own_patient_id=call.own_patient_id)
    found = await list_appointments(
        call.runtime, call.clinic_id, wanted, after=mark_of(query.cursor), limit=query.limit
    )
    items = [appointment_body(one, setup) for one in found.items]
    return json_answer({"items": items, "nextCursor": cursor_of_mark(found.next)})


@router.get(
    "/{appointmentId}",
    operation_id="getAppointment",
    response_model=AppointmentOut,
    responses={**TAGGED, **problems(*IN_A_CLINIC)},
)
async def read(call: ReadingOneRecord, appointment_id: Named, if_none_match: Seen = None) -> Response:
    """One appointment, with its version as `ETag`."""
    setup = (await known_setup(call.runtime, call.clinic_id)).setup
    found = await read_appointment(call.runtime, call.clinic_id, appointment_id)
    call.see("appointment", appointment_id, found.patient_id)
    # A hold expires by the clock alone, which changes it without a new version.
    seen = known_tags(if_none_match) if found.status is not AppointmentStatus.EXPIRED else ()
    return tagged_json_answer(appointment_body(found, setup), version_tag(found.version), seen)
