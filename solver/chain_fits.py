"""Whether the visits of a chain can stand beside each other; what each needs alone is settled already."""

from dataclasses import dataclass, field

from models.arranging import arrangements
from models.chain import own_holds_collide
from models.claims import hold_of
from models.clinic import Room, Service
from models.counters import provider_day_ref, service_day_ref
from models.overbooking import rules_for
from models.slot import Placement
from solver.chain_bounds import Counts
from solver.chain_order import Prefix
from solver.flat_candidates import FlatCandidates
from solver.options import Option


@dataclass(slots=True)
class Togetherness:
    """Judges prefixes of chains by the last visit in them: those before it fit already."""

    steps: list[FlatCandidates]
    counts: Counts
    turnaround: int = field(init=False)
    _options: dict[tuple[int, int], Option] = field(default_factory=dict)
    _placements: dict[tuple[int, int], Placement] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rooms = self.counts.setup.rooms
        self.turnaround = max((room.turnaround_minutes for room in rooms), default=0)

    def fits(self, prefix: Prefix) -> bool:
        """Whether the last visit can be booked once the others are; rooms and equipment included."""
        visits = self.placements(prefix)
        last, before = visits[-1], visits[:-1]
        if any(own_holds_collide(earlier, last) for earlier in before):
            return False
        if not before or not self._days_take(visits):
            return not before
        if not any(self.compete(one, last) or self._share_a_count(one, last) for one in before):
            return True
        return next(arrangements(visits, self.rooms(prefix), self.counts.snapshot), None) is not None

    def compete(self, one: Placement, other: Placement) -> bool:
        """Whether two visits could want the same room or equipment at the same time."""
        if one.joins is not None or other.joins is not None:
            return False
        held, wanted = self._held(one), self._held(other)
        if held[0] >= wanted[1] or wanted[0] >= held[1]:
            return False
        rooms = one.location is not None and one.location == other.location
        return rooms or _types(one.service) & _types(other.service) != set()

    def option(self, number: int, candidate: int) -> Option:
        """A candidate of a step as an option, made once."""
        known = self._options.get((number, candidate))
        if known is None:
            known = self._options[number, candidate] = self.steps[number].option(candidate)
        return known

    def placements(self, prefix: Prefix) -> tuple[Placement, ...]:
        """The visits of a prefix in their best rooms, without equipment of their own yet."""
        return tuple(self._placement(number, one) for number, one in enumerate(prefix))

    def rooms(self, prefix: Prefix) -> list[tuple[Room, ...]]:
        """The rooms that would do for each visit on its own, best first."""
        options = (self.option(number, one) for number, one in enumerate(prefix))
        return [tuple(room for choice in one.room_choices for room in choice.rooms) for one in options]

    def _placement(self, number: int, candidate: int) -> Placement:
        known = self._placements.get((number, candidate))
        if known is None:
            option, request = self.option(number, candidate), self.steps[number].problem.request
            rooms = option.room_choices[0].rooms if option.room_choices else (None,)
            known = self._placements[number, candidate] = Placement(
                service=request.service,
                provider=option.provider,
                location=option.site,
                room=rooms[0],
                start=option.start,
                end=option.end,
                equipment=option.joins.equipment if option.joins else (),
                patient=request.patient,
                joins=option.joins,
            )
        return known

    def _days_take(self, visits: tuple[Placement, ...]) -> bool:
        """Whether caps leave room for the last visit, those before it counted."""
        last = visits[-1]
        for ref, alike in (
            (provider_day_ref(last.provider.id), [v for v in visits if v.provider.id == last.provider.id]),
            (service_day_ref(last.service.id), [v for v in visits if v.service.id == last.service.id]),
        ):
            left = self.counts.left(ref, last.start)
            if left is not None and left < len(alike):
                day = self.counts.day(last.start)
                if sum(day[0] <= visit.start < day[1] for visit in alike) > left:
                    return False
        return True

    def _share_a_count(self, one: Placement, other: Placement) -> bool:
        """Whether a gap or the limit of an overbooking rule could keep two visits apart."""
        if one.provider.id != other.provider.id or one.joins is not None or other.joins is not None:
            return False
        setup = self.counts.setup
        gap = one.service.min_gap_minutes if one.service.id == other.service.id else 0
        if gap and one.start < other.end + gap and other.start < one.end + gap:
            return True
        rules = (*rules_for(setup, one.provider, one.service), *rules_for(setup, one.provider, other.service))
        return any(rule.max_per_day is not None for rule in rules)

    def _held(self, visit: Placement) -> tuple[int, int]:
        held_from, held_until = hold_of(visit.service, visit.start, visit.end)
        return held_from, held_until + self.turnaround


def _types(service: Service) -> set[str]:
    return {need.type for need in service.equipment}
