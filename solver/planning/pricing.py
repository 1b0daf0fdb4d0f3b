"""What all openings cost at the prices of a relaxation: the bound that proves, and what is worth keeping.

Whatever prices rows have, the Lagrangian bound holds: each task takes its cheapest column at those prices,
minus what all rows are worth (Desrosiers, Lübbecke, A primer in column generation, 2005). Columns whose
reduced cost closes the gap to a known plan are in no better plan (reduced-cost fixing).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple, TypeAlias

import numpy as np

from solver.planning.blocks import Blocks, Count
from solver.planning.choices import Choices
from solver.planning.columns import UNPLACED, Column
from solver.planning.duals import DualPrices, Real, Row
from solver.planning.goals import Goal

EPSILON = 1e-6
COLUMNS_PER_TASK = 3


class Limit(NamedTuple):
    """From how many to how many; no more than there are where `most` is None."""

    least: int = 0
    most: int | None = None


Limits: TypeAlias = Mapping[Count, Limit]


@dataclass(frozen=True, slots=True)
class Budget:
    """An earlier goal that must not get worse than `most`."""

    goal: Goal
    most: int


@dataclass(frozen=True, slots=True)
class Prices:
    """What a solved relaxation says that each of its rows is worth.

    Prices of counts are above zero where there should be fewer, below where there should be more. `settled`
    is what each task is worth.
    """

    rows: Mapping[Row, float] = field(default_factory=dict)
    budgets: tuple[float, ...] = ()
    counts: Mapping[Count, float] = field(default_factory=dict)
    settled: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """No plan within the limits costs less than `value`; the prices prove it."""

    value: float
    duals: DualPrices
    prices: Prices
    least: tuple[float, ...]
    """What the cheapest column of each task costs at those prices."""

    @property
    def least_price(self) -> int:
        """The same for plans, whose prices are whole."""
        return ceil(self.value - EPSILON)


class Pricing:
    """All that the tasks of some choices could do, at any prices."""

    def __init__(self, choices: Choices, budgets: Sequence[Budget], blocks: Blocks | None) -> None:
        self.choices, self.budgets, self.blocks = choices, tuple(budgets), blocks

    def bound(self, prices: Prices, limits: Limits) -> tuple[Bound, list[Column]]:
        """The Lagrangian bound at some prices, and columns that would help."""
        duals = DualPrices(prices.rows)
        left_at = self.choices.left_at
        value = -sum(price * left_at(*row) for row, price in prices.rows.items() if price > 0)
        paid_budgets = zip(prices.budgets, self.budgets, strict=False)
        value -= sum(price * budget.most for price, budget in paid_budgets)
        counts = {count: price for count, price in prices.counts.items() if _binds(price, limits.get(count))}
        value -= sum(_worth(price, limits[count]) for count, price in counts.items())
        prices = Prices(prices.rows, prices.budgets, counts, prices.settled)
        least, promising = [], list[Column]()
        for number, costs in enumerate(self._all_costs(duals, prices)):
            without = self._without(number, prices)
            cheapest = min(float(costs.min()), without) if len(costs) else without
            least.append(cheapest)
            value += cheapest
            settled_at = prices.settled[number] if prices.settled else cheapest
            order = np.argsort(costs, kind="stable")[:COLUMNS_PER_TASK]
            index = self.choices.of_task[number].index
            for position in order[costs[order] < settled_at - EPSILON].tolist():
                promising.append(self._cheapest_column(number, int(index[position]), duals))
        return Bound(value, duals, prices, tuple(least)), promising

    def _all_costs(self, duals: DualPrices, prices: Prices) -> list[Real]:
        """What each opening of each task costs."""
        paid = self._paid(duals)
        by_task: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for count, price in prices.counts.items():
            for number in count.tasks:
                by_task[number].append((count.block, price))
        return [
            self._costs(mine.number, paid[id(mine.openings)], prices, by_task[mine.number])
            for mine in self.choices.of_task
        ]

    def _paid(self, duals: DualPrices) -> dict[int, Real]:
        """What the openings of each kind pay for what they use, by their identity."""
        return {id(one): duals.of_openings(self.choices, one) for one in self.choices.openings.values()}

    def _costs(self, number: int, paid: Real, prices: Prices, counted: Sequence[tuple[int, float]]) -> Real:
        mine = self.choices.of_task[number]
        costs: Real = mine.cost + paid[mine.index]
        for price, budget in zip(prices.budgets, self.budgets, strict=False):
            if price:
                costs = costs + price * budget.goal.costs(mine.parts)
        if counted and self.blocks is not None:
            blocks = self.blocks.of_task(number)
            for block, price in counted:
                costs[(blocks == block).any(axis=0)] += price
        return costs

    def _without(self, number: int, prices: Prices) -> float:
        """What a task costs that ends without a place."""
        if not self.choices.may_be_left_out(number):
            return np.inf
        listed = self.choices.problem.question.prices
        return float(self.choices.unplaced) + sum(
            price * budget.goal.unplaced(listed)
            for price, budget in zip(prices.budgets, self.budgets, strict=False)
        )

    def _cheapest_column(self, number: int, opening: int, duals: DualPrices) -> Column:
        columns = list(self.choices.columns_at(number, opening))
        return min(columns, key=lambda column: duals.of_column(self.choices, column))

    # -- fixing ------------------------------------------------------------------------------------

    def dearer_by(self, bound: Bound) -> list[Real]:
        """By how much a plan exceeds the bound at least that has a task at an opening, opening by opening."""
        return [
            costs - least
            for costs, least in zip(self._all_costs(bound.duals, bound.prices), bound.least, strict=True)
        ]

    @staticmethod
    def slack(bound: Bound, incumbent: int) -> float:
        """How much a plan that is better than the incumbent may exceed the bound."""
        return incumbent - 1 - bound.value + EPSILON * max(1.0, abs(bound.value))

    def worth_keeping(self, bound: Bound, incumbent: int) -> list[Column]:
        """Every column that a plan cheaper than `incumbent` could have."""
        slack, paid = self.slack(bound, incumbent), self._paid(bound.duals)
        columns = []
        for mine, over in zip(self.choices.of_task, self.dearer_by(bound), strict=True):
            here = paid[id(mine.openings)]
            for position in np.flatnonzero(over <= slack).tolist():
                opening = int(mine.index[position])
                apart = float(over[position] - here[opening])
                columns += [
                    column
                    for column in self.choices.columns_at(mine.number, opening)
                    if apart + bound.duals.of_column(self.choices, column) <= slack
                ]
            if self.choices.may_be_left_out(mine.number):
                columns.append(Column(mine.number, UNPLACED))
        return columns


def _binds(price: float, limit: Limit | None) -> bool:
    """Whether a count is limited on the side on which it is paid for."""
    if limit is None or abs(price) <= EPSILON:
        return False
    return limit.most is not None if price > 0 else limit.least > 0


def _worth(price: float, limit: Limit) -> float:
    return price * (limit.least if price < 0 or limit.most is None else limit.most)
