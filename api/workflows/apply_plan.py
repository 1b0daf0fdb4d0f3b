"""A whole plan in the caller's transaction: lock, look, judge, store; all of it, or nothing."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from api.workflows.apply_changes import change_setup, stored_setup
from api.workflows.claiming import rule_of
from api.workflows.lock_plan import LockedPlan, lock_plan, refs_held
from api.workflows.reclaiming import reclaim, take_time
from api.workflows.runtime import Runtime
from models.appointment import AppointmentStatus
from models.errors import CalendarChanged, NotFound, RulesConflict, StaleMove
from models.hours import Window, merged
from models.plan_applying import (
    Ground,
    PlanNeeds,
    needs_of_plan,
    settled,
    windows_of_visits,
)
from models.plan_checks import PlacedVisit
from models.plan_dealing import AllDealt, TooFew, TooLittleKnown, deal_all
from models.plan_to_apply import AppliedPlan, PlanToApply
from models.planning import Assignment
from models.postgres.connection import Connection
from models.postgres.read_evidence import claims_of_resource, take_turn
from models.postgres.read_plan_evidence import (
    claims_of_plan,
)
from models.postgres.read_setup import StoredSetup, config_version
from models.postgres.write_clinic import new_id
from models.postgres.write_holds import free_claims, release_holds
from models.postgres.write_plans import PlanRows, defer_guard, write_plan
from models.postgres.write_rules import take_clinic
from models.reclaiming import claims_follow
from models.records import Trail
from models.refs import patient_ref
from models.stored_appointment import StoredAppointment
from models.trails import trail_of_booking, trail_of_change
from models.unit_claims import Claim
from models.unplaced import UnplacedChoice
from models.wall_clock import MINUTES_PER_DAY, instant_of


async def apply_plan(conn: Connection, runtime: Runtime, order: PlanToApply) -> AppliedPlan:
    """Apply a plan to the calendar as it is now, and its changes to the clinic.

    CalendarChanged with every move that no longer holds; UnplacedIsInTheWay; RulesConflict where others could
    not stand under changed rules; ChangesContradict and NotFound for changes that do not fit any more;
    LockTimeout. ClaimConflict, at the end of the transaction, where the same should be tried anew.
    """
    now = runtime.clock()
    await take_time(conn)
    before, stored = await _setups(conn, runtime, order, now)
    locked = await lock_plan(conn, order, stored, now)
    if claims_follow(before.setup, stored.setup):
        await _make_others_follow(conn, before, stored, locked, now)
        stored = await stored_setup(conn, order.clinic_id)  # what is counted has its numbers now
        locked = await lock_plan(conn, order, stored, now)
    return await _Application(order=order, now=now, stored=stored).applied(conn, locked)


async def _make_others_follow(
    conn: Connection, before: StoredSetup, after: StoredSetup, locked: LockedPlan, now: datetime
) -> None:
    """Let those who stay hold what they need now, without those who leave; these join them afterwards."""
    await defer_guard(conn)
    await free_claims(conn, UUID(before.setup.clinic.id), locked.leaving | locked.ending)
    numbers = after.numbers.no_by_ref
    try:
        await reclaim(conn, before.setup, after.setup, numbers, now, without=locked.leaving)
    except RulesConflict as conflict:
        if locked.stale:  # whoever was to make space, and cannot
            raise CalendarChanged(locked.stale) from conflict
        raise


async def _setups(
    conn: Connection, runtime: Runtime, order: PlanToApply, now: datetime
) -> tuple[StoredSetup, StoredSetup]:
    """The setup as it was, and as it is once the order's changes are stored; it stays so to the end."""
    clinic_id = UUID(order.clinic_id)
    if order.changes:
        await take_clinic(conn, clinic_id)
        before = await stored_setup(conn, order.clinic_id)
        return before, await change_setup(conn, before, order.changes, order.actor, now)
    await take_turn(conn, clinic_id, None, now)
    found = await (await config_version(conn, clinic_id)).fetchone()
    if found is None:
        raise NotFound("clinic", order.clinic_id)
    stored = await runtime.setups.current(conn, order.clinic_id, found[0])
    return stored, stored


class _Decided(NamedTuple):
    """Where everybody goes, and the units that they get."""

    placed: tuple[PlacedVisit, ...]
    needs: PlanNeeds
    units: AllDealt


@dataclass(slots=True)
class _Claims:
    """What is claimed near the visits, known more widely as the need arises; who is `gone` claims nothing."""

    all: frozenset[Claim]
    gone: frozenset[str]
    known: dict[str, list[Window]]

    @property
    def alive(self) -> list[Claim]:
        return [one for one in self.all if one.holder_id not in self.gone]

    def add(self, ref: str, window: Window, claims: Iterable[Claim]) -> None:
        self.all |= frozenset(claims)
        self.known[ref] = merged([*self.known[ref], window])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Application:
    """A plan, in a transaction that shares the clinic's lock, or has taken it."""

    order: PlanToApply
    now: datetime
    stored: StoredSetup

    @property
    def clinic_id(self) -> UUID:
        return UUID(self.order.clinic_id)

    async def applied(self, conn: Connection, locked: LockedPlan) -> AppliedPlan:
        """Judge everything on fresh rows; then store all of it."""
        number_of = dict(self.stored.numbers.no_by_ref)
        number_of |= {patient_ref(one): number for one, number in locked.patients.number_of.items()}
        setup = self.stored.setup
        windows = windows_of_visits(locked.visits, setup)
        known = {ref: many for ref, many in windows.items() if ref in number_of}
        claims, run_out = await claims_of_plan(conn, self.clinic_id, known, number_of, self.now)
        gone = run_out | locked.leaving | locked.ending
        ground = Ground(
            setup=setup,
            now=self.now,
            patients=locked.patients.by_id,
            held=frozenset(one for one in claims if one.holder_id not in gone),
            groups=tuple(group for group in locked.groups if group.patients),
            kept=locked.kept_by_holder,
        )
        placed = await asyncio.to_thread(settled, locked.visits, locked.stale, ground)
        needs = needs_of_plan(placed, setup, new_id)
        seen = _Claims(claims, gone, known)
        units = await self._dealt(conn, needs, seen, number_of)
        dead = units.in_the_way(one for one in seen.all if one.holder_id in run_out)
        if dead:
            await release_holds(conn, self.clinic_id, dead, self.now)
        return await self._written(conn, locked, _Decided(placed, needs, units), number_of)

    async def _dealt(
        self, conn: Connection, needs: PlanNeeds, seen: _Claims, number_of: Mapping[str, int]
    ) -> AllDealt:
        """Units for everybody; more claims are read where those of others have to be dealt anew."""
        while True:
            units = await asyncio.to_thread(deal_all, needs.needs, seen.alive, seen.known)
            match units:
                case AllDealt():
                    return units
                case TooFew():
                    raise CalendarChanged([_lacking(units)])
                case TooLittleKnown(ref=ref, window=(low, high)):
                    wider = low - MINUTES_PER_DAY, high + MINUTES_PER_DAY
                    further = await claims_of_resource(conn, self.clinic_id, number_of[ref], ref, wider)
                    seen.add(ref, wider, further)

    # what is stored

    async def _written(
        self,
        conn: Connection,
        locked: LockedPlan,
        decided: _Decided,
        number_of: Mapping[str, int],
    ) -> AppliedPlan:
        after = {one.visit.appointment_id: self._after(one, decided.needs, locked) for one in decided.placed}
        moved = tuple(after[one.appointment_id] for one in locked.moving if one.before is not None)
        added = tuple(after[one.appointment_id] for one in locked.moving if one.before is None)
        canceled = tuple(self._canceled(one) for one in locked.canceling)
        trails = [(one.id, self._trail(one, locked)) for one in (*after.values(), *canceled)]
        concerned = {
            ref
            for one in (*after.values(), *canceled, *(locked.found[one] for one in locked.leaving))
            for ref in refs_held(one.patient_id, one.service_id, Assignment.of(one))
        }
        rows = PlanRows(
            clinic_id=self.clinic_id,
            now=self.now,
            changed=(*moved, *canceled),
            added=added,
            groups=decided.needs.opened,
            freed=sorted(locked.leaving | locked.ending),
            concerned=sorted(number_of[ref] for ref in concerned if ref in number_of),
            claims=decided.units.claims,
            exchanged=decided.units.moves,
            number_of=number_of,
            trails=trails,
        )
        await write_plan(conn, rows)
        listed = (one.id for one in canceled if self.order.choices.of(one.id) is UnplacedChoice.LIST)
        return AppliedPlan(
            moved=moved,
            booked=added,
            canceled=canceled,
            listed=tuple(listed),
            kept=tuple(one.id for one in locked.kept),
        )

    def _trail(self, after: StoredAppointment, locked: LockedPlan) -> Trail:
        before = locked.found.get(after.id)
        if before is None:
            return trail_of_booking(after, self.order.actor)
        return trail_of_change(before, after, self.order.actor)

    def _canceled(self, before: StoredAppointment) -> StoredAppointment:
        return replace(
            before,
            status=AppointmentStatus.CANCELED,
            expires_at=None,
            version=before.version + 1,
            updated_at=self.now,
        )

    def _after(self, one: PlacedVisit, needs: PlanNeeds, locked: LockedPlan) -> StoredAppointment:
        """What an appointment becomes in its new place."""
        identifier, placement = one.visit.appointment_id, one.placement
        before = locked.found.get(identifier)
        if before is None:
            before = StoredAppointment(
                id=identifier,
                clinic_id=self.order.clinic_id,
                patient_id=one.visit.patient_id,
                provider_id=placement.provider.id,
                service_id=placement.service.id,
                starts_at=instant_of(placement.start),
                ends_at=instant_of(placement.end),
                version=0,
                created_at=self.now,
                updated_at=self.now,
            )
        return replace(
            before,
            provider_id=placement.provider.id,
            room_id=placement.room.id if placement.room else None,
            location_id=placement.location.id if placement.location else None,
            equipment=tuple(sorted(placement.equipment, key=lambda use: use.id)),
            starts_at=instant_of(placement.start),
            ends_at=instant_of(placement.end),
            overbook=one.overbook,
            group_visit_id=needs.group_of.get(identifier),
            version=before.version + 1,
            updated_at=self.now,
        )


def _lacking(found: TooFew) -> StaleMove:
    """Beyond the visit more is booked than there are units, since some were taken away."""
    ref = found.lacking.need.ref
    message = "no unit is free for the whole visit, and others cannot exchange theirs"
    return StaleMove(found.lacking.appointment_id, rule_of(ref), ref, message)
