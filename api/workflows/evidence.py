"""The look at the clinic that a booking or a change takes inside its transaction, and what it decides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from api.workflows.runtime import Runtime
from models.claims import hold_of
from models.errors import NotFound, SlotUnavailable, SlotwrightError
from models.hours import Window
from models.placing import Wish, candidate_pools, candidate_rooms, placed
from models.postgres.connection import Connection, reading
from models.postgres.kinds import UNITS_PER_RESOURCE
from models.postgres.read_evidence import (
    Evidence,
    claims_of_resource,
    lock_resources,
    read_evidence,
)
from models.postgres.read_setup import StoredSetup
from models.postgres.write_appointments import UnitClaim
from models.postgres.write_holds import free_claims, move_claims, release_holds
from models.records import IdempotencyKey
from models.setup import ClinicSetup, equipment_ref, provider_ref, room_ref
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.unit_claims import Claim
from models.units import Dealt, UnitNeed, calendar_of, cluster, dealt, dealt_anew, unit_needs

WishOf: TypeAlias = Callable[[ClinicSetup], Wish]
"""Looks up in a setup what an order names; NotFound where the clinic has no such thing."""


class UnitsAreScattered(Exception):
    """There are enough units, but none is free for the whole visit: others must move, under a lock."""


@dataclass(frozen=True, slots=True)
class Question:
    """A wish against one setup: which calendars matter, and when."""

    wish: Wish
    refs: tuple[str, ...]
    near: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one transaction has seen of the clinic."""

    stored: StoredSetup
    evidence: Evidence
    asked: Question | SlotwrightError

    @property
    def question(self) -> Question:
        """The question; what made it impossible to ask is raised only now."""
        if isinstance(self.asked, SlotwrightError):
            raise self.asked
        return self.asked

    def placed(
        self, now: datetime, *, without: str | None = None, only_pools: frozenset[str] | None = None
    ) -> Placement:
        """Where the visit goes, its own earlier claims (`without`) aside; RuleViolated or SlotUnavailable."""
        wish = self.question.wish
        if only_pools is not None:
            wish = replace(wish, only_pools=only_pools)
        alive = [claim for claim in self.evidence.alive if claim.appointment_id != without]
        setup = self.stored.setup
        snapshot = ClinicSnapshot(setup=setup, calendar=calendar_of(alive, setup), now=now)
        return placed(replace(wish, patient=self.evidence.patient), snapshot)


async def known_setup(runtime: Runtime, clinic_id: str) -> StoredSetup:
    """A setup to begin with; the transaction finds out whether it is still the current one."""
    known = runtime.setups.known(clinic_id)
    if known is not None:
        return known
    async with reading(runtime.pool) as conn:
        return await runtime.setups.current(conn, clinic_id)


async def look(
    conn: Connection,
    runtime: Runtime,
    stored: StoredSetup,
    wish_of: WishOf,
    *,
    patient_id: str,
    key: IdempotencyKey | None,
    now: datetime,
    locking: bool,
    also: Sequence[str] = (),
) -> Look:
    """Fresh rows near the wish, judged by the setup that is current in this transaction.

    With `locking`, every room and pool that may be chosen is locked first, so that the look stays true,
    and so is whatever `also` names.
    """
    clinic_id = UUID(stored.setup.clinic.id)
    while True:
        asked = _asked(wish_of, stored)
        refs, near = ((), (0, 0)) if isinstance(asked, SlotwrightError) else (asked.refs, asked.near)
        if locking:
            await lock_resources(conn, clinic_id, ids_of([*also, *refs]))
        coming = await read_evidence(
            conn, clinic_id, key, patient_id, stored.numbers.of_refs(refs), near, now
        )
        evidence = await coming.arrived(stored.numbers.ref_by_no)
        if evidence is None:
            raise NotFound("clinic", stored.setup.clinic.id)
        if evidence.config_version == stored.version:
            return Look(stored=stored, evidence=evidence, asked=asked)
        # The shared lock keeps the setup from changing again before this transaction ends.
        stored = await runtime.setups.current(conn, stored.setup.clinic.id, evidence.config_version)


def _asked(wish_of: WishOf, stored: StoredSetup) -> Question | SlotwrightError:
    try:
        wish = wish_of(stored.setup)
    except SlotwrightError as unknown:  # known, perhaps, to a newer setup
        return unknown
    setup, service = stored.setup, wish.service
    rooms, pools = candidate_rooms(wish, setup), candidate_pools(wish, setup)
    refs = (
        provider_ref(wish.provider.id),
        *(room_ref(room.id) for room in rooms),
        *(equipment_ref(pool_id) for pool_id in pools),
    )
    held_from, held_until = hold_of(service, wish.start, wish.end)
    turnaround = max((room.turnaround_minutes for room in rooms), default=0)
    return Question(wish, refs, (held_from, held_until + turnaround))


def ids_of(refs: Sequence[str]) -> list[UUID]:
    """The ids in refs such as `rooms/ID`."""
    return [UUID(ref.partition("/")[2]) for ref in refs]


async def claim_units(
    conn: Connection,
    seen: Look,
    placement: Placement,
    now: datetime,
    *,
    locked: bool,
    without: str | None = None,
) -> list[UnitClaim]:
    """Choose the units of a placement, and make room for them: holds that ran out go, others are moved.

    UnitsAreScattered where others would have to move and the caller has not `locked` their resource.
    """
    clinic_id = UUID(seen.stored.setup.clinic.id)
    alive = [claim for claim in seen.evidence.alive if claim.appointment_id != without]
    chosen: list[tuple[UnitNeed, Dealt]] = []
    for need in unit_needs(placement, seen.stored.setup):
        found = dealt(need, alive)
        if found is None:
            if not locked:
                raise UnitsAreScattered
            found = await _deal_anew(conn, clinic_id, seen, need, now, without)
        chosen.append((need, found))
    overdue = _in_the_way(seen.evidence, chosen)
    if overdue:
        if not locked:
            await lock_resources(conn, clinic_id, ids_of([need.ref for need, _ in chosen]))
        await release_holds(conn, clinic_id, overdue, now)
    return [
        UnitClaim(_number(seen, need.ref) * UNITS_PER_RESOURCE + unit, *need.window)
        for need, found in chosen
        for unit in found.units
    ]


def _number(seen: Look, ref: str) -> int:
    number = seen.stored.numbers.no_by_ref.get(ref, seen.evidence.patient_no)
    if number is None:
        raise AssertionError(f"{ref} has no number")
    return number


def _in_the_way(evidence: Evidence, chosen: Sequence[tuple[UnitNeed, Dealt]]) -> set[str]:
    """The holds that have run out and still claim a chosen unit."""
    if not evidence.run_out:
        return set()
    dead = [claim for claim in evidence.held if claim.appointment_id in evidence.run_out]
    return {
        claim.appointment_id
        for claim in dead
        for need, found in chosen
        if claim.ref == need.ref
        and claim.unit in found.units
        and claim.start < need.window[1]
        and need.window[0] < claim.end
    }


async def _deal_anew(
    conn: Connection, clinic_id: UUID, seen: Look, need: UnitNeed, now: datetime, without: str | None
) -> Dealt:
    """Units for a need after moving others of its cluster to units that are as good."""
    number = _number(seen, need.ref)
    held, dead = await _cluster(conn, clinic_id, seen, need, without)
    if dead:
        await release_holds(conn, clinic_id, dead, now)
    found = dealt_anew(need, held)
    if (
        found is None
    ):  # beyond the visit there is more booked than there are units, since some were taken away
        message = "no unit is free for the whole visit, and others cannot move"
        raise SlotUnavailable(need.ref, "units_are_never_held_twice", message)
    if found.moves:
        if without is not None:  # others may move to the units that this visit leaves
            await free_claims(conn, clinic_id, without)
        await move_claims(conn, clinic_id, number, found.moves)
    return found


async def _cluster(
    conn: Connection, clinic_id: UUID, seen: Look, need: UnitNeed, without: str | None
) -> tuple[list[Claim], set[str]]:
    """The living claims that hang together with a window by overlaps, and the dead holds among them."""
    gone = seen.evidence.run_out | ({without} if without else set())
    span = need.window
    while True:
        around = await claims_of_resource(conn, clinic_id, _number(seen, need.ref), need.ref, span)
        inside, wider = cluster((one for one in around if one.appointment_id not in gone), span)
        if wider == span:
            break
        span = wider
    dead = {one.appointment_id for one in around if one.appointment_id in seen.evidence.run_out}
    return inside, dead
