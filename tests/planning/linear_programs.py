"""0/1 programs for HiGHS, through SciPy: the only place here that knows it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import scipy  # type: ignore[import-untyped]  # SciPy ships no types
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]  # the same
from scipy.sparse import coo_array  # type: ignore[import-untyped]  # the same

SOLVER = f"HiGHS in SciPy {scipy.__version__}"
_PROVEN = 0


@dataclass
class Rows:
    """Linear rows, filled one by one: so much at least and at most of a sum of columns."""

    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(
        self, columns: Sequence[int], values: Iterable[float], *, low: float = -np.inf, high: float = np.inf
    ) -> None:
        """One more row."""
        self.rows += [len(self.high)] * len(columns)
        self.columns += columns
        self.values += values
        self.low.append(low)
        self.high.append(high)

    def at_most(self, columns: Sequence[int], high: float, values: Iterable[float] | None = None) -> None:
        """The columns add up to no more."""
        self.add(columns, [1.0] * len(columns) if values is None else values, high=high)

    def exactly(self, columns: Sequence[int], value: float) -> None:
        """The columns add up to just that."""
        self.add(columns, [1.0] * len(columns), low=value, high=value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """What came out: the columns that are 1 (None: nothing found), their sum and the least possible one."""

    chosen: tuple[int, ...] | None
    objective: float
    bound: float
    proven: bool
    seconds: float


def cheapest(prices: Sequence[float], rows: Rows, *, seconds: float, gap: float | None = None) -> Solved:
    """The 0/1 columns of the least price that keep all rows; `gap` is HiGHS's own unless given."""
    width = len(prices)
    matrix = coo_array((rows.values, (rows.rows, rows.columns)), shape=(len(rows.high), width)).tocsr()
    options: dict[str, float] = {"time_limit": seconds}
    if gap is not None:
        options["mip_rel_gap"] = gap
    started = perf_counter()
    outcome = milp(
        np.array(prices, dtype=float),
        integrality=np.ones(width),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, rows.low, rows.high),
        options=options,
    )
    took = perf_counter() - started
    chosen = None if outcome.x is None else tuple(np.flatnonzero(outcome.x > 0.5).tolist())
    return Solved(
        chosen=chosen,
        objective=float("inf") if outcome.x is None else float(outcome.fun),
        bound=float("-inf") if outcome.mip_dual_bound is None else float(outcome.mip_dual_bound),
        proven=outcome.status == _PROVEN,
        seconds=took,
    )
