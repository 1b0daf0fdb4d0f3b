"""Whoever and whatever a plan concerns, locked and as it is now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.counters import service_day_ref
from models.errors import StaleMove
from models.group_visit import GroupVisit
from models.plan import PlanMove
from models.plan_applying import group_keys_of, may_move, objection_to_giving_up, objection_to_move
from models.plan_checks import PlannedVisit
from models.plan_to_apply import PlanToApply
from models.planning import Assignment
from models.postgres.connection import Connection
from models.postgres.read_appointments import all_arrived, appointments_of_ids, locked_appointments
from models.postgres.read_evidence import lock_resources
from models.postgres.read_plan_evidence import (
    NumberedPatients,
    groups_of_plan,
    lock_groups_of_plan,
    patients_arrived,
    patients_of_plan,
)
from models.postgres.read_setup import StoredSetup
from models.postgres.write_holds import release_holds
from models.refs import equipment_ref, patient_ref, provider_ref, room_ref
from models.stored_appointment import StoredAppointment
from models.unplaced import UnplacedChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPlan:
    """The appointments that a plan speaks of, as they are now.

    `moving` can still do what the plan wants of them, by the `visits` in the same order; `stale` cannot.
    `canceling` are given up, and `kept` stay without a place. `groups` are the group visits of all of them,
    and those that could be joined, with as many patients as still come once the others have left.
    """

    found: Mapping[str, StoredAppointment]
    moving: tuple[PlanMove, ...]
    visits: tuple[PlannedVisit, ...]
    stale: tuple[StaleMove, ...]
    canceling: tuple[StoredAppointment, ...]
    kept: tuple[StoredAppointment, ...]
    groups: tuple[GroupVisit, ...]
    patients: NumberedPatients

    @property
    def leaving(self) -> frozenset[str]:
        """Who gives up what they hold."""
        return _leaving(self.moving, self.canceling)

    @property
    def ending(self) -> frozenset[str]:
        """The group visits to which nobody comes any more, once those have left."""
        left = {self.found[one].group_visit_id for one in self.leaving}
        return frozenset(group.id for group in self.groups if group.id in left and not group.patients)

    @property
    def kept_by_holder(self) -> dict[str, list[str]]:
        """Who stays without a place, by whoever holds something for them and for nobody else."""
        found = {one.id: [one.id] for one in self.kept}
        for group in self.groups:
            members = [one.id for one in self.kept if one.group_visit_id == group.id]
            if members and len(members) == group.patients:
                found[group.id] = members
        return found


def _leaving(moving: Iterable[PlanMove], canceling: Iterable[StoredAppointment]) -> frozenset[str]:
    moved = (one.appointment_id for one in moving if one.before is not None)
    return frozenset((*moved, *(one.id for one in canceling)))


async def lock_plan(conn: Connection, order: PlanToApply, stored: StoredSetup, now: datetime) -> LockedPlan:
    """Lock in the order of all locks: resources, group visits, appointments; holds in those groups end.

    The caller shares the clinic's lock, or has taken it. LockTimeout.
    """
    clinic_id = UUID(order.clinic_id)
    moves = [one for one in order.plan.moves if one.before != one.after]
    unplaced = [one for one in order.plan.unplaced if one not in order.wanted]
    identifiers = {one.appointment_id for one in moves} | set(unplaced)
    seen = await all_arrived(await appointments_of_ids(conn, clinic_id, identifiers))
    visit_of = {move.appointment_id: visit for move in moves for visit in _visit(order, move, seen)}
    refs = sorted(_refs(order, moves, [seen[one] for one in unplaced if one in seen], visit_of))
    await lock_resources(conn, clinic_id, stored.numbers.ids_of(known_refs(refs, stored)))
    joining = group_keys_of(visit_of.values(), stored.setup)
    groups = await lock_groups_of_plan(conn, clinic_id, identifiers, joining)
    locked = await locked_appointments(conn, clinic_id, identifiers)
    patients = await patients_of_plan(conn, clinic_id, {visit.patient_id for visit in visit_of.values()})
    group_ids = [row[0] for row in await groups.fetchall()]
    found = await all_arrived(locked)
    objections = [objection_to_move(one, found.get(one.appointment_id), now) for one in moves]
    moving = tuple(one for one, objection in zip(moves, objections, strict=True) if objection is None)
    sorted_out = _sorted_out([found[one] for one in unplaced if one in found], order, stored, now)
    leaving = _leaving(moving, sorted_out.canceling)
    return LockedPlan(
        found=found,
        moving=moving,
        visits=tuple(visit_of[one.appointment_id] for one in moving),
        stale=(*(one for one in objections if one is not None), *sorted_out.stale),
        canceling=sorted_out.canceling,
        kept=sorted_out.kept,
        groups=await _groups(conn, clinic_id, group_ids, leaving, now),
        patients=await patients_arrived(patients),
    )


async def _groups(
    conn: Connection, clinic_id: UUID, group_ids: Sequence[UUID], leaving: frozenset[str], now: datetime
) -> tuple[GroupVisit, ...]:
    if not group_ids:
        return ()
    # Then whoever still takes part is sure to, until the end of the transaction.
    await release_holds(conn, clinic_id, [str(one) for one in group_ids], now)
    return tuple(await groups_of_plan(conn, clinic_id, group_ids, leaving, now))


def _visit(
    order: PlanToApply, move: PlanMove, seen: Mapping[str, StoredAppointment]
) -> Iterator[PlannedVisit]:
    """The visit that a move makes; none where nobody knows of what."""
    identifier = move.appointment_id
    of = order.wanted.get(identifier) if move.before is None else seen.get(identifier)
    if of is not None:
        yield PlannedVisit(
            appointment_id=identifier, service_id=of.service_id, patient_id=of.patient_id, at=move.after
        )


def _refs(
    order: PlanToApply,
    moves: Iterable[PlanMove],
    unplaced: Iterable[StoredAppointment],
    visit_of: Mapping[str, PlannedVisit],
) -> set[str]:
    """Whoever and whatever comes to be held otherwise."""
    refs: set[str] = set()
    for move in moves:
        visit = visit_of.get(move.appointment_id)
        for at in (move.before, move.after):
            if visit is not None and at is not None:
                refs |= refs_held(visit.patient_id, visit.service_id, at)
    for one in unplaced:
        if order.choices.of(one.id) is not UnplacedChoice.KEEP:
            refs |= refs_held(one.patient_id, one.service_id, Assignment.of(one))
    return refs


def refs_held(patient_id: str, service_id: str, at: Assignment) -> set[str]:
    """What a visit holds that other people's visits could want; what is not counted may be among it."""
    room = [] if at.room_id is None else [room_ref(at.room_id)]
    pools = [equipment_ref(use.id) for use in at.equipment]
    return {patient_ref(patient_id), provider_ref(at.provider_id), *room, *pools, service_day_ref(service_id)}


def known_refs(refs: Iterable[str], stored: StoredSetup) -> list[str]:
    """Patients, and what the clinic has."""
    return [ref for ref in refs if ref.startswith("patients/") or ref in stored.numbers.no_by_ref]


@dataclass(frozen=True, slots=True)
class _SortedOut:
    """Those without a place."""

    canceling: tuple[StoredAppointment, ...]
    kept: tuple[StoredAppointment, ...]
    stale: tuple[StaleMove, ...]


def _sorted_out(
    unplaced: Iterable[StoredAppointment], order: PlanToApply, stored: StoredSetup, now: datetime
) -> _SortedOut:
    """Who is given up, who stays, and who has found a place of their own meanwhile.

    What is over, or has been given up by somebody else, is none of these.
    """
    canceling: list[StoredAppointment] = []
    kept: list[StoredAppointment] = []
    stale: list[StaleMove] = []
    for one in unplaced:
        if order.choices.of(one.id) is UnplacedChoice.KEEP:
            kept += [one] if one.holds_at(now) else []
        elif may_move(one, now):
            objection = objection_to_giving_up(one, stored.setup, order.seen_at, now)
            canceling += [one] if objection is None else []
            stale += [] if objection is None else [objection]
    return _SortedOut(tuple(canceling), tuple(kept), tuple(stale))
