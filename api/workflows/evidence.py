"""The look at the clinic that a booking or a change takes inside its transaction."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from api.workflows.runtime import Runtime
from models.claims import counters_for, gap_hold_of, hold_of
from models.clinic import MAX_FUTURE_DAYS, Room
from models.errors import NotFound, SlotwrightError
from models.group_visit import GroupKey
from models.hours import Window
from models.placing import Wish, candidate_pools, candidate_rooms, placed
from models.postgres.connection import Connection, reading
from models.postgres.read_evidence import (
    Evidence,
    lock_groups,
    lock_resources,
    read_evidence,
)
from models.postgres.read_setup import StoredSetup
from models.records import IdempotencyKey
from models.refs import equipment_ref, provider_ref, room_ref
from models.setup import ClinicSetup
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.units import calendar_of
from models.wall_clock import MINUTES_PER_DAY, ceil_minute

WishOf: TypeAlias = Callable[[ClinicSetup], Wish]
"""Looks up in a setup what an order names; NotFound where the clinic has no such thing."""


@dataclass(frozen=True, slots=True)
class Question:
    """A wish against one setup: which calendars matter, and when."""

    wish: Wish
    refs: tuple[str, ...]
    near: Window

    @property
    def joining(self) -> GroupKey | None:
        """What a group visit that it could join would have in common with it; any room will do here."""
        wish = self.wish
        if not wish.service.is_for_groups:
            return None
        return GroupKey(wish.service.id, wish.provider.id, wish.start, wish.end, None)


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
        self,
        now: datetime,
        *,
        without: Collection[str] = (),
        only_pools: frozenset[str] | None = None,
    ) -> Placement:
        """Where the visit goes, the claims of its own holders (`without`) aside.

        RuleViolated or SlotUnavailable.
        """
        wish = self.question.wish
        if only_pools is not None:
            wish = replace(wish, only_pools=only_pools)
        return placed(replace(wish, patient=self.evidence.patient), self.snapshot(now, without))

    def snapshot(self, now: datetime, without: Collection[str] = ()) -> ClinicSnapshot:
        """The clinic near the wish as the rules want it, some holders aside."""
        setup, evidence = self.stored.setup, self.evidence
        alive = [claim for claim in evidence.alive if claim.holder_id not in without]
        calendar = calendar_of(alive, setup)
        return ClinicSnapshot(setup=setup, calendar=calendar, now=now, group_visits=evidence.groups)


async def known_setup(runtime: Runtime, clinic_id: str) -> StoredSetup:
    """A setup to begin with; the transaction finds out whether it is still the current one."""
    known = runtime.setups.known(clinic_id)
    if known is not None:
        return known
    async with reading(runtime.pool) as conn:
        return await runtime.setups.current(conn, clinic_id)


async def hours_expanded(runtime: Runtime, stored: StoredSetup, wish_of: WishOf) -> None:
    """Expand the hours that a decision will ask for, in a solver thread and outside any transaction.

    Only the first decision on a setup finds anything to do; the event loop must not do it.
    """
    asked = _asked(wish_of, stored)
    if isinstance(asked, SlotwrightError):
        return
    setup, wish = stored.setup, asked.wish
    low, high = wish.start - MINUTES_PER_DAY, wish.end + MINUTES_PER_DAY
    with_hours = [ref for ref in asked.refs if ref not in setup.counters]
    missing = [ref for ref in with_hours if not setup.knows_windows(ref, low, high)]
    today = ceil_minute(runtime.clock())
    if missing and abs(wish.start - today) <= MAX_FUTURE_DAYS * MINUTES_PER_DAY:
        await runtime.solving.run(lambda: [setup.open_windows(ref, low, high) for ref in missing])


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
    without: str | None = None,
) -> Look:
    """Fresh rows near the wish, judged by the setup that is current in this transaction.

    With `locking`, every room and pool that may be chosen is locked first, so that the look stays true,
    and so is whatever `also` names; the group visits that could be joined are locked in any case. One to
    which only `without` comes is none to join.
    """
    clinic_id = UUID(stored.setup.clinic.id)
    while True:
        asked = _asked(wish_of, stored)
        refs, near, joining = _NOWHERE
        if isinstance(asked, Question):
            refs, near, joining = asked.refs, asked.near, asked.joining
        if locking:
            await lock_resources(conn, clinic_id, stored.numbers.ids_of([*also, *refs]))
        if joining is not None:
            await lock_groups(conn, clinic_id, joining)
        numbers = stored.numbers.of_refs(refs)
        coming = await read_evidence(conn, clinic_id, key, patient_id, numbers, near, now, joining, without)
        evidence = await coming.arrived(stored.numbers.ref_by_no)
        if evidence is None:
            raise NotFound("clinic", stored.setup.clinic.id)
        if evidence.config_version == stored.version:
            return Look(stored=stored, evidence=evidence, asked=asked)
        # The shared lock keeps the setup from changing again before this transaction ends.
        stored = await runtime.setups.current(conn, stored.setup.clinic.id, evidence.config_version)


def refs_of(wish_of: WishOf, stored: StoredSetup) -> tuple[str, ...]:
    """Whatever a wish may need but the patient; nothing where it names what is not there."""
    asked = _asked(wish_of, stored)
    return asked.refs if isinstance(asked, Question) else ()


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
        *counters_for(setup, wish.provider, service),
    )
    return Question(wish, refs, _near(wish, rooms, setup))


def _near(wish: Wish, rooms: Sequence[Room], setup: ClinicSetup) -> Window:
    """Whatever shares a minute with it could matter: holds, the gap behind a visit, the counts of a day."""
    service = wish.service
    held_from, held_until = hold_of(service, wish.start, wish.end)
    turnaround = max((room.turnaround_minutes for room in rooms), default=0)
    _, gap_until = gap_hold_of(service, wish.start, wish.end)
    low = held_from
    if setup.counters:
        # Where a clock is set back across midnight, a day that is counted is over before its last start.
        low = min(low, wish.start - _DAYS_MAY_END_EARLY_BY)
    return low, max(held_until + turnaround, gap_until)


_DAYS_MAY_END_EARLY_BY = 180
"""Minutes; no clock was ever set back further."""

_NOWHERE: tuple[tuple[str, ...], Window, GroupKey | None] = ((), (0, 0), None)
