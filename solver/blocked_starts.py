"""The starts of one location that lack a room or equipment, and what becomes of those that are opened."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from models.appointment import Appointment, EquipmentUse
from models.claims import room_hold_of
from models.refs import room_ref
from models.slot import Rearrangement
from models.wall_clock import Minute
from solver.board import Board, Part, Place
from solver.intervals import Mask, Rows
from solver.making_space import Solution
from solver.problem import SearchProblem
from solver.site_candidates import SiteCandidates
from solver.worlds import World, WorldMaker


@dataclass(order=True, slots=True)
class Column:
    """One location and start that lacks space, before those that could at best score less or start later."""

    worst: int  # the best score that it could have, negated
    start: Minute
    site: int
    layers: int = field(compare=False)  # none before it is known how many there have to be
    candidates: Rows = field(compare=False)


class BlockedSite:
    """The blocked candidates of one location."""

    def __init__(self, problem: SearchProblem, site: SiteCandidates) -> None:
        self.problem, self.site = problem, site
        without_room = problem.basis.points_of_cost(0)
        self.best_points = max(site.room_points, default=0) if site.site is not None else without_room
        self.bases = site.bounds - self.best_points
        self.maker: WorldMaker | None = None

    def columns(self, number: int) -> Iterable[Column]:
        """One for each start; `number` tells the location from others."""
        site = self.site
        if not len(site.starts) or (site.site is not None and not site.rooms):
            return
        order = np.argsort(site.starts, kind="stable")
        starts, first = np.unique(site.starts[order], return_index=True)
        for start, candidates in zip(starts.tolist(), np.split(order, first[1:]), strict=True):
            column = Column(0, start, number, 0, candidates)
            column.worst = -self.best_with(column, changes=1)
            yield column

    def best_with(self, column: Column, *, changes: int) -> int:
        """The most that any candidate there could score if so many appointments change, or more."""
        return int(self.bases[column.candidates].max()) + self.best_points // (1 + changes)

    def points(self, column: Column, solution: Solution) -> list[int]:
        """What the candidates there score."""
        return [base + self._room_points(solution) for base in self.bases[column.candidates].tolist()]

    def _room_points(self, solution: Solution) -> int:
        points = self.best_points if solution.room is None else solution.room.points
        return points // (1 + solution.changes)

    def world(self, column: Column, board: Board) -> World:
        """Its start with as many layers of appointments as the column says."""
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

    def opened(self, solutions: Mapping[Minute, tuple[Column, Solution]], board: Board) -> SiteCandidates:
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
