"""Overbooking for many placements at once: where a rule lets a provider take one visit more."""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from models.clinic import Location, OverbookingRule, Provider
from models.counters import overbooking_ref
from models.hours import Window
from models.overbooking import windows_of
from models.refs import provider_ref
from solver.counting import Counting
from solver.intervals import Intervals, Mask, Minutes, Rows, full_times
from solver.problem import SearchProblem


def on_top_of_others(
    problem: SearchProblem,
    site: Location | None,
    providers: list[Provider],
    rows: Rows,
    starts: Minutes,
    hold: tuple[Minutes, Minutes],
    taken: Mask,
    *,
    counting: Counting | None = None,
    heeding_limits: bool = True,
) -> Mask:
    """Which of the `taken` placements an overbooking rule allows nevertheless; their `rows` ascend.

    Unless limits are heeded, however many it has let in on that day.
    """
    allowed = np.zeros(len(rows), dtype=np.bool_)
    lanes = _Lanes(problem, providers, counting or Counting(problem))
    asked = lanes.asked(rows, np.flatnonzero(taken))
    if len(asked.at):
        asked = asked.where(lanes.within(asked.by, site, starts[asked.at]))
    if len(asked.at):
        asked = asked.where(lanes.free(asked.by, hold[0][asked.at], hold[1][asked.at]))
    if len(asked.at) and heeding_limits:
        asked = asked.where(lanes.some_left(asked.by, starts[asked.at]))
    allowed[asked.at] = True
    return allowed


class _Permit(NamedTuple):
    """A rule, and the row of a provider whom it lets take more of the service asked for."""

    rule: OverbookingRule
    row: int


class _Asked(NamedTuple):
    """Placements by their position, each for every permit that could let it be."""

    by: Rows
    at: Rows

    def where(self, kept: Mask) -> "_Asked":
        return _Asked(self.by[kept], self.at[kept])


class _Lanes:
    """The permits of one search; each judges many placements, named by the number of their permit."""

    def __init__(self, problem: SearchProblem, providers: list[Provider], counting: Counting) -> None:
        self.problem, self.setup, self.counting = problem, problem.setup, counting
        self.providers = providers
        self.permits = [
            _Permit(rule, row)
            for rule in self.setup.overbooking
            for row, provider in enumerate(providers)
            if provider.id == rule.provider_id or rule.service_id == problem.request.service.id
        ]

    def asked(self, rows: Rows, taken: Rows) -> _Asked:
        """Which placements, of those taken, each permit is about."""
        mine = np.array([permit.row for permit in self.permits], dtype=np.int64)
        first, beyond = (np.searchsorted(rows[taken], mine, side=side) for side in ("left", "right"))
        spans = [taken[low:high] for low, high in zip(first.tolist(), beyond.tolist(), strict=True)]
        return _Asked(
            np.repeat(np.arange(len(mine), dtype=np.int64), beyond - first),
            np.concatenate([taken[:0], *spans]),
        )

    def within(self, by: Rows, site: Location | None, starts: Minutes) -> Mask:
        """Whether a window of the rule contains the whole visit."""
        low, high = int(starts.min()), int(starts.max()) + 1
        known: dict[tuple[object, ...], list[Window]] = {}
        windows: list[tuple[int, int, int]] = []
        for number, (rule, _) in enumerate(self.permits):
            when = (rule.weekdays, rule.start, rule.end)
            if when not in known:
                known[when] = list(windows_of(rule, self.setup, site, low, high))
            windows += [(number, *window) for window in known[when]]
        opening = Intervals.of(*np.array(windows, dtype=np.int64).reshape(-1, 3).T)
        return opening.cover(by, starts, starts + self.problem.request.duration_minutes)

    def free(self, by: Rows, held_from: Minutes, held_until: Minutes) -> Mask:
        """Whether at no minute of the hold more others are there than the rule has lanes."""
        lanes = np.array([rule.lanes for rule, _ in self.permits], dtype=np.int64)[by]
        resources = self._resources[by]
        free = np.zeros(len(by), dtype=np.bool_)
        for some in np.unique(lanes).tolist():
            mine = lanes == some
            units = np.zeros(len(self.setup.resource_index), dtype=np.int64)
            units[resources[mine]] = some + 1
            full = full_times(self.counting.holds, units)
            free[mine] = full.clear(resources[mine], held_from[mine], held_until[mine])
        return free

    @cached_property
    def _resources(self) -> Rows:
        """The calendar's row of each permit's provider."""
        index = self.setup.resource_index
        refs = [provider_ref(self.providers[row].id) for _, row in self.permits]
        return np.array([index[ref] for ref in refs], dtype=np.int64)

    def some_left(self, by: Rows, starts: Minutes) -> Mask:
        """Whether the rule has not let in as many as it may on that day."""
        refs = [overbooking_ref(rule.id, self.providers[row].id) for rule, row in self.permits]
        return self.counting.left_that_day(refs, by, self.counting.days_of(starts))
