"""Starts that lack a room or equipment, and the booked visits that could make space for them.

A world is one wanted visit at one location and start, and the booked visits near it that may change
room or pool. The worlds of one search have nothing to do with each other: only one will be booked.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from models.allocation import pools_in_order
from models.appointment import Appointment, EquipmentUse
from models.calendar import BusyTimes
from models.claims import Visit, hold_of, room_hold_of
from models.clinic import EquipmentPool, Location, Room
from models.hours import Window
from models.rearranging import NEAR_MINUTES, equal_pools, equal_rooms, may_change
from models.refs import equipment_ref, room_ref
from models.wall_clock import Minute, instant_of
from solver.problem import SearchProblem


class Place(NamedTuple):
    """A room or a pool, for as long as a visit would hold it there."""

    resource: int
    capacity: int
    window: Window
    id: str


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What one booked visit holds in one room or one pool, and the places of equal fitness for it.

    A part moves whole: all its units to one other pool. `number` orders the parts of a search.
    """

    number: int
    visit: "BookedVisit"
    use: EquipmentUse | None
    """Units of a pool; None for a room."""
    units: int
    now: Place
    others: tuple[Place, ...]


@dataclass(slots=True, eq=False)
class BookedVisit:
    """An appointment that may change, with those of its parts that have somewhere else to go."""

    number: int
    appointment: Appointment
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class RoomChoice:
    """A room for the wanted visit, and what it earns where nobody has to change."""

    room: Room
    place: Place
    points: int


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """So many units of the wanted visit's equipment, from these pools together."""

    units: int
    pools: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class World:
    """A wanted visit that lacks a room or equipment, and the visits that may change for it.

    `layers` of visits have been looked at: the first could stand in the way of the wanted visit, the
    next in the way of the first, and so on; `whole` where there are no more.
    """

    site: Location | None
    start: Minute
    rooms: tuple[RoomChoice, ...]
    needs: tuple[Need, ...]
    visits: tuple[BookedVisit, ...]
    layers: int
    whole: bool

    @property
    def parts(self) -> Iterator[Part]:
        """Everything that could move."""
        return (part for visit in self.visits for part in visit.parts)

    @property
    def arrivals(self) -> Iterator[Place]:
        """Everywhere the wanted visit could go."""
        yield from (choice.place for choice in self.rooms)
        yield from (pool for need in self.needs for pool in need.pools)


@dataclass(eq=False)
class Board:
    """All that is booked near the range of one search, and what of it could move where."""

    problem: SearchProblem
    _parts: dict[int, list[Part]] = field(default_factory=dict, init=False)
    _over: dict[tuple[int, Window], tuple[Part, ...]] = field(default_factory=dict, init=False)
    _layers: dict[Part, frozenset[BookedVisit]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for number, appointment in enumerate(self._changeable()):
            visit = BookedVisit(number, appointment)
            visit.parts = tuple(self._parts_of(visit))
            for part in visit.parts:
                self._parts.setdefault(part.now.resource, []).append(part)

    def _changeable(self) -> list[Appointment]:
        """The appointments near the range that may change, by start."""
        snapshot, request = self.problem.snapshot, self.problem.request
        first, last = (
            instant_of(request.earliest - NEAR_MINUTES),
            instant_of(request.latest + NEAR_MINUTES),
        )
        found = [
            one
            for one in snapshot.appointments
            if first <= one.starts_at < last and may_change(one, snapshot.setup, snapshot.now)
        ]
        return sorted(found, key=lambda one: (one.starts_at, one.id))

    def _parts_of(self, visit: BookedVisit) -> Iterator[Part]:
        setup = self.problem.setup
        booked = Visit.of(visit.appointment, setup)
        service, span = booked.service, (booked.start, booked.end)
        number = visit.number << 8
        if booked.room is not None:
            rooms = equal_rooms(setup, service, booked.room)
            others = tuple(
                self.room_place(room, room_hold_of(service, room, *span))
                for room in rooms
                if self.is_open(room_ref(room.id), *span)
            )
            if others:
                now = self.room_place(booked.room, room_hold_of(service, booked.room, *span))
                yield Part(number, visit, None, 1, now, others)
        hold = hold_of(service, *span)
        for position, use in enumerate(booked.equipment, start=1):
            pool = setup.pool_by_id[use.id]
            pools = [
                self.pool_place(other, hold)
                for other in equal_pools(setup, pool, use.units)
                if self.is_open(equipment_ref(other.id), *span)
            ]
            if pools:
                yield Part(number + position, visit, use, use.units, self.pool_place(pool, hold), tuple(pools))

    def is_open(self, ref: str, start: Minute, end: Minute) -> bool:
        """Whether a room or a pool is open all through a visit."""
        return self.problem.setup.open_windows(ref, start, end).contain(start, end)

    def room_place(self, room: Room, window: Window) -> Place:
        """A room over a window."""
        return Place(self.problem.setup.resource_index[room_ref(room.id)], room.capacity, window, room.id)

    def pool_place(self, pool: EquipmentPool, window: Window) -> Place:
        """A pool over a window."""
        return Place(
            self.problem.setup.resource_index[equipment_ref(pool.id)], pool.quantity, window, pool.id
        )

    # -- what is where -----------------------------------------------------------------------------

    def parts_over(self, place: Place) -> tuple[Part, ...]:
        """The parts that stand in a place now, at some minute of its window."""
        key = (place.resource, place.window)
        if key not in self._over:
            low, high = place.window
            here = self._parts.get(place.resource, ())
            self._over[key] = tuple(
                part for part in here if part.now.window[0] < high and low < part.now.window[1]
            )
        return self._over[key]

    def held(self, place: Place) -> list[Window]:
        """Everything held there over the window, whoever holds it."""
        return self.problem.snapshot.calendar.busy(place.resource).overlapping(*place.window)

    def fixed(self, place: Place, loose: Iterable[Part]) -> list[Window]:
        """What is held there over the window by whatever is not `loose`; one window for each unit."""
        held = self.held(place)
        for part in loose:
            for _ in range(part.units):
                held.remove(part.now.window)
        return held

    def has_space(self, place: Place, units: int, loose: frozenset[BookedVisit]) -> bool:
        """Whether so many units would fit there if all loose visits were gone."""
        gone = [part for part in self.parts_over(place) if part.visit in loose]
        return BusyTimes.of(self.fixed(place, gone)).peak(*place.window) + units <= place.capacity
