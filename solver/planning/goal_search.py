"""The search for the best plan under one goal: the incumbent gets better until it meets the bound."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic

from models.plan import LevelProof, Optimality, Plan
from models.planning import PlanLimits
from solver.planning.choices import Choices
from solver.planning.columns import NOBODY, Column
from solver.planning.exact import IMPROVING, PROVING, Exact, ExactLimits, Found, choose
from solver.planning.goals import PRICE_LIST
from solver.planning.greedy import Solution, inserted, price_of
from solver.planning.no_goods import NoGoods
from solver.planning.pricing import Budget
from solver.planning.rebuild import parts_of
from solver.planning.relaxation import IsOver
from solver.planning.schedule import Schedule, scheduled


@dataclass(frozen=True, kw_only=True)
class SharedByGoals:
    """What the searches of one solve have in common, whatever their goals.

    `by_prices` are the choices under the price list, which says what a plan costs. `tell` is called with
    each better plan and each better bound, from a solving thread. `no_goods` grow with every search.
    """

    by_prices: Choices
    limits: PlanLimits
    tell: Callable[[Plan], None]
    stopped: Callable[[], bool]
    no_goods: NoGoods


@dataclass(frozen=True, slots=True)
class Incumbent:
    """The best solution so far, as the rules have passed it, and what the goal counts for it."""

    solution: Solution
    value: int
    plan: Plan


def plan_of(schedule: Schedule, objective: int, bound: int, levels: Sequence[LevelProof]) -> Plan:
    """The plan of a schedule that the rules have passed."""
    return Plan(
        moves=schedule.moves,
        unplaced=schedule.unplaced,
        optimality=Optimality(objective=objective, bound=min(bound, objective), levels=tuple(levels)),
    )


class GoalSearch:
    """Incumbent and bound under the goal of some choices, no worse than the budgets at other goals.

    `proofs` are of the levels before, which each plan repeats.
    """

    def __init__(
        self,
        shared: SharedByGoals,
        choices: Choices,
        budgets: Iterable[Budget] = (),
        proofs: Iterable[LevelProof] = (),
    ) -> None:
        self.shared, self.choices = shared, choices
        self.budgets, self.proofs = tuple(budgets), tuple(proofs)
        self.bound = 0
        self._best: Incumbent | None = None

    @property
    def best(self) -> Incumbent:
        """The incumbent; `offer` has been called with a solution that the rules pass."""
        if self._best is None:
            raise AssertionError("no plan has been offered")
        return self._best

    @property
    def is_proven(self) -> bool:
        """Whether nothing counts less than the incumbent."""
        return self.bound >= self.best.value

    @property
    def gap(self) -> float:
        """How much less than the incumbent a plan could count, as a part of that."""
        return (self.best.value - self.bound) / max(1, self.best.value)

    def is_over(self, until: float) -> bool:
        """Whether the clock (`monotonic`) or somebody says that it is enough."""
        return monotonic() >= until or self.shared.stopped()

    def over_in(self, seconds: float) -> IsOver:
        """Asks whether it is over after so many seconds from now."""
        return partial(self.is_over, monotonic() + seconds)

    # -- incumbent and bound -----------------------------------------------------------------------

    def offer(self, solution: Solution, *, is_last_word: bool = False) -> bool:
        """Take a better solution if the plain rules pass it; False where they refuse it.

        What is certainly impossible in a refused one is never chosen again; what may be only where it is the
        last word of whoever chose it, who would come with it again. One that is no better passes unasked.
        """
        value = price_of(self.choices, solution)
        if self._best is not None and value >= self._best.value:
            return True
        schedule = scheduled(self.choices, solution)
        if schedule.refused:
            if schedule.certain or is_last_word:
                self.shared.no_goods.learn(schedule, solution)
            return False
        objective = value if self._counts_prices else price_of(self.shared.by_prices, solution)
        plan = plan_of(schedule, objective, self._bound_of_plans, self.proofs)
        self._take(Incumbent(solution, value, plan))
        return True

    def complete(self, some: Solution) -> None:
        """Offer columns for some tasks, with the cheapest that fit for the others."""
        if self.budgets:
            return  # whatever is cheapest under this goal may be too much for an earlier one
        others = [number for number in range(len(self.choices.of_task)) if number not in some]
        self.offer(inserted(self.choices, others, some))

    def raise_bound(self, bound: int) -> None:
        """No solution counts less than this."""
        if bound > self.bound:
            self.bound = min(bound, self.best.value)
            known = self.best.plan.optimality
            optimality = replace(known, bound=min(self._bound_of_plans, known.objective))
            self._take(replace(self.best, plan=replace(self.best.plan, optimality=optimality)))

    def turn_to(self, choices: Choices) -> None:
        """Go on with other choices of the same openings, of which rooms are left open."""
        solution = {number: column._replace(room=NOBODY) for number, column in self.best.solution.items()}
        self._best = Incumbent(solution, self.best.value, self.best.plan)
        self.choices = choices

    @property
    def _counts_prices(self) -> bool:
        return self.choices.goal is PRICE_LIST

    @property
    def _bound_of_plans(self) -> int:
        """What any plan costs at least: the bound of another goal says nothing about that."""
        return self.bound if self._counts_prices else 0

    def _take(self, incumbent: Incumbent) -> None:
        self._best = incumbent
        self.shared.tell(incumbent.plan)

    # -- exact choices -----------------------------------------------------------------------------

    def choose_among(
        self, columns: Sequence[Column], until: float, subsolvers: tuple[str, ...] = PROVING
    ) -> Exact | None:
        """The best choice among some columns that the plain rules pass; better ones on the way are offered.

        None where time ran out, or somebody stopped, before any was passed.
        """
        everybody = tuple(self.best.solution)
        return self._chosen(everybody, columns, until, subsolvers=subsolvers, found=self.offer)

    def improve(self, columns: Sequence[Column], until: float) -> None:
        """Look for a better plan among some columns, without asking for a proof."""
        everybody = tuple(self.best.solution)
        self._chosen(everybody, columns, until, subsolvers=IMPROVING, found=self.offer)

    def choose_for(self, tasks: Collection[int], columns: Sequence[Column], until: float) -> None:
        """Look for a better plan in which all but some tasks stay where they are."""
        free = set(tasks)
        fixed = [column for task, column in self.best.solution.items() if task not in free]
        placed = [column for column in fixed if column.is_placed]
        self._chosen(tasks, columns, until, fixed=placed, subsolvers=IMPROVING)

    def part_by_part(self, columns: Sequence[Column], until: float) -> int:
        """Settle each part of some columns by itself; the least that any choice among them costs."""
        parts, fixed = parts_of(self.choices, columns)
        gaps = 0
        for number, part in enumerate(sorted(parts, key=lambda one: len(one.columns))):
            seconds = (until - monotonic()) / (len(parts) - number)
            found = self._chosen(part.tasks, part.columns, monotonic() + seconds, fixed=fixed)
            if found is None:
                return 0
            gaps += found.value - found.bound
        # Where visits may lie on top of each other, the model counts idle minutes too low to tell.
        if self.choices.problem.setup.lanes or not self.shared.no_goods.are_certain:
            return 0
        return self.best.value - gaps

    def _chosen(
        self,
        tasks: Collection[int],
        columns: Sequence[Column],
        until: float,
        *,
        fixed: Sequence[Column] = (),
        subsolvers: tuple[str, ...] = PROVING,
        found: Found | None = None,
    ) -> Exact | None:
        """The best choice for some tasks that the plain rules pass, all others being as they are; else None.

        CP-SAT chooses, and again where the rules refuse its last word. Where they pass it there is no need to
        ask again, whatever they refused on the way: the bound holds for more choices than are left. Whoever
        only looks for a better plan gives up where it is not certain that what was refused is impossible:
        to forbid that would cost the proof.
        """
        limits, proving = self.shared.limits, subsolvers == PROVING
        while not self.is_over(until):
            chosen = choose(
                self.choices,
                columns,
                {task: self.best.solution[task] for task in tasks},
                ExactLimits(
                    seconds=until - monotonic(),
                    workers=limits.workers,
                    seed=limits.seed,
                    subsolvers=subsolvers,
                ),
                budgets=self.budgets,
                forbidden=self.shared.no_goods.sets,
                fixed=fixed,
                found=found,
                stopped=self.shared.stopped,
            )
            known = len(self.shared.no_goods.sets)
            if chosen is None or self.offer({**self.best.solution, **chosen.solution}, is_last_word=proving):
                return chosen
            if not proving and len(self.shared.no_goods.sets) == known:
                return None
        return None
