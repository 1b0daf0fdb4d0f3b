"""A plan on the calendar as it is now: whether it still holds, and what everybody holds afterwards."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.appointment import Appointment
from models.calendar import Calendar
from models.claims import Visit, counters_for, gap_hold_of, hold_of, room_hold_of
from models.clinic import Patient
from models.counters import regular_ref
from models.errors import CalendarChanged, StaleMove, UnplacedIsInTheWay
from models.group_visit import GroupKey, GroupVisit
from models.hours import Window, merged
from models.placing import RULES_WITHOUT_START
from models.plan import PlanMove
from models.plan_checks import Judgement, PlacedVisit, PlannedVisit, in_bookable_order, judged
from models.plan_dealing import HolderNeed
from models.planning import Assignment
from models.rearranging import APPOINTMENT_IS_WHERE_IT_WAS, APPOINTMENT_MAY_CHANGE
from models.refs import equipment_ref, patient_ref, provider_ref, room_ref
from models.rules import ROOM_RULES
from models.setup import ClinicSetup
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.stored_appointment import StoredAppointment
from models.unit_claims import Claim
from models.units import calendar_of, unit_needs

_DAYS_MAY_END_EARLY_BY = 180
"""Minutes: where a clock is set back across midnight, a day that is counted is over before its last start."""


def objection_to_move(move: PlanMove, found: Appointment | None, now: datetime) -> StaleMove | None:
    """Why an appointment is not for the plan to move any more, if so: elsewhere, over or given up by now."""
    identifier = move.appointment_id
    if move.before is None:
        return None if found is None else _objection(identifier, APPOINTMENT_MAY_CHANGE, "is booked already")
    if found is None:
        return _objection(identifier, APPOINTMENT_MAY_CHANGE, "is not there")
    if not may_move(found, now):
        return _objection(identifier, APPOINTMENT_MAY_CHANGE, "may not be moved any more")
    if Assignment.of(found) != move.before:
        return _objection(identifier, APPOINTMENT_IS_WHERE_IT_WAS, "is not where it was")
    return None


def may_move(appointment: Appointment, now: datetime) -> bool:
    """Whether its patient could still be told another time: it holds its place, and nobody has come yet."""
    return appointment.status.may_move and appointment.holds_at(now) and appointment.starts_at >= now


def objection_to_giving_up(
    appointment: StoredAppointment, setup: ClinicSetup, seen_at: datetime | None, now: datetime
) -> StaleMove | None:
    """Why one without a place is not to be given up: it was changed since, and is where it can be."""
    if seen_at is None or appointment.updated_at <= seen_at or not _stands_well(appointment, setup, now):
        return None
    return _objection(appointment.id, APPOINTMENT_IS_WHERE_IT_WAS, "has found a place meanwhile")


def _stands_well(appointment: Appointment, setup: ClinicSetup, now: datetime) -> bool:
    """Whether no rule forbids it where it is, whoever else is there."""
    nobody = ClinicSnapshot(setup=setup, calendar=Calendar.of(()), now=now)
    visit = Visit.of(appointment, setup)
    placement = Placement(
        service=visit.service,
        provider=visit.provider,
        location=visit.location,
        room=visit.room,
        start=visit.start,
        end=visit.end,
        equipment=visit.equipment,
    )
    return all(rule(placement, nobody) is None for rule in (*RULES_WITHOUT_START, *ROOM_RULES))


def _objection(appointment_id: str, rule: str, what: str) -> StaleMove:
    message = f"an appointment of the plan {what}"
    return StaleMove(appointment_id, rule, f"appointments/{appointment_id}", message)


# what has to be known


def refs_of_visit(visit: PlannedVisit, setup: ClinicSetup) -> list[str]:
    """Everything whose calendar decides whether a planned visit can be; what the clinic lacks is left out."""
    at, service = visit.at, setup.service_by_id.get(visit.service_id)
    provider = setup.provider_by_id.get(at.provider_id)
    refs = [patient_ref(visit.patient_id), provider_ref(at.provider_id)]
    refs += [room_ref(at.room_id)] if at.room_id is not None else []
    refs += [equipment_ref(use.id) for use in at.equipment]
    if service is not None and provider is not None:
        refs += counters_for(setup, provider, service)
        refs += [regular_ref(provider.id)] if provider.id in setup.lanes else []
    return refs


def windows_of_visits(visits: Iterable[PlannedVisit], setup: ClinicSetup) -> dict[str, list[Window]]:
    """When each resource matters to the visits: windows that do not meet, by its ref."""
    found: dict[str, list[Window]] = {}
    for visit in visits:
        if visit.service_id in setup.service_by_id:
            near = _near(visit, setup)
            for ref in refs_of_visit(visit, setup):
                found.setdefault(ref, []).append(near)
    return {ref: merged(windows) for ref, windows in found.items()}


def _near(visit: PlannedVisit, setup: ClinicSetup) -> Window:
    service, at = setup.service_by_id[visit.service_id], visit.at
    low, high = hold_of(service, at.start, at.end)
    room = setup.room_by_id.get(at.room_id or "")
    if room is not None:
        high = max(high, room_hold_of(service, room, at.start, at.end)[1])
    return min(low, at.start - _DAYS_MAY_END_EARLY_BY), max(high, gap_hold_of(service, at.start, at.end)[1])


def group_keys_of(visits: Iterable[PlannedVisit], setup: ClinicSetup) -> set[GroupKey]:
    """The group visits that visits could join, or open."""
    services = setup.service_by_id
    return {
        GroupKey(one.service_id, one.at.provider_id, one.at.start, one.at.end, one.at.room_id)
        for one in visits
        if one.service_id in services and services[one.service_id].is_for_groups
    }


# whether it holds


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The clinic near all that a plan moves, without that.

    `held` are the claims that count, `groups` the group visits that could be joined. `kept` has, by their
    holder, the appointments without a place that stay where they are.
    """

    setup: ClinicSetup
    now: datetime
    patients: Mapping[str, Patient]
    held: frozenset[Claim]
    groups: tuple[GroupVisit, ...]
    kept: Mapping[str, Sequence[str]]

    def snapshot(self, without: Collection[str] = ()) -> ClinicSnapshot:
        """The clinic as the rules want it, some holders aside."""
        return ClinicSnapshot(
            setup=self.setup,
            calendar=calendar_of((one for one in self.held if one.holder_id not in without), self.setup),
            now=self.now,
            patients=self.patients,
            group_visits=tuple(group for group in self.groups if group.id not in without),
        )


def settled(
    visits: Sequence[PlannedVisit], stale: Sequence[StaleMove], ground: Ground
) -> tuple[PlacedVisit, ...]:
    """Every visit in its place, in an order in which all can be booked.

    CalendarChanged with all that no longer hold, those known to be `stale` among them; UnplacedIsInTheWay
    where nothing stands in the way but appointments that are kept.
    """
    snapshot = ground.snapshot()
    judgement = _best_judgement(visits, snapshot)
    if not judgement.stale and not stale:
        return judgement.placed
    without = _best_judgement(visits, ground.snapshot(ground.kept)) if ground.kept else judgement
    if stale or without.stale:
        raise CalendarChanged(_in_order([*stale, *without.stale]))
    failing = {one.appointment_id for one in judgement.stale}
    raise UnplacedIsInTheWay(
        _in_the_way(ground, [one for one in without.placed if one.visit.appointment_id in failing])
    )


def _best_judgement(visits: Sequence[PlannedVisit], snapshot: ClinicSnapshot) -> Judgement:
    """In the order of the plan, or in another one where that fails and somebody may be on top of others."""
    judgement = judged(visits, snapshot)
    if judgement.stale and snapshot.setup.lanes:
        other = judged(in_bookable_order(visits, snapshot), snapshot)
        if len(other.stale) < len(judgement.stale):
            return other
    return judgement


def _in_order(stale: Iterable[StaleMove]) -> list[StaleMove]:
    return sorted(stale, key=lambda one: one.appointment_id)


def _in_the_way(ground: Ground, failing: Iterable[PlacedVisit]) -> list[str]:
    """Who of those that are kept holds anything that a visit needs."""
    kept = [claim for claim in ground.held if claim.holder_id in ground.kept]
    found: set[str] = set()
    for one in failing:
        needs = unit_needs(one.placement, ground.setup, overbook=one.overbook)
        for need in (*needs.own, *needs.shared):
            low, high = need.window
            found |= {
                claim.holder_id
                for claim in kept
                if claim.ref == need.ref and claim.start < high and low < claim.end
            }
    return sorted({identifier for holder in found or ground.kept for identifier in ground.kept[holder]})


# what everybody holds then


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanNeeds:
    """What each visit needs, who holds it, and the group visits that are opened for it."""

    needs: tuple[HolderNeed, ...]
    opened: tuple[GroupVisit, ...]
    group_of: Mapping[str, str]


def needs_of_plan(placed: Iterable[PlacedVisit], setup: ClinicSetup, new_id: Callable[[], str]) -> PlanNeeds:
    """The needs of visits in their order; whoever opens a group visit gives it its name."""
    needs: list[HolderNeed] = []
    opened: dict[str, GroupVisit] = {}
    group_of: dict[str, str] = {}
    for one in placed:
        identifier, placement = one.visit.appointment_id, one.placement
        found = unit_needs(placement, setup, overbook=one.overbook)
        shared_by = identifier
        if placement.service.is_for_groups:
            if placement.joins is None:
                opened[identifier] = _opened(one, new_id())
                shared_by = group_of[identifier] = opened[identifier].id
            else:
                joined = opened.get(placement.joins.id, placement.joins)
                group_of[identifier] = joined.id
        needs += [HolderNeed(identifier, identifier, need) for need in found.own]
        needs += [HolderNeed(identifier, shared_by, need) for need in found.shared]
    return PlanNeeds(needs=tuple(needs), opened=tuple(opened.values()), group_of=group_of)


def _opened(one: PlacedVisit, identifier: str) -> GroupVisit:
    placement = one.placement
    room = placement.room
    key = GroupKey(
        placement.service.id, placement.provider.id, placement.start, placement.end, room.id if room else None
    )
    return GroupVisit(
        id=identifier,
        key=key,
        location_id=room.location_id if room else None,
        equipment=placement.equipment,
        overbook=one.overbook,
    )
