"""From a question about several visits to ranked, checked chains: prune, bound, solve, check.

Chains come in falling order of what they could earn. Where the visits of one compete for rooms or
equipment, a model finds the rooms in which they earn most. If the worst chain listed stands before
whatever is still to come, no better list exists.
"""

from functools import cached_property
from itertools import islice
from time import monotonic
from typing import NamedTuple

from models.chain import Chain, ChainAnswer, ChainRequest, why_not_in_this_order
from models.snapshot import ClinicSnapshot
from solver.chain_bounds import Counts, best_from, pauses
from solver.chain_fits import Togetherness
from solver.chain_order import BestFirst, Prefix, Rank
from solver.chain_rooms import ChosenRooms, best_rooms
from solver.chain_slots import SlotMaker
from solver.flat_candidates import FlatCandidates
from solver.offers import RuleBroken
from solver.problem import SearchProblem
from solver.search import SearchSettings


def offer_chains(
    snapshot: ClinicSnapshot, request: ChainRequest, settings: SearchSettings | None = None
) -> ChainAnswer:
    """The best chains for a request, in order, with the proof that no better list exists."""
    search = _ChainSearch(snapshot, request, settings or SearchSettings())
    size = request.limit
    while True:
        answer = search.best_of(size)
        if answer.proven or len(search.taken) < size:
            return answer
        size *= 2


class _Made(NamedTuple):
    """A chain, where it stands in the list, and the most that its visits could earn in any rooms."""

    rank: Rank
    chain: Chain
    bound: int


class _ChainSearch:
    """One question, and the chains that were taken out of the order so far."""

    def __init__(self, snapshot: ClinicSnapshot, request: ChainRequest, settings: SearchSettings) -> None:
        self.snapshot, self.request, self.settings = snapshot, request, settings
        self.taken: list[Prefix] = []
        self.made: list[_Made] = []

    @cached_property
    def steps(self) -> list[FlatCandidates]:
        problems = [SearchProblem(snapshot=self.snapshot, request=one.request) for one in self.request.steps]
        return [FlatCandidates.of(problem) for problem in problems]

    @cached_property
    def together(self) -> Togetherness:
        return Togetherness(self.steps, Counts(self.snapshot))

    @cached_property
    def maker(self) -> SlotMaker:
        return SlotMaker(self.together)

    @cached_property
    def order(self) -> BestFirst:
        neighbours = zip(self.steps, self.steps[1:], self.request.steps[1:], strict=False)
        between = [pauses(one, following, how, self.together.counts) for one, following, how in neighbours]
        return BestFirst(
            steps=self.steps,
            between=between,
            values=best_from(self.steps, between),
            fits=self.together.fits,
            until=monotonic() + self.settings.time_limit_seconds,
        )

    def best_of(self, size: int) -> ChainAnswer:
        """The best list out of the first `size` chains in the order."""
        fresh = list(islice(self.order, size - len(self.taken)))
        self.taken += fresh
        self.made = sorted([*self.made, *(self._made(prefix) for prefix in fresh)], key=lambda one: one.rank)
        listed, coming = self.made[: self.request.limit], self.order.next_rank
        nothing_better = coming is None or (len(listed) == self.request.limit and listed[-1].rank < coming)
        most = self._most(self.request.limit, coming)
        chains = tuple(one.chain for one in listed)
        return ChainAnswer(
            chains=chains,
            proven=nothing_better and most == sum(chain.total for chain in chains),
            bound=most,
            closed_steps=tuple(number for number, step in enumerate(self.steps) if not len(step)),
        )

    def _most(self, limit: int, coming: Rank | None) -> int:
        """The most that any list of so many chains could add up to."""
        bounds = sorted((one.bound for one in self.made), reverse=True)[:limit]
        if coming is not None:
            bounds = sorted([*bounds, *[-coming.loss] * limit], reverse=True)[:limit]
        return sum(bounds)

    def _made(self, prefix: Prefix) -> _Made:
        """A chain in its best rooms; where its visits compete for them, the model chooses."""
        contenders = self.maker.contenders(prefix)
        most = self.maker.most_points(prefix)
        found: ChosenRooms | None = None
        if any(one.competes for one in contenders):
            # Every chain fits by the plain rules: that none does is never believed.
            found = best_rooms(contenders, self.snapshot, self.settings)
            most = most if found is None else found.bound
        chain = Chain(self.maker.slots(prefix, None if found is None else found.rooms))
        broken = why_not_in_this_order(self.request, chain.slots)
        if broken is not None:
            raise RuleBroken(f"{broken}: {chain}")
        keys = tuple(step.key(one) for step, one in zip(self.steps, prefix, strict=True))
        return _Made(Rank(-chain.total, keys), chain, most)
