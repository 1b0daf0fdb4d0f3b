"""Starts that lack a room or equipment, opened by booked appointments that change theirs.

Which of them could still be on the list decides which are looked at: those with the highest bounds
first, all of them in one model, with as many layers of appointments around them as have to change.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heapify, heappop, heappush
from time import monotonic

import numpy as np

from models.rearranging import MOST_CHANGES, NEAR_MINUTES
from models.wall_clock import Minute
from solver.blocked_starts import BlockedSite, Column
from solver.board import Board
from solver.crowding import is_crowded_out
from solver.making_space import Solution, make_space
from solver.problem import SearchProblem
from solver.pushing import Unsure, can_make_space
from solver.screening import fewest_changes
from solver.search import SearchSettings
from solver.site_candidates import SiteCandidates
from solver.worlds import World

MARGIN = 8
"""Candidates beyond those wanted that are looked at at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rearranged:
    """The candidates that changes open, with their exact scores as bounds.

    `best_unknown` is the most hundredths of a point that any other one could score, of those of which
    it is not known whether they can be opened; None where none of them could be on the list.
    """

    sites: list[SiteCandidates]
    best_unknown: int | None


def rearranged(
    problem: SearchProblem,
    free: list[SiteCandidates],
    blocked: list[SiteCandidates],
    settings: SearchSettings,
) -> Rearranged:
    """Those of the blocked candidates that changes open, and that could be among the best with the free."""
    search = _Search(problem, free, blocked, settings)
    search.look_at_all_that_matter()
    return Rearranged(sites=search.opened(), best_unknown=search.best_unknown)


def clock_of_changes(problem: SearchProblem) -> Minute | None:
    """What the clock has to do with who may change: as time passes, one after the other begins.

    None where nobody may change, or nobody who may can have begun.
    """
    if not problem.request.rearrange_rooms:
        return None
    nobody_before = problem.request.earliest - NEAR_MINUTES
    return max(nobody_before, problem.snapshot.first_minute_from_now)


class _Search:
    """The columns still to be looked at, in order of what they could be, and what has been found."""

    def __init__(
        self,
        problem: SearchProblem,
        free: list[SiteCandidates],
        blocked: list[SiteCandidates],
        settings: SearchSettings,
    ) -> None:
        self.problem, self.blocked, self.settings = problem, blocked, settings
        self.deadline = monotonic() + settings.time_limit_seconds
        self.best = _Best(problem.request.limit, free)
        self.sites = [BlockedSite(problem, site) for site in blocked]
        self.queue = [column for number, site in enumerate(self.sites) for column in site.columns(number)]
        heapify(self.queue)
        self.unknown: list[Column] = []
        self.solutions: list[dict[Minute, tuple[Column, Solution]]] = [{} for _ in blocked]

    @cached_property
    def board(self) -> Board:
        return Board(self.problem)

    def look_at_all_that_matter(self) -> None:
        """Until nothing is left that could be on the list, or the time is up."""
        while batch := self._batch():
            if not self._look_at(batch):
                self.unknown += batch
                return

    @property
    def best_unknown(self) -> int | None:
        left = (column for column in (*self.unknown, *self.queue) if self.best.could_take(column))
        return max((-column.worst for column in left), default=None)

    def _batch(self) -> list[Column]:
        """The columns with the highest bounds that could be on the list: enough to fill it."""
        batch: list[Column] = []
        wanted = self.problem.request.limit + MARGIN
        while self.queue and wanted > 0 and self.best.could_take(self.queue[0]) and not self._is_late:
            column = heappop(self.queue)
            if column.layers:
                batch.append(column)
                wanted -= len(column.candidates)
            else:
                self._screen(column)
        return batch

    @property
    def _is_late(self) -> bool:
        return monotonic() >= self.deadline

    def _screen(self, column: Column) -> None:
        """Back into the queue with what it could score at best, unless too many would have to change."""
        site = self.sites[column.site]
        rooms, changes = site.rooms_at(column.start, self.board), 0
        if rooms is not None:
            fewest = None
            if not is_crowded_out(rooms, self.board):
                fewest = fewest_changes(rooms, self.board, MOST_CHANGES)
            if fewest is None:
                return
            changes = fewest
        self._look_further(column, max(1, changes))

    def _look_further(self, column: Column, changes: int) -> None:
        bound = self.sites[column.site].best_with(column, changes=changes)
        heappush(self.queue, replace(column, worst=-bound, layers=changes))

    def _look_at(self, batch: list[Column]) -> bool:
        left = self.deadline - monotonic()
        if left <= 0:
            return False
        worlds = [self.sites[one.site].world(one, self.board) for one in batch]
        asked = [number for number, world in enumerate(worlds) if world.is_possible]
        limits = replace(self.settings, time_limit_seconds=left)
        found = make_space([worlds[number] for number in asked], self.board, limits) if asked else ()
        if found is None:
            return False
        solutions = dict(zip(asked, found, strict=True))
        for number, (column, world) in enumerate(zip(batch, worlds, strict=True)):
            self._note(column, world, solutions.get(number), by_solver=number in solutions)
        return True

    def _note(self, column: Column, world: World, solution: Solution | None, *, by_solver: bool) -> None:
        if solution is not None:
            self.solutions[column.site][column.start] = (column, solution)
            points = self.sites[column.site].points(column, solution)
            self.best.add((score, column.start) for score in points)
        elif world.layers < MOST_CHANGES:
            self._look_further(column, world.layers + 1)
        elif by_solver and not _is_confirmed(world, self.board):
            self.unknown.append(column)

    def opened(self) -> list[SiteCandidates]:
        """What has been found, location by location."""
        found = zip(self.sites, self.solutions, strict=True)
        return [site.opened(solutions, self.board) for site, solutions in found if solutions]


def _is_confirmed(world: World, board: Board) -> bool:
    """Whether a plain search finds no way either: the solver's word is not taken for it."""
    try:
        return not can_make_space(world, board)
    except Unsure:
        return False


class _Best:
    """The best scores so far, as many as are wanted: `(score, -start)`, the worst first."""

    def __init__(self, limit: int, free: list[SiteCandidates]) -> None:
        self.limit = limit
        self.scores: list[tuple[int, Minute]] = []
        for site in free:
            order = np.lexsort((site.starts, -site.bounds))[:limit]
            self.add(zip(site.bounds[order].tolist(), site.starts[order].tolist(), strict=True))

    def add(self, found: Iterable[tuple[int, Minute]]) -> None:
        for score, start in found:
            heappush(self.scores, (score, -start))
            if len(self.scores) > self.limit:
                heappop(self.scores)

    def could_take(self, column: Column) -> bool:
        return len(self.scores) < self.limit or (-column.worst, -column.start) >= self.scores[0]
