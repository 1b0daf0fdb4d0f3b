"""Changes of one appointment: moved, confirmed, carried on, cancelled."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response

from api.answers import reply_answer
from api.appointment_answer import changed_reply
from api.dependencies import Booking, ClinicCall, require
from api.errors import KINDS, PreconditionRequired, Taken
from api.etags import expected_version, required_version
from api.openapi import ETAG, IN_A_CLINIC, REPLAYED, WITH_A_BODY, problems, with_headers
from api.orders import appointment_change, order_of_change
from api.payloads.appointments import AppointmentOut, ChangeIn, MoveIn
from api.roles import Right
from api.routes.appointments import KEYED, PLACING, Key, Named
from api.workflows.change_appointment import cancel_appointment, change_appointment, confirm_appointment
from api.workflows.evidence import known_setup
from api.workflows.offer_slots import alternatives_for
from api.workflows.read_appointments import read_appointment
from models.appointment import AppointmentStatus
from models.errors import HoldExpired, IllegalTransition, LockTimeout, SlotUnavailable, VersionMismatch
from models.stored_appointment import StoredAppointment

router = APIRouter(prefix="/v1/clinics/{clinicId}/appointments/{appointmentId}", tags=["appointments"])

STEPS = tuple(KINDS[error] for error in (IllegalTransition, HoldExpired, VersionMismatch, LockTimeout))
CHANGED = with_headers(200, ETAG, REPLAYED)
OPEN_TO_PATIENTS = frozenset({None, AppointmentStatus.CONFIRMED, AppointmentStatus.CANCELED})

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match", description="The `ETag` that the change is based on; 412 once there is a newer one."
    ),
]


async def _found(call: Booking, appointment_id: Named) -> StoredAppointment:
    found = await read_appointment(call.runtime, call.clinic_id, appointment_id)
    call.see("appointment", found.id, found.patient_id)
    return found


Found = Annotated[StoredAppointment, Depends(_found)]


@router.patch(
    "",
    operation_id="changeAppointment",
    response_model=AppointmentOut,
    responses={
        **CHANGED,
        **problems(*IN_A_CLINIC, *WITH_A_BODY, *PLACING, *STEPS, *KEYED, KINDS[PreconditionRequired]),
    },
)
async def change(
    call: Booking,
    appointment: Found,
    change: ChangeIn,
    if_match: IfMatch = None,
    idempotency_key: Key = None,
) -> Response:
    """Move an appointment, let it take a step, or change its notes. What is left out stays."""
    if change.status not in OPEN_TO_PATIENTS:
        require(call.caller, Right.RUN_VISITS)
    version = required_version(if_match)
    return await _changed(call, appointment, change, version, idempotency_key)


@router.put(
    "",
    operation_id="rescheduleAppointment",
    response_model=AppointmentOut,
    responses={**CHANGED, **problems(*IN_A_CLINIC, *WITH_A_BODY, *PLACING, *STEPS, *KEYED)},
)
async def reschedule(
    call: Booking, appointment: Found, move: MoveIn, if_match: IfMatch = None, idempotency_key: Key = None
) -> Response:
    """Move an appointment to another time, provider or room."""
    return await _changed(call, appointment, move, expected_version(if_match), idempotency_key)


@router.delete(
    "",
    operation_id="cancelAppointment",
    response_model=AppointmentOut,
    responses={**CHANGED, **problems(*IN_A_CLINIC, *STEPS, *KEYED)},
)
async def cancel(
    call: Booking, appointment: Found, if_match: IfMatch = None, idempotency_key: Key = None
) -> Response:
    """Cancel an appointment, which then holds nothing and stays readable."""
    setup = (await known_setup(call.runtime, call.clinic_id)).setup
    done = await cancel_appointment(
        call.runtime,
        call.clinic_id,
        appointment.id,
        call.actor,
        version=expected_version(if_match),
        key=idempotency_key,
        render=call.rendering(changed_reply, setup),
    )
    return reply_answer(done.reply, is_repeated=done.is_repeated)


@router.post(
    "/confirm",
    operation_id="confirmAppointment",
    response_model=AppointmentOut,
    responses={**CHANGED, **problems(*IN_A_CLINIC, *STEPS, *KEYED)},
)
async def confirm(
    call: Booking, appointment: Found, if_match: IfMatch = None, idempotency_key: Key = None
) -> Response:
    """Confirm a hold or a booking; a hold that has run out answers `HOLD_EXPIRED`."""
    setup = (await known_setup(call.runtime, call.clinic_id)).setup
    done = await confirm_appointment(
        call.runtime,
        call.clinic_id,
        appointment.id,
        call.actor,
        version=expected_version(if_match),
        key=idempotency_key,
        render=call.rendering(changed_reply, setup),
    )
    return reply_answer(done.reply, is_repeated=done.is_repeated)


async def _changed(
    call: ClinicCall,
    appointment: StoredAppointment,
    wanted: MoveIn,
    version: int | None,
    key: str | None,
) -> Response:
    setup = (await known_setup(call.runtime, call.clinic_id)).setup
    change = appointment_change(wanted, appointment, setup)
    try:
        done = await change_appointment(
            call.runtime,
            call.clinic_id,
            appointment.id,
            change,
            call.actor,
            version=version,
            key=key,
            render=call.rendering(changed_reply, setup),
        )
    except SlotUnavailable as conflict:
        others = await alternatives_for(
            call.runtime, order_of_change(change, appointment), instead_of=appointment.id
        )
        raise Taken(conflict, others) from conflict
    return reply_answer(done.reply, is_repeated=done.is_repeated)
