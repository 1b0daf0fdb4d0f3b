"""Where a wished-for visit goes: the best free room, the pools that have the equipment, or why not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from models.allocation import equipment_for, pools_in_order, rooms_in_order
from models.appointment import EquipmentUse
from models.clinic import Location, Patient, Provider, Room, Service
from models.errors import RuleViolated, SlotUnavailable
from models.group_visit import GroupVisit
from models.room_fit import room_excess
from models.rules import (
    HARD_RULES,
    ROOM_RULES,
    Rule,
    Violation,
    start_is_aligned,
    start_is_within_the_booking_horizon,
    start_respects_notice,
)
from models.setup import ClinicSetup
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute

HORIZON_RULES: tuple[Rule, ...] = (start_respects_notice, start_is_within_the_booking_horizon)
START_RULES: tuple[Rule, ...] = (start_is_aligned, *HORIZON_RULES)
RULES_OF_ANY_ROOM: tuple[Rule, ...] = tuple(rule for rule in HARD_RULES if rule not in ROOM_RULES)
RULES_WITHOUT_START: tuple[Rule, ...] = tuple(rule for rule in RULES_OF_ANY_ROOM if rule not in START_RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A visit that is to be placed: who, what and when; its room and equipment are to be found.

    `room` is the only one that will do, `usual_room` merely the first to try, and `location` the only
    place. A visit that `keeps_start` is only moved to another person or room, and may have begun long ago.
    """

    service: Service
    provider: Provider
    start: Minute
    end: Minute
    patient: Patient | None = None
    room: Room | None = None
    usual_room: Room | None = None
    location: Location | None = None
    only_pools: frozenset[str] | None = None
    keeps_start: bool = False


def candidate_rooms(wish: Wish, setup: ClinicSetup) -> list[Room]:
    """The rooms to try at all locations where the provider works: the least excess first, then by name."""
    if wish.room is not None:
        return [wish.room]
    if not wish.service.needs_room:
        return []

    def in_order() -> list[Room]:
        locations = [setup.location_by_id[one] for one in wish.provider.location_ids]
        rooms = [room for location in locations for room in rooms_in_order(setup, wish.service, location)]
        return sorted(rooms, key=lambda room: (room_excess(setup, wish.service, room), room.name, room.id))

    rooms = setup.derived(("candidate rooms", wish.service.id, wish.provider.id), in_order)
    if wish.location is not None:
        rooms = [room for room in rooms if room.location_id == wish.location.id]
    if wish.usual_room in rooms:
        return [wish.usual_room, *(room for room in rooms if room is not wish.usual_room)]
    return rooms


def candidate_pools(wish: Wish, setup: ClinicSetup) -> list[str]:
    """The pools from which the equipment may come."""

    def in_order() -> list[str]:
        locations: set[str | None] = {room.location_id for room in candidate_rooms(wish, setup)}
        places = [setup.location_by_id[one] if one else None for one in sorted(locations or {None}, key=str)]
        found = (
            pool.id
            for location in places
            for need in wish.service.equipment
            for pool in pools_in_order(setup, need, location)
        )
        return list(dict.fromkeys(found))

    room_id = wish.room.id if wish.room else None
    place_id = wish.location.id if wish.location else None
    pools = setup.derived(("candidate pools", wish.service.id, wish.provider.id, room_id, place_id), in_order)
    return pools if wish.only_pools is None else [one for one in pools if one in wish.only_pools]


def placed(wish: Wish, snapshot: ClinicSnapshot) -> Placement:
    """The wish in the first room that breaks no rule; otherwise RuleViolated or SlotUnavailable.

    A rule that forbids is named before somebody who was faster: waiting would not help.
    """
    if not wish.keeps_start:  # first of all, so that nobody's hours are expanded for the year 9000
        refuse(_worst(_placement(wish, None, ()), snapshot, HORIZON_RULES))
    joined = _joined(wish, snapshot)
    if isinstance(joined, Placement):
        return joined
    refused: list[Violation] = [] if joined is None else [joined]
    at_location: dict[str | None, Placement | Violation] = {}
    for room in _rooms_or_none(wish, snapshot.setup):
        location_id = _place_of(wish, room)
        if location_id not in at_location:
            at_location[location_id] = _at_location(wish, location_id, snapshot)
        here = at_location[location_id]
        if isinstance(here, Violation):
            refused.append(here)
            continue
        inside = here.in_room(room)
        violation = _worst(inside, snapshot, ROOM_RULES)
        if violation is None:
            return inside
        refused.append(violation)
    raise _refusal(_most_telling(refused))


def _joined(wish: Wish, snapshot: ClinicSnapshot) -> Placement | Violation | None:
    """A seat in the group visit that takes place just then, or why not; None where there is none."""
    rules = RULES_WITHOUT_START if wish.keeps_start else RULES_OF_ANY_ROOM
    refused: list[Violation] = []
    for group in group_visits_at(wish, snapshot):
        placement = joining(group, snapshot.setup, wish.patient)
        violation = _worst(placement, snapshot, (*rules, *ROOM_RULES))
        if violation is None:
            return placement
        refused.append(violation)
    return refused[0] if refused else None


def group_visits_at(wish: Wish, snapshot: ClinicSnapshot) -> Iterator[GroupVisit]:
    """The group visits that a wish could join: same service, provider and time, in a place that would do."""
    for group in snapshot.group_visits:
        key = group.key
        same = key[:4] == (wish.service.id, wish.provider.id, wish.start, wish.end)
        if (
            same
            and (wish.room is None or wish.room.id == key.room_id)
            and (wish.location is None or key.room_id is None or wish.location.id == group.location_id)
        ):
            yield group


def joining(group: GroupVisit, setup: ClinicSetup, patient: Patient | None) -> Placement:
    """A seat in a group visit."""
    key = group.key
    room = None if key.room_id is None else setup.room_by_id[key.room_id]
    return Placement(
        service=setup.service_by_id[key.service_id],
        provider=setup.provider_by_id[key.provider_id],
        location=None if room is None else setup.location_by_id[room.location_id],
        room=room,
        equipment=group.equipment,
        patient=patient,
        start=key.start,
        end=key.end,
        joins=group,
    )


def _place_of(wish: Wish, room: Room | None) -> str | None:
    """Where the visit would be: where it is wished for, else where the room is."""
    if wish.location is not None and wish.service.needs_room:
        return wish.location.id
    return room.location_id if room else None


def _rooms_or_none(wish: Wish, setup: ClinicSetup) -> Iterable[Room | None]:
    return candidate_rooms(wish, setup) or (None,)


def _at_location(wish: Wish, location_id: str | None, snapshot: ClinicSnapshot) -> Placement | Violation:
    """The wish there with its equipment and no room yet, or the rule that forbids every room there."""
    location = snapshot.setup.location_by_id[location_id] if location_id else None
    equipment = equipment_for(wish.service, location, wish.start, wish.end, snapshot, wish.only_pools)
    if equipment is None:
        equipment = _equipment_of_others(wish, location, snapshot.setup)
    placement = _placement(wish, location, equipment)
    rules = RULES_WITHOUT_START if wish.keeps_start else RULES_OF_ANY_ROOM
    return _worst(placement, snapshot, rules) or placement


def _equipment_of_others(
    wish: Wish, location: Location | None, setup: ClinicSetup
) -> tuple[EquipmentUse, ...]:
    """What the visit would take if nobody else took anything, for a rule to say who does."""
    uses: list[EquipmentUse] = []
    for need in wish.service.equipment:
        missing = need.units
        for pool in pools_in_order(setup, need, location):
            units = min(missing, pool.quantity)
            if units and (wish.only_pools is None or pool.id in wish.only_pools):
                uses.append(EquipmentUse(id=pool.id, units=units))
                missing -= units
    return tuple(uses)


def _placement(wish: Wish, location: Location | None, equipment: tuple[EquipmentUse, ...]) -> Placement:
    return Placement(
        service=wish.service,
        provider=wish.provider,
        location=location,
        room=None,
        equipment=equipment,
        patient=wish.patient,
        start=wish.start,
        end=wish.end,
    )


def _worst(placement: Placement, snapshot: ClinicSnapshot, rules: Iterable[Rule]) -> Violation | None:
    """The first rule that forbids; failing that, the first that says somebody else was faster."""
    taken: Violation | None = None
    for violation in _violations(placement, snapshot, rules):
        if not violation.taken:
            return violation
        taken = taken or violation
    return taken


def _violations(placement: Placement, snapshot: ClinicSnapshot, rules: Iterable[Rule]) -> Iterator[Violation]:
    for rule in rules:
        violation = rule(placement, snapshot)
        if violation is not None:
            yield violation


def _most_telling(refused: list[Violation]) -> Violation:
    """Of several rooms, one that is only taken: another one of them might have done."""
    return next((violation for violation in refused if violation.taken), refused[0])


def refuse(violation: Violation | None) -> None:
    """Raise what a violation means: SlotUnavailable or RuleViolated; nothing for None."""
    if violation is not None:
        raise _refusal(violation)


def _refusal(violation: Violation) -> RuleViolated | SlotUnavailable:
    if violation.taken:
        return SlotUnavailable(violation.resource, violation.rule, violation.message)
    return RuleViolated(violation.rule, violation.message)
