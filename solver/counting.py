"""Counters for many placements at once: is there a unit left over a window?"""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import NamedTuple

import numpy as np

from models.claims import day_of
from models.counters import is_regular
from models.setup import ClinicSetup
from solver.intervals import Intervals, Mask, Minutes, Rows, full_times, hold_arrays
from solver.problem import SearchProblem
from solver.timeline import local_days


class Windows(NamedTuple):
    """One window per placement."""

    starts: Minutes
    ends: Minutes


class Counting:
    """What is counted in one search."""

    def __init__(self, problem: SearchProblem) -> None:
        self.setup: ClinicSetup = problem.setup
        self.holds = hold_arrays(problem.snapshot.calendar)

    @cached_property
    def _used_up(self) -> Intervals:
        """When each counter has no unit left: all of them in one sweep."""
        units = self.setup.derived("units of counters", self._units)
        held, held_from, held_until = self.holds
        counted = units[held] > 0
        return full_times((held[counted], held_from[counted], held_until[counted]), units)

    def _units(self) -> Rows:
        units = np.zeros(len(self.setup.resource_index), dtype=np.int64)
        for ref, most in self.setup.counters.items():
            if not is_regular(ref):  # judged by the lanes, and held by every visit
                units[self.setup.resource_index[ref]] = most
        return units

    def days_of(self, starts: Minutes) -> Windows:
        """The clinic-local day of each start, as `models.claims.day_of` has it."""
        days = local_days(starts, self.setup.zone)
        _, first, at = np.unique(days, return_index=True, return_inverse=True)
        found = [day_of(self.setup, start) for start in starts[first].tolist()]
        windows = np.array(found, dtype=np.int64).reshape(-1, 2)
        return Windows(windows[at, 0], windows[at, 1])

    def of_service(self, ref: str, starts: Minutes, ends: Minutes) -> Mask:
        """Where the one counter has a unit left; everywhere, if there is no such counter."""
        if ref not in self.setup.counters:
            return np.ones(len(starts), dtype=np.bool_)
        return self._left([ref], np.zeros(len(starts), dtype=np.int64), starts, ends)

    def of_providers(
        self,
        ref_of: Callable[[str], str],
        provider_ids: Iterable[str],
        rows: Rows,
        starts: Minutes,
        ends: Minutes,
    ) -> Mask:
        """Where the counter of each placement's provider (its row) has a unit left, if it has a counter."""
        refs = [ref_of(provider_id) for provider_id in provider_ids]
        counted = [ref if ref in self.setup.counters else None for ref in refs]
        if not any(counted):
            return np.ones(len(starts), dtype=np.bool_)
        return self._left(counted, rows, starts, ends)

    def _left(self, refs: list[str | None], rows: Rows, starts: Minutes, ends: Minutes) -> Mask:
        index, counters = self.setup.resource_index, self.setup.counters
        resources = np.array([-1 if ref is None else index[ref] for ref in refs], dtype=np.int64)
        open_at_all = np.array([ref is None or counters[ref] > 0 for ref in refs], dtype=np.bool_)
        asked = resources[rows]
        left: Mask = self._used_up.clear(asked, starts, ends) | (asked < 0)
        return left & open_at_all[rows]
