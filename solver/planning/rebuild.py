"""A rebuild: everything may move, so bounds first, and then only what could pay.

The bound by windows says how much dearer a plan is at least that has an appointment at a certain opening.
Openings dearer than the gap to the best plan known are in no better plan; what is left falls apart into
parts that have nothing to do with each other, days mostly, and CP-SAT settles each.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.planning import TaskKind
from solver.intervals import Mask
from solver.planning.choices import Choices, TaskChoices
from solver.planning.columns import UNPLACED, Column, Use
from solver.planning.crowds import crowds
from solver.planning.goals import PRICE_LIST
from solver.planning.idle import Idleness
from solver.planning.leaving import NEVER, LeavingBound, Today, crowd_at, window_bound
from solver.planning.openings import Openings
from solver.planning.prices import Prices
from solver.planning.problem import PlanProblem


def only_homes(mine: TaskChoices) -> Mask:
    """Of what may stay only where it is; of everything else all."""
    homes = list(mine.openings.homes)
    if mine.task.kind is not TaskKind.MOVABLE:
        return np.ones(len(mine.index), dtype=np.bool_)
    return np.isin(mine.index, homes)


def staying_choices(problem: PlanProblem) -> Choices:
    """The choices of a rebuild before anything is known about what pays."""
    return Choices(problem, PRICE_LIST, only_homes)


@dataclass(eq=False)
class Rebuild:
    """What is known about a rebuild from its bound."""

    base: Choices
    idleness: Idleness

    @cached_property
    def today(self) -> Today:
        return Today.of(self.base, self.idleness)

    @cached_property
    def _filled(self) -> Mapping[int, Prices]:
        return {id(one): self.today.filled(one) for one in self.base.openings.values()}

    @cached_property
    def _leaving(self) -> dict[int, int]:
        """The least that each task pays elsewhere, less what it could fill there."""
        found: dict[int, int] = {}

        def record(mine: TaskChoices) -> Mask:
            homes = np.isin(mine.index, list(mine.openings.homes))
            leaves = mine.parts.told  # another room at the same time is no leaving
            net = (mine.cost - self._filled[id(mine.openings)][mine.index])[leaves]
            least = int(net.min()) if len(net) else NEVER
            if mine.task.kind is not TaskKind.MOVABLE:
                least = min(least, self.base.unplaced)
            found[mine.number] = least
            return homes

        self.base.screened(record)
        return found

    @cached_property
    def bound(self) -> LeavingBound:
        """The bound of the rebuild: windows and those who have no place to stay."""
        value, dearer = 0, dict[int, int]()
        for window, stays in zip(self.idleness.windows, self.today.stays, strict=True):
            found = window_bound(window, stays, self._leaving, self.idleness.price)
            value += found.least
            dearer |= found.dearer
        staying = {stay.task for stays in self.today.stays for stay in stays}
        for number, least in self._leaving.items():
            if number not in staying and self.base.stay(number) is None:
                value += least
        return LeavingBound(value, self.today, self._leaving, dearer)

    @cached_property
    def _crowds(self) -> Mapping[int, Prices]:
        bound = self.bound
        return {id(one): crowd_at(one, self.today, bound.dearer) for one in self.base.openings.values()}

    def within(self, slack: int, known: Mapping[int, Column]) -> "Promising":
        """What a plan could have that costs less than the bound and `slack`, and all of a `known` one."""
        excesses: dict[int, Prices] = {}

        def screen(mine: TaskChoices) -> Mask:
            excess = self._excess(mine)
            may_stay = np.isin(mine.index, list(mine.openings.homes))
            kept: Mask = may_stay | (mine.parts.told & (excess < slack))
            if mine.task.kind is not TaskKind.MOVABLE:
                kept = excess < slack
            kept |= mine.index == known[mine.number].opening
            excesses[mine.number] = excess[kept]
            return kept

        return Promising(self.base.screened(screen).leaving_rooms_open(), excesses, slack)

    def _excess(self, mine: TaskChoices) -> Prices:
        openings: Openings = mine.openings
        filled, crowd = self._filled[id(openings)], self._crowds[id(openings)]
        excess = self.bound.excess(mine.number, mine.cost, filled[mine.index], crowd[mine.index])
        return np.where(mine.parts.told, excess, 0)


@dataclass(frozen=True, eq=False)
class Promising:
    """Choices with the excess of each opening: how much more than the bound any plan costs that has it."""

    choices: Choices
    excesses: Mapping[int, Prices]
    slack: int
    """All openings with an excess below it are there, and a few others."""

    def narrowed(self, slack: int, known: Mapping[int, Column]) -> "Promising":
        """Only what is still below a smaller slack, all of a `known` solution, and where everybody is."""
        kept = {
            mine.number: (self.excesses[mine.number] < slack)
            | np.isin(mine.index, [*mine.openings.homes, known[mine.number].opening])
            for mine in self.choices.of_task
        }
        excesses = {number: self.excesses[number][mask] for number, mask in kept.items()}
        return Promising(self.choices.keeping(list(kept.values())), excesses, slack)

    def level(self, most: int) -> int:
        """The excess below which there are about so many openings."""
        together = np.concatenate([*self.excesses.values(), np.empty(0, dtype=np.int64)])
        if len(together) <= most:
            return self.slack
        return min(self.slack, max(1, int(np.partition(together, most)[most])))

    def below(self, level: int) -> list[Column]:
        """The columns of all openings below a level, and of where tasks are now."""
        found: list[Column] = []
        for mine in self.choices.of_task:
            homes = np.isin(mine.index, list(mine.openings.homes))
            kept = homes | (self.excesses[mine.number] < level)
            for opening in mine.index[kept].tolist():
                found += self.choices.columns_at(mine.number, opening)
            if self.choices.stay(mine.number) is None:
                found.append(Column(mine.number, UNPLACED))
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """Columns that have nothing to do with those of other parts."""

    columns: tuple[Column, ...]

    @property
    def tasks(self) -> frozenset[int]:
        return frozenset(column.task for column in self.columns)


def parts_of(choices: Choices, columns: Iterable[Column]) -> tuple[list[Part], list[Column]]:
    """Columns part by part, and the columns of all tasks that have no choice.

    Who has no choice is there in any case, so what meets them at a provider is no choice either.
    """
    by_task: dict[int, list[Column]] = defaultdict(list)
    for column in columns:
        by_task[column.task].append(column)
    fixed = _settle(choices, by_task)
    joined = _Joined(by_task)
    windows: dict[int, int] = {}
    taken: dict[int, list[tuple[Use, int]]] = defaultdict(list)
    for task, mine in by_task.items():
        for column in mine:
            for use in choices.uses(column):
                taken[use.resource].append((use, task))
            if choices.idleness is not None:
                for number, _ in choices.idleness.held_by(choices.shared_uses(column)):
                    joined.join(task, windows.setdefault(number, task))
    ahead: dict[int, list[Use]] = defaultdict(list)
    for column in fixed:
        for use in choices.uses(column):
            ahead[use.resource].append(use)
    for resource, uses in taken.items():
        _join_crowded(choices, resource, uses, ahead.get(resource, []), joined)
    found: dict[int, list[Column]] = defaultdict(list)
    for task, mine in by_task.items():
        found[joined.lead(task)] += mine
    return [Part(tuple(mine)) for mine in found.values()], fixed


class _Joined:
    """Which tasks belong together (a union of disjoint sets)."""

    def __init__(self, tasks: Iterable[int]) -> None:
        self.leader = {task: task for task in tasks}

    def lead(self, task: int) -> int:
        while self.leader[task] != task:
            self.leader[task] = self.leader[self.leader[task]]
            task = self.leader[task]
        return task

    def join(self, one: int, other: int) -> None:
        self.leader[self.lead(one)] = self.lead(other)


def _settle(choices: Choices, by_task: dict[int, list[Column]]) -> list[Column]:
    """Takes tasks without a choice out, and whatever meets them at a resource that has a single unit."""
    fixed: list[Column] = []
    held: dict[int, list[tuple[int, int]]] = defaultdict(list)
    single = {
        number
        for ref, number in choices.problem.setup.resource_index.items()
        if ref.startswith("providers/") and choices.problem.capacity(number) == 1
    }
    while True:
        settled = [task for task, mine in by_task.items() if len(mine) == 1]
        if not settled:
            return fixed
        touched: set[int] = set()
        for task in settled:
            (column,) = by_task.pop(task)
            fixed.append(column)
            for use in choices.shared_uses(column):
                if use.resource in single:
                    insort(held[use.resource], (use.start, use.end))
                    touched.add(use.resource)
        for task, mine in by_task.items():
            by_task[task] = [
                column
                for column in mine
                if not any(
                    use.resource in touched and _meets(held[use.resource], use)
                    for use in choices.shared_uses(column)
                )
            ]


def _meets(held: list[tuple[int, int]], use: Use) -> bool:
    """Whether one of some disjoint windows, in order, shares a minute with a use."""
    position = bisect_left(held, (use.end, 0)) - 1
    return position >= 0 and held[position][1] > use.start


def _join_crowded(
    choices: Choices,
    resource: int,
    uses: list[tuple[Use, int]],
    ahead: list[Use],
    joined: _Joined,
) -> None:
    """Joins the tasks that could together take more of a resource than there is."""
    before = sorted(ahead)
    low, high = min(use.start for use, _ in uses), max(use.end for use, _ in uses)
    before = [use for use in before if use.start < high and low < use.end]
    for minute, over in crowds(uses, [use.start for use in before]):
        left = choices.left_at(resource, minute)
        left -= sum(use.units for use in before if use.start <= minute < use.end)
        units: dict[int, int] = {}
        for use, task in over:
            units[task] = max(units.get(task, 0), use.units)
        if len(units) > 1 and sum(units.values()) > left:
            first, *others = units
            for task in others:
                joined.join(task, first)
