"""What a plan makes as small as can be: the price list, or one thing after the other."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.plan import Level
from models.planning import PlanPrices
from solver.planning.prices import PricedParts, Prices


@dataclass(frozen=True, slots=True)
class Goal:
    """A sum over all tasks: `costs` of candidates, and what a task without a place counts."""

    name: str
    costs: Callable[[PricedParts], Prices]
    unplaced: Callable[[PlanPrices], int]
    counts_idle_minutes: bool = False


def _nothing(parts: PricedParts) -> Prices:
    return np.zeros(len(parts.told), dtype=np.int64)


PRICE_LIST = Goal("price", lambda parts: parts.total, lambda prices: prices.unplaced, True)
"""One sum of everything."""

FEWEST_UNPLACED = Goal(Level.UNPLACED, _nothing, lambda _: 1)
FEWEST_TOLD = Goal(Level.TOLD, lambda parts: parts.told.astype(np.int64), lambda _: 0)
LEAST_SHIFT = Goal(Level.SHIFT, lambda parts: parts.total - parts.tell, lambda _: 0, True)

OTHERS_TOLD = Goal("others", lambda parts: parts.others_told.astype(np.int64), lambda _: 0)
"""How many are told a new time though nothing displaced them: a limit rather than a level."""

LEVELS = (FEWEST_UNPLACED, FEWEST_TOLD, LEAST_SHIFT)
"""One after the other, each as small as those before it allow."""
