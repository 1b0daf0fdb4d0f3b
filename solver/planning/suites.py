"""Rooms counted together, where booked visits may change theirs to make space.

A suite is the set of rooms that suit some service at a location. Whoever suits no other rooms has to be in
one of them: so at every minute they are no more than there are rooms (Hall, On representatives of subsets,
J. London Math. Soc. 10, 1935). That is necessary, not sufficient: real rooms are dealt afterwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from models.allocation import rooms_in_order
from models.appointment import Appointment
from models.calendar import BusyTimes
from models.claims import Visit, hold_of, room_hold_of
from models.clinic import Location, Service
from models.hours import Window
from models.wall_clock import Minute
from solver.planning.columns import Use
from solver.planning.problem import PlanProblem

FIRST_SUITE = 1 << 28
"""Numbers of suites begin here, beyond those of all other resources."""


@dataclass(frozen=True, slots=True, eq=False)
class Suite:
    """Rooms by their ids, and when some of them are held for certain."""

    number: int
    room_ids: frozenset[str]
    places: int
    held: BusyTimes

    def left_at(self, minute: Minute) -> int:
        """How many more visits find a place at a minute, at most."""
        return max(0, self.places - self.held.peak(minute, minute + 1))


class Suites:
    """The suites of a problem."""

    def __init__(self, problem: PlanProblem) -> None:
        self.problem = problem
        self._rooms: dict[tuple[str, str], tuple[frozenset[str], int]] = {}

    @cached_property
    def all(self) -> tuple[Suite, ...]:
        """One for each set of rooms that some service can use at some location."""
        setup = self.problem.setup
        sets: dict[frozenset[str], None] = {}
        for service in setup.services:
            for location in setup.locations:
                rooms, _ = self.rooms_for(service, location)
                if rooms:
                    sets[rooms] = None
        holds = list(self._holds())
        return tuple(
            Suite(
                number=FIRST_SUITE + number,
                room_ids=rooms,
                places=sum(setup.room_by_id[one].capacity for one in rooms),
                held=BusyTimes.of(window for able, window in holds if able <= rooms),
            )
            for number, rooms in enumerate(sets)
        )

    def rooms_for(self, service: Service, location: Location) -> tuple[frozenset[str], int]:
        """The rooms that suit, by id, and the shortest turnaround among them."""
        key = service.id, location.id
        if key not in self._rooms:
            rooms = rooms_in_order(self.problem.setup, service, location) if service.needs_room else []
            shortest = min((room.turnaround_minutes for room in rooms), default=0)
            self._rooms[key] = frozenset(room.id for room in rooms), shortest
        return self._rooms[key]

    def _holds(self) -> Iterator[tuple[frozenset[str], Window]]:
        """Of all that is booked: the rooms in which it can be, and when it is there at least."""
        setup = self.problem.setup
        loose = {one.id for one in self.problem.loose}
        seen: set[tuple[object, ...]] = set()
        for one in self.problem.floor.appointments:
            visit = Visit.of(one, setup)
            if visit.room is None or visit.location is None or self._is_told(one, visit, seen):
                continue
            if one.id in loose:
                rooms, turnaround = self.rooms_for(visit.service, visit.location)
                held_from, held_until = hold_of(visit.service, visit.start, visit.end)
                yield rooms | {visit.room.id}, (held_from, held_until + turnaround)
            else:
                yield (
                    frozenset({visit.room.id}),
                    room_hold_of(visit.service, visit.room, visit.start, visit.end),
                )

    @staticmethod
    def _is_told(one: Appointment, visit: Visit, seen: set[tuple[object, ...]]) -> bool:
        """Whether another patient of the same group visit has been counted."""
        if not visit.service.is_for_groups:
            return False
        key = one.service_id, one.provider_id, one.starts_at, one.room_id
        if key in seen:
            return True
        seen.add(key)
        return False

    def by_number(self, resource: int) -> Suite:
        return self.all[resource - FIRST_SUITE]

    def asked_by(self, service: Service, location: Location) -> list[int]:
        """The numbers of all suites in which a visit has to be, wherever it goes."""
        rooms, _ = self.rooms_for(service, location)
        return [suite.number for suite in self.all if rooms <= suite.room_ids] if rooms else []

    def uses(self, service: Service, location: Location, start: Minute, end: Minute) -> Iterator[Use]:
        """A place in every suite in which a visit has to be."""
        held_from, held_until = hold_of(service, start, end)
        _, turnaround = self.rooms_for(service, location)
        for number in self.asked_by(service, location):
            yield Use(number, held_from, held_until + turnaround, 1)
