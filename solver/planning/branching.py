"""Branch and bound over the relaxation, until what is left of a branch is small enough for CP-SAT.

Branched on is how many visits of one length a provider's gap takes, or whether one task goes there. The
branch with the least bound comes first (best first); of what could be branched on, that which raises both
bounds most (strong branching, then pseudo-costs: Achterberg, Koch, Martin, Branching rules revisited, 2005).
"""

import heapq
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count as counting
from math import ceil, floor, inf
from time import monotonic

from solver.planning.blocks import Blocks, Count
from solver.planning.columns import Column
from solver.planning.goal_search import GoalSearch
from solver.planning.neighbourhoods import Neighbourhoods
from solver.planning.pricing import EPSILON, Bound, Limit, Limits
from solver.planning.relaxation import Relaxation

FEW_OPENINGS = 600
"""With how many openings left CP-SAT takes over a branch."""
LEAF_SECONDS = 3.0
CANDIDATES = 20
"""How many of the counts that are not whole are tried before one is branched on."""
RELIABLE = 2
"""How often limits on a count are tried before their mean gain is believed."""
WHOLE = 1e-4
BRANCHING_SECONDS = 3.0
"""How long branches are explored before a better incumbent is looked for again."""
SHORT_BRANCHING_SECONDS = 1.0
IMPROVING_SECONDS = 2.0
WIDE_GAP = 0.01
"""Where so much is between incumbent and bound, a better incumbent is looked for again and again."""
LEAST_GAIN = 1e-3


@dataclass(order=True, frozen=True)
class _Branch:
    """Limits of counts, and what every plan within them costs at least."""

    bound: float
    number: int
    limits: Limits = field(compare=False)
    few: int = field(compare=False)
    """With how many openings left it is CP-SAT's."""
    seconds: float = field(compare=False)
    """How long CP-SAT may take."""


@dataclass(slots=True)
class _Gains:
    """By how much limits on a count have raised the bound, per part of a visit pushed away."""

    total: float = 0.0
    times: int = 0

    def learn(self, gain: float, distance: float) -> None:
        self.total += gain / distance
        self.times += 1

    def expected(self, distance: float) -> float | None:
        return self.total / self.times * distance if self.times else None


class Branching:
    """The open branches of one goal, and the incumbent and bound of its search."""

    def __init__(self, search: GoalSearch, relaxation: Relaxation, bound: Bound) -> None:
        """Begin with what a relaxation has found, of which only what could still pay is taken along."""
        self.search = search
        value = search.best.value
        slack, dearer_by = relaxation.pricing.slack(bound, value), relaxation.pricing.dearer_by(bound)
        self.neighbourhoods = Neighbourhoods(search, dearer_by)
        choices = search.choices.keeping([over <= slack for over in dearer_by])
        self.blocks = Blocks(choices)
        self.relaxation = Relaxation(choices, search.budgets, self.blocks)
        self.relaxation.add(
            column for column in (*search.best.solution.values(), *relaxation.columns) if choices.has(column)
        )
        # A plan that breaks a limit is none of this branch, whatever it costs: dearer than any that counts.
        self.or_pay = float(max(2 * choices.unplaced, value + 1))
        self._numbers = counting()
        self._open: list[_Branch] = []
        self._floor = inf
        """What the branches cost at least that were left without a proof."""
        self._push(bound.value, {}, FEW_OPENINGS, LEAF_SECONDS)
        self._gains: dict[tuple[Count, bool], _Gains] = defaultdict(_Gains)

    def explore(self, until: float) -> None:
        """Branch until the incumbent is proven, or the clock or somebody says that it is enough."""
        search = self.search
        pause = BRANCHING_SECONDS
        improve_at = monotonic() + self._pause(pause)
        while self._open and self._open[0].bound < self._floor and not search.is_over(until):
            search.raise_bound(ceil(self._open[0].bound - EPSILON))
            if search.is_proven:
                return
            self._explore(heapq.heappop(self._open), until)
            if monotonic() > improve_at:
                value = search.best.value
                self.neighbourhoods.explore(min(until, monotonic() + IMPROVING_SECONDS))
                if search.best.value == value:
                    pause *= 2  # what finds nothing has had its chance
                improve_at = monotonic() + self._pause(pause)
        least = min(self._floor, self._open[0].bound if self._open else inf, search.best.value)
        search.raise_bound(ceil(least - EPSILON))

    def _pause(self, seconds: float) -> float:
        """How long until a better incumbent is looked for."""
        return seconds if self.search.gap < WIDE_GAP else min(seconds, SHORT_BRANCHING_SECONDS)

    def _explore(self, branch: _Branch, until: float) -> None:
        """Close a branch, or open two narrower ones."""
        search, relaxation = self.search, self.relaxation
        relaxation.limit(branch.limits, or_pay=self.or_pay)
        bound = relaxation.tighten(is_over=partial(search.is_over, until), incumbent=search.best.value)
        least = max(branch.bound, bound.value)
        if self._is_closed(least):
            return
        slack = relaxation.pricing.slack(bound, search.best.value)
        left = sum(int((over <= slack).sum()) for over in relaxation.pricing.dearer_by(bound))
        if left > branch.few:
            self._branch(branch, least, left, until)
            return
        least = max(least, self._settled(branch, bound, until))
        if self._is_closed(least):
            return
        if search.shared.no_goods.are_certain:
            self._branch(replace(branch, few=left // 2), least, left, until)
        else:
            self._floor = min(self._floor, least)  # nothing will prove more

    def _is_closed(self, least: float) -> bool:
        """Whether a branch that costs at least so much has nothing better than the incumbent."""
        return ceil(least - EPSILON) >= self.search.best.value

    def _settled(self, branch: _Branch, bound: Bound, until: float) -> float:
        """The least that CP-SAT says any plan of a branch costs; nothing where it is not sure."""
        search = self.search
        closed = {
            (task, count.block)
            for count, limit in branch.limits.items()
            for task in count.tasks
            if limit.most == 0
        }
        columns = [
            column
            for column in self.relaxation.pricing.worth_keeping(bound, search.best.value)
            if not column.is_placed
            or all((column.task, block) not in closed for block in self.blocks.of_column(column))
        ]
        value = search.best.value
        found = search.choose_among(columns, min(until, monotonic() + branch.seconds))
        if found is None or not search.shared.no_goods.are_certain:
            return 0.0
        return float(min(found.bound, value))

    # -- branching ---------------------------------------------------------------------------------

    def _branch(self, branch: _Branch, least: float, left: int, until: float) -> None:
        """Two branches instead of one, of which `left` openings are left; the same one where it is over."""
        if self.search.is_over(until):
            self._push(least, branch.limits, branch.few, branch.seconds)
            return
        fractional = self._fractional(branch.limits, self.relaxation.resolved())
        if not fractional:  # only CP-SAT can go on, with all that is left and more time than before
            self._push(least, branch.limits, left, 2 * branch.seconds)
            return
        base = float(self.relaxation.objective.Value())
        count = self._best_of(branch.limits, fractional, base)
        value, limit = fractional[count], branch.limits.get(count, Limit())
        for side in (Limit(limit.least, floor(value)), Limit(ceil(value), limit.most)):
            self._push(least, {**branch.limits, count: side}, branch.few, LEAF_SECONDS)

    def _push(self, bound: float, limits: Limits, few: int, seconds: float) -> None:
        heapq.heappush(self._open, _Branch(bound, next(self._numbers), limits, few, seconds))

    def _fractional(self, limits: Limits, taken: Mapping[Column, float]) -> dict[Count, float]:
        """The counts that the relaxation leaves between two whole numbers; of those that count alike one.

        Of those that it could not bring within their limits none: both sides would be what there is already.
        """
        columns: dict[Count, list[Column]] = defaultdict(list)
        for column in taken:
            if column.is_placed:
                for block in self.blocks.of_column(column):
                    columns[Count(self.blocks.as_long_as[column.task], block)].append(column)
                    columns[Count((column.task,), block)].append(column)
        alike: dict[tuple[Column, ...], Count] = {}
        for count, counted in columns.items():
            alike.setdefault(tuple(counted), count)
        counts = {count: sum(taken[column] for column in counted) for counted, count in alike.items()}
        return {
            count: value
            for count, value in counts.items()
            if WHOLE < value % 1 < 1 - WHOLE and _is_within(value, limits.get(count, Limit()))
        }

    def _best_of(self, limits: Limits, fractional: Mapping[Count, float], base: float) -> Count:
        """That which promises to raise both bounds most."""

        def undecided(count: Count) -> float:
            part = fractional[count] % 1
            return min(part, 1 - part) * self.blocks.length_of(count.tasks[0])

        missing = self.search.best.value - base

        def promise(count: Count) -> float:
            gains = (min(gain, missing) for gain in self._gain(limits, count, fractional[count], base))
            down, up = (max(gain, LEAST_GAIN) for gain in gains)
            return down * up

        candidates = sorted(fractional, key=undecided, reverse=True)[:CANDIDATES]
        return max(candidates, key=promise)

    def _gain(self, limits: Limits, count: Count, value: float, base: float) -> tuple[float, float]:
        """By how much the bound rises with fewer, and with more: remembered, or tried where it is not."""
        distance = value % 1
        down, up = self._gains[count, False], self._gains[count, True]
        if min(down.times, up.times) < RELIABLE:
            self.relaxation.count(count, or_pay=self.or_pay)
            limit = limits.get(count, Limit())
            fewer = self.relaxation.solved_within(count, Limit(limit.least, floor(value)))
            more = self.relaxation.solved_within(count, Limit(ceil(value), limit.most))
            down.learn(max(0.0, fewer - base), distance)
            up.learn(max(0.0, more - base), 1 - distance)
        return down.expected(distance) or 0.0, up.expected(1 - distance) or 0.0


def _is_within(value: float, limit: Limit) -> bool:
    """Whether the whole numbers on both sides are within a limit."""
    return limit.least <= floor(value) and (limit.most is None or ceil(value) <= limit.most)
