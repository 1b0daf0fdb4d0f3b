"""From a question about several visits to ranked, checked chains: prune, bound, solve, check.

Chains come in falling order of what they could earn; as many as were asked for enter the model, and if
the worst one listed stands before whatever is still to come, no better list exists.
"""

from functools import cached_property
from itertools import islice
from time import monotonic

from models.chain import Chain, ChainAnswer, ChainRequest, why_not_in_this_order
from models.snapshot import ClinicSnapshot
from solver.chain_bounds import Counts, best_from, pauses
from solver.chain_fits import Togetherness
from solver.chain_menu import Chosen, MenuOfChains, best_menu
from solver.chain_order import BestFirst, Prefix, Rank
from solver.chain_slots import SlotMaker
from solver.flat_candidates import FlatCandidates, Key
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


class _ChainSearch:
    """One question, and the chains that were taken out of the order so far."""

    def __init__(self, snapshot: ClinicSnapshot, request: ChainRequest, settings: SearchSettings) -> None:
        self.snapshot, self.request, self.settings = snapshot, request, settings
        self.taken: list[Prefix] = []

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
        self.taken += islice(self.order, size - len(self.taken))
        if not self.taken:
            return self._answer([], 0)
        chains = sorted(self.taken, key=self._keys)
        contenders = [self.maker.contenders(chain) for chain in chains]
        menu = best_menu(contenders, self.request.limit, self.snapshot, self.settings)
        wanted = min(self.request.limit, len(chains))
        if menu is None or len(menu.offered) < wanted:
            # Every chain fits by the plain rules, so a shorter list is the solver's fault.
            return self._without_solver(wanted)
        return self._answer(self._made(chains, menu), menu.bound)

    def _made(self, chains: list[Prefix], menu: MenuOfChains) -> list[tuple[Rank, Chain]]:
        made = []
        for number, rooms in menu.offered.items():
            chain = self._chain(chains[number], rooms)
            made.append((Rank(-chain.total, self._keys(chains[number])), chain))
        return sorted(made, key=lambda one: one[0])

    def _chain(self, prefix: Prefix, rooms: Chosen | None) -> Chain:
        """A chain that keeps every rule; its pauses and providers are looked at once more."""
        chain = Chain(self.maker.slots(prefix, rooms))
        broken = why_not_in_this_order(self.request, chain.slots)
        if broken is not None:
            raise RuleBroken(f"{broken}: {chain}")
        return chain

    def _answer(self, made: list[tuple[Rank, Chain]], bound: int) -> ChainAnswer:
        chains = tuple(chain for _, chain in made)
        coming = self.order.next_rank
        nothing_better = coming is None or (len(made) == self.request.limit and made[-1][0] < coming)
        if coming is not None and not nothing_better:
            best = max([-coming.loss, *(chain.total for chain in chains)])
            bound = max(bound, self.request.limit * best)
        total = sum(chain.total for chain in chains)
        return ChainAnswer(
            chains=chains,
            proven=nothing_better and total >= bound,
            bound=bound,
            closed_steps=tuple(number for number, step in enumerate(self.steps) if not len(step)),
        )

    def _without_solver(self, wanted: int) -> ChainAnswer:
        """The first chains in the order, in the first rooms in which their visits fit."""
        chains = tuple(self._chain(prefix, None) for prefix in self.taken[:wanted])
        bound = sum(self.maker.most_points(prefix) for prefix in self.taken[:wanted])
        return ChainAnswer(chains=chains, proven=False, bound=bound)

    def _keys(self, prefix: Prefix) -> tuple[Key, ...]:
        return tuple(step.key(one) for step, one in zip(self.steps, prefix, strict=True))
