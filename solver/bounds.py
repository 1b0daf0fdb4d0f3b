"""How good each candidate could be: `models.score` for thousands of placements at once.

The bound is exact for one visit in the best free room, so the model rarely needs more than the best few.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.clinic import Provider, Room
from models.liking import FULL
from models.score import HUNDREDTHS, PARTIES
from models.wall_clock import MINUTES_PER_DAY
from solver.intervals import Intervals, Mask, Minutes, Rows
from solver.problem import SearchProblem
from solver.rests import Rests
from solver.score_tables import LikingTable, liking_table, rest_table

Points: TypeAlias = NDArray[np.int64]


class Found(NamedTuple):
    """Candidates as parallel arrays: provider row, start, wall-clock minute, on top of others or not, and
    the column of the start among the times for which rooms were looked at."""

    rows: Rows
    starts: Minutes
    local: Minutes
    overbooked: Mask
    columns: Rows

    def where(self, kept: Mask) -> "Found":
        """Only some of them."""
        rows, starts, local, overbooked, columns = self
        return Found(rows[kept], starts[kept], local[kept], overbooked[kept], columns[kept])


class Terms(NamedTuple):
    """Hundredths of a point of each candidate, by what earns them before a room is chosen.

    `liking` is not among them: it is what a room to the provider's liking adds to `preference`. `room` is for
    visits without one.
    """

    preference: Points
    liking: Points
    gap: Points
    room: Points
    overbook: Points
    fairness: Points

    def at(self, positions: Rows) -> "Terms":
        """Only those of the candidates at some positions."""
        return Terms(*(points[positions] for points in self))


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


def terms_of(found: Found, ground: Ground) -> Terms:
    """What each candidate earns before its room is chosen."""
    preference, liking = _preference(found, ground)
    no_room = 0 if ground.in_person else ground.problem.basis.points_of_cost(0)
    return Terms(
        preference=preference,
        liking=liking,
        gap=_gap(found, ground),
        room=np.full(len(found.rows), no_room, dtype=np.int64),
        overbook=_not_on_top(found, ground),
        fairness=_fairness(found, ground),
    )


def bounds_of(
    found: Found, terms: Terms, ground: Ground, rooms: list[Room], room_free: Mask, fits: list[int]
) -> Points:
    """The most hundredths of a point that each candidate could score.

    `room_free` is rooms x columns, the best-fitting room first, worth `fits` each.
    """
    bounds: Points = terms.preference + terms.gap + terms.room + terms.overbook + terms.fairness
    return bounds + _best_room(found, terms, ground, rooms, room_free, fits)


def _preference(found: Found, ground: Ground) -> tuple[Points, Points]:
    """Per candidate, the points without a room that the provider likes, and what one adds."""
    request, basis = ground.problem.request, ground.problem.basis
    table, resources = liking_table(ground.problem.setup), ground.resources
    shown, at = _distinct_minutes(found.local)
    patients = np.full(len(shown), FULL, dtype=np.int64)
    if request.preferred is not None:
        low, high = request.preferred.window
        patients[(shown < low) | (shown >= high)] = 0
    known = [basis.continuity_of(provider.id) for provider in ground.providers]
    others = patients + np.array(known, dtype=np.int64)[:, np.newaxis]
    times = _time_likings(table, resources, shown, shown + request.duration_minutes)
    likes_rooms = table.likes_rooms[resources] & ground.in_person
    weight = ground.problem.setup.clinic.weights.preference * HUNDREDTHS

    def points(of_room: int) -> Points:
        liking = _softened(table, resources, times, likes_rooms, of_room)
        of_times: Points = weight * (others + liking) // (PARTIES * FULL)
        return of_times

    without = points(0)
    preference: Points = without[found.rows, at]
    if not likes_rooms.any():
        return preference, np.zeros_like(preference)
    return preference, (points(FULL) - without)[found.rows, at]


def _distinct_minutes(local: Minutes) -> tuple[Minutes, Rows]:
    """The minutes of the day that are among these, and where each of these stands in them."""
    present = np.zeros(MINUTES_PER_DAY, dtype=np.bool_)
    present[local] = True
    shown: Minutes = np.flatnonzero(present)
    places: Rows = np.cumsum(present) - 1
    return shown, places[local]


def _time_likings(table: LikingTable, resources: Rows, starts: Minutes, ends: Minutes) -> Points:
    """`models.liking.time_liking` of each provider at each time of day; 100 where no window matters."""
    opens, closes = table.opens[resources, :, np.newaxis], table.closes[resources, :, np.newaxis]
    around = (opens <= starts) & (ends <= closes)
    weights = table.window_weights[resources, :, np.newaxis]
    best = np.where(around, weights, 0).max(axis=1, initial=0)
    dearest = table.dearest[resources, np.newaxis]
    likings: Points = np.where(dearest > 0, best * FULL // np.maximum(dearest, 1), FULL)
    return likings


def _softened(table: LikingTable, resources: Rows, times: Points, likes_rooms: Mask, room: int) -> Points:
    """`models.liking.provider_liking` in a room that is liked by so much, for those who like rooms."""
    has_windows = table.dearest[resources] > 0
    expressed = np.maximum(has_windows.astype(np.int64) + likes_rooms, 1)[:, np.newaxis]
    total = np.where(has_windows[:, np.newaxis], times, 0) + np.where(likes_rooms, room, 0)[:, np.newaxis]
    nothing = ~(has_windows | likes_rooms)
    liking = np.where(nothing[:, np.newaxis], FULL, total // expressed)
    softened: Points = FULL - table.weights[resources, np.newaxis] * (FULL - liking) // 100
    return softened


def _gap(found: Found, ground: Ground) -> Points:
    setup, request = ground.problem.setup, ground.problem.request
    table, resources = rest_table(setup), ground.resources[found.rows]
    rests = Rests.of(ground.working, ground.taken, ground.resources, table)
    held_from = found.starts - request.service.buffer_before_minutes
    held_until = found.starts + request.duration_minutes + request.service.buffer_after_minutes
    costs = rests.costs(found.rows, held_from, held_until)
    worst, best = table.worst[resources], table.best[resources]
    points: Points = setup.clinic.weights.gap * HUNDREDTHS * (worst - costs) // (worst - best)
    return points


def _not_on_top(found: Found, ground: Ground) -> Points:
    """Points for not overlapping another visit of the provider."""
    weight = ground.problem.setup.clinic.weights.overbook
    points: Points = np.where(found.overbooked, 0, weight * HUNDREDTHS)
    return points


def _fairness(found: Found, ground: Ground) -> Points:
    basis = ground.problem.basis
    of_providers = [basis.fairness_of(provider.id) for provider in ground.providers]
    points: Points = np.array(of_providers, dtype=np.int64)[found.rows]
    return points


def _best_room(
    found: Found, terms: Terms, ground: Ground, rooms: list[Room], room_free: Mask, fits: list[int]
) -> Points:
    """Points of the best free room, the provider's liking of it included."""
    if not fits:
        return np.zeros(len(found.rows), dtype=np.int64)
    fit = np.array(fits, dtype=np.int64)
    best: Points = fit[room_free.argmax(axis=0)][found.columns]
    liked = liked_rooms(ground.providers, rooms)
    for place in range(liked.shape[1]):
        favourites = liked[found.rows, place]
        some = np.flatnonzero(favourites >= 0)
        room, columns = favourites[some], found.columns[some]
        points = np.where(room_free[room, columns], fit[room] + terms.liking[some], 0)
        best[some] = np.maximum(best[some], points)
    return best


def liked_rooms(providers: list[Provider], rooms: list[Room]) -> Rows:
    """Per provider the rooms, by their position, that they like; -1 fills up."""
    position = {room.id: number for number, room in enumerate(rooms)}
    liked = [
        [position[one] for one in provider.preferences.room_ids if one in position]
        if provider.preferences
        else []
        for provider in providers
    ]
    most = max(map(len, liked), default=0)
    padded = [some + [-1] * (most - len(some)) for some in liked]
    return np.array(padded, dtype=np.int64).reshape(len(providers), most)
