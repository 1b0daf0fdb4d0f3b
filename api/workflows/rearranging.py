"""A booking for which booked appointments change room or units first: all in one transaction, or nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from api.workflows.book_appointment import (
    ATTEMPTS,
    OPERATION,
    Render,
    appointment_of,
    shared_places,
    wish_of,
)
from api.workflows.claiming import claim_units, deal_anew
from api.workflows.evidence import Look, hours_expanded, known_setup, look
from api.workflows.idempotency import Answered, earlier_reply, idempotency_key
from api.workflows.runtime import Runtime
from models.booking import BookingOrder
from models.calendar import Calendar
from models.claims import Use, Visit, shared_uses
from models.errors import ClaimConflict, NotFound, StillConflicting
from models.placing import refuse
from models.postgres.connection import Connection, retrying
from models.postgres.ids import uuid_of
from models.postgres.kinds import UNITS_PER_RESOURCE
from models.postgres.read_appointments import arrived, locked_appointment
from models.postgres.read_evidence import claims_of_resource, kept_reply, take_turn
from models.postgres.read_setup import StoredSetup
from models.postgres.write_appointments import UnitClaim, write_booking
from models.postgres.write_holds import release_holds
from models.postgres.write_rearrangements import free_places, write_rearrangement
from models.rearranging import objection_to, violation_there
from models.records import Actor, IdempotencyKey
from models.refs import equipment_ref, patient_ref, provider_ref, room_ref
from models.rules import is_overbooked
from models.setup import ClinicSetup
from models.slot import Rearrangement
from models.snapshot import ClinicSnapshot
from models.stored_appointment import StoredAppointment
from models.trails import trail_of_booking, trail_of_change
from models.units import UnitNeed, dealt
from models.wall_clock import MINUTES_PER_DAY, floor_minute


async def book_rearranging(
    runtime: Runtime, order: BookingOrder, actor: Actor, *, key: str | None, render: Render
) -> Answered:
    """Book or hold a visit, once per key, after the changes that it `rearranges`.

    SlotUnavailable where an appointment is not where it was said to be, may not change, or finds its new
    place taken; NotFound for one that is not there; otherwise the errors of `book_appointment`.
    """
    stored = await known_setup(runtime, order.clinic_id)
    named = idempotency_key(order.clinic_id, actor, OPERATION, key, order)
    booking = _Booking(runtime, order, actor, named, render, stored)
    await hours_expanded(runtime, stored, partial(wish_of, order))
    await booking.hours_of_places_expanded()
    for _ in range(ATTEMPTS):
        try:
            return await retrying(runtime.pool, booking.attempt)
        except ClaimConflict:
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

    async def hours_of_places_expanded(self) -> None:
        """Expand the hours of the new places in a solver thread: the event loop must not do it."""
        setup, around = self.stored.setup, floor_minute(self.order.starts_at)
        low, high = around - 2 * MINUTES_PER_DAY, around + 2 * MINUTES_PER_DAY
        refs = [ref for ref in self._places() if ref in setup.resource_index]
        await self.runtime.solving.run(lambda: [setup.open_windows(ref, low, high) for ref in refs])

    def _places(self) -> list[str]:
        """Every room and pool that an appointment leaves or goes to."""
        refs = [ref for change in self.order.rearranges for ref in _places_of(change)]
        return list(dict.fromkeys(refs))

    async def attempt(self, conn: Connection) -> Answered:
        """One try, in one transaction: changes first, then the booking on what they leave."""
        now, clinic_id = self.runtime.clock(), uuid_of("clinic", self.order.clinic_id)
        turn = await take_turn(conn, clinic_id, self.key, now)
        kept = await kept_reply(conn, self.key, now)
        earlier = earlier_reply(self.key, kept, key_is_free=await turn.fetchone() == (True,))
        if earlier is not None:
            return Answered(reply=earlier, appointment=None)
        # Whatever may be chosen or changes is locked at once, in the order of all locks.
        seen = await self._look(conn, self.stored, now, locking=True)
        _refuse_unknown(self._places(), seen.stored.setup)
        changing = [(change, await self._locked(conn, clinic_id, change)) for change in self._in_order()]
        for change, appointment in changing:
            _refuse_objection(change, appointment, seen.stored.setup, now)
        given_up = {
            one.id: seen.stored.numbers.of_refs(_left(change, one, seen.stored.setup))
            for change, one in changing
        }
        await free_places(conn, clinic_id, given_up)
        for change, appointment in changing:
            await self._change(conn, seen, change, appointment, now)
        return await self._book(conn, await self._look(conn, seen.stored, now, locking=False), now)

    async def _look(self, conn: Connection, stored: StoredSetup, now: datetime, *, locking: bool) -> Look:
        return await look(
            conn,
            self.runtime,
            stored,
            partial(wish_of, self.order),
            patient_id=self.order.patient_id,
            key=None,
            now=now,
            locking=locking,
            also=[patient_ref(self.order.patient_id), *self._places()],
        )

    def _in_order(self) -> list[Rearrangement]:
        """The changes in the order in which everybody locks appointments."""
        return sorted(self.order.rearranges, key=lambda change: change.appointment_id)

    async def _locked(self, conn: Connection, clinic_id: UUID, change: Rearrangement) -> StoredAppointment:
        identifier = uuid_of("appointment", change.appointment_id)
        found = await arrived(await locked_appointment(conn, clinic_id, identifier))
        if found is None:
            raise NotFound("appointment", change.appointment_id)
        return found

    async def _change(
        self,
        conn: Connection,
        seen: Look,
        change: Rearrangement,
        before: StoredAppointment,
        now: datetime,
    ) -> None:
        """Let one appointment take its new place; SlotUnavailable where that is taken."""
        setup, numbers = seen.stored.setup, seen.stored.numbers
        after = replace(
            before,
            room_id=change.to_room_id,
            equipment=change.to_equipment,
            version=before.version + 1,
            updated_at=now,
        )
        claims: list[UnitClaim] = []
        for use in _new_uses(before, after, setup):
            first = numbers.no_by_ref[use.ref] * UNITS_PER_RESOURCE
            units = await self._units(conn, seen, use, now)
            claims += [UnitClaim(first + unit, *use.window) for unit in units]
        trail = trail_of_change(before, after, self.actor)
        concerned = numbers.of_refs([*dict.fromkeys(_places_of(change))])
        await write_rearrangement(conn, after, claims, concerned, trail)

    async def _units(self, conn: Connection, seen: Look, use: Use, now: datetime) -> tuple[int, ...]:
        setup, clinic_id = seen.stored.setup, UUID(self.order.clinic_id)
        need = UnitNeed(use.ref, use.units, use.window, setup.capacities.get(use.ref, 1))
        number = seen.stored.numbers.no_by_ref[use.ref]
        held = await claims_of_resource(conn, clinic_id, number, use.ref, use.window)
        dead = {claim.holder_id for claim in held if claim.holder_id in seen.evidence.run_out}
        if dead:
            await release_holds(conn, clinic_id, dead, now)
        found = dealt(need, [claim for claim in held if claim.holder_id not in dead])
        return (found or await deal_anew(conn, clinic_id, seen, need, now)).units

    async def _book(self, conn: Connection, seen: Look, now: datetime) -> Answered:
        """The visit itself, on what the changes have left."""
        patient_no = seen.evidence.patient_no
        if seen.evidence.patient is None or patient_no is None:
            raise NotFound("patient", self.order.patient_id)
        placement = seen.placed(now)
        claims = await claim_units(conn, seen, placement, now, locked=True)
        overbook = is_overbooked(placement, seen.snapshot(now))
        booked = appointment_of(self.order, placement, now, overbook=overbook)
        reply = self.render(booked)
        changed = [provider_ref(placement.provider.id), *shared_places(placement, seen.stored.setup)]
        await write_booking(
            conn,
            booked,
            claims,
            [patient_no, *seen.stored.numbers.of_refs(changed)],
            trail_of_booking(booked, self.actor),
            self.key,
            reply,
            opens_group=booked.group_visit_id is not None and placement.joins is None,
        )
        return Answered(reply=reply, appointment=booked)


def _places_of(change: Rearrangement) -> Iterator[str]:
    yield from (room_ref(one) for one in (change.from_room_id, change.to_room_id) if one is not None)
    yield from (equipment_ref(use.id) for use in (*change.from_equipment, *change.to_equipment))


def _refuse_unknown(places: list[str], setup: ClinicSetup) -> None:
    for ref in places:
        if ref not in setup.resource_index:
            kind, _, identifier = ref.partition("/")
            raise NotFound(kind.removesuffix("s"), identifier)


def _refuse_objection(
    change: Rearrangement, appointment: StoredAppointment, setup: ClinicSetup, now: datetime
) -> None:
    """SlotUnavailable unless an appointment may change so; who else is there is told by the claims."""
    refuse(objection_to(change, appointment, setup, now))
    nobody = ClinicSnapshot(setup=setup, calendar=Calendar.of(()), now=now)
    violation = violation_there(change, appointment, nobody)
    refuse(None if violation is None else replace(violation, taken=True))


def _places_held(appointment: StoredAppointment, setup: ClinicSetup) -> dict[str, Use]:
    """Rooms and pools that an appointment holds, by what they are called."""
    uses = shared_uses(Visit.of(appointment, setup), setup)
    return {use.ref: use for use in uses if use.ref.partition("/")[0] in ("rooms", "equipment")}


def _left(change: Rearrangement, before: StoredAppointment, setup: ClinicSetup) -> list[str]:
    """What an appointment gives up, in whole or in part."""
    after = replace(before, room_id=change.to_room_id, equipment=change.to_equipment)
    held, wanted = _places_held(before, setup), _places_held(after, setup)
    return [ref for ref, use in held.items() if wanted.get(ref) != use]


def _new_uses(before: StoredAppointment, after: StoredAppointment, setup: ClinicSetup) -> list[Use]:
    """What it takes anew, in the order of the locks."""
    held, wanted = _places_held(before, setup), _places_held(after, setup)
    return [use for ref, use in wanted.items() if held.get(ref) != use]
