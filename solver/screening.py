"""How many appointments would have to change at least for a start, found out before any model is made.

A plain search that only looks at rooms for one visit at a time: the truth may be more, never fewer. So
what takes too many changes is dropped, and of the rest it is known how far the model has to look.
"""

from typing import NamedTuple

from solver.board import Board, Part, Place

MOST_STEPS = 2_000


def fewest_changes(
    rooms: list[Place], board: Board, most_changes: int, most_steps: int = MOST_STEPS
) -> int | None:
    """The fewest changes with which the wanted visit could fit into one of the rooms; None if above the most.

    Where there are too many ways to try them all, the most that is known not to be too many.
    """
    if any(room.capacity > 1 for room in rooms):
        return 0
    search = _Search(board, most_steps)
    for changes in range(most_changes + 1):
        try:
            if any(search.fits_into(room, changes) for room in rooms):
                return changes
        except _TooMany:
            return changes
    return None


class _TooMany(Exception):
    """The steps are used up."""


class _Homeless(NamedTuple):
    """Somebody who has to go, and where to."""

    part: Part
    places: tuple[Place, ...]


class _Search:
    """Depth first: whoever has fewest places to go to goes first."""

    def __init__(self, board: Board, steps_left: int) -> None:
        self.board, self.steps_left = board, steps_left
        self.taken: list[Place] = []

    def fits_into(self, room: Place, changes: int) -> bool:
        """Whether so many changes could clear a room, each finding another one."""
        over = self.board.parts_over(room)
        if len(over) > changes or not self.board.is_alive(room):
            return False
        self.taken = [room]
        return self._settles([self._homeless(part) for part in over], frozenset(), changes)

    def _settles(self, homeless: list[_Homeless], moved: frozenset[Part], changes: int) -> bool:
        """Whether all who have lost their place find another, with so many changes from here."""
        if not homeless:
            return True
        self.steps_left -= 1
        if self.steps_left < 0:
            raise _TooMany
        first = min(homeless, key=lambda one: len(one.places))
        others = [one for one in homeless if one is not first]
        gone = moved | {first.part}
        for place in first.places:
            pushed = self._pushed(place, others, gone)
            if len(others) + len(pushed) >= changes:
                continue
            self.taken.append(place)
            after = [_without(one, place) for one in others] + [self._homeless(part) for part in pushed]
            settled = all(one.places for one in after) and self._settles(after, gone, changes - 1)
            self.taken.pop()
            if settled:
                return True
        return False

    def _pushed(self, place: Place, others: list[_Homeless], gone: frozenset[Part]) -> list[Part]:
        if place.capacity > 1:
            return []
        known = {one.part for one in others}
        return [part for part in self.board.parts_over(place) if part not in gone and part not in known]

    def _homeless(self, part: Part) -> _Homeless:
        known = _Homeless(part, self.board.alive(part))
        for place in self.taken:
            known = _without(known, place)
        return known


def _without(known: _Homeless, taken: Place) -> _Homeless:
    """The places that are left when one more is taken."""
    resource, capacity, (low, high), _ = taken
    if capacity > 1 or all(place.resource != resource for place in known.places):
        return known
    left = tuple(
        place
        for place in known.places
        if place.resource != resource or place.window[0] >= high or low >= place.window[1]
    )
    return _Homeless(known.part, left)
