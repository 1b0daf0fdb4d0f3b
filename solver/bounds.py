"""How good each candidate could be: `models.score` for thousands of placements at once.

The bound is exact for one visit in the best free room, so the model rarely needs more than the best few.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.clinic import Provider
from models.score import FULL, HUNDREDTHS, patient_liking, preferred_windows
from solver.intervals import Intervals, Mask, Minutes, Rows
from solver.problem import SearchProblem

Points: TypeAlias = NDArray[np.int64]


class Found(NamedTuple):
    """Candidates as parallel arrays: provider row, start, wall-clock minute, on top of others or not, and
    the column of the start among the times for which rooms were looked at."""

    rows: Rows
    starts: Minutes
    local: Minutes
    overbooked: Mask
    columns: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the bounds of one location are computed from.

    `resources` are the calendar's rows of the providers; `taken` says when they are held, `working` when
    they work (by their position in `providers`).
    """

    problem: SearchProblem
    in_person: bool
    providers: list[Provider]
    resources: Rows
    taken: Intervals
    working: Intervals


def bounds_of(found: Found, ground: Ground, room_free: Mask, room_points: list[int]) -> Points:
    """The most hundredths of a point that each candidate could score.

    `room_free` is rooms x columns, best room first, worth `room_points` each.
    """
    bounds = _preference(found, ground) + _gap(found, ground)
    points: Points = bounds + _best_room(ground, room_free, room_points)[found.columns]
    return points + _not_on_top(found, ground)


def _preference(found: Found, ground: Ground) -> Points:
    request, weight = ground.problem.request, ground.problem.setup.clinic.weights.preference
    rows, duration = found.rows, request.duration_minutes
    liking = np.full(len(rows), 2 * FULL, dtype=np.int64)
    shown, at = np.unique(found.local, return_inverse=True)
    if request.preferred is not None:
        liked = [patient_liking(request.preferred, start) for start in shown.tolist()]
        liking += np.array(liked, dtype=np.int64)[at] - FULL
    choosy = [row for row, provider in enumerate(ground.providers) if preferred_windows(provider)]
    if choosy:
        table = np.full((len(ground.providers), len(shown)), FULL, dtype=np.int64)
        for row in choosy:
            table[row] = _likings(ground.providers[row], shown, shown + duration)
        liking += table[rows, at] - FULL
    points: Points = weight * HUNDREDTHS * liking // (2 * FULL)
    return points


def _gap(found: Found, ground: Ground) -> Points:
    setup, request = ground.problem.setup, ground.problem.request
    weight, rows = setup.clinic.weights.gap, found.rows
    stays = np.array([setup.shortest_stay[one.id] for one in ground.providers], dtype=np.int64)[rows]
    held_from = found.starts - request.service.buffer_before_minutes
    held_until = found.starts + request.duration_minutes + request.service.buffer_after_minutes
    last_end, next_start = ground.taken.neighbours(ground.resources[rows], held_from, held_until)
    opened, closed = ground.working.bounds_around(rows, held_from - 1)
    _, closes = ground.working.bounds_around(rows, held_until)
    idle_before = np.where(closed >= held_from, held_from - np.maximum(opened, last_end), 0)
    idle_after = np.minimum(closes, next_start) - held_until
    unusable = np.where(idle_before < stays, idle_before, 0) + np.where(idle_after < stays, idle_after, 0)
    points: Points = weight * HUNDREDTHS * (2 * stays - unusable) // (2 * stays)
    return points


def _best_room(ground: Ground, room_free: Mask, points: list[int]) -> Points:
    """Points of the best free room at each time."""
    if not ground.in_person:
        weight = ground.problem.setup.clinic.weights.room
        return np.full(room_free.shape[1], weight * HUNDREDTHS, dtype=np.int64)
    if not points:
        return np.zeros(room_free.shape[1], dtype=np.int64)
    best: Points = np.array(points, dtype=np.int64)[room_free.argmax(axis=0)]
    return best


def _not_on_top(found: Found, ground: Ground) -> Points:
    """Points for not overlapping another visit of the provider."""
    weight = ground.problem.setup.clinic.weights.overbook
    points: Points = np.where(found.overbooked, 0, weight * HUNDREDTHS)
    return points


def _likings(provider: Provider, starts: Minutes, ends: Minutes) -> Points:
    """`models.score.provider_liking` for many times of day at once."""
    windows = preferred_windows(provider)
    best = np.zeros(len(starts), dtype=np.int64)
    for window in windows:
        around = (starts >= window.start) & (ends <= window.end)
        np.maximum(best, np.where(around, window.weight, 0), out=best)
    likings: Points = best * FULL // max(window.weight for window in windows)
    return likings
