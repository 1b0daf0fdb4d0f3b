"""Real rooms for visits of which only the time is settled: each keeps its own where it can.

First by hand: whoever has a room stays in it, and those without take the first that is free. Where that
fails, CP-SAT deals the rooms of that stretch of time anew, with as few changes as can be.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ortools.sat.python.cp_model import CpModel, IntVar

from models.allocation import rooms_in_order
from models.claims import room_hold_of
from models.clinic import Location, Room, Service
from models.hours import Window
from models.refs import room_ref
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute
from solver.lean_model import LeanModel
from solver.search import SearchSettings, found_one, is_infeasible, run

SECONDS = 5.0
MOST_BLAMED_ONE_BY_ONE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A visit that needs a room at a location; `room_id` is where it is now, if it keeps its time."""

    number: int
    service: Service
    location: Location
    start: Minute
    end: Minute
    room_id: str | None = None


@dataclass(frozen=True, slots=True)
class NoRooms:
    """There is no way to deal rooms to all: these tasks cannot have them together.

    Not `certain` where time ran out before a way was found.
    """

    numbers: tuple[int, ...]
    certain: bool = True


class _Unsure(Exception):
    """Time ran out before rooms were dealt, or shown to be too few."""


def rooms_dealt(visitors: Sequence[Visitor], ground: ClinicSnapshot) -> dict[int, str] | NoRooms:
    """A room for each visitor, beside what `ground` holds."""
    dealer = _Dealer(ground)
    for visitor in visitors:
        if visitor.room_id is not None:
            dealer.keep(visitor)
    without = [one for one in visitors if one.room_id is None]
    stuck = [one for one in sorted(without, key=lambda one: (one.start, one.number)) if not dealer.place(one)]
    for one in stuck:
        if one.number not in dealer.dealt:
            try:
                blamed = _dealt_anew(one, visitors, dealer)
            except _Unsure:
                return NoRooms(tuple(each.number for each in visitors if each.number >= 0), certain=False)
            if blamed:
                return NoRooms(blamed)
    return dealer.dealt


class _Dealer:
    def __init__(self, ground: ClinicSnapshot) -> None:
        self.ground, self.setup = ground, ground.setup
        self.dealt: dict[int, str] = {}
        self.held: dict[str, list[Window]] = defaultdict(list)

    def rooms_for(self, visitor: Visitor) -> list[Room]:
        """Those that suit, are open, and are not full of what stays."""
        return [
            room
            for room in rooms_in_order(self.setup, visitor.service, visitor.location)
            if self.setup.open_windows(room_ref(room.id), visitor.start, visitor.end).contain(
                visitor.start, visitor.end
            )
            and self.left(room, self.hold(visitor, room)) > 0
        ]

    def hold(self, visitor: Visitor, room: Room) -> Window:
        return room_hold_of(visitor.service, room, visitor.start, visitor.end)

    def left(self, room: Room, hold: Window) -> int:
        """The places that what stays leaves all through a hold."""
        busy = self.ground.calendar.busy(self.setup.resource_index[room_ref(room.id)])
        return room.capacity - busy.peak(*hold)

    def keep(self, visitor: Visitor) -> None:
        """Leave a visitor where it is."""
        if visitor.room_id is not None:
            self.put(visitor, self.setup.room_by_id[visitor.room_id])

    def put(self, visitor: Visitor, room: Room) -> None:
        """Give a visitor a room."""
        self.dealt[visitor.number] = room.id
        self.held[room.id].append(self.hold(visitor, room))

    def place(self, visitor: Visitor) -> bool:
        """Give a visitor the first room that is free."""
        for room in self.rooms_for(visitor):
            low, high = self.hold(visitor, room)
            meeting = [one for one in self.held[room.id] if one[0] < high and low < one[1]]
            if len(meeting) < self.left(room, (low, high)):
                self.put(visitor, room)
                return True
        return False

    def take_back(self, visitor: Visitor) -> None:
        """Let a visitor's room go."""
        room_id = self.dealt.pop(visitor.number, None)
        if room_id is not None:
            self.held[room_id].remove(self.hold(visitor, self.setup.room_by_id[room_id]))


def _dealt_anew(stuck: Visitor, visitors: Sequence[Visitor], dealer: _Dealer) -> tuple[int, ...]:
    """Deal the rooms of all who hang together with a visitor by overlaps; who is to blame if it fails."""
    longest = max((room.turnaround_minutes for room in dealer.setup.rooms), default=0)
    low, high = _stay(stuck, longest)
    together: list[Visitor] = []
    grown = True
    while grown:
        grown = False
        together = []
        for one in visitors:
            start, end = _stay(one, longest)
            if one.location == stuck.location and start < high and low < end:
                together.append(one)
                if start < low or end > high:
                    low, high, grown = min(low, start), max(high, end), True
    chosen = _chosen(together, dealer)
    if chosen is None:
        return _to_blame(together, dealer)
    for one in together:
        dealer.take_back(one)
    for one in together:
        dealer.put(one, dealer.setup.room_by_id[chosen[one.number]])
    return ()


def _to_blame(together: list[Visitor], dealer: _Dealer) -> tuple[int, ...]:
    """A set of tasks that cannot all be there, of whom few could be left out (a deletion filter).

    Those below zero are no tasks: they stay in any case.
    """
    staying = [one for one in together if one.number >= 0 and one.room_id is not None]
    without = [one for one in together if one not in staying]
    if _chosen(without, dealer) is None:
        together, staying = without, []
    tasks = [one for one in together if one.number >= 0]
    if len(tasks) <= MOST_BLAMED_ONE_BY_ONE:
        for one in list(tasks):
            others = [other for other in together if other is not one]
            if _chosen(others, dealer) is None:
                together = others
                tasks.remove(one)
    return tuple(one.number for one in tasks)


def _stay(visitor: Visitor, turnaround: int) -> Window:
    service = visitor.service
    return (
        visitor.start - service.buffer_before_minutes,
        visitor.end + service.buffer_after_minutes + turnaround,
    )


def _chosen(visitors: Sequence[Visitor], dealer: _Dealer) -> dict[int, str] | None:
    model: CpModel = LeanModel()
    literals: dict[tuple[int, str], IntVar] = {}
    held: dict[str, list[tuple[Window, IntVar]]] = defaultdict(list)
    for visitor in visitors:
        mine = []
        for room in dealer.rooms_for(visitor):
            literal = literals[visitor.number, room.id] = model.new_bool_var("")
            held[room.id].append((dealer.hold(visitor, room), literal))
            mine.append(literal)
        if not mine:
            return None
        model.add_exactly_one(mine)
    for room_id, holds in held.items():
        room = dealer.setup.room_by_id[room_id]
        for (minute, _), _ in holds:
            over = [literal for (start, end), literal in holds if start <= minute < end]
            left = dealer.left(room, (minute, minute + 1))
            if len(over) > left:
                model.add(sum(over) <= left)
    home = {one.number: one.room_id for one in visitors}
    model.minimize(sum(literal for (number, room_id), literal in literals.items() if home[number] != room_id))
    solver, status = run(model, SearchSettings(time_limit_seconds=SECONDS))
    if is_infeasible(status):
        return None
    if not found_one(status):
        raise _Unsure
    return {number: room_id for (number, room_id), one in literals.items() if solver.boolean_value(one)}
