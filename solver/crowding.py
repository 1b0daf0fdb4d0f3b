"""Starts at which so many visits take place that no change of rooms could make space.

At any one minute every visit there needs a room. One visit more fits in just if some visit could go to
a room that is free at that minute, whose room another could take, and so on back to the one wanted:
an augmenting path (Berge, Two theorems in graph theory, 1957). What it needs at other minutes is not
asked, so whoever is told crowded out is so, and of the others not all find a room.
"""

from models.wall_clock import Minute
from solver.board import Board, Place


def is_crowded_out(rooms: list[Place], board: Board) -> bool:
    """Whether at some minute no such path leads from the wanted visit, in any of the rooms, to a free one."""
    if not rooms:
        return True
    low, high = max(room.window[0] for room in rooms), min(room.window[1] for room in rooms)
    starts = {low, *(start for room in rooms for start, _ in board.held(room))}
    return any(
        not _reaches_a_free_room(rooms, minute, board) for minute in sorted(starts) if low <= minute < high
    )


def _reaches_a_free_room(rooms: list[Place], minute: Minute, board: Board) -> bool:
    seen: set[int] = set()
    queue = list(rooms)
    while queue:
        place = queue.pop()
        if place.resource in seen:
            continue
        seen.add(place.resource)
        here = place._replace(window=(minute, minute + 1))
        if len(board.held(here)) < place.capacity:
            return True
        for part in board.parts_over(here):
            others = board.possible(part)
            if any(not low <= minute < high for *_, (low, high), _ in others):
                return True  # it could be where it is over, or not begun, by then
            queue += others
    return False
