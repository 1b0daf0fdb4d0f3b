"""A wanted visit that lacks a room or equipment, and the booked visits that could make space for it.

The worlds of one search have nothing to do with each other: only one of them will be booked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from models.allocation import pools_in_order
from models.claims import hold_of, room_hold_of
from models.clinic import EquipmentPool, Location, Room
from models.refs import equipment_ref, room_ref
from models.wall_clock import Minute
from solver.board import Board, Part, Place

Moves: TypeAlias = dict[Part, tuple[Place, ...]]
"""Where each part could go."""


class PossibleRoom(NamedTuple):
    """A room for the wanted visit, and what it earns where nobody has to change."""

    room: Room
    place: Place
    points: int


class Need(NamedTuple):
    """So many units of the wanted visit's equipment, from these pools together, so many from each at most."""

    units: int
    pools: tuple[tuple[Place, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class World:
    """One start at one location.

    `moves` has, for each part that could move, where to. Of the visits so many `layers` are there: the
    first could stand in the way of the wanted visit, the next in the way of the first, and so on. Whoever
    changes is pushed by somebody who does, so whatever can be done with so many changes can be done here.
    """

    site: Location | None
    start: Minute
    rooms: tuple[PossibleRoom, ...]
    needs: tuple[Need, ...]
    moves: Moves
    layers: int

    @property
    def is_possible(self) -> bool:
        """Whether there is a room, where one is needed, and enough equipment if all who may change do."""
        return bool(self.rooms or self.site is None) and all(
            sum(most for _, most in need.pools) >= need.units for need in self.needs
        )


class WorldMaker:
    """Makes the worlds of one location; `rooms` are those that suit the service, with their points."""

    def __init__(self, board: Board, site: Location | None, rooms: list[tuple[Room, int]]) -> None:
        self.board, self.site, self.rooms = board, site, rooms
        self.request = board.problem.request
        self.needs = [
            (need.units, pools_in_order(board.setup, need, site)) for need in self.request.service.equipment
        ]

    def world(self, start: Minute, layers: int) -> World:
        """The world of a start with so many layers of visits that may change."""
        rooms = list(self._rooms(start))
        needs = [(units, list(self._pools(pools, start))) for units, pools in self.needs]
        arrivals = [*(one.place for one in rooms), *(place for _, places in needs for place in places)]
        moves = self._moves(self._visits(arrivals, layers))
        return World(
            site=self.site,
            start=start,
            rooms=tuple(one for one in rooms if self._could_take(one.place, moves, layers)),
            needs=tuple(Need(units, tuple(self._lending(units, places, moves))) for units, places in needs),
            moves=moves,
            layers=layers,
        )

    def _rooms(self, start: Minute) -> Iterator[PossibleRoom]:
        end = start + self.request.duration_minutes
        for room, points in self.rooms:
            if self.board.is_open(room_ref(room.id), start, end):
                window = room_hold_of(self.request.service, room, start, end)
                yield PossibleRoom(room, self.board.room_place(room, window), points)

    def _pools(self, pools: list[EquipmentPool], start: Minute) -> Iterator[Place]:
        end = start + self.request.duration_minutes
        window = hold_of(self.request.service, start, end)
        for pool in pools:
            if self.board.is_open(equipment_ref(pool.id), start, end):
                yield self.board.pool_place(pool, window)

    def _visits(self, arrivals: list[Place], layers: int) -> set[int]:
        layer = {part.visit for place in arrivals for part in self.board.parts_over(place)}
        found: set[int] = set()
        for _ in range(layers):
            if not layer:
                break
            found |= layer
            layer = {other for visit in layer for other in self.board.pushed_by(visit)} - found
        return found

    def _moves(self, visits: set[int]) -> Moves:
        """Where each part could go while nobody but `visits` changes; those that cannot are left out."""
        board = self.board
        moves = {part: board.alive(part) for visit in sorted(visits) for part in board.parts(visit)}
        while True:
            left = {
                part: tuple(place for place in places if self._has_space(place, part.units, moves))
                for part, places in moves.items()
            }
            left = {part: places for part, places in left.items() if places}
            if sum(map(len, left.values())) == sum(map(len, moves.values())):
                return left
            moves = left

    def _could_take(self, place: Place, moves: Moves, most_changes: int) -> bool:
        """Whether the wanted visit fits into a room if so many visits leave it."""
        over = self._loose(place, moves)
        if place.capacity == 1 and len(over) > most_changes:
            return False
        return self.board.has_space(place, 1, over)

    def _lending(self, units: int, places: list[Place], moves: Moves) -> Iterator[tuple[Place, int]]:
        """The pools that could lend any, and how many."""
        for place in places:
            most = min(units, self.board.free_units(place, self._loose(place, moves)))
            if most > 0:
                yield place, most

    def _has_space(self, place: Place, units: int, moves: Moves) -> bool:
        return self.board.has_space(place, units, self._loose(place, moves))

    def _loose(self, place: Place, moves: Moves) -> list[Part]:
        return [part for part in self.board.parts_over(place) if part in moves]
