"""Starts that lack a room or equipment, opened by booked appointments that change theirs.

Which of them could still be on the list decides which are looked at: those with the highest bounds
first, all of them in one model, with as many layers of appointments around them as have to change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from heapq import heapify, heappop, heappush
from time import monotonic

import numpy as np

from models.appointment import Appointment, EquipmentUse
from models.claims import room_hold_of
from models.rearranging import MOST_CHANGES, NEAR_MINUTES
from models.refs import room_ref
from models.slot import Rearrangement
from models.wall_clock import Minute
from solver.board import Board, Part, Place
from solver.crowding import is_crowded_out
from solver.intervals import Mask, Rows
from solver.making_space import Solution, make_space
from solver.problem import SearchProblem
from solver.pushing import Unsure, can_make_space
from solver.screening import fewest_changes
from solver.search import SearchSettings
from solver.site_candidates import SiteCandidates
from solver.worlds import World, WorldMaker

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


@dataclass(order=True, slots=True)
class _Column:
    """One location and start that lacks space, before those that could at best score less or start later."""

    worst: int  # the best score that it could have, negated
    start: Minute
    site: int
    layers: int = field(compare=False)  # none before it is known how many there have to be
    candidates: Rows = field(compare=False)


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
        self.sites = [_Site(problem, site) for site in blocked]
        self.queue = [column for number, site in enumerate(self.sites) for column in site.columns(number)]
        heapify(self.queue)
        self.unknown: list[_Column] = []
        self.solutions: list[dict[Minute, tuple[_Column, Solution]]] = [{} for _ in blocked]

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

    def _batch(self) -> list[_Column]:
        """The columns with the highest bounds that could be on the list: enough to fill it."""
        batch: list[_Column] = []
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

    def _screen(self, column: _Column) -> None:
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

    def _look_further(self, column: _Column, changes: int) -> None:
        bound = self.sites[column.site].best_with(column, changes=changes)
        heappush(self.queue, replace(column, worst=-bound, layers=changes))

    def _look_at(self, batch: list[_Column]) -> bool:
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

    def _note(self, column: _Column, world: World, solution: Solution | None, *, by_solver: bool) -> None:
        if solution is not None:
            self.solutions[column.site][column.start] = (column, solution)
            points = self.sites[column.site].points(column, solution)
            self.best.add((score, column.start) for score in points)
        elif world.layers < MOST_CHANGES and not world.whole:
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

    def could_take(self, column: _Column) -> bool:
        return len(self.scores) < self.limit or (-column.worst, -column.start) >= self.scores[0]


class _Site:
    """The blocked candidates of one location."""

    def __init__(self, problem: SearchProblem, site: SiteCandidates) -> None:
        self.problem, self.site = problem, site
        without_room = problem.basis.points_of_cost(0)
        self.best_points = max(site.room_points, default=0) if site.site is not None else without_room
        self.bases = site.bounds - self.best_points
        self.room_points = {
            room.id: points for room, points in zip(site.rooms, site.room_points, strict=True)
        }
        self.maker: WorldMaker | None = None

    def columns(self, number: int) -> Iterable[_Column]:
        site = self.site
        if not len(site.starts) or (site.site is not None and not site.rooms):
            return
        order = np.argsort(site.starts, kind="stable")
        starts, first = np.unique(site.starts[order], return_index=True)
        for start, candidates in zip(starts.tolist(), np.split(order, first[1:]), strict=True):
            column = _Column(0, start, number, 0, candidates)
            column.worst = -self.best_with(column, changes=1)
            yield column

    def best_with(self, column: _Column, *, changes: int) -> int:
        """The most that any candidate there could score if so many appointments change, or more."""
        return int(self.bases[column.candidates].max()) + self.best_points // (1 + changes)

    def points(self, column: _Column, solution: Solution) -> list[int]:
        """What the candidates there score."""
        return [base + self._room_points(solution) for base in self.bases[column.candidates].tolist()]

    def _room_points(self, solution: Solution) -> int:
        points = self.best_points if solution.room is None else solution.room.points
        return points // (1 + solution.changes)

    def world(self, column: _Column, board: Board) -> World:
        return self._maker(board).world(column.start, column.layers)

    def _maker(self, board: Board) -> WorldMaker:
        if self.maker is None:
            rooms = list(zip(self.site.rooms, self.site.room_points, strict=True))
            self.maker = WorldMaker(board, self.site.site, rooms)
        return self.maker

    def rooms_at(self, start: Minute, board: Board) -> list[Place] | None:
        """The rooms that would be free then if all who may change were gone; None where none is needed."""
        if self.site.site is None:
            return None
        end = start + self.problem.request.duration_minutes
        service = self.problem.request.service
        rooms = [
            board.room_place(room, room_hold_of(service, room, start, end))
            for room in self.site.rooms
            if board.is_open(room_ref(room.id), start, end)
        ]
        return [room for room in rooms if board.has_space(room, 1, list(board.parts_over(room)))]

    def opened(self, solutions: Mapping[Minute, tuple[_Column, Solution]], board: Board) -> SiteCandidates:
        """The candidates that the solutions open, each column with its one room."""
        site, found = self.site, list(solutions.values())
        positions = np.concatenate([column.candidates for column, _ in found])
        columns = np.repeat(np.arange(len(found)), [len(column.candidates) for column, _ in found])
        points = [self._room_points(solution) for _, solution in found]
        in_person = site.site is not None
        rooms = [solution.room.room for _, solution in found if solution.room is not None]
        one_each: Mask = np.eye(len(found), dtype=np.bool_)
        earned = np.array(points, dtype=np.int64)[columns]
        nothing = np.zeros_like(earned)
        # The room that becomes free pleases nobody, as in `models.score.score_of`.
        terms = site.terms.at(positions)._replace(liking=nothing, room=nothing if in_person else earned)
        return replace(
            site.at(positions),
            bounds=self.bases[positions] + earned,
            terms=terms,
            rooms=rooms,
            room_points=points if in_person else [],
            room_free=one_each if in_person else np.zeros((0, len(found)), dtype=np.bool_),
            columns=columns,
            rearranges=tuple(changes_of(solution, board) for _, solution in found),
        )


def changes_of(solution: Solution, board: Board) -> tuple[Rearrangement, ...]:
    """What the appointments have to change, by start."""
    moves: dict[int, list[tuple[Part, Place]]] = {}
    for part, place in solution.moves:
        moves.setdefault(part.visit, []).append((part, place))
    return tuple(_change(board.appointments[visit], moves[visit]) for visit in sorted(moves))


def _change(appointment: Appointment, moves: list[tuple[Part, Place]]) -> Rearrangement:
    room_id = next((place.id for part, place in moves if part.use is None), appointment.room_id)
    moved = {part.use.id: place.id for part, place in moves if part.use is not None}
    units: dict[str, int] = {}
    for use in appointment.equipment:
        pool_id = moved.get(use.id, use.id)
        units[pool_id] = units.get(pool_id, 0) + use.units
    return Rearrangement(
        appointment_id=appointment.id,
        from_room_id=appointment.room_id,
        to_room_id=room_id,
        from_equipment=appointment.equipment,
        to_equipment=tuple(EquipmentUse(id=pool_id, units=units[pool_id]) for pool_id in sorted(units)),
    )
