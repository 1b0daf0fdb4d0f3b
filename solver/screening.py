"""Starts that no change of rooms could open, found out before any model is made.

A plain search that only looks at rooms for one visit at a time, and only at appointments near the
wanted visit: what it tells impossible is so, the rest is for the model. Where a choice has nothing to
do with a failure, it is not tried in other ways (conflict-directed backjumping: Prosser, Hybrid
algorithms for the constraint satisfaction problem, 1993); without that, one visit that cannot go
anywhere is found out about a thousand times.
"""

from typing import NamedTuple

from models.hours import Window
from solver.board import Board, Part, Place

MOST_STEPS = 1_000
NEAR_MINUTES = 30


def is_impossible(
    rooms: list[Place], board: Board, near_minutes: int = NEAR_MINUTES, most_steps: int = MOST_STEPS
) -> bool:
    """Whether the wanted visit fits into none of the rooms, whoever changes; False where steps ran out.

    Who stands further away from it than `near_minutes` is taken to find another room.
    """
    if any(room.capacity > 1 for room in rooms):
        return False
    low = min((room.window[0] for room in rooms), default=0) - near_minutes
    high = max((room.window[1] for room in rooms), default=0) + near_minutes
    search = _Search(board, (low, high), most_steps)
    try:
        return all(search.fails_in(room) for room in rooms)
    except _TooMany:
        return False


class _TooMany(Exception):
    """The steps are used up."""


class _Homeless(NamedTuple):
    """Somebody who has to go: to whom (a number), where to, and who has taken the other places."""

    pushed_by: int
    places: tuple[Place, ...]
    reasons: frozenset[int]


class _Search:
    """Who has taken which room so far, in order; the wanted visit is the first, number 0."""

    def __init__(self, board: Board, near: Window, steps_left: int) -> None:
        self.board, self.near, self.steps_left = board, near, steps_left
        self.taken: list[Place] = []

    def fails_in(self, room: Place) -> bool:
        """Whether nobody can clear a room so that all who have to go find another."""
        if not self.board.is_alive(room):
            return True
        self.taken = [room]
        homeless = {part: self._homeless(part, 0) for part in self.board.parts_over(room)}
        return self._failure(homeless, frozenset()) is not None

    def _failure(self, homeless: dict[Part, _Homeless], moved: frozenset[Part]) -> set[int] | None:
        """None if all who have lost their place find one; else the numbers of those who forbid it."""
        if not homeless:
            return None
        self.steps_left -= 1
        if self.steps_left < 0:
            raise _TooMany
        part = min(homeless, key=lambda one: len(homeless[one].places))
        pushed_by, places, taken_by = homeless[part]
        reasons = {pushed_by, *taken_by}
        number = len(self.taken)
        moved |= {part}
        for place in places:
            self.taken.append(place)
            failure = self._failure(self._after(part, place, homeless, moved), moved)
            self.taken.pop()
            if failure is None or number not in failure:
                return failure
            if len(failure) == 1:  # nobody else's choice had to do with it
                self.board.note_dead_end(part, place)
            reasons |= failure
            reasons.discard(number)
        return reasons

    def _after(
        self, part: Part, place: Place, homeless: dict[Part, _Homeless], moved: frozenset[Part]
    ) -> dict[Part, _Homeless]:
        """Who is without a place once a part, the last to be taken care of, has one."""
        number = len(self.taken) - 1
        after = {
            other: _without(known, place, number) for other, known in homeless.items() if other is not part
        }
        for other in self.board.parts_over(place) if place.capacity == 1 else ():
            if other not in after and other not in moved and _overlap(other.now.window, self.near):
                after[other] = self._homeless(other, number)
        return after

    def _homeless(self, part: Part, pushed_by: int) -> _Homeless:
        known = _Homeless(pushed_by, self.board.alive(part), frozenset())
        resources = {place.resource for place in known.places}
        for number, place in enumerate(self.taken):
            if place.resource in resources:
                known = _without(known, place, number)
        return known


def _without(known: _Homeless, taken: Place, number: int) -> _Homeless:
    """The places that are left when one more is taken."""
    resource, capacity, (low, high), _ = taken
    if capacity > 1:
        return known
    for place in known.places:
        if place.resource == resource and place.window[0] < high and low < place.window[1]:
            left = tuple(
                one
                for one in known.places
                if one.resource != resource or one.window[0] >= high or low >= one.window[1]
            )
            return _Homeless(known.pushed_by, left, known.reasons | {number})
    return known


def _overlap(one: Window, other: Window) -> bool:
    return one[0] < other[1] and other[0] < one[1]
