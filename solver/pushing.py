"""A plain search for a way to make space in one world, to confirm that there is none.

The wanted visit takes a place, pushes out who stands there, who take places of their own, and so on.
Whoever has been placed stays, so every way is tried once.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from models.hours import Window
from solver.board import Board, Part, Place
from solver.worlds import Need, World

MOST_STEPS = 3_000


class Unsure(Exception):
    """The search was given up: there are too many ways."""


class _Taken(NamedTuple):
    """Units that somebody who was placed takes."""

    place: Place
    units: int


def can_make_space(world: World, board: Board, most_steps: int = MOST_STEPS) -> bool:
    """Whether the wanted visit fits after at most as many changes as there are layers.

    Unsure after so many steps.
    """
    search = _Search(world, board, most_steps)
    return any(search.settle(arrivals, frozenset(), frozenset()) for arrivals in _ways_to_arrive(world))


def _ways_to_arrive(world: World) -> Iterator[tuple[_Taken, ...]]:
    """Every room with every way to take the equipment from the pools."""
    rooms: list[tuple[_Taken, ...]] = [(_Taken(room.place, 1),) for room in world.rooms]
    for chosen in product(rooms or [()], *(list(_ways_to_lend(need)) for need in world.needs)):
        yield tuple(taken for part in chosen for taken in part)


def _ways_to_lend(need: Need, first: int = 0, units: int | None = None) -> Iterator[tuple[_Taken, ...]]:
    left = need.units if units is None else units
    if not left:
        yield ()
    elif first < len(need.pools):
        pool, most = need.pools[first]
        for lent in range(min(left, most), -1, -1):
            here = (_Taken(pool, lent),) if lent else ()
            for rest in _ways_to_lend(need, first + 1, left - lent):
                yield (*here, *rest)


class _Search:
    """Depth first: whoever stands where a place is taken too often has to go, or else somebody else there."""

    def __init__(self, world: World, board: Board, most_steps: int) -> None:
        self.world, self.board, self.steps_left = world, board, most_steps

    def settle(self, taken: tuple[_Taken, ...], gone: frozenset[Part], stuck: frozenset[Part]) -> bool:
        """Whether the others can give way to what is taken: some have `gone` there, some must stay."""
        self.steps_left -= 1
        if self.steps_left < 0:
            raise Unsure
        crowded = self._crowded(taken, gone)
        if crowded is None:
            return True
        here = [part for part in self.board.parts_over(crowded) if part in self.world.moves]
        asked = [part for part in here if part not in gone and part not in stuck]
        if len({part.visit for part in gone}) >= self.world.layers:
            changing = {part.visit for part in gone}
            asked = [part for part in asked if part.visit in changing]
        for number, part in enumerate(asked):
            staying = stuck.union(asked[:number])
            for place in self.world.moves[part]:
                if self.settle((*taken, _Taken(place, part.units)), gone | {part}, staying):
                    return True
        return False

    def _crowded(self, taken: tuple[_Taken, ...], gone: frozenset[Part]) -> Place | None:
        """The first minute of a place that is taken more often than it has units, where somebody came."""
        for one in taken:
            place = one.place
            left = [part for part in self.board.parts_over(place) if part in gone]
            windows: list[Window] = self.board.fixed(place, left)
            for other in taken:
                if other.place.resource == place.resource:
                    windows += [other.place.window] * other.units
            low, high = place.window
            for minute in sorted({low, *(start for start, _ in windows if low < start < high)}):
                if sum(start <= minute < end for start, end in windows) > place.capacity:
                    return place._replace(window=(minute, minute + 1))
        return None
