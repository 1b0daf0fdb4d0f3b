"""Changes of one appointment, each in one transaction: moved, confirmed, cancelled, carried on."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from api.workflows.book_appointment import ATTEMPTS, Render, group_of
from api.workflows.claiming import claim_units
from api.workflows.evidence import Look, known_setup, look
from api.workflows.idempotency import Answered, earlier_reply, idempotency_key
from api.workflows.runtime import Runtime
from models.appointment import AppointmentStatus
from models.booking import AppointmentChange
from models.changing import (
    changed,
    differs,
    hold_expired,
    refuse_illegal_change,
    refuse_stale_version,
    wish_of_change,
)
from models.counters import service_day_ref
from models.errors import (
    ClaimConflict,
    NotFound,
    RuleViolated,
    SlotUnavailable,
    StillConflicting,
)
from models.placing import Wish
from models.postgres.connection import Connection, retrying
from models.postgres.ids import uuid_of
from models.postgres.read_appointments import appointment_of_id, arrived, locked_appointment
from models.postgres.read_evidence import kept_reply, lock_resources, others_take_part, take_turn
from models.postgres.read_setup import StoredSetup
from models.postgres.write_appointments import UnitClaim
from models.postgres.write_changes import write_change
from models.postgres.write_holds import release_holds
from models.postgres.write_records import keep_reply
from models.records import Actor, IdempotencyKey
from models.refs import equipment_ref, patient_ref, provider_ref, room_ref
from models.rules import is_overbooked
from models.setup import ClinicSetup
from models.slot import Placement
from models.stored_appointment import StoredAppointment
from models.trails import trail_of_change


class _ChangedMeanwhile(Exception):
    """Between the first look and the lock somebody else changed the appointment."""


@dataclass(frozen=True, slots=True)
class _RanOut:
    """The hold turned out to have run out, which is now stored."""


_Outcome: TypeAlias = Answered | _RanOut


async def change_appointment(
    runtime: Runtime,
    clinic_id: str,
    appointment_id: str,
    change: AppointmentChange,
    actor: Actor,
    *,
    version: int | None,
    key: str | None = None,
    render: Render,
) -> Answered:
    """Move an appointment, let it take a step, or change its notes; only if it is still at `version`.

    NotFound, VersionMismatch, IllegalTransition (HoldExpired among them), RuleViolated, SlotUnavailable,
    and what `book_appointment` raises about keys and the database. What changes nothing is not counted.
    """
    uuid_of("appointment", appointment_id)
    stored = await known_setup(runtime, clinic_id)
    named = idempotency_key(clinic_id, actor, f"change {appointment_id}", key, (version, change))
    work = _Change(runtime, stored, appointment_id, change, actor, version, named, render)
    for _ in range(ATTEMPTS):
        try:
            outcome = await retrying(runtime.pool, work.attempt)
        except (_ChangedMeanwhile, ClaimConflict):
            continue
        if isinstance(outcome, _RanOut):
            raise hold_expired(change)
        return outcome
    raise StillConflicting("other changes of this appointment kept getting in the way")


async def cancel_appointment(
    runtime: Runtime,
    clinic_id: str,
    appointment_id: str,
    actor: Actor,
    *,
    version: int | None = None,
    key: str | None = None,
    render: Render,
) -> Answered:
    """Give up a visit that has not taken place; IllegalTransition where that is not so."""
    change = AppointmentChange(status=AppointmentStatus.CANCELED)
    return await change_appointment(
        runtime, clinic_id, appointment_id, change, actor, version=version, key=key, render=render
    )


async def confirm_appointment(
    runtime: Runtime,
    clinic_id: str,
    appointment_id: str,
    actor: Actor,
    *,
    version: int | None = None,
    key: str | None = None,
    render: Render,
) -> Answered:
    """Make a hold, or a plain booking, a confirmed one; HoldExpired from its expiry on."""
    change = AppointmentChange(status=AppointmentStatus.CONFIRMED)
    return await change_appointment(
        runtime, clinic_id, appointment_id, change, actor, version=version, key=key, render=render
    )


@dataclass(frozen=True, slots=True)
class _Change:
    runtime: Runtime
    stored: StoredSetup
    appointment_id: str
    change: AppointmentChange
    actor: Actor
    version: int | None
    key: IdempotencyKey | None
    render: Render

    @property
    def clinic_id(self) -> UUID:
        return UUID(self.stored.setup.clinic.id)

    async def attempt(self, conn: Connection) -> _Outcome:
        """One try, in one transaction."""
        now = self.runtime.clock()
        turn = await take_turn(conn, self.clinic_id, self.key, now)
        asked = await appointment_of_id(conn, self.clinic_id, UUID(self.appointment_id))
        kept = await kept_reply(conn, self.key, now)
        earlier = earlier_reply(self.key, kept, key_is_free=await turn.fetchone() == (True,))
        if earlier is not None:
            return Answered(reply=earlier, appointment=None)
        before = await arrived(asked)
        if before is None:
            raise NotFound("appointment", self.appointment_id)
        refuse_stale_version(before, self.version)
        if before.has_run_out(now):
            await release_holds(conn, self.clinic_id, [before.id], now)
            return _RanOut()
        refuse_illegal_change(before, self.change)
        return await (self._move(conn, before, now) if self.change.moves else self._step(conn, before, now))

    async def _step(self, conn: Connection, before: StoredAppointment, now: datetime) -> Answered:
        """Another status or other notes; its resources are concerned if it gives them up.

        They are, too, if it can no longer move: explanations name who could.
        """
        after = changed(before, self.change, None, now)
        gives_up = before.status.holds_resources and not after.status.holds_resources
        arrives = before.status.may_move and not after.status.may_move
        concerned = self.stored.numbers.ids_of(_refs(before, self.stored)) if gives_up or arrives else []
        if concerned:
            await lock_resources(conn, self.clinic_id, concerned)
        if gives_up:
            await self._release_group(conn, before, now)
        await self._lock(conn, before)
        ends = await self._group_that_ends(conn, before, now) if gives_up else None
        return await self._store(conn, before, after, concerned, group_that_ends=ends)

    async def _move(self, conn: Connection, before: StoredAppointment, now: datetime) -> Answered:
        """Another time, person or room. All that may be chosen is locked, so that one look decides."""

        def wish(setup: ClinicSetup) -> Wish:
            return wish_of_change(before, self.change, setup)

        seen = await look(
            conn,
            self.runtime,
            self.stored,
            wish,
            patient_id=before.patient_id,
            key=None,
            now=now,
            locking=True,
            also=_refs(before, self.stored),
            without=before.id,
        )
        await self._release_group(conn, before, now)
        await self._lock(conn, before)
        ends = await self._group_that_ends(conn, before, now)
        without = frozenset({before.id} if ends is None else {before.id, ends})
        placement = self._placed(seen, before, now, without)
        claims = await claim_units(conn, seen, placement, now, locked=True, without=without)
        overbook = is_overbooked(placement, seen.snapshot(now, without))
        same_group = before.group_visit_id
        after = replace(
            changed(before, self.change, placement, now), overbook=overbook, group_visit_id=same_group
        )
        if differs(before, after):
            after = replace(after, group_visit_id=group_of(placement))
        concerned = seen.stored.numbers.ids_of(
            sorted({*_refs(before, seen.stored), *_refs(after, seen.stored)})
        )
        return await self._store(
            conn,
            before,
            after,
            concerned,
            claims,
            group_that_ends=ends,
            opens_group=after.group_visit_id is not None and placement.joins is None,
        )

    async def _release_group(self, conn: Connection, before: StoredAppointment, now: datetime) -> None:
        """Lock its group visit and end the holds there that ran out, but for one that was just confirmed.

        Then whoever still takes part is sure to, until the end of the transaction.
        """
        if before.group_visit_id is not None:
            await release_holds(conn, self.clinic_id, [before.group_visit_id], now)

    async def _group_that_ends(
        self, conn: Connection, before: StoredAppointment, now: datetime
    ) -> str | None:
        """The group visit to which nobody comes any more once this appointment has left it."""
        group = before.group_visit_id
        if group is None:
            return None
        others = await others_take_part(conn, self.clinic_id, UUID(group), UUID(before.id), now)
        return None if others else group

    def _placed(
        self, seen: Look, before: StoredAppointment, now: datetime, without: frozenset[str]
    ) -> Placement:
        """Where it goes, with the equipment that it has if possible."""
        if before.equipment:
            own_pools = frozenset(use.id for use in before.equipment)
            try:
                return seen.placed(now, without=without, only_pools=own_pools)
            except (RuleViolated, SlotUnavailable):
                pass
        return seen.placed(now, without=without)

    async def _lock(self, conn: Connection, before: StoredAppointment) -> None:
        found = await arrived(await locked_appointment(conn, self.clinic_id, UUID(before.id)))
        if found != before:
            raise _ChangedMeanwhile

    async def _store(
        self,
        conn: Connection,
        before: StoredAppointment,
        after: StoredAppointment,
        concerned: list[UUID],
        claims: list[UnitClaim] | None = None,
        *,
        group_that_ends: str | None = None,
        opens_group: bool = False,
    ) -> Answered:
        if not differs(before, after):
            reply = self.render(before)
            if self.key is not None:
                await keep_reply(conn, self.clinic_id, self.actor, self.runtime.clock(), self.key, reply)
            return Answered(reply=reply, appointment=before)
        reply = self.render(after)
        await write_change(
            conn,
            after,
            moves=claims is not None,
            claims=claims or [],
            resource_ids=concerned,
            trail=trail_of_change(before, after, self.actor),
            key=self.key,
            reply=reply,
            group_that_ends=group_that_ends,
            opens_group=opens_group,
        )
        return Answered(reply=reply, appointment=after)


def _refs(appointment: StoredAppointment, stored: StoredSetup) -> list[str]:
    """Everything that an appointment holds and others could want."""
    room = [] if appointment.room_id is None else [room_ref(appointment.room_id)]
    pools = [equipment_ref(use.id) for use in appointment.equipment]
    day = service_day_ref(appointment.service_id)
    counted = [day] if day in stored.setup.counters else []
    people = [patient_ref(appointment.patient_id), provider_ref(appointment.provider_id)]
    return [*people, *room, *pools, *counted]
