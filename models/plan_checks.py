"""A whole plan by the plain rules: everything that moves is lifted out, then put in piece by piece.

Two appointments may swap their times: each is judged against those that are in their new places already,
and never against the place that another has left.
"""

from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from models.appointment import Appointment
from models.calendar import BusyTimes, Calendar, Hold
from models.claims import Visit, hold_of, holds_of, holds_of_uses, own_uses, shared_uses
from models.errors import StaleMove
from models.group_visit import GroupKey, GroupVisit, groups_of
from models.hours import Window
from models.overbooking import rules_at
from models.planning import Assignment
from models.refs import equipment_ref, provider_ref, room_ref, service_ref
from models.rules import first_violation, is_overbooked
from models.setup import ClinicSetup
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.tentative import with_visit
from models.wall_clock import Minute, ceil_minute, floor_minute

RESOURCE_IS_THERE = "resource_is_there"
"""A plan may name a room that the clinic has given up since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVisit:
    """An appointment where a plan puts it; of what is booked already, service and patient stay."""

    appointment_id: str
    service_id: str
    patient_id: str
    at: Assignment


# what moves goes


def lifted(snapshot: ClinicSnapshot, appointment_ids: Collection[str]) -> ClinicSnapshot:
    """The clinic without these of its appointments, and without the group visits of nobody else.

    What they hold must be in the calendar as `ClinicSnapshot.of` puts it there: ValueError otherwise.
    """
    ids = frozenset(appointment_ids)
    gone = [one for one in snapshot.appointments if one.id in ids]
    if not gone:
        return snapshot
    setup = snapshot.setup
    staying = tuple(one for one in snapshot.appointments if one.id not in ids)
    single = [one for one in gone if not setup.service_by_id[one.service_id].is_for_groups]
    holds = [hold for one in single for hold in holds_of(one, setup)]
    holds += _holds_of_seats(snapshot, gone)
    calendar = _without(snapshot.calendar, holds, gone)
    return replace(
        snapshot,
        calendar=calendar,
        appointments=staying,
        group_visits=tuple(_groups_left(snapshot, staying)),
        visits_with=_visits_left(snapshot.visits_with, gone),
    )


def _holds_of_seats(snapshot: ClinicSnapshot, gone: Sequence[Appointment]) -> list[Hold]:
    """The seats that become free, and all that a group visit shares where everybody leaves it."""
    setup = snapshot.setup
    leaving = groups_of(one for one in gone if setup.service_by_id[one.service_id].is_for_groups)
    if not leaving:
        return []
    seated = (one for one in snapshot.appointments if setup.service_by_id[one.service_id].is_for_groups)
    before = groups_of(seated)
    holds: list[Hold] = []
    for key, members in leaving.items():
        holds += [
            hold for one in members for hold in holds_of_uses(own_uses(Visit.of(one, setup), setup), setup)
        ]
        if len(members) == len(before[key]):
            holds += holds_of_uses(shared_uses(Visit.of(before[key][0], setup), setup), setup)
    return holds


def _groups_left(snapshot: ClinicSnapshot, staying: Iterable[Appointment]) -> Iterable[GroupVisit]:
    services = snapshot.setup.service_by_id
    members = groups_of(one for one in staying if services[one.service_id].is_for_groups)
    for group in snapshot.group_visits:
        if group.key in members:
            yield replace(group, patients=len(members[group.key]))


def _without(calendar: Calendar, holds: Iterable[Hold], gone: Iterable[Appointment]) -> Calendar:
    """The calendar with some holds and visits less."""
    minus = Counter(holds)
    touched = {resource for resource, _, _ in minus}
    resources, starts, ends = array("i"), array("q"), array("q")
    for hold in zip(calendar.resources, calendar.starts, calendar.ends, strict=True):
        if hold[0] in touched and minus[hold] > 0:
            minus[hold] -= 1
            continue
        resources.append(hold[0])
        starts.append(hold[1])
        ends.append(hold[2])
    if any(minus.values()):
        raise ValueError("an appointment that should move does not hold what it was said to hold")
    visits = dict(calendar.patient_visits)
    for patient_id, windows in _windows_by_patient(gone).items():
        busy = calendar.visits_of(patient_id)
        left = Counter(zip(busy.starts, busy.ends, strict=True)) - Counter(windows)
        visits[patient_id] = BusyTimes.of(left.elements())
    return Calendar(resources, starts, ends, visits)


def _windows_by_patient(appointments: Iterable[Appointment]) -> dict[str, list[Window]]:
    found: dict[str, list[Window]] = {}
    for one in appointments:
        found.setdefault(one.patient_id, []).append((floor_minute(one.starts_at), ceil_minute(one.ends_at)))
    return found


def _visits_left(
    visits_with: Mapping[str, Sequence[tuple[Minute, str]]], gone: Iterable[Appointment]
) -> dict[str, Sequence[tuple[Minute, str]]]:
    left = dict(visits_with)
    for one in gone:
        visit = (floor_minute(one.starts_at), one.provider_id)
        if visit in left.get(one.patient_id, ()):
            found = list(left[one.patient_id])
            found.remove(visit)
            left[one.patient_id] = found
    return left


# what moves comes back, each beside those before it


def placement_of(at: Assignment, service_id: str, patient_id: str, snapshot: ClinicSnapshot) -> Placement:
    """A planned visit for the rules to judge; it joins the group visit that takes place just there and then.

    NotFound for a patient of whom the snapshot knows nothing; KeyError for what its setup does not have.
    """
    setup = snapshot.setup
    service = setup.service_by_id[service_id]
    room = None if at.room_id is None else setup.room_by_id[at.room_id]
    joins = None
    if service.is_for_groups:
        key = GroupKey(service_id, at.provider_id, at.start, at.end, at.room_id)
        joins = next((group for group in snapshot.group_visits if group.key == key), None)
    return Placement(
        service=service,
        provider=setup.provider_by_id[at.provider_id],
        location=None if room is None else setup.location_by_id[room.location_id],
        room=room,
        start=at.start,
        end=at.end,
        equipment=at.equipment,
        patient=snapshot.patient(patient_id),
        joins=joins,
    )


def with_planned(snapshot: ClinicSnapshot, appointment_id: str, placement: Placement) -> ClinicSnapshot:
    """The clinic with one planned visit more; a group visit that it opens is there for others to join."""
    after = with_visit(snapshot, placement)
    if not placement.service.is_for_groups:
        return after
    joined = placement.joins
    if joined is not None:
        fuller = replace(joined, patients=joined.patients + 1)
        return replace(
            after, group_visits=tuple(fuller if one is joined else one for one in after.group_visits)
        )
    service, provider, room = placement.service, placement.provider, placement.room
    opened = GroupVisit(
        id=appointment_id,
        key=GroupKey(service.id, provider.id, placement.start, placement.end, room.id if room else None),
        location_id=room.location_id if room else None,
        equipment=placement.equipment,
        overbook=is_overbooked(placement, snapshot),
    )
    return replace(after, group_visits=(*after.group_visits, opened))


def without_notice(snapshot: ClinicSnapshot) -> ClinicSnapshot:
    """The clinic with no service asking for notice: whoever plans anew may call people at once."""
    setup = snapshot.setup

    def at_once() -> ClinicSetup:
        if not any(service.min_notice_minutes for service in setup.services):
            return setup
        return setup.but(services=tuple(replace(service, min_notice_minutes=0) for service in setup.services))

    return replace(snapshot, setup=setup.derived("without notice", at_once))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedVisit:
    """A planned visit that no rule forbids: what it needs, and whether it is on top of others."""

    visit: PlannedVisit
    placement: Placement
    overbook: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What can be booked of a plan, in its order, and what cannot."""

    placed: tuple[PlacedVisit, ...]
    stale: tuple[StaleMove, ...]


def judged(visits: Iterable[PlannedVisit], snapshot: ClinicSnapshot) -> Judgement:
    """Each visit by all hard rules but notice, beside those before it that can be booked.

    `snapshot` is without anything that moves: see `lifted`.
    """
    placed: list[PlacedVisit] = []
    stale: list[StaleMove] = []
    after = without_notice(snapshot)
    for visit in visits:
        missing = _missing(visit, after.setup)
        if missing is not None:
            message = "it is not there any more"
            stale.append(StaleMove(visit.appointment_id, RESOURCE_IS_THERE, missing, message))
            continue
        placement = placement_of(visit.at, visit.service_id, visit.patient_id, after)
        violation = first_violation(placement, after)
        if violation is None:
            overbook = is_overbooked(placement, after)
            placed.append(PlacedVisit(visit=visit, placement=placement, overbook=overbook))
            after = with_planned(after, visit.appointment_id, placement)
        else:
            stale.append(
                StaleMove(visit.appointment_id, violation.rule, violation.resource, violation.message)
            )
    return Judgement(placed=tuple(placed), stale=tuple(stale))


def objections(visits: Iterable[PlannedVisit], snapshot: ClinicSnapshot) -> list[StaleMove]:
    """Each visit that a hard rule forbids: see `judged`."""
    return list(judged(visits, snapshot).stale)


def _missing(visit: PlannedVisit, setup: ClinicSetup) -> str | None:
    """The first of what a visit needs that the clinic does not have."""
    at = visit.at
    needed = [provider_ref(at.provider_id), *(equipment_ref(use.id) for use in at.equipment)]
    if at.room_id is not None:
        needed.append(room_ref(at.room_id))
    if visit.service_id not in setup.service_by_id:
        return service_ref(visit.service_id)
    return next((ref for ref in needed if ref not in setup.resource_index), None)


# in which order


def in_bookable_order(visits: Iterable[PlannedVisit], snapshot: ClinicSnapshot) -> list[PlannedVisit]:
    """The visits so that each can be booked beside those before it, if there is any such order.

    Whoever may be on top of fewer others comes first: if a set of visits that meet can be booked in some
    order, the last of them is on top of all the others, and so is whoever may be on top of more. Among
    equals, those that need not be on top of anybody come first, since visits on top may be counted.
    """
    setup = snapshot.setup
    by_lanes: dict[int, list[PlannedVisit]] = {}
    for visit in visits:
        by_lanes.setdefault(_lanes_for(visit, setup), []).append(visit)
    order = by_lanes.pop(0, [])
    if not by_lanes:
        return order
    held: dict[str, list[Window]] = {}
    for visit in order:
        held.setdefault(visit.at.provider_id, []).append(_hold_of(visit, setup))
    for lanes in sorted(by_lanes):
        order += _alone_first(by_lanes[lanes], held, snapshot)
    return order


def _alone_first(
    visits: Iterable[PlannedVisit], held: dict[str, list[Window]], snapshot: ClinicSnapshot
) -> list[PlannedVisit]:
    """As many as can be that meet nobody, by when they end; then the others. `held` grows by all of them."""
    alone: list[PlannedVisit] = []
    on_top: list[PlannedVisit] = []
    for visit in sorted(visits, key=lambda one: (_hold_of(one, snapshot.setup)[1], one.appointment_id)):
        start, end = hold = _hold_of(visit, snapshot.setup)
        others = held.setdefault(visit.at.provider_id, [])
        busy = snapshot.calendar.busy(snapshot.setup.resource_index[provider_ref(visit.at.provider_id)])
        if busy.peak(start, end) or any(low < end and start < high for low, high in others):
            on_top.append(visit)
        else:
            alone.append(visit)
            others.append(hold)
    for visit in on_top:
        held[visit.at.provider_id].append(_hold_of(visit, snapshot.setup))
    return [*alone, *on_top]


def _lanes_for(visit: PlannedVisit, setup: ClinicSetup) -> int:
    """On top of how many others of its provider it may be."""
    if visit.at.provider_id not in setup.lanes:
        return 0
    at = visit.at
    room = None if at.room_id is None else setup.room_by_id[at.room_id]
    place = None if room is None else setup.location_by_id[room.location_id]
    service, provider = setup.service_by_id[visit.service_id], setup.provider_by_id[at.provider_id]
    return max(
        (rule.lanes for rule in rules_at(setup, provider, service, place, at.start, at.end)), default=0
    )


def _hold_of(visit: PlannedVisit, setup: ClinicSetup) -> Window:
    return hold_of(setup.service_by_id[visit.service_id], visit.at.start, visit.at.end)
