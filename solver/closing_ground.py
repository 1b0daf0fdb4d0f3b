"""Who and what there is at a location, and when: what the closings of its starts are read off."""

from functools import cached_property

import numpy as np

from models.allocation import rooms_in_order
from models.clinic import Location, Provider, Room, suits
from models.refs import provider_ref, room_ref
from solver.counting import Counting
from solver.intervals import Intervals, Mask, Minutes, full_times, open_times
from solver.problem import SearchProblem


class Ground:
    """One location with the providers looked at, whatever the start."""

    def __init__(self, problem: SearchProblem, site: Location | None, providers: list[Provider]) -> None:
        self.problem, self.site, self.providers = problem, site, providers
        self.setup, self.service = problem.setup, problem.request.service
        self.duration = problem.request.duration_minutes
        self.place = site or problem.request.location
        self.holds = problem.holds
        self.counting = Counting(problem)
        self.provider_refs = [provider_ref(provider.id) for provider in providers]

    @cached_property
    def rooms(self) -> list[Room]:
        """Every room at the location, the suitable ones first."""
        if self.site is None or not self.service.needs_room:
            return []
        best = rooms_in_order(self.setup, self.service, self.site)
        here = [room for room in self.setup.rooms if room.location_id == self.site.id]
        rest = [room for room in here if not suits(room, self.service)]
        return [*best, *sorted(rest, key=lambda room: (room.name, room.id))]

    @cached_property
    def room_refs(self) -> list[str]:
        return [room_ref(room.id) for room in self.rooms]

    @cached_property
    def provider_taken(self) -> Intervals:
        return self.full(self.provider_refs, [1] * len(self.providers))

    @cached_property
    def room_full(self) -> Intervals:
        return self.full(self.room_refs, [room.capacity for room in self.rooms])

    def rows(self, refs: list[str]) -> Minutes:
        """The calendar's rows of some resources, as a column."""
        index = self.setup.resource_index
        return np.array([index[ref] for ref in refs], dtype=np.int64).reshape(-1, 1)

    def full(self, refs: list[str], units: list[int]) -> Intervals:
        """When so many units of each of the resources are held."""
        least = np.zeros(len(self.setup.resource_index), dtype=np.int64)
        least[self.rows(refs)[:, 0]] = units
        return full_times(self.holds, least)

    def open_at(self, refs: list[str], times: Minutes) -> Mask:
        """Refs x times: open during the whole visit."""
        rows = np.arange(len(refs), dtype=np.int64)[:, np.newaxis]
        opening = open_times(self.setup, refs, *self.problem.span)
        return opening.cover(rows, times, times + self.duration)

    def hold(self, times: Minutes) -> tuple[Minutes, Minutes]:
        """From when until when visits at these starts keep their provider and equipment."""
        service = self.service
        return times - service.buffer_before_minutes, times + self.duration + service.buffer_after_minutes
