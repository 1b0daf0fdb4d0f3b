"""The idle rests of many providers' days as sorted arrays, and what holds cost them.

`models.gaps` for thousands of holds at once. A minute of a provider is one number, `row << 33 | minute`, so
everybody's time lies on one line, and one binary search finds the rests that a hold meets.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from solver.intervals import ROW_SHIFT, Intervals, Minutes, Rows
from solver.score_tables import RestTable

Keys: TypeAlias = NDArray[np.int64]

_FIRST, _LAST = np.array([-1]), np.array([np.iinfo(np.int64).max])
"""Before and behind everybody's time."""


@dataclass(frozen=True, slots=True)
class Rests:
    """When providers work and nothing is booked, sorted, with what the first so many rests cost together.

    `resources[row]` is a provider's row in the table of prices.
    """

    starts: Keys
    ends: Keys
    price_of_first: NDArray[np.int64]
    table: RestTable
    resources: Rows

    @staticmethod
    def of(working: Intervals, taken: Intervals, resources: Rows, table: RestTable) -> "Rests":
        """What is left of the working windows, row by row, without what is taken, resource by resource.

        `resources` ascend, so both come in the same order.
        """
        shift = (np.searchsorted(resources, taken.rows) - taken.rows) << ROW_SHIFT
        ends_taken = (taken.rows << ROW_SHIFT) + taken.ends + shift
        ends_working = (working.rows << ROW_SHIFT) + working.ends
        starts, ends = left_over(working.keys, ends_working, taken.keys + shift, ends_taken)
        prices = table.of_rests(resources[starts >> ROW_SHIFT], ends - starts)
        return Rests(starts, ends, np.concatenate([[0], np.cumsum(prices)]), table, resources)

    def costs(self, rows: Rows, held_from: Minutes, held_until: Minutes) -> NDArray[np.int64]:
        """`models.gaps.cost_of_hold` of each hold."""
        resources, line = self.resources[rows], rows << ROW_SHIFT
        held_from, held_until = line + held_from, line + held_until
        first = np.searchsorted(self.ends, held_from, side="right")
        beyond = np.searchsorted(self.starts, held_until, side="left")
        # A hold that meets no rest finds one behind it and one before it: nothing is left on either side.
        before = np.maximum(held_from - np.concatenate([self.starts, _LAST])[first], 0)
        after = np.maximum(np.concatenate([_FIRST, self.ends])[beyond] - held_until, 0)
        used = self.price_of_first[np.maximum(first, beyond)] - self.price_of_first[first]
        left = self.table.of_rests(resources, before) + self.table.of_rests(resources, after)
        costs: NDArray[np.int64] = np.maximum(left - used, self.table.best[resources])
        return costs


def left_over(opens: Keys, closes: Keys, held: Keys, freed: Keys) -> tuple[Keys, Keys]:
    """Sorted, disjoint windows without sorted, disjoint holds: starts and ends of what remains.

    A rest begins where a window opens or a hold ends, and lasts until the next hold or the window's end.
    """
    begun = np.searchsorted(held, opens, side="right")
    idle = np.concatenate([_FIRST, freed])[begun] <= opens
    next_held = np.concatenate([held, _LAST])
    around = np.searchsorted(opens, freed, side="left")
    closing = np.concatenate([_FIRST, closes])[around]
    followed = next_held[1:]
    inside = (closing > freed) & (followed > freed)
    starts = np.concatenate([opens[idle], freed[inside]])
    ends = np.concatenate(
        [
            np.minimum(closes, next_held[begun])[idle],
            np.minimum(closing, followed)[inside],
        ]
    )
    order = np.argsort(starts, kind="stable")
    return starts[order], ends[order]
