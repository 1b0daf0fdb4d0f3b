"""What units of resources are worth at which minutes, and what that makes every opening cost.

A row says that the columns that use a resource at one minute take no more units than are left there. Its
dual price is paid by whoever uses it: summed over the minutes of a hold by one prefix sum per resource.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.claims import hold_of
from models.refs import equipment_ref
from models.wall_clock import Minute
from solver.intervals import ROW_SHIFT, Minutes, Rows
from solver.planning.choices import Choices
from solver.planning.columns import NOBODY, Column
from solver.planning.openings import Openings
from solver.planning.room_groups import NO_ROOM

Real: TypeAlias = NDArray[np.float64]


class Row(NamedTuple):
    """One resource at one minute."""

    resource: int
    minute: Minute


class DualPrices:
    """Prices of rows, none below zero."""

    def __init__(self, prices: Mapping[Row, float]) -> None:
        rows = sorted(row for row, price in prices.items() if price > 0)
        self._keys = np.array([(row.resource << ROW_SHIFT) + row.minute for row in rows], dtype=np.int64)
        self._sums = np.concatenate([[0.0], np.cumsum([prices[row] for row in rows])])

    def over(self, resources: Rows | int, starts: Minutes, ends: Minutes) -> Real:
        """What a unit costs over `[start, end)`; nothing where the resource is none."""
        base = np.asarray(resources, dtype=np.int64) << ROW_SHIFT
        first = np.searchsorted(self._keys, base + starts)
        beyond = np.searchsorted(self._keys, base + ends)
        paid: Real = np.where(np.asarray(resources) < 0, 0.0, self._sums[beyond] - self._sums[first])
        return paid

    def of_openings(self, choices: Choices, openings: Openings) -> Real:
        """The least that each opening pays for what it uses, in whichever room and with whichever units.

        Of what a group visit shares, each patient pays as if all seats were taken: never too much.
        """
        share = share_of(choices, openings)
        paid = self.over(*openings.provider_use) * share
        if openings.problem.setup.lanes:
            paid += self.over(*openings.regular_use) * share
            paid += self.over(*openings.overbooking_use) * share
        for use, is_shared in openings.counted_uses:
            paid += self.over(*use) * (share if is_shared else 1.0)
        paid += self._suites(choices, openings) if choices.without_rooms else self._rooms(openings) * share
        if openings.service.equipment:
            paid += self._pools(choices, openings) * share
        return paid

    def _suites(self, choices: Choices, openings: Openings) -> Real:
        paid: Real = np.zeros(len(openings))
        if choices.suites is None:
            return paid
        before, after = hold_of(openings.service, 0, openings.kind.duration_minutes)
        for number, site in enumerate(openings.sites):
            if site is None:
                continue
            mine = (openings.site_numbers == number) & ~openings.joining
            _, turnaround = choices.suites.rooms_for(openings.service, site)
            starts = openings.starts[mine]
            for suite in choices.suites.asked_by(openings.service, site):
                paid[mine] += self.over(suite, starts + before, starts + after + turnaround)
        return paid * share_of(choices, openings)

    def _rooms(self, openings: Openings) -> Real:
        cheapest = np.full(sum(times.count for times in openings.room_times), np.inf)
        first = 0
        for times in openings.room_times:
            here = cheapest[first : first + times.count]
            for row in range(len(times.rooms)):
                price = self.over(times.groups[row], times.starts, times.ends[row])
                np.minimum(here, np.where(times.groups[row] == NO_ROOM, np.inf, price), out=here)
            first += times.count
        paid: Real = np.zeros(len(openings))
        in_rooms = openings.room_columns != NOBODY
        paid[in_rooms] = cheapest[openings.room_columns[in_rooms]]
        return paid

    def _pools(self, choices: Choices, openings: Openings) -> Real:
        index = openings.problem.setup.resource_index
        paid: Real = np.zeros(len(openings))
        before, after = hold_of(openings.service, 0, openings.kind.duration_minutes)
        for ways, mine in choices.by_ways(openings):
            starts = openings.starts[mine]
            cheapest: Real = np.full(len(mine), np.inf if ways else 0.0)
            for way in ways:
                price: Real = np.zeros(len(mine))
                for use in way:
                    resource = index[equipment_ref(use.id)]
                    price += use.units * self.over(resource, starts + before, starts + after)
                np.minimum(cheapest, price, out=cheapest)
            paid[mine] += cheapest
        return paid

    def of_column(self, choices: Choices, column: Column) -> float:
        """What one column pays for what it uses."""
        share = share_of(choices, choices.of_task[column.task].openings)
        weighted = [(use, share) for use in choices.shared_uses(column)]
        weighted += [(use, 1.0) for use in choices.own_uses(column)]
        return sum(
            weight * use.units * self._over_one(use.resource, use.start, use.end) for use, weight in weighted
        )

    def _over_one(self, resource: int, start: Minute, end: Minute) -> float:
        base = resource << ROW_SHIFT
        first, beyond = np.searchsorted(self._keys, (base + start, base + end)).tolist()
        return float(self._sums[beyond] - self._sums[first])


def share_of(choices: Choices, openings: Openings) -> float:
    """The part of what a visit takes that each of its patients has to bear at least."""
    if not openings.service.is_for_groups:
        return 1.0
    rivals = sum(mine.openings is openings for mine in choices.of_task)
    return 1.0 / max(1, min(openings.service.seats, rivals))


def uses_with_shares(choices: Choices, columns: Sequence[Column]) -> list[list[tuple[int, int, int, float]]]:
    """For each column what it uses: resource, start, end, and units weighted by its share."""
    found: list[list[tuple[int, int, int, float]]] = []
    for column in columns:
        if not column.is_placed:
            found.append([])
            continue
        share = share_of(choices, choices.of_task[column.task].openings)
        uses = [(*use[:3], use.units * share) for use in choices.shared_uses(column)]
        uses += [(*use[:3], float(use.units)) for use in choices.own_uses(column)]
        found.append(uses)
    return found
