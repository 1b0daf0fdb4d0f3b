"""Counters for many placements at once: is there a unit left over a window?"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from models.claims import day_of
from models.setup import ClinicSetup
from solver.intervals import Mask, Minutes, Rows, full_times, hold_arrays
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

    def days_of(self, starts: Minutes) -> Windows:
        """The clinic-local day of each start, as `models.claims.day_of` has it."""
        numbers, at = np.unique(local_days(starts, self.setup.zone), return_inverse=True)
        first_of = [int(starts[at == place][0]) for place in range(len(numbers))]
        windows = np.array([day_of(self.setup, start) for start in first_of], dtype=np.int64).reshape(-1, 2)
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
        index = self.setup.resource_index
        units = np.zeros(len(index), dtype=np.int64)
        resources = np.full(len(refs), -1, dtype=np.int64)
        none_at_all = np.zeros(len(refs), dtype=np.bool_)
        for row, ref in enumerate(refs):
            if ref is not None:
                resources[row], most = index[ref], self.setup.counters[ref]
                units[index[ref]] = most
                none_at_all[row] = not most
        held, held_from, held_until = self.holds
        concerned = units[held] > 0
        full = full_times((held[concerned], held_from[concerned], held_until[concerned]), units)
        left: Mask = full.clear(resources[rows], starts, ends) | (resources[rows] < 0)
        return left & ~none_at_all[rows]
