"""Candidates that are booked together as slots: each visit in its room, checked by the plain rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from models.arranging import arrangements
from models.clinic import Room
from models.rules import first_violation
from models.slot import Placement, Slot
from models.snapshot import ClinicSnapshot
from models.tentative import with_visit
from solver.chain_fits import Togetherness
from solver.chain_order import Prefix
from solver.chain_variables import Contender, RoomPoints
from solver.offers import RuleBroken, checked
from solver.options import RoomChoice


@dataclass(slots=True)
class SlotMaker:
    """Makes the slots of one question; visits that stand alone are scored and checked once."""

    together: Togetherness
    _slots: dict[tuple[int, int, str | None], Slot] = field(default_factory=dict)

    @property
    def snapshot(self) -> ClinicSnapshot:
        return self.together.counts.snapshot

    def contenders(self, prefix: Prefix) -> tuple[Contender, ...]:
        """The visits of a chain, with what the model may choose about them."""
        visits, compete = self.together.placements(prefix), self.together.compete
        return tuple(
            Contender(
                visit=visit,
                rooms=self._room_points(number, prefix[number]),
                points=self.together.option(number, prefix[number]).best_points,
                competes=any(compete(visit, other) for other in visits if other is not visit),
            )
            for number, visit in enumerate(visits)
        )

    def most_points(self, prefix: Prefix) -> int:
        """What a chain would earn if every visit had its best room."""
        return sum(self.together.option(*one).best_points for one in enumerate(prefix))

    def slots(self, prefix: Prefix, rooms: Sequence[Room | None] | None) -> tuple[Slot, ...]:
        """The visits in those rooms, or in the first in which they fit; RuleBroken where they do not."""
        visits, free = self.together.placements(prefix), self.together.rooms(prefix)
        tried = free if rooms is None else [(room,) if room else () for room in rooms]
        placements = next(arrangements(visits, tried, self.snapshot), None)
        if placements is None:
            raise RuleBroken(f"these visits do not fit together: {visits}")
        return tuple(
            self._slot(number, candidate, placements, free[number]) for number, candidate in enumerate(prefix)
        )

    def _slot(
        self, number: int, candidate: int, placements: Sequence[Placement], free: Sequence[Room]
    ) -> Slot:
        """The slot of one visit, scored on the calendar as it is; its rooms would do beside the others."""
        mine = placements[number]
        others = [one for one in placements if one is not mine]
        slot = self._scored(number, candidate, mine.room)
        if not any(self.together.compete(mine, other) for other in others):
            return slot
        beside = self.snapshot
        for other in others:
            beside = with_visit(beside, other)
        would_do = (room for room in free if room != mine.room)
        more = [room for room in would_do if first_violation(mine.in_room(room), beside) is None]
        rooms = (mine.room, *more) if mine.room else ()
        return slot._replace(rooms=rooms, equipment=mine.equipment)

    def _scored(self, number: int, candidate: int, room: Room | None) -> Slot:
        known = self._slots.get((number, candidate, room.id if room else None))
        if known is not None:
            return known
        option = self.together.option(number, candidate)
        if room is not None and room != option.room_choices[0].rooms[0]:
            points = dict(self._room_points(number, candidate))[room] - option.base_points
            option = option._replace(room_choices=(RoomChoice(points, (room,)),))
        slot = checked([option], self.together.steps[number].problem)[0]
        self._slots[number, candidate, room.id if room else None] = slot
        return slot

    def _room_points(self, number: int, candidate: int) -> tuple[RoomPoints, ...]:
        option = self.together.option(number, candidate)
        earned = self.together.steps[number].points_in_rooms(candidate)
        return tuple(RoomPoints(room, option.base_points + points) for room, points in earned)
