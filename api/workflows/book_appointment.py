"""One booking in one transaction: lock, look, decide, store. Two round trips when nothing is in the way."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import uuid4

from api.workflows.claiming import UnitsAreScattered, claim_units
from api.workflows.evidence import hours_expanded, known_setup, look
from api.workflows.idempotency import Answered, earlier_reply, idempotency_key
from api.workflows.runtime import Runtime
from models.appointment import AppointmentStatus
from models.booking import BookingOrder
from models.counters import service_day_ref
from models.errors import ClaimConflict, NotFound, StillConflicting
from models.placing import Wish
from models.postgres.connection import Connection, retrying
from models.postgres.ids import uuid_of
from models.postgres.read_evidence import lock_resources, take_turn
from models.postgres.read_setup import StoredSetup
from models.postgres.write_appointments import write_booking
from models.records import Actor, IdempotencyKey, Reply
from models.refs import equipment_ref, room_ref
from models.rules import is_overbooked
from models.setup import ClinicSetup
from models.slot import Placement
from models.stored_appointment import StoredAppointment
from models.trails import trail_of_booking
from models.wall_clock import ceil_minute, floor_minute, instant_of

Render: TypeAlias = Callable[[StoredAppointment], Reply]
"""Makes the answer out of what is being stored, inside the transaction: quick, and without effects."""

ATTEMPTS = 3
OPERATION = "book"


async def book_appointment(
    runtime: Runtime, order: BookingOrder, actor: Actor, *, key: str | None, render: Render
) -> Answered:
    """Book or hold a visit: once per key, and never what somebody else has.

    NotFound, RuleViolated, SlotUnavailable, IdempotencyKeyReused, IdempotencyKeyInFlight; Unavailable
    and its kinds where the database says "not now", OutcomeUnknown among them.
    """
    stored = await known_setup(runtime, order.clinic_id)
    named = idempotency_key(order.clinic_id, actor, OPERATION, key, order)
    booking = _Booking(runtime, order, actor, named, render, stored)
    await hours_expanded(runtime, stored, booking.wish)
    for attempt in range(ATTEMPTS):
        # The second time everything that may be chosen is locked before it is looked at: that decides.
        booking = replace(booking, locking=attempt > 0)
        try:
            return await retrying(runtime.pool, booking.attempt)
        except (ClaimConflict, UnitsAreScattered):
            continue
    raise StillConflicting("other bookings kept getting in the way")


@dataclass(frozen=True, slots=True)
class _Booking:
    runtime: Runtime
    order: BookingOrder
    actor: Actor
    key: IdempotencyKey | None
    render: Render
    stored: StoredSetup
    locking: bool = False

    async def attempt(self, conn: Connection) -> Answered:
        """One try, in one transaction."""
        order, now = self.order, self.runtime.clock()
        clinic_id = uuid_of("clinic", order.clinic_id)
        patient_id, provider_id = uuid_of("patient", order.patient_id), uuid_of("provider", order.provider_id)
        turn = await take_turn(conn, clinic_id, self.key, now, patient_id=patient_id, provider_id=provider_id)
        seen = await look(
            conn,
            self.runtime,
            self.stored,
            self.wish,
            patient_id=order.patient_id,
            key=self.key,
            now=now,
            locking=self.locking,
        )
        earlier = earlier_reply(self.key, seen.evidence.kept, key_is_free=await turn.fetchone() == (True,))
        if earlier is not None:
            return Answered(reply=earlier, appointment=None)
        if seen.evidence.patient is None:
            raise NotFound("patient", order.patient_id)
        placement = seen.placed(now)
        numbers, places = seen.stored.numbers, shared_places(placement, seen.stored.setup)
        if len(places) > 1 and not self.locking:
            await lock_resources(conn, clinic_id, numbers.ids_of(places))
        claims = await claim_units(conn, seen, placement, now, locked=self.locking)
        overbook = is_overbooked(placement, seen.snapshot(now))
        booked = appointment_of(order, placement, now, overbook=overbook)
        reply = self.render(booked)
        await write_booking(
            conn,
            booked,
            claims,
            numbers.of_refs(places),
            trail_of_booking(booked, self.actor),
            self.key,
            reply,
            opens_group=booked.group_visit_id is not None and placement.joins is None,
        )
        return Answered(reply=reply, appointment=booked)

    def wish(self, setup: ClinicSetup) -> Wish:
        """The order in the terms of a setup; NotFound for what it does not have."""
        return wish_of(self.order, setup)


def wish_of(order: BookingOrder, setup: ClinicSetup) -> Wish:
    """An order in the terms of a setup; NotFound for what it does not have."""
    service, provider = setup.service(order.service_id), setup.provider(order.provider_id)
    pools = order.equipment_ids
    for pool_id in pools or ():
        if pool_id not in setup.pool_by_id:
            raise NotFound("equipment", pool_id)
    start = floor_minute(order.starts_at)
    end = start + service.duration_minutes if order.ends_at is None else ceil_minute(order.ends_at)
    return Wish(
        service=service,
        provider=provider,
        start=start,
        end=end,
        room=None if order.room_id is None else setup.room(order.room_id),
        location=None if order.location_id is None else setup.location(order.location_id),
        only_pools=None if pools is None else frozenset(pools),
    )


def appointment_of(
    order: BookingOrder, placement: Placement, now: datetime, *, overbook: bool
) -> StoredAppointment:
    """What is stored of an order that found its place."""
    minutes = order.hold_minutes
    return StoredAppointment(
        id=str(uuid4()),
        clinic_id=order.clinic_id,
        patient_id=order.patient_id,
        provider_id=placement.provider.id,
        service_id=placement.service.id,
        room_id=placement.room.id if placement.room else None,
        location_id=placement.location.id if placement.location else None,
        equipment=tuple(sorted(placement.equipment, key=lambda use: use.id)),
        starts_at=instant_of(placement.start),
        ends_at=instant_of(placement.end),
        status=AppointmentStatus.PENDING if minutes else AppointmentStatus.SCHEDULED,
        expires_at=now + timedelta(minutes=minutes) if minutes else None,
        notes=order.notes,
        created_at=now,
        updated_at=now,
        overbook=overbook,
        group_visit_id=group_of(placement),
    )


def group_of(placement: Placement) -> str | None:
    """The group visit of a placement: the one that it joins, or a new one."""
    if placement.joins is not None:
        return placement.joins.id
    return str(uuid4()) if placement.service.is_for_groups else None


def shared_places(placement: Placement, setup: ClinicSetup) -> list[str]:
    """Everything but people whose calendar a visit changes, and that other people's visits need too."""
    day = service_day_ref(placement.service.id)
    counted = [day] if day in setup.counters else []
    if placement.joins is not None:
        return counted
    rooms = [room_ref(placement.room.id)] if placement.room else []
    return [*rooms, *(equipment_ref(use.id) for use in placement.equipment), *counted]
