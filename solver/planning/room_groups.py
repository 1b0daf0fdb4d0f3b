"""Rooms that can be told apart by nothing but their name, counted together.

Rooms of one place and one nature that are free through the very same gap can stand in for each other: as
many visits fit side by side as there are rooms, since intervals can be coloured with as many colours as
their peak (Golumbic, Algorithmic Graph Theory, 1980). So such a group is one resource with units. A room
with several places is a resource of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.claims import hold_of
from models.clinic import Room, Service
from models.refs import room_ref
from solver.intervals import Minutes
from solver.planning.problem import PlanProblem
from solver.site_candidates import SiteCandidates

NO_ROOM = -1
_FAR = 1 << 40


class _Nature(NamedTuple):
    """What makes rooms alike, whatever is booked."""

    location_id: str
    type: str
    features: frozenset[str]
    turnaround_minutes: int


class _GroupKey(NamedTuple):
    nature: _Nature
    gap: tuple[int, int]
    window: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class RoomTimes:
    """For each room (row) and start (column): the group to which it belongs then, or `NO_ROOM`.

    A visit holds it over `[starts[column], ends[row, column])`.
    """

    rooms: tuple[Room, ...]
    groups: NDArray[np.int64]
    starts: Minutes
    ends: Minutes

    @property
    def count(self) -> int:
        """How many starts there are."""
        return len(self.starts)

    def at(self, column: int) -> Iterator[tuple[int, int, int]]:
        """Each group that has a free room at a start, and from when until when it would be held."""
        told = set()
        for row, group in enumerate(self.groups[:, column].tolist()):
            if group != NO_ROOM and group not in told:
                told.add(group)
                yield group, int(self.starts[column]), int(self.ends[row, column])

    def rooms_at(self, column: int) -> tuple[Room, ...]:
        """The rooms that are free at a start, best fit first."""
        free = self.groups[:, column] != NO_ROOM
        return tuple(room for room, is_free in zip(self.rooms, free.tolist(), strict=True) if is_free)


@dataclass(frozen=True, eq=False)
class RoomGroups:
    """The groups of one problem, numbered behind its other resources."""

    problem: PlanProblem
    members: dict[int, dict[str, Room]] = field(default_factory=dict)
    _numbers: dict[_GroupKey, int] = field(default_factory=dict)

    def capacity(self, group: int) -> int:
        """How many rooms a group has."""
        return len(self.members[group])

    def is_group(self, resource: int) -> bool:
        """Whether a resource is a group of rooms."""
        return resource >= self.problem.first_free_number

    def left_at(self, resource: int, minute: int) -> int:
        """The units of any resource, groups included, that what stays leaves at one minute."""
        if self.is_group(resource):
            return self.capacity(resource)
        return self.problem.left_at(resource, minute)

    def rooms(self, resource: int) -> tuple[Room, ...]:
        """The rooms of a group, or the one room that a resource of the setup is."""
        if self.is_group(resource):
            return tuple(self.members[resource].values())
        return tuple(
            room
            for room in self.problem.setup.rooms
            if self.problem.setup.resource_index[room_ref(room.id)] == resource
        )

    def times_of(self, service: Service, duration_minutes: int, site: SiteCandidates) -> RoomTimes:
        """The groups of the rooms that are free for the candidates of one location."""
        count = site.room_free.shape[1]
        visits: Minutes = np.zeros(count, dtype=np.int64)
        visits[site.columns] = site.starts
        before, after = hold_of(service, 0, duration_minutes)
        wanted = np.zeros(count, dtype=np.bool_)
        wanted[site.columns] = True
        starts = visits + before
        groups = np.full(site.room_free.shape, NO_ROOM, dtype=np.int64)
        ends = np.zeros(site.room_free.shape, dtype=np.int64)
        for row, room in enumerate(site.rooms):
            ends[row] = visits + after + room.turnaround_minutes
            free = np.flatnonzero(site.room_free[row] & wanted)
            groups[row, free] = self._groups_of(room, visits[free], starts[free])
        return RoomTimes(tuple(site.rooms), groups, starts, ends)

    def home_of(self, room: Room, start: int, held_from: int) -> int:
        """The group to which a room belongs while a visit is in it."""
        visits: Minutes = np.array([start], dtype=np.int64)
        return int(self._groups_of(room, visits, np.array([held_from], dtype=np.int64))[0])

    def _groups_of(self, room: Room, visits: Minutes, starts: Minutes) -> NDArray[np.int64]:
        resource = self.problem.setup.resource_index[room_ref(room.id)]
        if room.capacity > 1:
            return np.full(len(visits), resource, dtype=np.int64)
        if not len(visits):
            return np.empty(0, dtype=np.int64)
        busy = self.problem.held(resource)
        gap = np.searchsorted(np.array(busy.sorted_ends, dtype=np.int64), starts, side="right")
        low, high = int(visits.min()), int(visits.max()) + 1
        windows = self.problem.setup.open_windows(room_ref(room.id), low, high).windows
        opens = np.array([start for start, _ in windows], dtype=np.int64)
        window = np.maximum(0, np.searchsorted(opens, visits, side="right") - 1)
        pairs, inverse = np.unique(gap * (len(windows) + 1) + window, return_inverse=True)
        numbers = []
        for pair in pairs.tolist():
            gap_index, window_index = divmod(pair, len(windows) + 1)
            gap_start = busy.sorted_ends[gap_index - 1] if gap_index else -_FAR
            gap_end = busy.starts[gap_index] if gap_index < len(busy.starts) else _FAR
            open_window = windows[window_index] if windows else (0, 0)
            numbers.append(self._number(room, (gap_start, gap_end), open_window))
        return np.array(numbers, dtype=np.int64)[inverse]

    def _number(self, room: Room, gap: tuple[int, int], window: tuple[int, int]) -> int:
        nature = _Nature(room.location_id, room.type, room.features, room.turnaround_minutes)
        key = _GroupKey(nature, gap, window)
        if key not in self._numbers:
            self._numbers[key] = self.problem.first_free_number + len(self._numbers)
        number = self._numbers[key]
        self.members.setdefault(number, {})[room.id] = room
        return number
