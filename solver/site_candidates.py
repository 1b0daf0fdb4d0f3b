"""The candidates of one location, side by side."""

from dataclasses import dataclass

from models.clinic import Location, Provider, Room
from models.group_visit import GroupVisit
from solver.bounds import Points
from solver.intervals import Mask, Minutes, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCandidates:
    """The candidates at one location (None: without a room), as parallel arrays.

    Candidate i is `providers[rows[i]]` at `starts[i]`, worth at most `bounds[i]` hundredths of a
    point, and on top of another visit where `overbooked[i]`. `room_free[r, columns[i]]` says whether
    `rooms[r]` would do for it; rooms stand best first. `joins[i]` is the group visit that it joins.
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
    overbooked: Mask
    joins: tuple[GroupVisit, ...] = ()
