"""The best slots of many clinics, of which only those are opened that could still have one.

Best first: each clinic has a bound, the best that its setup alone would allow. Clinics are opened in the
order of their bounds, and once the worst slot listed is better than every bound left, nothing better exists.
(Branch and bound, as in A. H. Land and A. G. Doig, Econometrica 28, 1960, without branches.)
"""

import heapq
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from models.between_clinics import Bound, Rank
from solver.clinic_offers import Offer
from solver.closer_bounds import Closer, Contender
from solver.opened_clinics import Candidate, Opened, RankedSlot
from solver.problem import SearchProblem

Unasked: TypeAlias = Callable[[], Iterable[Offer]]
"""What a clinic offers, once somebody asks."""

TOO_MANY = 4
"""Offers that are equally good by their setups: so many are not opened before a closer look."""

LOOKED_AT_ONCE = 256
"""Offers at which one closer look is taken."""


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
    def best_waiting(self) -> Bound | None:
        """The best that an offer not opened could have."""
        return self._waiting[0].bound if self._waiting else None

    @property
    def missing(self) -> int:
        """How many places of the list the best offer that waits could still have."""
        waiting = self.best_waiting
        if waiting is None:
            return 0
        return self.limit - sum(one.rank.bound < waiting for one in self.best)

    def tied(self, more_than: int = TOO_MANY, most: int = LOOKED_AT_ONCE) -> list[Contender]:
        """Offers to look at more closely, taken out: those as good as the best one by their setups alone, if
        they are too many to be opened for that."""
        if self._best_offer() is None or self._waiting[0].is_close:
            return []
        best, others = self._waiting[0].bound, []
        found: list[tuple[_Waiting, Offer]] = []
        while self._waiting and len(found) < most and self._can_win(self._waiting[0].bound):
            if self.worst is None and self._waiting[0].bound.points_lost != best.points_lost:
                break
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

    def next(self, most: int | None = None) -> list[Offer]:
        """The offers that could win, best bound first, taken out; none once nothing better can exist."""
        chosen: list[Offer] = []
        while len(chosen) != most and (offer := self._best_offer()) is not None:
            bound = heapq.heappop(self._waiting).bound
            chosen.append(offer)
            self.enter(offer.followers(), after=bound)
        return chosen

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
