"""What is booked near the range of one search, and what of it could move where.

Everything is worked out when it is first asked for: most searches look at a few visits only.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from models.appointment import Appointment, EquipmentUse
from models.calendar import BusyTimes
from models.claims import Visit, hold_of, room_hold_of
from models.clinic import EquipmentPool, Room
from models.hours import Window
from models.rearranging import NEAR_MINUTES, equal_pools, equal_rooms, may_change
from models.refs import equipment_ref, room_ref
from models.wall_clock import Minute, instant_of
from solver.problem import SearchProblem


class Place(NamedTuple):
    """A room or a pool, for as long as a visit would hold it."""

    resource: int
    capacity: int
    window: Window
    id: str


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What one booked visit holds in one room or one pool, and the `others` of equal fitness that are open.

    A part moves whole: all its units to one other pool. `use` is None for a room.
    """

    visit: int
    use: EquipmentUse | None
    units: int
    now: Place
    others: tuple[Place, ...]


class _Held(NamedTuple):
    start: Minute
    end: Minute
    visit: int


class _Row:
    """What the visits that may change hold of one resource, by start."""

    def __init__(self, held: list[_Held]) -> None:
        self.held = sorted(held)
        self.starts = [one.start for one in self.held]
        self.longest = max(one.end - one.start for one in held)

    def over(self, window: Window) -> list[_Held]:
        low, high = window
        first, beyond = bisect_left(self.starts, low - self.longest), bisect_left(self.starts, high)
        return [one for one in self.held[first:beyond] if one.end > low]


class Board:
    """The visits that may change, numbered by start, and where each of their parts could be."""

    def __init__(self, problem: SearchProblem) -> None:
        self.problem = problem
        self.setup = problem.setup
        self.appointments = self._changeable()
        self._visits = [Visit.of(one, self.setup) for one in self.appointments]
        self._rows = self._indexed()
        self._parts: dict[int, tuple[Part, ...]] = {}
        self._over: dict[tuple[int, Window], tuple[Part, ...]] = {}
        self._held: dict[tuple[int, Window], list[Window]] = {}
        self._pushed: dict[int, frozenset[int]] = {}
        self._possible: dict[Part, tuple[Place, ...]] = {}
        self._alive: dict[Part, tuple[Place, ...]] = {}

    def _changeable(self) -> list[Appointment]:
        snapshot, request = self.problem.snapshot, self.problem.request
        first = instant_of(request.earliest - NEAR_MINUTES)
        last = instant_of(request.latest + NEAR_MINUTES)
        found = [
            one
            for one in snapshot.appointments
            if first <= one.starts_at < last and may_change(one, self.setup, snapshot.now)
        ]
        return sorted(found, key=lambda one: (one.starts_at, one.id))

    def _indexed(self) -> dict[int, _Row]:
        index = self.setup.resource_index
        rows: dict[int, list[_Held]] = {}
        for number, visit in enumerate(self._visits):
            span = (visit.start, visit.end)
            if visit.room is not None:
                window = room_hold_of(visit.service, visit.room, *span)
                rows.setdefault(index[room_ref(visit.room.id)], []).append(_Held(*window, number))
            for use in visit.equipment:
                window = hold_of(visit.service, *span)
                rows.setdefault(index[equipment_ref(use.id)], []).append(_Held(*window, number))
        return {resource: _Row(held) for resource, held in rows.items()}

    # -- places ------------------------------------------------------------------------------------

    def is_open(self, ref: str, start: Minute, end: Minute) -> bool:
        """Whether a room or a pool is open all through a visit."""
        return self.setup.open_windows(ref, start, end).contain(start, end)

    def room_place(self, room: Room, window: Window) -> Place:
        """A room over a window."""
        return Place(self.setup.resource_index[room_ref(room.id)], room.capacity, window, room.id)

    def pool_place(self, pool: EquipmentPool, window: Window) -> Place:
        """A pool over a window."""
        return Place(self.setup.resource_index[equipment_ref(pool.id)], pool.quantity, window, pool.id)

    # -- parts -------------------------------------------------------------------------------------

    def parts(self, number: int) -> tuple[Part, ...]:
        """The parts of a visit that have anywhere else to go."""
        if number not in self._parts:
            self._parts[number] = tuple(part for part in self._all_parts(number) if self._may_move(part))
        return self._parts[number]

    def _may_move(self, part: Part) -> bool:
        """Whether it has anywhere to go, and holds what its service says today: buffers may have changed."""
        return bool(part.others) and self.held(part.now).count(part.now.window) >= part.units

    def _all_parts(self, number: int) -> Iterable[Part]:
        visit = self._visits[number]
        service, span = visit.service, (visit.start, visit.end)
        if visit.room is not None:
            now = self.room_place(visit.room, room_hold_of(service, visit.room, *span))
            rooms = equal_rooms(self.setup, service, visit.room)
            others = [
                self.room_place(room, room_hold_of(service, room, *span))
                for room in rooms
                if self.is_open(room_ref(room.id), *span)
            ]
            yield Part(number, None, 1, now, tuple(others))
        hold = hold_of(service, *span)
        for use in visit.equipment:
            pool = self.setup.pool_by_id[use.id]
            pools = equal_pools(self.setup, pool, use.units)
            others = [
                self.pool_place(other, hold)
                for other in pools
                if self.is_open(equipment_ref(other.id), *span)
            ]
            yield Part(number, use, use.units, self.pool_place(pool, hold), tuple(others))

    def parts_over(self, place: Place) -> tuple[Part, ...]:
        """The parts that stand in a place now, at some minute of its window, and could go elsewhere."""
        resource, _, window, _ = place
        known = self._over.get((resource, window))
        if known is None:
            row = self._rows.get(resource)
            held = row.over(window) if row else []
            found = [self._part_there(one.visit, resource) for one in held]
            known = self._over[resource, window] = tuple([part for part in found if part is not None])
        return known

    def _part_there(self, number: int, resource: int) -> Part | None:
        """What a visit holds of a resource, if that could be elsewhere."""
        for part in self.parts(number):
            if part.now.resource == resource:
                return part
        return None

    def held(self, place: Place) -> list[Window]:
        """Everything held there at some minute of the window, whoever holds it: one window for each unit."""
        resource, _, window, _ = place
        known = self._held.get((resource, window))
        if known is None:
            busy = self.problem.snapshot.calendar.busy(resource)
            known = self._held[resource, window] = busy.overlapping(*window)
        return known

    def fixed(self, place: Place, loose: Iterable[Part]) -> list[Window]:
        """What is held there by all but some parts that stand there."""
        held = list(self.held(place))
        for part in loose:
            for _ in range(part.units):
                held.remove(part.now.window)
        return held

    def has_space(self, place: Place, units: int, gone: list[Part]) -> bool:
        """Whether so many units would fit there if some parts that stand there were gone."""
        if place.capacity == 1 == units:
            return len(self.held(place)) == len(gone)
        return self.free_units(place, gone) >= units

    def free_units(self, place: Place, gone: list[Part]) -> int:
        """How many units would be free all through if some parts that stand there were gone."""
        held = self.held(place)
        if not held:
            return place.capacity
        return place.capacity - BusyTimes.of(self.fixed(place, gone)).peak(*place.window)

    def possible(self, part: Part) -> tuple[Place, ...]:
        """The other places in which a part would fit if everybody who may change were gone."""
        if part not in self._possible:
            self._possible[part] = tuple(
                place
                for place in part.others
                if self.has_space(place, part.units, list(self.parts_over(place)))
            )
        return self._possible[part]

    def is_alive(self, place: Place) -> bool:
        """Whether everybody who may change and stands there could go somewhere, where it has one unit."""
        if place.capacity > 1:
            return True
        return all(self.possible(part) for part in self.parts_over(place))

    def alive(self, part: Part) -> tuple[Place, ...]:
        """The possible places of a part that are not dead ends."""
        if part not in self._alive:
            self._alive[part] = tuple(place for place in self.possible(part) if self.is_alive(place))
        return self._alive[part]

    def pushed_by(self, number: int) -> frozenset[int]:
        """The visits that could stand in the way of a visit that changes."""
        if number not in self._pushed:
            self._pushed[number] = frozenset(
                other.visit
                for part in self.parts(number)
                for place in self.alive(part)
                for other in self.parts_over(place)
            ) - {number}
        return self._pushed[number]
