"""Visits of a series that come close to each other: late on a Sunday, and early on the Monday after."""

from collections.abc import Sequence
from itertools import pairwise

from models.arranging import arrangements
from models.clinic import Room
from models.series import SeriesRequest
from models.slot import Slot
from solver.chain_bounds import Counts
from solver.chain_fits import Togetherness
from solver.chain_slots import SlotMaker
from solver.flat_candidates import FlatCandidates
from solver.series_menu import Meeting, PatternOption


class Meetings:
    """What neighbouring visits do to each other, pair by pair, and the slots of a whole series."""

    def __init__(self, table: FlatCandidates, request: SeriesRequest) -> None:
        self.table = table
        self.snapshot = table.problem.snapshot
        self.together = Togetherness([table] * request.count, Counts(self.snapshot))
        self.maker = SlotMaker(self.together)
        service = request.request.service
        self.reach = max(
            service.buffer_after_minutes + self.together.turnaround + service.buffer_before_minutes,
            service.min_gap_minutes,
        )
        self._lost: dict[tuple[int, int], int | None] = {}
        self._rooms: dict[tuple[int, int], tuple[Room | None, Room | None]] = {}

    def among(self, options: Sequence[PatternOption], scale: int) -> dict[Meeting, int | None]:
        """What any two neighbouring visits lose together, None where they cannot be; most lose nothing."""
        found: dict[Meeting, int | None] = {}
        for option in options:
            for visit, (before, after) in enumerate(pairwise(option.losses)):
                first_start = min(int(self.table.starts[other]) for other in after)
                late = [one for one in before if int(self.table.ends[one]) + self.reach > first_start]
                for one in late:
                    for other in after:
                        lost = self._loss(one, other)
                        if lost != 0:
                            found[visit, one, other] = None if lost is None else lost * scale
        return found

    def _loss(self, one: int, other: int) -> int | None:
        """The hundredths of a point that two visits lose in rooms that are not their best ones."""
        if int(self.table.ends[one]) + self.reach <= int(self.table.starts[other]):
            return 0
        if (one, other) not in self._lost:
            self._lost[one, other] = self._looked_up(one, other)
        return self._lost[one, other]

    def _looked_up(self, one: int, other: int) -> int | None:
        pair = (one, other)
        if not self.together.fits(pair):
            return None
        visits = self.together.placements(pair)
        if not self.together.compete(*visits):
            return 0
        best = -1
        points = [dict(contender.rooms) for contender in self.maker.contenders(pair)]
        for first, second in arrangements(visits, self.together.rooms(pair), self.snapshot):
            earned = sum(
                table[visit.room] for table, visit in zip(points, (first, second), strict=True) if visit.room
            )
            if earned > best:
                best, self._rooms[pair] = earned, (first.room, second.room)
        most = sum(max(table.values(), default=0) for table in points)
        return most - best

    def slots(self, candidates: tuple[int, ...]) -> tuple[Slot, ...]:
        """The visits of a series as slots, in the best rooms in which they fit."""
        rooms = [free[0] if free else None for free in self.together.rooms(candidates)]
        for visit, pair in enumerate(pairwise(candidates)):
            if pair in self._rooms:
                rooms[visit], rooms[visit + 1] = self._rooms[pair]
        return self.maker.slots(candidates, rooms)
