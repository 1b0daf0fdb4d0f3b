"""Counters for many placements at once: is there a unit left over a window?"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from models.claims import whole_day
from models.counters import gap_ref, overbooking_ref, provider_day_ref, seats_ref, service_day_ref
from models.setup import ClinicSetup
from solver.intervals import Intervals, Mask, Minutes, Rows, full_times
from solver.problem import SearchProblem
from solver.timeline import day_numbered, local_days


class Days(NamedTuple):
    """Days in order, from midnight to midnight, and for each placement which of them is its own."""

    starts: Minutes
    ends: Minutes
    at: Rows


class Counting:
    """What is counted in one search."""

    def __init__(self, problem: SearchProblem) -> None:
        self.setup: ClinicSetup = problem.setup
        self.service_id = problem.request.service.id
        self.holds = problem.holds

    @cached_property
    def _used_up(self) -> Intervals:
        """When each counter has no unit left: all that could refuse the service, in one sweep."""
        units = self.setup.derived(("units of counters", self.service_id), self._units)
        return full_times(self.holds, units)

    def _units(self) -> Rows:
        units = np.zeros(len(self.setup.resource_index), dtype=np.int64)
        for ref in self._asked():
            if ref in self.setup.counters:
                units[self.setup.resource_index[ref]] = self.setup.counters[ref]
        return units

    def _asked(self) -> Iterator[str]:
        """All but the visits that were not overbooked: the lanes are judged by the provider's own holds."""
        yield service_day_ref(self.service_id)
        for provider in self.setup.providers:
            yield provider_day_ref(provider.id)
            yield gap_ref(provider.id, self.service_id)
            yield seats_ref(provider.id, self.service_id)
            for rule in self.setup.overbooking:
                yield overbooking_ref(rule.id, provider.id)

    def days_of(self, starts: Minutes) -> Days:
        """The clinic-local day of each start, as `models.claims.day_of` has it."""
        days = local_days(starts, self.setup.zone)
        numbers = range(int(days.min()), int(days.max()) + 1) if len(days) else range(0)
        windows = [whole_day(self.setup, day_numbered(number)) for number in numbers]
        opens, closes = np.array(windows, dtype=np.int64).reshape(-1, 2).T
        return Days(opens, closes, days - numbers.start)

    def left_that_day(self, refs: Sequence[str], rows: Rows, days: Days) -> Mask:
        """Where the counter in the placement's row has a unit left that day; everywhere, if there is none."""
        all_rows = np.arange(len(refs), dtype=np.int64)[:, np.newaxis]
        left: Mask = self.left(refs, all_rows, days.starts, days.ends)[rows, days.at]
        return left

    def left(self, refs: Sequence[str], rows: Rows, starts: Minutes, ends: Minutes) -> Mask:
        """Where the counter in the placement's row has a unit left; everywhere, if there is none."""
        index, counters = self.setup.resource_index, self.setup.counters
        resources = np.array([index[ref] if ref in counters else -1 for ref in refs], dtype=np.int64)
        if (resources < 0).all():
            return np.ones(np.broadcast_shapes(rows.shape, starts.shape), dtype=np.bool_)
        open_at_all = np.array([counters.get(ref, 1) > 0 for ref in refs], dtype=np.bool_)
        asked = resources[rows]
        left: Mask = self._used_up.clear(asked, starts, ends) | (asked < 0)
        return left & open_at_all[rows]
