"""The candidates of one location, side by side."""

from dataclasses import dataclass, replace

from models.clinic import Location, Provider, Room
from models.group_visit import GroupVisit
from models.slot import Rearrangement
from solver.bounds import Points, Terms
from solver.intervals import Mask, Minutes, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCandidates:
    """The candidates at one location (None: without a room), as parallel arrays.

    Candidate i is `providers[rows[i]]` at `starts[i]`, worth at most `bounds[i]` hundredths of a
    point, and on top of another visit where `overbooked[i]`. `room_free[r, columns[i]]` says whether
    `rooms[r]` would do for it; rooms stand best fit first, and `room_points` says what their fit earns.
    `terms` are what it earns besides. `joins[i]` is the group visit that it joins.
    `rearranges[columns[i]]` lists which appointments have to change for it.
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
    terms: Terms
    joins: tuple[GroupVisit, ...] = ()
    rearranges: tuple[tuple[Rearrangement, ...], ...] = ()

    def at(self, positions: Rows) -> "SiteCandidates":
        """Only the candidates at some positions."""
        return replace(
            self,
            rows=self.rows[positions],
            starts=self.starts[positions],
            bounds=self.bounds[positions],
            columns=self.columns[positions],
            overbooked=self.overbooked[positions],
            terms=self.terms.at(positions),
            joins=tuple(self.joins[position] for position in positions.tolist()) if self.joins else (),
        )
