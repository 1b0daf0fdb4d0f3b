"""Every placement that sorted intervals cannot rule out, with the best score it could have.

Only pruning and bounding: the model chooses. The bound is exact where one visit is wanted, so the
model rarely needs more than the best few.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.allocation import pools_in_order, rooms_in_order
from models.clinic import EquipmentNeed, Location, Provider, Room
from models.errors import InvalidRequest
from models.score import FULL, HUNDREDTHS, patient_liking, preferred_windows, room_points
from models.setup import CLINIC, equipment_ref, location_ref, provider_ref, room_ref
from solver.intervals import Intervals, Mask, Minutes, Rows, full_times, hold_arrays, open_times
from solver.problem import SearchProblem
from solver.timeline import aligned_starts

MOST_ROOM_TIMES = 20_000_000
"""Pairs of a room and a start that one search looks at: 150 rooms every minute of three months."""

ROOM_TIMES_AT_ONCE = 1_000_000
"""Pairs in memory at a time."""

Points: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCandidates:
    """The candidates at one location (None: without a room), as parallel arrays.

    Candidate i is `providers[rows[i]]` at `starts[i]`, worth at most `bounds[i]` hundredths of a
    point. `room_free[r, columns[i]]` says whether `rooms[r]` would do for it; rooms stand best first.
    """

    site: Location | None
    providers: list[Provider]
    rows: Rows
    starts: Minutes
    bounds: Points
    rooms: list[Room]
    room_points: list[int]
    room_free: Mask
    columns: Rows


def candidates(problem: SearchProblem) -> list[SiteCandidates]:
    """The candidates of each location where the visit could take place."""
    found = []
    for site in problem.sites:
        providers = problem.providers_at(site)
        if providers and problem.first_start < problem.after_last_start:
            found.append(_Site(problem, site, providers).candidates())
    return found


class _Site:
    """What one location leaves, narrowed down from working hours to free rooms."""

    def __init__(self, problem: SearchProblem, site: Location | None, providers: list[Provider]) -> None:
        self.problem, self.site, self.providers = problem, site, providers
        self.setup, self.service = problem.setup, problem.request.service
        self.duration = problem.request.duration_minutes
        self.low, self.high = problem.span
        self.holds = hold_arrays(problem.snapshot.calendar)
        index = self.setup.resource_index
        self.refs = [provider_ref(provider.id) for provider in providers]
        self.resources = np.array([index[ref] for ref in self.refs], dtype=np.int64)

    def candidates(self) -> SiteCandidates:
        """From the starts in working hours, drop what is taken, closed or without room or equipment."""
        rows, starts, local = self._starts_in_working_hours()
        kept = (
            self._provider_is_free(rows, starts) & self._place_is_open(starts) & self._patient_is_free(starts)
        )
        rows, starts, local = rows[kept], starts[kept], local[kept]
        times, columns = np.unique(starts, return_inverse=True)
        rooms, room_free = self._rooms(times)
        enough = self._equipment_is_free(times)
        if self.site is not None:
            enough &= room_free.any(axis=0)
        kept = enough[columns]
        rows, starts, local, columns = rows[kept], starts[kept], local[kept], columns[kept]
        points = [room_points(self.setup, self.service, room) for room in rooms]
        bounds = self._preference(rows, local) + self._gap(rows, starts)
        bounds += self._best_room(room_free, points)[columns]
        return SiteCandidates(
            site=self.site,
            providers=self.providers,
            rows=rows,
            starts=starts,
            bounds=bounds,
            rooms=rooms,
            room_points=points,
            room_free=room_free,
            columns=columns,
        )

    # -- what can be -------------------------------------------------------------------------------

    @cached_property
    def _working(self) -> Intervals:
        return open_times(self.setup, self.refs, self.low, self.high)

    @cached_property
    def _taken(self) -> Intervals:
        units = np.ones(len(self.setup.resource_index), dtype=np.int64)
        resources, starts, ends = self.holds
        concerned = np.zeros(len(units), dtype=np.bool_)
        concerned[self.resources] = True
        mine = concerned[resources]
        return full_times((resources[mine], starts[mine], ends[mine]), units)

    def _starts_in_working_hours(self) -> tuple[Rows, Minutes, Minutes]:
        """Provider row, start and wall-clock minute of every aligned start of a visit in working hours."""
        problem = self.problem
        step, zone = self.service.slot_step_minutes, self.setup.zone_of(self.site)
        aligned, local = aligned_starts(problem.first_start, problem.after_last_start, step, zone)
        window_rows, opens = self._working.rows, self._working.starts
        first = np.searchsorted(aligned, opens)
        beyond = np.searchsorted(aligned, self._working.ends - self.duration, side="right")
        counts = np.maximum(beyond - first, 0)
        at = np.repeat(first - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(
            counts.sum()
        )
        return np.repeat(window_rows, counts), aligned[at], local[at]

    def _hold(self, starts: Minutes) -> tuple[Minutes, Minutes]:
        service = self.service
        return starts - service.buffer_before_minutes, starts + self.duration + service.buffer_after_minutes

    def _provider_is_free(self, rows: Rows, starts: Minutes) -> Mask:
        return self._taken.clear(self.resources[rows], *self._hold(starts))

    def _place_is_open(self, starts: Minutes) -> Mask:
        ref = CLINIC if self.site is None else location_ref(self.site.id)
        is_open: Mask = self._open_at([ref], starts)[0]
        return is_open

    def _open_at(self, refs: list[str], starts: Minutes) -> Mask:
        """Refs x starts: open during the whole visit."""
        if all(self._never_closes(ref) for ref in refs):
            return np.ones((len(refs), len(starts)), dtype=np.bool_)
        rows = np.arange(len(refs), dtype=np.int64)[:, np.newaxis]
        opening = open_times(self.setup, refs, self.low, self.high)
        return opening.cover(rows, starts, starts + self.duration)

    def _never_closes(self, ref: str) -> bool:
        windows = self.setup.open_windows(ref, self.low, self.high).windows
        return len(windows) == 1 and windows[0][0] <= self.low and windows[0][1] >= self.high

    def _patient_is_free(self, starts: Minutes) -> Mask:
        free = np.ones(len(starts), dtype=np.bool_)
        patient = self.problem.request.patient
        if patient is None:
            return free
        visits = self.problem.snapshot.calendar.visits_of(patient.id)
        for start, end in visits.overlapping(self.low, self.high):
            free &= (starts >= end) | (starts + self.duration <= start)
        return free

    def _full(self, resources: list[int], units: list[int]) -> Intervals:
        """When so many units of each of the resources are held."""
        least = np.zeros(len(self.setup.resource_index), dtype=np.int64)
        least[resources] = units
        concerned = least[self.holds[0]] > 0
        held, starts, ends = self.holds
        return full_times((held[concerned], starts[concerned], ends[concerned]), least)

    def _rooms(self, times: Minutes) -> tuple[list[Room], Mask]:
        """The suitable rooms, best first, and rooms x times: free for the hold and open for the visit."""
        if self.site is None:
            return [], np.zeros((0, len(times)), dtype=np.bool_)
        rooms = rooms_in_order(self.setup, self.service, self.site)
        refs = [room_ref(room.id) for room in rooms]
        resources = [self.setup.resource_index[ref] for ref in refs]
        if len(rooms) * len(times) > MOST_ROOM_TIMES:
            raise InvalidRequest("too many rooms and starts for one search: ask for fewer days", field="end")
        turnarounds = np.array([room.turnaround_minutes for room in rooms], dtype=np.int64)[:, np.newaxis]
        rows = np.array(resources, dtype=np.int64)[:, np.newaxis]
        full = self._full(resources, [room.capacity for room in rooms])
        free = np.empty((len(rooms), len(times)), dtype=np.bool_)
        block = max(1, ROOM_TIMES_AT_ONCE // max(1, len(rooms)))
        for first in range(0, len(times), block):
            some = times[first : first + block]
            held_from, held_until = self._hold(some)
            clear = full.clear(rows, held_from, held_until + turnarounds)
            free[:, first : first + block] = clear & self._open_at(refs, some)
        return rooms, free

    def _equipment_is_free(self, times: Minutes) -> Mask:
        enough = np.ones(len(times), dtype=np.bool_)
        for need in self.service.equipment:
            enough &= self._free_units(need, times) >= need.units
        return enough

    def _free_units(self, need: EquipmentNeed, times: Minutes) -> NDArray[np.int64]:
        """Units of a type that its pools could lend together at each time, counted no further than needed."""
        pools = pools_in_order(self.setup, need, self.site)
        refs = [equipment_ref(pool.id) for pool in pools]
        is_open = self._open_at(refs, times)
        units = np.zeros(len(times), dtype=np.int64)
        for lent in range(need.units):
            able = [number for number, pool in enumerate(pools) if pool.quantity > lent]
            resources = [self.setup.resource_index[refs[number]] for number in able]
            full = self._full(resources, [pools[number].quantity - lent for number in able])
            rows = np.array(resources, dtype=np.int64)[:, np.newaxis]
            units += (full.clear(rows, *self._hold(times)) & is_open[able]).sum(axis=0)
        return units

    # -- how good it could be ----------------------------------------------------------------------

    def _preference(self, rows: Rows, local: Minutes) -> Points:
        request, weight = self.problem.request, self.setup.clinic.weights.preference
        liking = np.full(len(rows), 2 * FULL, dtype=np.int64)
        shown, at = np.unique(local, return_inverse=True)
        if request.preferred is not None:
            liked = [patient_liking(request.preferred, start) for start in shown.tolist()]
            liking += np.array(liked, dtype=np.int64)[at] - FULL
        choosy = [row for row, provider in enumerate(self.providers) if preferred_windows(provider)]
        if choosy:
            table = np.full((len(self.providers), len(shown)), FULL, dtype=np.int64)
            for row in choosy:
                table[row] = _likings(self.providers[row], shown, shown + self.duration)
            liking += table[rows, at] - FULL
        points: Points = weight * HUNDREDTHS * liking // (2 * FULL)
        return points

    def _gap(self, rows: Rows, starts: Minutes) -> Points:
        weight = self.setup.clinic.weights.gap
        stays = np.array([self.setup.shortest_stay[one.id] for one in self.providers], dtype=np.int64)[rows]
        held_from, held_until = self._hold(starts)
        last_end, next_start = self._taken.neighbours(self.resources[rows], held_from, held_until)
        opened, closed = self._working.bounds_around(rows, held_from - 1)
        _, closes = self._working.bounds_around(rows, held_until)
        idle_before = np.where(closed >= held_from, held_from - np.maximum(opened, last_end), 0)
        idle_after = np.minimum(closes, next_start) - held_until
        unusable = np.where(idle_before < stays, idle_before, 0) + np.where(idle_after < stays, idle_after, 0)
        points: Points = weight * HUNDREDTHS * (2 * stays - unusable) // (2 * stays)
        return points

    def _best_room(self, room_free: Mask, points: list[int]) -> Points:
        """Points of the best free room at each time, and those for not overbooking."""
        weights = self.setup.clinic.weights
        certain = weights.overbook * HUNDREDTHS
        if self.site is None:
            return np.full(room_free.shape[1], certain + weights.room * HUNDREDTHS, dtype=np.int64)
        if not points:
            return np.full(room_free.shape[1], certain, dtype=np.int64)
        best: Points = certain + np.array(points, dtype=np.int64)[room_free.argmax(axis=0)]
        return best


def _likings(provider: Provider, starts: Minutes, ends: Minutes) -> Points:
    """`models.score.provider_liking` for many times of day at once."""
    windows = preferred_windows(provider)
    best = np.zeros(len(starts), dtype=np.int64)
    for window in windows:
        around = (starts >= window.start) & (ends <= window.end)
        np.maximum(best, np.where(around, window.weight, 0), out=best)
    likings: Points = best * FULL // max(window.weight for window in windows)
    return likings
