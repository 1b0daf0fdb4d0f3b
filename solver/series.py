"""From a question about a series to the best complete one: bound every pattern, solve, check.

The patterns that could be worth most enter the model, each with the slots of each week that could be
worth most with it; if the series found is worth as much as anything left out could be, it is the best.
"""

from dataclasses import replace
from functools import cached_property
from time import monotonic

import numpy as np

from models.deviations import deviations_of
from models.series import (
    ClosedWeek,
    Series,
    SeriesAnswer,
    SeriesRequest,
    moment_of,
    monday_of,
    pattern_of,
    week_begins,
    week_of,
)
from models.setup import ClinicSetup
from models.slot import SlotRequest
from models.snapshot import ClinicSnapshot
from solver.flat_candidates import FlatCandidates
from solver.offers import RuleBroken
from solver.problem import SearchProblem
from solver.search import SearchSettings
from solver.series_bounds import Values, Weeks
from solver.series_meetings import Meetings
from solver.series_menu import ChosenSeries, PatternOption, best_series
from solver.series_without_solver import best_by_weeks

MARGIN = 4
"""Patterns, and slots for each of their visits, that enter the model at first."""


def offer_series(
    snapshot: ClinicSnapshot, request: SeriesRequest, settings: SearchSettings | None = None
) -> SeriesAnswer:
    """The best complete series for a request, with the proof that there is no better one."""
    search = _SeriesSearch(snapshot, request, settings or SearchSettings())
    size = MARGIN
    while search.beginnings:
        answer = search.best_of(size)
        if answer.proven or search.is_over:
            return answer
        size *= 4
    return SeriesAnswer(series=None, proven=True, bound=0, closed=search.closed)


def whole_range(request: SeriesRequest, setup: ClinicSetup) -> SlotRequest:
    """A visit of the series in any of its weeks."""
    beyond = _first_weeks(request, setup)[-1] + request.every_weeks * (request.count - 1) + 1
    latest = max(request.request.latest, week_begins(beyond, setup.zone))
    return replace(request.request, latest=latest)


def _first_weeks(request: SeriesRequest, setup: ClinicSetup) -> range:
    asked = request.request
    return range(week_of(asked.earliest, setup.zone), week_of(asked.latest - 1, setup.zone) + 1)


class _SeriesSearch:
    """One question, its weeks, and what each pattern could be worth in them."""

    def __init__(self, snapshot: ClinicSnapshot, request: SeriesRequest, settings: SearchSettings) -> None:
        self.snapshot, self.request, self.settings = snapshot, request, settings
        self.until = monotonic() + settings.time_limit_seconds
        self.table = FlatCandidates.of(
            SearchProblem(snapshot=snapshot, request=whole_range(request, snapshot.setup))
        )
        self.weeks = Weeks(self.table, request)
        self.meetings = Meetings(self.table, request)
        self._is_whole = False

    @cached_property
    def _first_weeks(self) -> range:
        return _first_weeks(self.request, self.snapshot.setup)

    @property
    def is_over(self) -> bool:
        """Whether more patterns or slots would change nothing: there are none, or none in time."""
        return self._is_whole or monotonic() > self.until

    # -- weeks -------------------------------------------------------------------------------------

    def _candidates(self, beginning: int, visit: int) -> Values:
        """The candidates of a visit in a series that begins in that week."""
        if not visit:
            return self.weeks.first_visits(beginning)
        return self.weeks.in_week(beginning + visit * self.request.every_weeks)

    def _closed(self, beginning: int) -> list[int]:
        return [visit for visit in range(self.request.count) if not len(self._candidates(beginning, visit))]

    @cached_property
    def beginnings(self) -> list[int]:
        """The weeks in which a series could begin that finds a slot in every week."""
        return [week for week in self._first_weeks if not self._closed(week)]

    @property
    def closed(self) -> tuple[ClosedWeek, ...]:
        """The weeks without a slot, for the series that lacks fewest, and begins earliest among those."""
        week = min(self._first_weeks, key=lambda week: len(self._closed(week)))
        every = self.request.every_weeks
        return tuple(
            ClosedWeek(index=visit, monday=monday_of(week + visit * every)) for visit in self._closed(week)
        )

    # -- patterns ----------------------------------------------------------------------------------

    @cached_property
    def _worth(self) -> Values:
        """Beginnings x patterns: what the best series could be worth."""
        later = {
            week: self.weeks.best_by_pattern(self.weeks.in_week(week), first=False)
            for week in {
                beginning + visit * self.request.every_weeks
                for beginning in self.beginnings
                for visit in range(1, self.request.count)
            }
        }
        rows = []
        for beginning in self.beginnings:
            worth = self.weeks.best_by_pattern(self._candidates(beginning, 0), first=True)
            for visit in range(1, self.request.count):
                worth = worth + later[beginning + visit * self.request.every_weeks]
            rows.append(worth.reshape(-1))
        return np.stack(rows)

    @cached_property
    def _best(self) -> int:
        return int(self._worth.max())

    def best_of(self, size: int) -> SeriesAnswer:
        """The best series of the `size` most promising patterns and slots."""
        worth = self._worth.reshape(-1)
        chosen = np.argsort(-worth, kind="stable")[: size + 1]
        outside = [self._best - int(worth[one]) for one in chosen[size:]]
        options, beginnings = [], []
        for one in chosen[:size].tolist():
            beginning, cell = self.beginnings[one // self._worth.shape[1]], one % self._worth.shape[1]
            option, left_out = self._option(beginning, cell, self._best - int(worth[one]), size)
            options.append(option)
            beginnings.append(beginning)
            outside += left_out
        self._is_whole = not outside
        met = self.meetings.among(options, self.weeks.scale)
        found = best_series(options, met, self.settings)
        if found is None:  # never believed: the same without the solver
            plain = best_by_weeks(options, met)
            return self._answer(plain, outside, believed=plain is None and self._is_whole)
        return self._answer(found, outside, believed=True)

    def _option(self, beginning: int, cell: int, loss: int, size: int) -> tuple[PatternOption, list[int]]:
        """A pattern with the best slots for each visit, and what the best of those left out would lose."""
        losses, outside = [], []
        for visit in range(self.request.count):
            candidates = self._candidates(beginning, visit)
            worth = self.weeks.worth(candidates, first=not visit)
            worth = worth - self.weeks.prices(cell, candidates) * self.weeks.scale
            order = np.argsort(-worth, kind="stable")[: size + 1]
            lost = (worth[order[0]] - worth[order]).tolist()
            losses.append(dict(zip(candidates[order[:size]].tolist(), lost[:size], strict=True)))
            outside += [loss + one for one in lost[size:]]
        return PatternOption(loss=loss, losses=tuple(losses)), outside

    # -- answer ------------------------------------------------------------------------------------

    def _answer(self, found: ChosenSeries | None, outside: list[int], *, believed: bool) -> SeriesAnswer:
        least = min(outside, default=None)
        if found is None:
            bound = 0 if least is None else self._points(least)
            return SeriesAnswer(series=None, proven=believed and least is None, bound=bound)
        series = self._series(found.candidates)
        if series.total < self._points(found.loss):
            raise RuleBroken(f"worth {series.total} by the rules, {self._points(found.loss)} by the model")
        proven = believed and found.bound >= found.loss and (least is None or found.loss <= least)
        bound = self._points(found.bound if least is None else min(found.bound, least))
        return SeriesAnswer(series=series, proven=proven, bound=max(series.total, bound))

    def _points(self, loss: int) -> int:
        """The hundredths of a point that a series is worth which loses so much against the best."""
        return -(-(self._best - loss) // self.weeks.scale)

    def _series(self, candidates: tuple[int, ...]) -> Series:
        slots = self.meetings.slots(candidates)
        setup, request = self.snapshot.setup, self.request.request
        moments = [moment_of(slot, setup) for slot in slots]
        pattern = pattern_of(moments, request.service.slot_step_minutes)
        deviations = deviations_of(slots, moments, pattern, self.snapshot, request)
        return Series(slots=slots, pattern=pattern, deviations=deviations)
