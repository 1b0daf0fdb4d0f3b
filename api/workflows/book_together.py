"""Several bookings in one transaction: all of them are stored, or none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeAlias

from api.workflows.book_appointment import ATTEMPTS, appointment_of, shared_places, wish_of
from api.workflows.claiming import UnitsAreScattered, claim_units
from api.workflows.evidence import hours_expanded, known_setup, look, refs_of
from api.workflows.idempotency import Answered, earlier_reply, idempotency_key
from api.workflows.runtime import Runtime
from models.booking import BookingOrder
from models.errors import ClaimConflict, NotFound, RefusedTogether, SlotwrightError, StillConflicting
from models.postgres.connection import Connection, retrying
from models.postgres.ids import uuid_of
from models.postgres.read_evidence import kept_reply, lock_resources, take_turn
from models.postgres.read_setup import StoredSetup
from models.postgres.write_appointments import write_booking
from models.records import Actor, IdempotencyKey, Reply
from models.refs import patient_ref, provider_ref
from models.rules import is_overbooked
from models.stored_appointment import StoredAppointment
from models.trails import trail_of_booking

RenderAll: TypeAlias = Callable[[Sequence[StoredAppointment]], Reply]
"""Makes the answer out of what is being stored, inside the transaction: quick, and without effects."""

OPERATION = "book together"

_NOT_KEPT = Reply(status=201, headers={}, body=b"")
"""Only the last booking of all leaves an answer behind, which is that of all."""


async def book_together(
    runtime: Runtime, orders: Sequence[BookingOrder], actor: Actor, *, key: str | None, render: RenderAll
) -> Answered:
    """Book or hold all visits, each beside those before it, or none of them: once per key.

    RefusedTogether names the first that cannot be, with the refusal that it would have got on its own;
    otherwise the errors of `book_appointment`.
    """
    clinic_id = orders[0].clinic_id
    stored = await known_setup(runtime, clinic_id)
    named = idempotency_key(clinic_id, actor, OPERATION, key, tuple(orders))
    for order in orders:
        await hours_expanded(runtime, stored, partial(wish_of, order))
    booking = _BookingTogether(runtime, tuple(orders), actor, named, render, stored)
    for _ in range(ATTEMPTS):
        try:
            return await retrying(runtime.pool, booking.attempt)
        except (ClaimConflict, UnitsAreScattered):
            continue
    raise StillConflicting("other bookings kept getting in the way")


@dataclass(frozen=True, slots=True)
class _BookingTogether:
    runtime: Runtime
    orders: tuple[BookingOrder, ...]
    actor: Actor
    key: IdempotencyKey | None
    render: RenderAll
    stored: StoredSetup

    async def attempt(self, conn: Connection) -> Answered:
        """One try, in one transaction."""
        now, clinic_id = self.runtime.clock(), uuid_of("clinic", self.orders[0].clinic_id)
        turn = await take_turn(conn, clinic_id, self.key, now)
        kept = await kept_reply(conn, self.key, now)
        earlier = earlier_reply(self.key, kept, key_is_free=await turn.fetchone() == (True,))
        if earlier is not None:
            return Answered(reply=earlier, appointment=None)
        await lock_resources(conn, clinic_id, self.stored.numbers.ids_of(self._refs()))
        stored, booked = self.stored, list[StoredAppointment]()
        for index, order in enumerate(self.orders):
            try:
                stored = await self._book(conn, order, stored, booked, now)
            except SlotwrightError as refusal:
                raise RefusedTogether(index, refusal) from refusal
        return Answered(reply=self.render(booked), appointment=booked[0])

    def _refs(self) -> list[str]:
        """Whoever and whatever any of the visits may need: locked at once, in the order of all locks."""
        people = [patient_ref(order.patient_id) for order in self.orders]
        things = [ref for order in self.orders for ref in refs_of(partial(wish_of, order), self.stored)]
        return list(dict.fromkeys([*people, *things]))

    async def _book(
        self,
        conn: Connection,
        order: BookingOrder,
        stored: StoredSetup,
        booked: list[StoredAppointment],
        now: datetime,
    ) -> StoredSetup:
        """One of the visits, beside those that are `booked`; the setup by which it was judged."""
        seen = await look(
            conn,
            self.runtime,
            stored,
            partial(wish_of, order),
            patient_id=order.patient_id,
            key=None,
            now=now,
            locking=True,
        )
        numbers, patient_no = seen.stored.numbers, seen.evidence.patient_no
        if seen.evidence.patient is None or patient_no is None:
            raise NotFound("patient", order.patient_id)
        placement = seen.placed(now)
        claims = await claim_units(conn, seen, placement, now, locked=True)
        overbook = is_overbooked(placement, seen.snapshot(now))
        appointment = appointment_of(order, placement, now, overbook=overbook)
        booked.append(appointment)
        is_last = len(booked) == len(self.orders)
        changed = [provider_ref(placement.provider.id), *shared_places(placement, seen.stored.setup)]
        await write_booking(
            conn,
            appointment,
            claims,
            [patient_no, *numbers.of_refs(changed)],
            trail_of_booking(appointment, self.actor),
            self.key if is_last else None,
            self.render(booked) if is_last else _NOT_KEPT,
            opens_group=appointment.group_visit_id is not None and placement.joins is None,
        )
        return seen.stored
