"""Every placement that sorted intervals cannot rule out, with the best score it could have.

Only pruning and bounding: the model chooses. The bound is exact where one visit is wanted, so the
model rarely needs more than the best few.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.allocation import pools_in_order, rooms_in_order
from models.clinic import EquipmentNeed, Location, Provider, Room
from models.counters import gap_ref, provider_day_ref, seats_ref, service_day_ref
from models.errors import InvalidRequest
from models.refs import CLINIC, equipment_ref, location_ref, provider_ref, room_ref
from solver.bounds import Found, Ground, bounds_of, terms_of
from solver.counting import Counting
from solver.intervals import ROW_SHIFT, Intervals, Mask, Minutes, Rows, full_times, open_times
from solver.joining import joining_candidates
from solver.lanes import on_top_of_others
from solver.problem import SearchProblem
from solver.site_candidates import SiteCandidates
from solver.timeline import aligned_starts, day_number, local_days

MOST_ROOM_TIMES = 20_000_000
"""Pairs of a room and a start that one search looks at: 150 rooms every minute of three months."""

ROOM_TIMES_AT_ONCE = 1_000_000
"""Pairs in memory at a time."""


def candidates(problem: SearchProblem) -> list[SiteCandidates]:
    """The candidates of each location where the visit could take place."""
    return candidates_and_blocked(problem)[0]


def candidates_and_blocked(problem: SearchProblem) -> tuple[list[SiteCandidates], list[SiteCandidates]]:
    """The candidates of each location, and those that lack nothing but a room or equipment.

    Of the latter no room is free; their bounds are for the best room, as if it were.
    """
    found: list[SiteCandidates] = []
    blocked: list[SiteCandidates] = []
    for site in problem.sites:
        providers = problem.providers_at(site)
        if providers and problem.first_start < problem.after_last_start:
            seats = joining_candidates(problem, site, providers)
            free, lacking = _Site(problem, site, providers).candidates()
            found += [free] if seats is None else [free, seats]
            blocked += [] if lacking is None else [lacking]
    return found, blocked


class _Site:
    """What one location leaves, narrowed down from working hours to free rooms."""

    def __init__(self, problem: SearchProblem, site: Location | None, providers: list[Provider]) -> None:
        self.problem, self.site, self.providers = problem, site, providers
        self.setup, self.service = problem.setup, problem.request.service
        self.duration = problem.request.duration_minutes
        self.low, self.high = problem.span
        self.holds = problem.holds
        index = self.setup.resource_index
        self.refs = [provider_ref(provider.id) for provider in providers]
        self.resources = np.array([index[ref] for ref in self.refs], dtype=np.int64)

    def candidates(self) -> tuple[SiteCandidates, SiteCandidates | None]:
        """From the starts in working hours, drop what is taken, closed or without room or equipment.

        What lacks only these comes second, where others may change to make space. Where a group
        visit takes place just then, nobody opens another one.
        """
        rows, starts, local = self._starts_in_working_hours()
        free, overbooked = self._provider_is_free(rows, starts)
        kept = free & self._place_is_open(starts) & self._patient_is_free(starts)
        kept &= self._counts_allow(rows, starts)
        if self.service.is_for_groups:
            kept &= ~np.isin(_keys(rows, starts), self._group_visits)
        rows, starts, local, overbooked = rows[kept], starts[kept], local[kept], overbooked[kept]
        times, columns = np.unique(starts, return_inverse=True)
        rooms, room_free = self._rooms(times)
        enough = self._equipment_is_free(times)
        if self.site is not None:
            enough &= room_free.any(axis=0)
        kept = enough[columns]
        found = Found(rows, starts, local, overbooked, columns)
        with_space = self._side_by_side(found.where(kept), rooms, room_free)
        if not self.problem.request.rearrange_rooms:
            return with_space, None
        return with_space, self._side_by_side(found.where(~kept), rooms, np.zeros_like(room_free))

    def _side_by_side(self, found: Found, rooms: list[Room], room_free: Mask) -> SiteCandidates:
        terms = terms_of(found, self._ground)
        points = [self.problem.basis.room_points[room.id] for room in rooms]
        return SiteCandidates(
            site=self.site,
            providers=self.providers,
            rows=found.rows,
            starts=found.starts,
            bounds=bounds_of(found, terms, self._ground, rooms, room_free, points),
            rooms=rooms,
            room_points=points,
            room_free=room_free,
            columns=found.columns,
            overbooked=found.overbooked,
            terms=terms,
        )

    @property
    def _group_visits(self) -> list[int]:
        """Provider and start of those of the service that take place."""
        row_of = {provider.id: row for row, provider in enumerate(self.providers)}
        keys = [group.key for group in self.problem.snapshot.group_visits]
        return [
            (row_of[key.provider_id] << ROW_SHIFT) + key.start
            for key in keys
            if key.service_id == self.service.id
            and key.provider_id in row_of
            and key.end - key.start == self.duration
        ]

    @property
    def _ground(self) -> Ground:
        return Ground(
            problem=self.problem,
            in_person=self.site is not None,
            providers=self.providers,
            resources=self.resources,
            taken=self._taken,
            working=self._working,
        )

    # -- what can be -------------------------------------------------------------------------------

    @cached_property
    def _working(self) -> Intervals:
        return open_times(self.setup, self.refs, self.low, self.high)

    @cached_property
    def _taken(self) -> Intervals:
        one = np.zeros(len(self.setup.resource_index), dtype=np.int64)
        one[self.resources] = 1
        return full_times(self.holds, one)

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

    def _provider_is_free(self, rows: Rows, starts: Minutes) -> tuple[Mask, Mask]:
        """Where the provider can take the visit, and where only on top of others."""
        hold = self._hold(starts)
        free = self._taken.clear(self.resources[rows], *hold)
        if not self.setup.lanes:
            return free, np.zeros(len(rows), dtype=np.bool_)
        on_top = on_top_of_others(
            self.problem, self.site, self.providers, rows, starts, hold, ~free, counting=self._counting
        )
        return free | on_top, on_top

    @cached_property
    def _counting(self) -> Counting:
        return Counting(self.problem)

    def _counts_allow(self, rows: Rows, starts: Minutes) -> Mask:
        """Caps of the day, gaps, seats and blackout dates."""
        counting, service = self._counting, self.service
        ids = [provider.id for provider in self.providers]
        allowed = np.ones(len(starts), dtype=np.bool_)
        if self.setup.counters:
            days = counting.days_of(starts)
            allowed &= counting.left_that_day([provider_day_ref(one) for one in ids], rows, days)
            allowed &= counting.left_that_day([service_day_ref(service.id)], np.zeros_like(rows), days)
        if service.min_gap_minutes:
            until = starts + self.duration + service.min_gap_minutes
            allowed &= counting.left([gap_ref(one, service.id) for one in ids], rows, starts, until)
        if service.is_for_groups:
            seats = [seats_ref(one, service.id) for one in ids]
            allowed &= counting.left(seats, rows, starts, starts + self.duration)
        if service.blackout_dates:
            allowed &= ~np.isin(local_days(starts, self.setup.zone_of(self.site)), self._blackouts)
        return allowed

    @property
    def _blackouts(self) -> list[int]:
        return [day_number(day) for day in self.service.blackout_dates]

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
        return full_times(self.holds, least)

    def _rooms(self, times: Minutes) -> tuple[list[Room], Mask]:
        """The suitable rooms, best fit first, and rooms x times: free for the hold and open for the visit."""
        if self.site is None:
            return [], np.zeros((0, len(times)), dtype=np.bool_)
        fit = self.problem.basis.room_points
        rooms = rooms_in_order(self.setup, self.service, self.site)
        rooms = sorted(rooms, key=lambda room: (-fit[room.id], room.name, room.id))
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


def _keys(rows: Rows, starts: Minutes) -> Minutes:
    """One number for each pair of a provider and a start."""
    return (rows << ROW_SHIFT) + starts
