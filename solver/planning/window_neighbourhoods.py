"""Large neighbourhood search of a rebuild: a few working windows are filled anew, all others stay.

A window that could be shorter is chosen, then others that appointments could be exchanged with (Shaw, Using
constraint programming and local search methods to solve vehicle routing problems, 1998).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from time import monotonic

from models.hours import Window
from solver.planning.columns import Column
from solver.planning.goal_search import GoalSearch
from solver.planning.greedy import Solution
from solver.planning.idle import Idleness, idle_minutes

TASKS = 60
COLUMNS_PER_TASK = 40
GUESTS = 4
SECONDS = 1.0


class WindowNeighbourhoods:
    """Neighbourhoods of the incumbent of one search, whose tasks may choose among some columns."""

    def __init__(self, search: GoalSearch, idleness: Idleness, columns: Iterable[Column]) -> None:
        self.search, self.idleness = search, idleness
        self.chance = Random(search.shared.limits.seed)  # noqa: S311  who is tried, nothing secret
        self.columns_of: dict[int, list[Column]] = defaultdict(list)
        self.could_come: dict[int, set[int]] = defaultdict(set)
        """For each window whoever has a column that holds it."""
        for column in columns:
            self.columns_of[column.task].append(column)
            for window in self._windows_of(column):
                self.could_come[window].add(column.task)

    def explore(self, until: float) -> None:
        """Fill some windows anew, then others, until the clock (`monotonic`) says so or all is proven."""
        search = self.search
        while self.could_come and not search.is_proven and not search.is_over(until):
            tasks, windows = self._neighbourhood(search.best.solution)
            columns = [column for task in tasks for column in self._within(windows, task)]
            search.choose_for(tasks, columns, min(until, monotonic() + SECONDS))

    def _within(self, windows: set[int], task: int) -> list[Column]:
        """Some columns of a task that hold no other windows."""
        mine = [column for column in self.columns_of[task] if windows.issuperset(self._windows_of(column))]
        return mine if len(mine) <= COLUMNS_PER_TASK else self.chance.sample(mine, COLUMNS_PER_TASK)

    def _neighbourhood(self, solution: Solution) -> tuple[list[int], set[int]]:
        """A window that waits, windows of some who could come there, and so on; who is there or nowhere."""
        held: dict[int, list[Window]] = defaultdict(list)
        there: dict[int, list[int]] = defaultdict(list)
        for task, column in solution.items():
            for window, part in self.idleness.held_by(self.search.choices.shared_uses(column)):
                held[window].append(part)
                there[window].append(task)
        tasks: dict[int, None] = {}
        windows: dict[int, None] = {}
        waiting = [self._waiting(held)]
        while waiting and len(tasks) < TASKS:
            window = waiting.pop(0)
            windows[window] = None
            tasks |= dict.fromkeys(there[window])
            guests = sorted(self.could_come[window].difference(tasks))
            tasks |= dict.fromkeys([one for one in guests if not solution[one].is_placed][:GUESTS])
            for guest in self.chance.sample(guests, min(len(guests), GUESTS)):
                theirs = self._windows_of(solution[guest])
                waiting += [one for one in theirs if one not in windows and one not in waiting]
        return list(tasks), set(windows)

    def _waiting(self, held: Mapping[int, Sequence[Window]]) -> int:
        """A window, the sooner the more idle minutes it has."""
        numbers = list(self.could_come)
        windows = self.idleness.windows
        weights = [1 + idle_minutes([*windows[one].pinned, *held.get(one, ())]) for one in numbers]
        return self.chance.choices(numbers, weights)[0]

    def _windows_of(self, column: Column) -> list[int]:
        return [number for number, _ in self.idleness.held_by(self.search.choices.shared_uses(column))]
