"""Every placement that the grids cannot rule out, with the best score it could have.

The bound is exact where one visit is wanted, so the model rarely needs more than the best few.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.allocation import pools_in_order, rooms_in_order
from models.clinic import EquipmentPool, Location, Provider, Room
from models.hours import OpenWindows
from models.score import (
    FULL,
    HUNDREDTHS,
    patient_liking,
    provider_liking,
    room_points,
)
from models.setup import CLINIC, equipment_ref, location_ref, provider_ref, room_ref
from solver.grids import Grid, Mask, Ticks, closed_counts, held_units, hold_bounds
from solver.problem import SearchProblem
from solver.timeline import Minutes, Timeline, aligned_starts, common_tick

Points: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCandidates:
    """The candidates at one location (None: without a room).

    `possible[p, s]` says whether provider p could start at `starts[s]`; `bound[p, s]` is the most
    points, in hundredths, that it could score; `room_free[r, s]` whether room r would do.
    """

    site: Location | None
    providers: list[Provider]
    rooms: list[Room]
    starts: Minutes
    possible: Mask
    bound: Points
    room_free: Mask
    room_points: Points


def candidates(problem: SearchProblem) -> list[SiteCandidates]:
    """The candidates of each location where the visit could take place."""
    found: list[SiteCandidates] = []
    for site in problem.sites:
        providers = problem.providers_at(site)
        starts, local = aligned_starts(
            problem.first_start,
            problem.after_last_start,
            problem.request.service.slot_step_minutes,
            problem.setup.zone_of(site),
        )
        if providers and len(starts):
            found.append(_Site(problem, site, providers, starts, local).candidates())
    return found


class _Site:
    """The grids of one location, and what they say."""

    def __init__(
        self,
        problem: SearchProblem,
        site: Location | None,
        providers: list[Provider],
        starts: Minutes,
        local: Minutes,
    ) -> None:
        self.problem, self.site, self.providers = problem, site, providers
        self.starts, self.local = starts, local
        setup, service = problem.setup, problem.request.service
        self.rooms = rooms_in_order(setup, service, site) if site is not None and service.needs_room else []
        self.pools = [pools_in_order(setup, need, site) for need in service.equipment]
        self.low, self.high = problem.span
        self.timeline = Timeline.spanning(self.low, self.high, self._tick())
        self.provider_grid = self._grid([provider_ref(provider.id) for provider in providers])
        self._keep_starts_that_somebody_works()

    def _keep_starts_that_somebody_works(self) -> None:
        """Nights and weekends go before the wider grids are read."""
        working = self.provider_grid.open_through(*self.visit)
        somebody = working.any(axis=0)
        self.starts, self.local, self.working = (
            self.starts[somebody],
            self.local[somebody],
            working[:, somebody],
        )

    @property
    def visit(self) -> tuple[Ticks, Ticks]:
        """First tick of the visit, and the tick behind it, for each start."""
        return self._ticks(0, self.problem.request.duration_minutes)

    @property
    def hold(self) -> tuple[Ticks, Ticks]:
        """First tick of the hold, and the tick behind it, for each start."""
        service, duration = self.problem.request.service, self.problem.request.duration_minutes
        return self._ticks(-service.buffer_before_minutes, duration + service.buffer_after_minutes)

    def candidates(self) -> SiteCandidates:
        """What the grids leave at this location."""
        room_free = self._free_rooms()
        everywhere = self._place_is_open() & self._patient_is_free() & self._equipment_is_free()
        if self.site is not None:
            everywhere &= room_free.any(axis=0)
        one_each = np.ones(len(self.providers), dtype=np.int64)
        points = self._room_points()
        return SiteCandidates(
            site=self.site,
            providers=self.providers,
            rooms=self.rooms,
            starts=self.starts,
            possible=self.working & self.provider_grid.free_through(*self.hold, one_each) & everywhere,
            bound=self._preference_points() + self._gap_points() + self._best_room(room_free, points),
            room_free=room_free,
            room_points=points,
        )

    # -- the timeline ------------------------------------------------------------------------------

    def _refs(self) -> list[str]:
        return [
            *(provider_ref(provider.id) for provider in self.providers),
            *(room_ref(room.id) for room in self.rooms),
            *(equipment_ref(pool.id) for pools in self.pools for pool in pools),
        ]

    def _windows(self, ref: str) -> OpenWindows:
        return self.problem.setup.open_windows(ref, self.low, self.high)

    def _tick(self) -> int:
        request, service = self.problem.request, self.problem.request.service
        durations = [
            request.duration_minutes,
            service.buffer_before_minutes,
            service.buffer_after_minutes,
            *{room.turnaround_minutes for room in self.rooms},
            *{self._windows(ref).step for ref in self._refs()},
        ]
        patient = self._patient_visits()
        instants = [self.starts, *hold_bounds(self.problem.snapshot.calendar), *patient]
        return common_tick(self.problem.setup.clinic.grid_minutes, durations, instants)

    def _ticks(self, after_start: int, until: int) -> tuple[Ticks, Ticks]:
        return self.timeline.ticks_of(self.starts + after_start), self.timeline.ticks_of(self.starts + until)

    def _grid(self, refs: list[str]) -> Grid:
        index = self.problem.setup.resource_index
        calendar = self.problem.snapshot.calendar
        return Grid(
            self.timeline,
            held_units(self.timeline, calendar, [index[ref] for ref in refs]),
            closed_counts(self.timeline, [self._windows(ref) for ref in refs]),
        )

    # -- what can be -------------------------------------------------------------------------------

    def _free_rooms(self) -> Mask:
        if not self.rooms:
            return np.zeros((0, len(self.starts)), dtype=np.bool_)
        grid = self._grid([room_ref(room.id) for room in self.rooms])
        turnarounds = np.array([room.turnaround_minutes for room in self.rooms]) // self.timeline.tick
        held_until = self.hold[1] + turnarounds[:, np.newaxis] if turnarounds.any() else self.hold[1]
        capacities = np.array([room.capacity for room in self.rooms], dtype=np.int64)
        free = grid.free_through(self.hold[0], np.minimum(held_until, self.timeline.ticks), capacities)
        return free & grid.open_through(*self.visit)

    def _place_is_open(self) -> Mask:
        ref = CLINIC if self.site is None else location_ref(self.site.id)
        closed_before = closed_counts(self.timeline, [self._windows(ref)])
        if closed_before is None:
            return np.ones(len(self.starts), dtype=np.bool_)
        is_open: Mask = closed_before[0, self.visit[1]] == closed_before[0, self.visit[0]]
        return is_open

    def _patient_visits(self) -> tuple[Minutes, Minutes]:
        patient = self.problem.request.patient
        visits = self.problem.snapshot.calendar.visits_of(patient.id) if patient else None
        if visits is None:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        return np.array(visits.starts, dtype=np.int64), np.array(visits.ends, dtype=np.int64)

    def _patient_is_free(self) -> Mask:
        free = np.ones(len(self.starts), dtype=np.bool_)
        duration = self.problem.request.duration_minutes
        for start, end in zip(*self._patient_visits(), strict=True):
            free &= (self.starts >= end) | (self.starts + duration <= start)
        return free

    def _equipment_is_free(self) -> Mask:
        enough = np.ones(len(self.starts), dtype=np.bool_)
        for need, pools in zip(self.problem.request.service.equipment, self.pools, strict=True):
            enough &= self._free_units(pools, need.units) >= need.units
        return enough

    def _free_units(self, pools: list[EquipmentPool], most: int) -> Ticks:
        """Units that the pools could lend together at each start, at most `most` counted per pool."""
        units = np.zeros(len(self.starts), dtype=np.int64)
        if not pools:
            return units
        grid = self._grid([equipment_ref(pool.id) for pool in pools])
        is_open = grid.open_through(*self.visit)
        quantities = np.array([pool.quantity for pool in pools], dtype=np.int64)
        for unit in range(most):
            free = grid.free_through(*self.hold, quantities - unit) & is_open
            units += (free & (quantities > unit)[:, np.newaxis]).sum(axis=0)
        return units

    # -- how good it could be ----------------------------------------------------------------------

    def _preference_points(self) -> Points:
        request, weight = self.problem.request, self.problem.setup.clinic.weights.preference
        times, at = np.unique(self.local, return_inverse=True)
        duration = request.duration_minutes
        liking = np.array(
            [
                [provider_liking(provider, int(time), int(time) + duration) for time in times]
                if provider.preferences
                else [FULL] * len(times)
                for provider in self.providers
            ],
            dtype=np.int64,
        )
        liking += np.array([patient_liking(request.preferred, int(time)) for time in times], dtype=np.int64)
        points: Points = (weight * HUNDREDTHS * liking // (2 * FULL))[:, at]
        return points

    def _gap_points(self) -> Points:
        weight, tick = self.problem.setup.clinic.weights.gap, self.timeline.tick
        stays = np.array([self.problem.setup.shortest_stay[one.id] for one in self.providers])[:, np.newaxis]
        unusable = np.zeros((len(self.providers), len(self.starts)), dtype=np.int64)
        for run in self.provider_grid.idle_runs(*self.hold):
            minutes = run * tick
            unusable += np.where(minutes < stays, minutes, 0)
        points: Points = weight * HUNDREDTHS * (2 * stays - unusable) // (2 * stays)
        return points

    def _room_points(self) -> Points:
        setup, service = self.problem.setup, self.problem.request.service
        return np.array([room_points(setup, service, room) for room in self.rooms], dtype=np.int64)

    def _best_room(self, room_free: Mask, points: Points) -> Points:
        """Points of the best free room at each start, and those for not overbooking."""
        weights = self.problem.setup.clinic.weights
        certain = weights.overbook * HUNDREDTHS
        if self.site is None:
            return np.full(len(self.starts), certain + weights.room * HUNDREDTHS, dtype=np.int64)
        if not self.rooms:
            return np.full(len(self.starts), certain, dtype=np.int64)
        best: Points = certain + points[room_free.argmax(axis=0)]  # rooms stand best first
        return best
