"""For every pattern of a series, what its visits are worth at most: week by week, prices included.

A pattern is a provider, a weekday and a time. Given one, the weeks have nothing to do with each other, so
that the best slot of each week is the best of all, but for visits that meet at midnight between two weeks.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.errors import InvalidRequest
from models.series import (
    MINUTES_PER_PRICE,
    MOST_FOR_TIME,
    OTHER_PROVIDER,
    OTHER_TIME,
    OTHER_WEEKDAY,
    SeriesRequest,
)
from solver.flat_candidates import FlatCandidates
from solver.timeline import local_days, local_minutes

MOST_CELLS = 40_000_000
"""Patterns times weeks that one search looks at."""

_BEFORE_1970 = date(1970, 1, 1).toordinal() - 1
"""Days since the first Monday of all."""

Values = NDArray[np.int64]


@dataclass(frozen=True)
class Weeks:
    """The candidates of a series by week; `worth` is what counts, with all that breaks ties.

    Points come first, then an early first visit, then visits early in their weeks: places in the order
    of the week's candidates, added up.
    """

    table: FlatCandidates
    request: SeriesRequest

    @cached_property
    def week(self) -> Values:
        """The number of each candidate's week, from Monday in the clinic's zone."""
        days = local_days(self.table.starts, self.table.problem.setup.zone)
        return (days + _BEFORE_1970) // 7

    @cached_property
    def _on_the_wall(self) -> tuple[Values, Values]:
        """Weekday and minute of the day of each candidate, on the wall clock of its place."""
        weekdays, times = np.zeros_like(self.table.starts), np.zeros_like(self.table.starts)
        for number, site in enumerate(self.table.sites):
            mine = self.table.numbers == number
            zone = self.table.problem.setup.zone_of(site.site)
            starts, at = np.unique(self.table.starts[mine], return_inverse=True)
            weekdays[mine] = (local_days(starts, zone)[at] + _BEFORE_1970) % 7
            times[mine] = local_minutes(starts, zone)[at]
        return weekdays, times

    @property
    def step(self) -> int:
        return self.table.problem.request.service.slot_step_minutes

    @cached_property
    def grid(self) -> tuple[Values, Values, int, int]:
        """Providers and weekdays that occur, the earliest time, and the number of times from there on."""
        weekdays, times = self._on_the_wall
        earliest = int(times.min())
        count = (int(times.max()) - earliest) // self.step + 1
        return np.unique(self.table.rows), np.unique(weekdays), earliest, count

    @property
    def shape(self) -> tuple[int, int, int]:
        """Providers x weekdays x times: the patterns that could be the best."""
        rows, days, _, times = self.grid
        return len(rows), len(days), times

    @cached_property
    def cells(self) -> Values:
        """Which cell of the patterns each candidate lies in."""
        rows, days, earliest, _ = self.grid
        weekdays, times = self._on_the_wall
        place = (np.searchsorted(rows, self.table.rows), np.searchsorted(days, weekdays))
        flat: Values = np.ravel_multi_index((*place, (times - earliest) // self.step), self.shape)
        return flat

    @cached_property
    def by_week(self) -> dict[int, Values]:
        """The candidates of each week that has any, in the order that breaks ties."""
        if not len(self.table):
            return {}
        order = np.lexsort((self.table.ranks, self.week))
        weeks, firsts = np.unique(self.week[order], return_index=True)
        return dict(zip(weeks.tolist(), np.split(order, firsts[1:]), strict=True))

    @cached_property
    def places(self) -> Values:
        """The place of each candidate in its week."""
        places = np.zeros(len(self.table), dtype=np.int64)
        for members in self.by_week.values():
            places[members] = np.arange(len(members))
        return places

    @cached_property
    def _per_minute(self) -> int:
        return self.request.count * (int(self.places.max()) + 1) + 1

    @cached_property
    def scale(self) -> int:
        """How much one hundredth of a point is worth: more than all that breaks ties together."""
        span = self.request.request.latest - self.request.request.earliest
        scale = self._per_minute * (span + 1)
        most = self.request.count * int(self.table.bounds.max()) + 1
        if scale * most > 1 << 61 or self.request.count * np.prod(self.shape) > MOST_CELLS:
            raise InvalidRequest("too many providers and starts for one series", field="providerIds")
        return scale

    def worth(self, candidates: Values, *, first: bool) -> Values:
        """What candidates are worth as the first visit or as a later one, without any price."""
        worth = self.table.bounds[candidates] * self.scale - self.places[candidates]
        if first:
            late = self.table.starts[candidates] - self.request.request.earliest
            worth = worth - late * self._per_minute
        return worth

    def in_week(self, week: int) -> Values:
        """The candidates of a week."""
        return self.by_week.get(week, _NONE)

    def first_visits(self, week: int) -> Values:
        """The candidates of a week that lie in the range of the first visit."""
        members, asked = self.in_week(week), self.request.request
        starts = self.table.starts[members]
        return members[(starts >= asked.earliest) & (starts < asked.latest)]

    def best_by_pattern(self, candidates: Values, *, first: bool) -> Values:
        """For every pattern, what the best of some candidates is worth, the price of its deviations paid."""
        best = np.full(self.shape, _NOBODY, dtype=np.int64)
        flat = best.reshape(-1)
        worth = self.worth(candidates, first=first)
        order = np.argsort(worth, kind="stable")
        flat[self.cells[candidates[order]]] = worth[order]
        return self.with_prices(best)

    def with_prices(self, best: Values) -> Values:
        """The best over all cells, less the price of going there."""
        best = self._over_times(best)
        best = np.maximum(best, best.max(axis=1, keepdims=True) - OTHER_WEEKDAY * self.scale)
        with_all: Values = np.maximum(best, best.max(axis=0, keepdims=True) - OTHER_PROVIDER * self.scale)
        return with_all

    def _over_times(self, best: Values) -> Values:
        found = best
        for steps in range(1, MOST_FOR_TIME // OTHER_TIME):
            reach = steps * MINUTES_PER_PRICE // self.step
            found = np.maximum(found, _around(best, reach) - steps * OTHER_TIME * self.scale)
        furthest: Values = best.max(axis=2, keepdims=True) - MOST_FOR_TIME * self.scale
        return np.maximum(found, furthest)

    def prices(self, cell: int, candidates: Values) -> Values:
        """What the deviations of candidates from one pattern cost, in hundredths of a point."""
        provider, weekday, time = np.unravel_index(cell, self.shape)
        other_provider, other_weekday, other_time = np.unravel_index(self.cells[candidates], self.shape)
        late = np.abs(other_time - time) * self.step
        for_time = np.minimum(MOST_FOR_TIME, -(-late // MINUTES_PER_PRICE) * OTHER_TIME)
        prices: Values = (
            for_time
            + OTHER_PROVIDER * (other_provider != provider)
            + OTHER_WEEKDAY * (other_weekday != weekday)
        )
        return prices


_NOBODY = -(1 << 61)
"""Less than anything could be worth; a price below it still fits into 64 bits."""

_NONE: Values = np.empty(0, dtype=np.int64)


def _around(values: Values, reach: int) -> Values:
    """The largest within `reach` cells on either side, along the last axis."""
    count = values.shape[-1]
    reach = min(reach, count)
    if not reach:
        return values
    wanted = 2 * reach + 1
    padded = np.pad(values, ((0, 0), (0, 0), (reach, reach)), constant_values=int(values.min()))
    width = 1
    while 2 * width <= wanted:
        padded = np.maximum(padded[..., :-width], padded[..., width:])
        width *= 2
    return np.maximum(padded[..., :count], padded[..., wanted - width : wanted - width + count])
