"""What each task may choose from: its openings, what they cost it, and whole columns made of them."""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.claims import hold_of
from models.overbooking import rules_at
from models.planning import Assignment, Task, TaskKind
from models.wall_clock import Minute
from solver.intervals import Mask
from solver.planning.column_uses import ColumnUses, free_rooms
from solver.planning.columns import NOBODY, Column, Use
from solver.planning.equipment_ways import EquipmentWays, Ways
from solver.planning.goals import PRICE_LIST, Goal
from solver.planning.idle import Idleness
from solver.planning.openings import Kind, Openings, openings_of
from solver.planning.prices import PricedParts, Prices
from solver.planning.problem import PlanProblem
from solver.planning.room_groups import RoomGroups
from solver.planning.suites import FIRST_SUITE, Suites

NOWHERE = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class TaskChoices:
    """The openings that one task may take: `index` into those of its kind, cheapest first by `cost`.

    `cost` is what the goal of the moment counts; `parts` is the price list, whatever the goal.
    """

    number: int
    task: Task
    openings: Openings
    index: NDArray[np.int64]
    parts: PricedParts
    cost: Prices

    def where(self, kept: Mask) -> "TaskChoices":
        """Only some of them."""
        positions = np.flatnonzero(kept)
        return replace(
            self, index=self.index[positions], parts=self.parts.ordered(positions), cost=self.cost[positions]
        )

    def has(self, opening: int) -> bool:
        """Whether an opening is among them."""
        return bool(self._positions[opening] != NOWHERE)

    def position_of(self, opening: int) -> int:
        """Where an opening stands in `index`; LookupError for one that is not there."""
        position = int(self._positions[opening])
        if position == NOWHERE:
            raise LookupError(f"task {self.number} has no opening {opening}")
        return position

    @cached_property
    def _positions(self) -> NDArray[np.int32]:
        found = np.full(len(self.openings.starts), NOWHERE, dtype=np.int32)
        found[self.index] = np.arange(len(self.index), dtype=np.int32)
        return found


Screen: TypeAlias = Callable[[TaskChoices], Mask]
"""Which of a task's openings are looked at: a rebuild has too many to keep them all."""


class Choices:
    """The choices of all tasks of a problem, under one goal."""

    def __init__(self, problem: PlanProblem, goal: Goal = PRICE_LIST, screen: Screen | None = None) -> None:
        self.problem = problem
        self.goal = goal
        self.idleness = Idleness.of(problem)
        self.without_rooms = bool(problem.loose)
        self.suites = Suites(problem) if problem.loose else None
        self.groups = RoomGroups(problem)
        by_kind: dict[Kind, list[int]] = {}
        for number, task in enumerate(problem.tasks):
            by_kind.setdefault(Kind.of(task), []).append(number)
        self.openings: dict[Kind, Openings] = {
            kind: openings_of(problem, kind, [problem.tasks[number] for number in numbers], self.groups)
            for kind, numbers in by_kind.items()
        }
        # Neither depends on goal, screen or open rooms, so copies share them and what they have found.
        self._ways = EquipmentWays(problem)
        self._uses = ColumnUses(problem, self.openings, self.suites)
        self.of_task = [self._choices(number, task, screen) for number, task in enumerate(problem.tasks)]

    def _choices(
        self, number: int, task: Task, screen: Screen | None, *, in_order: bool = True
    ) -> TaskChoices:
        openings = self.openings[Kind.of(task)]
        starts, ends = openings.starts, openings.ends
        allowed = (starts >= task.earliest) & (starts < task.latest)
        homes = list(openings.homes)
        allowed[homes] = False
        patient = self.problem.ground.patients.get(task.patient_id)
        names = [provider.id for provider in self.problem.setup.providers]
        blocked = patient.blocked_provider_ids if patient else frozenset[str]()
        may_see = np.array(
            [one not in blocked and (task.provider_ids is None or one in task.provider_ids) for one in names],
            dtype=np.bool_,
        )
        allowed &= may_see[openings.providers]
        busy = self.problem.ground.calendar.visits_of(task.patient_id)
        taken = zip(busy.starts, busy.ends, strict=True)
        for low, high in (*taken, *task.excluded):
            allowed &= (starts >= high) | (ends <= low)
        home = self._home_of(openings, task)
        if home is not None:
            allowed[home] = True
        index = np.flatnonzero(allowed)
        place = self.problem.place_of(task)
        parts = self.problem.prices.parts(task, place, openings.providers[index], starts[index])
        cost = self.goal.costs(parts)
        found = TaskChoices(number=number, task=task, openings=openings, index=index, parts=parts, cost=cost)
        kept = found if screen is None else found.where(screen(found))
        return _cheapest_first(kept, self.goal) if in_order else kept

    def screened(self, screen: Screen) -> "Choices":
        """The same choices, but of each task only what a screen lets through, in the order of openings."""
        other = copy(self)
        other.of_task = [
            self._choices(number, task, screen, in_order=False)
            for number, task in enumerate(self.problem.tasks)
        ]
        return other

    def keeping(self, kept: Sequence[Mask]) -> "Choices":
        """The same choices, but of each task only some of its openings, in the same order."""
        other = copy(self)
        other.of_task = [mine.where(mask) for mine, mask in zip(self.of_task, kept, strict=True)]
        return other

    def has(self, column: Column) -> bool:
        """Whether a column is without a place, or its opening is among these choices."""
        return not column.is_placed or self.of_task[column.task].has(column.opening)

    def leaving_rooms_open(self) -> "Choices":
        """The same choices of time and provider; who gets which room is dealt afterwards."""
        other = copy(self)
        other.without_rooms = True
        return other

    def under(self, goal: Goal) -> "Choices":
        """The same choices under another goal."""
        other = copy(self)
        other.goal = goal
        other.of_task = [_cheapest_first(mine, goal) for mine in self.of_task]
        return other

    @staticmethod
    def _home_of(openings: Openings, task: Task) -> int | None:
        """The opening that is where a task is now; None for one that may not be able to stay."""
        if task.kind is not TaskKind.MOVABLE:
            return None
        # Two tasks of one kind may be in the same place only as far as lanes go: either will do for both.
        return next(opening for opening, home in openings.homes.items() if home is task.home)

    def may_be_left_out(self, number: int) -> bool:
        """Whether a task may end without a place: nobody who could stay is thrown out."""
        return self.of_task[number].task.kind is not TaskKind.MOVABLE

    def stay(self, number: int) -> Column | None:
        """The column of a task that stays where it is; None for one that cannot, or may not be able to."""
        mine = self.of_task[number]
        home = self._home_of(mine.openings, mine.task)
        return None if home is None else next(self.columns_at(number, home), None)

    # -- columns -----------------------------------------------------------------------------------

    def columns_at(self, number: int, opening: int) -> Iterator[Column]:
        """Every column of a task at one opening: each group of rooms with each way to lend equipment."""
        openings = self.of_task[number].openings
        home = openings.homes.get(opening)
        if home is not None:
            yield self._staying(number, opening, home)
            return
        rooms = [NOBODY]
        if openings.room_columns[opening] != NOBODY and not self.without_rooms:
            rooms = [group for group, _, _ in free_rooms(openings, opening)]
        for lanes in self.lanes_at(openings, opening):
            for equipment in self._ways.at(openings, opening):
                for room in rooms:
                    yield Column(number, opening, room, equipment, lanes)

    def _staying(self, number: int, opening: int, home: Assignment) -> Column:
        room = NOBODY
        if home.room_id is not None and not self.without_rooms:
            service = self.of_task[number].openings.service
            held_from, _ = hold_of(service, home.start, home.end)
            room = self.groups.home_of(self.problem.setup.room_by_id[home.room_id], home.start, held_from)
        lanes = self.problem.lanes_of.get(self.problem.tasks[number].id, 0)
        return Column(number, opening, room, home.equipment, lanes)

    def lanes_at(self, openings: Openings, opening: int) -> tuple[int, ...]:
        """0 for a visit that overlaps nobody; for each rule that lets it overlap others, how many."""
        setup = self.problem.setup
        provider = setup.providers[int(openings.providers[opening])]
        alone = () if openings.on_top[opening] else (0,)
        if openings.joins[opening] is not None or provider.id not in setup.lanes:
            return (0,)
        start = int(openings.starts[opening])
        site = openings.sites[int(openings.site_numbers[opening])]
        end = start + openings.kind.duration_minutes
        rules = rules_at(setup, provider, openings.service, site, start, end)
        counter = openings.overbooking_counter(opening)
        if counter != NOBODY and not self.problem.left_at(counter, openings.day(opening)[0]):
            return alone  # that day has as many on top of others as it may
        return (*alone, *sorted({rule.lanes for rule in rules}))

    def by_ways(self, openings: Openings) -> list[tuple[Ways, NDArray[np.int64]]]:
        """The openings that join nobody, together where their equipment can come from the same pools."""
        return self._ways.by_ways(openings)

    # -- what a column means -----------------------------------------------------------------------

    @property
    def unplaced(self) -> int:
        """What the goal counts for a task without a place."""
        return self.goal.unplaced(self.problem.question.prices)

    def price(self, column: Column) -> int:
        """What the goal counts for a column."""
        if not column.is_placed:
            return self.unplaced
        mine = self.of_task[column.task]
        return int(mine.cost[mine.position_of(column.opening)])

    def price_under(self, goal: Goal, column: Column) -> int:
        """What another goal would count for it."""
        if not column.is_placed:
            return goal.unplaced(self.problem.question.prices)
        mine = self.of_task[column.task]
        at = mine.position_of(column.opening)
        return int(goal.costs(mine.parts.only(at))[0])

    def is_shared(self, column: Column) -> bool:
        """Whether other patients may share provider, room and equipment with it: a visit for groups."""
        openings = self.of_task[column.task].openings
        return column.is_placed and openings.service.is_for_groups and openings.joins[column.opening] is None

    def shared_uses(self, column: Column) -> tuple[Use, ...]:
        """What a visit takes once, however many patients share it."""
        return self._uses.shared(column)

    def own_uses(self, column: Column) -> tuple[Use, ...]:
        """What each patient takes: a seat, places in the counts of the day, and their own time."""
        return self._uses.own(column)

    def uses(self, column: Column) -> tuple[Use, ...]:
        """Everything that a column takes."""
        return self._uses.all(column)

    def left_at(self, resource: int, minute: Minute) -> int:
        """The units of any resource, groups and suites of rooms included, that are left at one minute."""
        if resource >= FIRST_SUITE and self.suites is not None:
            return self.suites.by_number(resource).left_at(minute)
        return self.groups.left_at(resource, minute)

    def falls(self, resource: int, low: Minute, high: Minute) -> list[Minute]:
        """The minutes of `(low, high)` at which less of a resource may be left than before."""
        if resource >= FIRST_SUITE and self.suites is not None:
            held = self.suites.by_number(resource).held
        elif resource < len(self.problem.setup.resource_index) and self.problem.capacity(resource) > 1:
            held = self.problem.held(resource)
        else:
            return []
        return sorted({start for start, _ in held.overlapping(low, high) if start > low})

    def room_interval(self, column: Column) -> tuple[Minute, Minute]:
        """When a column holds its room."""
        for use in self.shared_uses(column):
            if use.resource == column.room:
                return use.start, use.end
        raise ValueError("this column has no room of its own")

    def span(self, column: Column) -> tuple[Minute, Minute]:
        """The visit of a placed column."""
        openings = self.of_task[column.task].openings
        start = int(openings.starts[column.opening])
        return start, start + openings.kind.duration_minutes

    def assignment(self, column: Column, room_id: str | None) -> Assignment:
        """A column in a real room."""
        openings = self.of_task[column.task].openings
        start, end = self.span(column)
        join = openings.joins[column.opening]
        home = openings.homes.get(column.opening)
        if home is not None:
            return replace(home, room_id=room_id or home.room_id)
        return Assignment(
            provider_id=self.problem.setup.providers[int(openings.providers[column.opening])].id,
            room_id=join.key.room_id if join else room_id,
            equipment=column.equipment,
            start=start,
            end=end,
        )


def _cheapest_first(mine: TaskChoices, goal: Goal) -> TaskChoices:
    cost = goal.costs(mine.parts)
    starts, providers = mine.openings.starts[mine.index], mine.openings.providers[mine.index]
    order = np.lexsort((providers, starts, mine.parts.total, cost))
    return TaskChoices(
        number=mine.number,
        task=mine.task,
        openings=mine.openings,
        index=mine.index[order],
        parts=mine.parts.ordered(order),
        cost=cost[order],
    )
