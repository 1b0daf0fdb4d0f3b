"""Large neighbourhood search: some tasks choose anew, all others stay where the incumbent has them.

Who chooses anew is a task that pays much more than the relaxation thinks it has to, whoever is in the way
of its cheapest places, whoever is in the way of theirs, and so on (Shaw, Using constraint programming and
local search methods to solve vehicle routing problems, 1998).
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from time import monotonic
from typing import TypeAlias

import numpy as np

from solver.planning.columns import UNPLACED, Column, Use
from solver.planning.duals import Real
from solver.planning.goal_search import GoalSearch
from solver.planning.greedy import Solution
from solver.planning.pricing import EPSILON

TASKS = 25
"""How many choose anew at first; more where there is time to spare."""
OPENINGS_PER_TASK = 25
WAYS_OUT = 5
"""How many of a task's cheapest places are looked at for who is in the way."""
SECONDS = 0.8
GROWTH = 1.1
LEAST_WEIGHT = 1.0

Holders: TypeAlias = Mapping[int, Sequence[tuple[Use, int]]]
"""For each resource what the incumbent uses of it, and which task does."""


class Neighbourhoods:
    """Neighbourhoods of the incumbent of one search.

    `dearer_by` says of each opening of each task by how much a plan with it exceeds the bound at least.
    """

    def __init__(self, search: GoalSearch, dearer_by: Sequence[Real]) -> None:
        self.search, self.dearer_by = search, dearer_by
        self.chance = Random(search.shared.limits.seed)  # noqa: S311  who is tried, nothing secret
        self.cheapest = [self._cheapest_openings(number) for number in range(len(dearer_by))]
        self.tasks = float(TASKS)
        self._tried: set[int] = set()
        """Around whom the incumbent could not be made better."""

    def explore(self, until: float) -> None:
        """Let some choose anew, then others, until the clock (`monotonic`) says so or the plan is proven.

        Nothing is done where it has no sense, or where the model does not count those who stay.
        """
        search = self.search
        if len(self.dearer_by) <= TASKS or search.budgets or search.choices.problem.setup.lanes:
            return
        while not search.is_proven and not search.is_over(until):
            before, began = search.best.value, monotonic()
            free = sorted(self._free(search.best.solution))
            columns = [column for number in free for column in self._columns(number)]
            search.choose_for(free, columns, min(until, began + SECONDS))
            if search.best.value < before:
                self._tried.clear()
            self._resize(monotonic() - began)

    def _cheapest_openings(self, number: int) -> list[int]:
        """Positions of the openings that exceed the bound least, that first that does so least of all."""
        order = np.argsort(self.dearer_by[number], kind="stable")[:OPENINGS_PER_TASK]
        positions: list[int] = order.tolist()
        return positions

    def _columns(self, number: int, most: int = OPENINGS_PER_TASK) -> Iterator[Column]:
        choices = self.search.choices
        for position in self.cheapest[number][:most]:
            yield from choices.columns_at(number, int(choices.of_task[number].index[position]))
        if choices.may_be_left_out(number):
            yield Column(number, UNPLACED)

    def _free(self, solution: Solution) -> set[int]:
        """A task with much to gain, and those in its way, in theirs, and so on."""
        numbers = list(solution)
        if len(self._tried) == len(numbers):
            self._tried.clear()
        fresh = [number for number in numbers if number not in self._tried]
        first = self.chance.choices(fresh, [self._regret(solution[number]) for number in fresh])[0]
        self._tried.add(first)
        most = min(len(numbers), round(self.tasks))
        holders = self._holders(solution)
        free, waiting = {first}, deque([first])
        while waiting and len(free) < most:
            for other in self._in_the_way(waiting.popleft(), holders):
                if other not in free and len(free) < most:
                    free.add(other)
                    waiting.append(other)
        rest = [number for number in numbers if number not in free]
        return free | set(self.chance.sample(rest, most - len(free)))

    def _resize(self, seconds: float) -> None:
        """Larger where there was time to spare, smaller where time ran out."""
        self.tasks *= GROWTH if seconds < SECONDS / 2 else 1 / GROWTH if seconds >= SECONDS else 1.0

    def _regret(self, column: Column) -> float:
        """How much more a task costs than it should, by the relaxation."""
        if not column.is_placed:
            return float(self.search.choices.unplaced) + LEAST_WEIGHT
        position = self.search.choices.of_task[column.task].position_of(column.opening)
        return max(EPSILON, float(self.dearer_by[column.task][position])) + LEAST_WEIGHT

    def _holders(self, solution: Solution) -> Holders:
        found: dict[int, list[tuple[Use, int]]] = defaultdict(list)
        for number, column in solution.items():
            for use in self.search.choices.uses(column):
                found[use.resource].append((use, number))
        return found

    def _in_the_way(self, number: int, holders: Holders) -> Iterator[int]:
        for column in self._columns(number, WAYS_OUT):
            for mine in self.search.choices.uses(column):
                for use, holder in holders.get(mine.resource, ()):
                    if use.start < mine.end and mine.start < use.end:
                        yield holder
