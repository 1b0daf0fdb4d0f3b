"""A solution as moves into real rooms, in an order in which they can be booked, judged by the plain rules."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice, permutations

from models.appointment import Appointment
from models.claims import Visit
from models.clinic import Room
from models.plan import PlanMove
from models.plan_checks import Judgement, PlannedVisit, in_bookable_order, judged
from models.planning import Assignment, TaskKind
from models.rules import overbooking_stays_within_its_daily_limit
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute
from solver.planning.choices import Choices
from solver.planning.columns import NOBODY, Column
from solver.planning.occupancy import Carrier, carrier_of
from solver.planning.room_dealing import NoRooms, Visitor, rooms_dealt

Solution = Mapping[int, Column]

MOST_ORDERS = 24
"""Orders of the last few visits, which are those on top of others."""
THE_LIMIT = overbooking_stays_within_its_daily_limit.__name__


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Moves in a bookable order, tasks without a place, and the tasks (by number) that a rule refuses."""

    moves: tuple[PlanMove, ...]
    unplaced: tuple[str, ...]
    refused: tuple[int, ...]
    no_rooms: bool = False
    """Those refused find no rooms together, whatever else is chosen."""
    certain: bool = True
    """Whether it is known that they cannot; otherwise time ran out before rooms were found."""

    def clash(self, solution: Solution) -> frozenset[Column]:
        """What must not be chosen together again."""
        blamed = self.refused if self.no_rooms else tuple(solution)
        return frozenset(solution[number] for number in blamed if solution[number].is_placed)


def scheduled(choices: Choices, solution: Solution) -> Schedule:
    """The moves of a solution; tasks that stay where they are make none."""
    problem = choices.problem
    rooms = _rooms(choices, solution)
    if isinstance(rooms, NoRooms):
        return Schedule(moves=(), unplaced=(), refused=rooms.numbers, no_rooms=True, certain=rooms.certain)
    visits: list[PlannedVisit] = []
    number_of: dict[str, int] = {}
    lifted_ids: set[str] = set()
    for number, column in sorted(solution.items()):
        task = problem.tasks[number]
        at = choices.assignment(column, rooms.get(number)) if column.is_placed else None
        if at == task.home and task.kind is TaskKind.MOVABLE:
            continue  # it stays where it was allowed once, whatever the rules say of it today
        lifted_ids.add(task.id)
        if at is not None:
            number_of[task.id] = number
            visits.append(
                PlannedVisit(
                    appointment_id=task.id, service_id=task.service_id, patient_id=task.patient_id, at=at
                )
            )
    changed = [
        found
        for position, one in enumerate(problem.loose)
        if (found := _changed(one, rooms[_number_of_loose(position)])) is not None
    ]
    visits += [visit for visit, _ in changed]
    lifted_ids |= {visit.appointment_id for visit, _ in changed}
    floor = problem.without(lifted_ids)
    ordered, judgement = _judged_in_some_order(visits, floor)
    homes = {visit.appointment_id: home for visit, home in changed}
    moves = [move for visit in ordered if (move := _move(choices, visit, number_of, homes)) is not None]
    everybody = tuple(sorted(number_of.values())) or tuple(sorted(solution))
    return Schedule(
        moves=tuple(moves),
        unplaced=tuple(
            problem.tasks[one].id for one, column in sorted(solution.items()) if not column.is_placed
        ),
        certain=not any(stale.rule == THE_LIMIT for stale in judgement.stale),
        refused=tuple(
            number
            for stale in judgement.stale
            for number in (
                (number_of[stale.appointment_id],) if stale.appointment_id in number_of else everybody
            )
        ),
    )


def _judged_in_some_order(
    visits: list[PlannedVisit], floor: ClinicSnapshot
) -> tuple[list[PlannedVisit], Judgement]:
    """The visits in an order in which the rules pass them, where one of those tried is such.

    Where a rule lets so many visits of a day lie on top of others, and another rule more, it matters who is
    counted first: then other orders are tried as well, all of them where they are few.
    """
    ordered = in_bookable_order(visits, floor)
    judgement = judged(ordered, floor)
    if not any(stale.rule == THE_LIMIT for stale in judgement.stale):
        return ordered, judgement
    for order in islice(permutations(ordered), MOST_ORDERS):
        other = judged(order, floor)
        if not other.stale:
            return list(order), other
    return ordered, judgement


def _move(
    choices: Choices, visit: PlannedVisit, number_of: Mapping[str, int], homes: Mapping[str, Assignment]
) -> PlanMove | None:
    """What a planned visit moves; None where it stays."""
    if visit.appointment_id in homes:
        home = homes[visit.appointment_id]
        return PlanMove(appointment_id=visit.appointment_id, before=home, after=visit.at, price=0, parts={})
    task = choices.problem.tasks[number_of[visit.appointment_id]]
    if task.home == visit.at and task.kind is not TaskKind.WANTED:
        return None
    price, parts = choices.problem.prices.of_assignment(task, visit.at)
    return PlanMove(
        appointment_id=task.id,
        before=None if task.kind is TaskKind.WANTED else task.home,
        after=visit.at,
        price=price,
        parts=parts,
    )


def _number_of_loose(position: int) -> int:
    """How the dealing of rooms numbers those who may only change rooms: below zero."""
    return -1 - position


def _changed(one: Appointment, room_id: str | None) -> tuple[PlannedVisit, Assignment] | None:
    """An appointment in another room, and where it was; None where it keeps its own."""
    home = Assignment.of(one)
    if room_id is None or room_id == home.room_id:
        return None
    at = replace(home, room_id=room_id)
    visit = PlannedVisit(appointment_id=one.id, service_id=one.service_id, patient_id=one.patient_id, at=at)
    return visit, home


def provider_of(choices: Choices, column: Column) -> str:
    """Who sees the patient."""
    openings = choices.of_task[column.task].openings
    return choices.problem.setup.providers[int(openings.providers[column.opening])].id


def rooms_of(choices: Choices, solution: Solution) -> dict[int, str]:
    """A real room for each task that takes one: visits of a group of rooms, each to one that is free by then.

    The visits of one new group visit share theirs. A task stays in its own room where that is one of them.
    """
    by_group: dict[int, list[tuple[Minute, Minute, int]]] = defaultdict(list)
    together: dict[tuple[object, ...], int] = {}
    leader: dict[int, int] = {}
    for number, column in sorted(solution.items()):
        if not column.is_placed or column.room == NOBODY:
            continue
        if choices.is_shared(column):
            openings = choices.of_task[number].openings
            key = (
                openings.kind.service_id,
                int(openings.providers[column.opening]),
                column.room,
                column.opening,
            )
            first = together.setdefault(key, number)
            if first != number:
                leader[number] = first
                continue
        by_group[column.room].append((*choices.room_interval(column), number))
    found: dict[int, str] = {}
    for group, holds in by_group.items():
        found |= _dealt(choices, choices.groups.rooms(group), holds)
    return found | {number: found[first] for number, first in leader.items()}


def _rooms(choices: Choices, solution: Solution) -> dict[int, str | None] | NoRooms:
    """A real room for each task; where others may make space, so that as few as can be change."""
    others = any(task.kind is TaskKind.MOVABLE for task in choices.problem.tasks)
    if others or choices.without_rooms:
        dealt = _rooms_left_open(choices, solution)
        if not isinstance(dealt, NoRooms) or choices.without_rooms:
            return dealt
    return dict(rooms_of(choices, solution))


def _rooms_left_open(choices: Choices, solution: Solution) -> dict[int, str | None] | NoRooms:
    """Rooms for visits of which only the time was chosen; those that stay keep theirs where they can."""
    problem = choices.problem
    visitors: list[Visitor] = []
    together: dict[Carrier, int] = {}
    leader: dict[int, int] = {}
    for number, column in sorted(solution.items()):
        mine = choices.of_task[number]
        openings = mine.openings
        if not column.is_placed or not openings.service.needs_room or openings.joins[column.opening]:
            continue
        if choices.is_shared(column):
            first = together.setdefault(carrier_of(choices, column), number)
            if first != number:
                leader[number] = first
                continue
        start, end = choices.span(column)
        place = openings.sites[int(openings.site_numbers[column.opening])]
        home = mine.task.home if mine.task.kind is TaskKind.MOVABLE else None
        stays = home is not None and (home.provider_id, home.start) == (provider_of(choices, column), start)
        if place is not None:
            visitors.append(
                Visitor(
                    number=number,
                    service=openings.service,
                    location=place,
                    start=start,
                    end=end,
                    room_id=home.room_id if home and stays else None,
                )
            )
    for position, one in enumerate(problem.loose):
        visit = Visit.of(one, problem.setup)
        if visit.room is not None and visit.location is not None:
            visitors.append(
                Visitor(
                    number=_number_of_loose(position),
                    service=visit.service,
                    location=visit.location,
                    start=visit.start,
                    end=visit.end,
                    room_id=visit.room.id,
                )
            )
    dealt = rooms_dealt(visitors, problem.ground)
    if isinstance(dealt, NoRooms):
        return dealt
    found: dict[int, str | None] = {_number_of_loose(one): None for one in range(len(problem.loose))}
    found |= dealt
    return found | {number: found[first] for number, first in leader.items()}


def _dealt(
    choices: Choices, rooms: tuple[Room, ...], holds: list[tuple[Minute, Minute, int]]
) -> dict[int, str]:
    """Holds in order of start, each to its own room if that is free, else to the first free one."""
    if len(rooms) == 1:
        return {number: rooms[0].id for _, _, number in holds}
    until: dict[str, Minute] = {}
    found: dict[int, str] = {}
    for start, end, number in sorted(holds):
        home = choices.problem.tasks[number].home
        free = [room.id for room in rooms if until.get(room.id, start) <= start]
        own = home.room_id if home else None
        chosen = own if own in free and own is not None else free[0]
        until[chosen] = end
        found[number] = chosen
    return found
