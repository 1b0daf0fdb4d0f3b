"""The best slots of many clinics, of which only those are opened that could still have one.

Best first: each clinic has a bound, the best that its setup alone would allow. Clinics are opened in the
order of their bounds, and once the worst slot listed is better than every bound left, nothing better exists.
(Branch and bound, as in A. H. Land and A. G. Doig, Econometrica 28, 1960, without branches.)
"""

import heapq
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple, TypeAlias

from models.between_clinics import Bound, Rank
from models.wall_clock import Minute
from solver.clinic_offers import Listed, Offer
from solver.closer_bounds import FIRST_LOOK_MINUTES, WIDER_EACH_TIME, Closer, Contender
from solver.opened_clinics import Candidate, Opened, RankedSlot
from solver.problem import SearchProblem

Unasked: TypeAlias = Callable[[], Iterable[Offer]]
"""What a clinic offers, once somebody asks."""

TOO_MANY = 4
"""Offers that are equally good by their setups: so many are not opened before a closer look."""

LOOKED_AT_ONCE = 512
"""Offers at which one closer look is taken."""


MOST_AT_ONCE = 32
"""Opened in one go where each of them is likely to have a place on the list."""


class Question(NamedTuple):
    """An offer to open, and what to ask of the calendar of its clinic."""

    offer: Offer
    problem: SearchProblem


class _Waiting(NamedTuple):
    """What has not been opened yet. The number keeps equal bounds in the order in which they came."""

    bound: Bound
    number: int
    entry: Offer | Unasked
    looks: int
    """Closer looks that found nobody free so far."""
    is_close: bool
    """A closer look has found the bound."""


class Race:
    """The best `limit` slots so far, and the offers that could still have a better one."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.best: list[Candidate] = []
        self._waiting: list[_Waiting] = []
        self._entered = 0
        self._openings: dict[Offer, int] = {}

    def enter_clinic(self, bound: Bound, offers: Unasked) -> None:
        """A clinic of which nobody has asked yet what it offers: that is done when its turn comes."""
        self._enter(bound, offers)

    def enter(self, offers: Iterable[Offer], *, after: Bound | None = None) -> None:
        """More offers, none of them opened, and none with a slot better than `after`."""
        for offer in offers:
            bound = offer.bound()
            if bound is not None:
                self._enter(bound if after is None else max(bound, after), offer)

    def enter_closer(self, found: Iterable[Closer]) -> None:
        """What a closer look at offers has found: they wait again."""
        for one in found:
            self._enter(one.bound, one.offer, one.looks, is_close=one.is_close)

    def _enter(self, bound: Bound, entry: Offer | Unasked, looks: int = 0, *, is_close: bool = False) -> None:
        self._entered += 1
        heapq.heappush(self._waiting, _Waiting(bound, self._entered, entry, looks, is_close))

    @property
    def worst(self) -> Rank | None:
        """The slot that a better one would replace; None while there is room for any."""
        return self.best[-1].rank if len(self.best) == self.limit else None

    @property
    def listed(self) -> Listed:
        """The best visits so far: another service then, there and with the same provider is not told."""
        return {one.rank.visit: one.rank.kind for one in self.best}

    def best_waiting(self, besides: Collection[str] = ()) -> Bound | None:
        """The best that clinics not opened could have, some clinics aside."""
        bounds = (one.bound for one in self._waiting if one.bound.clinic_id not in besides)
        return min(bounds, default=None)

    @property
    def missing(self) -> int:
        """How many places of the list the best offer that waits could still have."""
        if not self._waiting:
            return 0
        return self.limit - sum(one.rank.bound < self._waiting[0].bound for one in self.best)

    def tied(self, more_than: int = TOO_MANY, most: int = LOOKED_AT_ONCE) -> list[Contender]:
        """Offers to look at more closely, taken out: those as good as the best one by their setups alone, if
        they are too many to be opened for that."""
        if self._best_offer() is None or self._waiting[0].is_close:
            return []
        best, missing = self._waiting[0].bound, self.missing
        found: list[tuple[_Waiting, Offer]] = []
        others: list[_Waiting] = []
        while len(found) < most and len(others) < missing and self._is_tied(best):
            waiting = heapq.heappop(self._waiting)
            entry = waiting.entry
            if not isinstance(entry, Offer):
                self.enter(entry())
            elif waiting.is_close:
                others.append(waiting)
            else:
                found.append((waiting, entry))
        is_much = len(found) > more_than
        for waiting in others if is_much else [*others, *(one for one, _ in found)]:
            heapq.heappush(self._waiting, waiting)
        worst = self.worst
        return [Contender.of(one, each.bound, worst, each.looks) for each, one in found] if is_much else []

    def _is_tied(self, best: Bound) -> bool:
        """Whether what comes first now could win, and is hardly worse than what came first before."""
        if not self._waiting or not self._can_win(self._waiting[0].bound):
            return False
        bound = self._waiting[0].bound
        return bound.points_lost == best.points_lost and bound.start < best.start + FIRST_LOOK_MINUTES

    def next(self, most: int | None = None) -> list[Question]:
        """What to open, best bound first, as far as it could win; nothing once nothing better can exist.

        It is taken out. At most so many at a time, or else as many as the list has places for that are likely
        to be theirs.
        """
        hoped = self._hoped_for()
        if hoped is not None:
            most = self.limit
        elif most is not None and self.worst is not None:
            most = max(most, min(self.missing, MOST_AT_ONCE))
        chosen: list[tuple[Offer, Bound]] = []
        while len(chosen) != most and (offer := self._best_offer()) is not None:
            chosen.append((offer, heapq.heappop(self._waiting).bound))
        return [
            Question(offer, offer.before(self._opened_until(offer, bound, hoped))) for offer, bound in chosen
        ]

    def _opened_until(self, offer: Offer, bound: Bound, hoped: Minute | None) -> Minute:
        """How much of an offer to open; what comes later waits again, and is more each time it is in vain."""
        times = self._openings.get(offer, 0)
        if not times:
            self.enter(offer.followers(), after=bound)
        self._openings[offer] = times + 1
        if hoped is None:
            return self._beyond(offer)
        wider = FIRST_LOOK_MINUTES * WIDER_EACH_TIME**times if times else 0
        until = max(hoped, bound.start + wider)
        if until < offer.after_last_start:
            self._enter(max(bound, offer.ideal_from(until)), offer, looks=1)
        return until

    def _hoped_for(self) -> Minute | None:
        """While the list is not full: the minute before which it would be, if every free provider whom closer
        looks have found can give the visit. Starts from then on are hardly worth reading."""
        if self.worst is not None:
            return None
        first = heapq.nsmallest(self.limit, self._waiting)
        points = {one.bound.points_lost for one in first}
        if len(first) < self.limit or len(points) > 1 or not all(one.is_close for one in first):
            return None
        return first[-1].bound.start + 1

    def _beyond(self, offer: Offer) -> Minute:
        worst = self.worst
        return offer.after_last_start if worst is None else offer.after_last_winner(worst)

    def _best_offer(self) -> Offer | None:
        """The first offer that waits and could win; clinics before it are asked what they offer."""
        while self._waiting and self._can_win(self._waiting[0].bound):
            entry = self._waiting[0].entry
            if isinstance(entry, Offer):
                return entry
            heapq.heappop(self._waiting)
            self.enter(entry())
        return None

    def _can_win(self, bound: Bound) -> bool:
        return self.worst is None or bound <= self.worst.bound

    def opened(self, offer: Offer, problem: SearchProblem) -> None:
        """What the calendar of a clinic leaves of an offer."""
        better = Opened.of(offer, problem).best(self.limit, self.worst)
        best: dict[object, Candidate] = {}
        for one in sorted([*self.best, *better], key=lambda one: one.rank):
            best.setdefault(one.rank.visit, one)
        self.best = list(best.values())[: self.limit]

    def slots(self) -> list[RankedSlot]:
        """The best slots in order, each checked by the plain rules."""
        by_clinic: dict[int, list[Candidate]] = {}
        for candidate in self.best:
            by_clinic.setdefault(id(candidate.opened), []).append(candidate)
        slots = [slot for some in by_clinic.values() for slot in some[0].opened.slots(some)]
        return sorted(slots, key=lambda one: one.rank)
