"""From a question to the best plan that time allows, with a bound.

A plan is found and proven in rounds: greedy gives the first, the linear relaxation a bound and the few
columns that matter, CP-SAT the best choice among those; then branches of the relaxation are closed one by
one until none is left that could beat it. The plain rules have the last word on every plan.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import TypeAlias

from models.plan import Level, LevelProof, Plan, PlanProgress
from models.planning import NOBODY_ELSE, Others, PlanLimits, PlanOrder, PlanQuestion, TaskKind
from solver.planning.branching import Branching
from solver.planning.choices import Choices
from solver.planning.columns import UNPLACED, Column
from solver.planning.goal_search import GoalSearch, SharedByGoals, plan_of
from solver.planning.goals import LEVELS, OTHERS_TOLD, PRICE_LIST
from solver.planning.greedy import Solution, first_solution, from_hint, improved, next_gaps, price_of
from solver.planning.no_goods import NoGoods
from solver.planning.others import problem_with_others
from solver.planning.pricing import Bound, Budget
from solver.planning.rebuild import Rebuild, staying_choices
from solver.planning.relaxation import Relaxation
from solver.planning.schedule import scheduled
from solver.planning.window_neighbourhoods import WindowNeighbourhoods

Report: TypeAlias = Callable[[PlanProgress], None]
"""Called with each better plan and each better bound, from a solving thread; must be quick."""

FIRST_PLAN_SECONDS = 0.1
SWAPS_SECONDS = 0.15
SHARE_WITHOUT_OTHERS = 0.4
"""Of all the time, for the plan in which nobody else makes space."""
SHARE_OF_RELAXATION = 0.4
"""These three are shares of the time that a goal has left by then."""
SHARE_OF_DIVE = 0.3
SHARE_OF_FEW_COLUMNS = 0.3
FEW_COLUMNS_SECONDS = 3.0
WIDE_GAP = 0.1
"""Where so much is between incumbent and bound, a better plan comes before a better bound."""
PARTS_OF_MISSING = (1 / 15, 1.0)
"""By how much of what is between bound and incumbent the columns may exceed the bound, at first and then."""
NEAR = 0.015
"""What is as near to the bound as this is left to branching."""
FEWEST_OPENINGS = 3_000
"""With how many openings beyond where everybody is a rebuild begins."""
MOST_COLUMNS = 40_000
"""Literals of a rebuild beyond which all of them at once take more time and memory than they are worth."""


def make_plan(
    question: PlanQuestion,
    limits: PlanLimits,
    report: Report,
    stopped: Callable[[], bool] = lambda: False,
) -> Plan:
    """The cheapest plan found within the limits; never worse than greedy, nor than the hint where that holds.

    Every plan reported has passed the plain rules, move by move in the order of its moves.
    """
    began = monotonic()
    if question.order is PlanOrder.LEXICOGRAPHIC and _is_rebuild(question):
        raise ValueError("a rebuild counts by prices: what it does level by level has no meaning yet")
    if question.allowance.others is not Others.STAY:
        question = _hinted(question, limits, report, stopped)
        limits = replace(limits, seconds=max(0.0, limits.seconds - (monotonic() - began)))
    planner = _Planner(question, limits, report, stopped)
    if question.order is PlanOrder.LEXICOGRAPHIC:
        return planner.level_by_level()
    return planner.by_prices()


def _is_rebuild(question: PlanQuestion) -> bool:
    """Whether appointments that nothing displaced are planned as well."""
    return any(task.kind is TaskKind.MOVABLE for task in question.tasks)


def _hinted(
    question: PlanQuestion, limits: PlanLimits, report: Report, stopped: Callable[[], bool]
) -> PlanQuestion:
    """The question, and as a hint the best plan in which nobody else makes space: none worse is taken."""
    alone = replace(question, allowance=NOBODY_ELSE)
    short = replace(limits, seconds=limits.seconds * SHARE_WITHOUT_OTHERS)

    def without_bound(progress: PlanProgress) -> None:
        optimality = replace(progress.plan.optimality, bound=0, levels=())
        report(replace(progress, plan=replace(progress.plan, optimality=optimality), bound=0))

    plan = make_plan(alone, short, without_bound, stopped)
    return replace(
        question, hint={**question.hint, **{move.appointment_id: move.after for move in plan.moves}}
    )


class _Planner:
    """One solve."""

    def __init__(
        self, question: PlanQuestion, limits: PlanLimits, report: Report, stopped: Callable[[], bool]
    ) -> None:
        self.limits, self.report = limits, report
        self.began = monotonic()
        self.deadline = self.began + limits.seconds
        problem = problem_with_others(question)
        self.question = problem.question
        self.is_rebuild = _is_rebuild(question)
        self.choices = staying_choices(problem) if self.is_rebuild else Choices(problem)
        self.shared = SharedByGoals(
            by_prices=self.choices, limits=limits, tell=self._tell, stopped=stopped, no_goods=NoGoods()
        )

    def _tell(self, plan: Plan) -> None:
        seconds = monotonic() - self.began
        self.report(PlanProgress(plan=plan, bound=plan.optimality.bound, seconds=seconds))

    # -- goals -------------------------------------------------------------------------------------

    def by_prices(self) -> Plan:
        """One sum by the price list."""
        first = self._first(self.choices)
        if self.is_rebuild and self.choices.idleness is not None:
            return self._rebuilt(Rebuild(self.choices, self.choices.idleness), first)
        return self._searched(self.choices, self.limit_of_others, first, (), self.deadline).best.plan

    def _rebuilt(self, rebuild: Rebuild, first: Solution) -> Plan:
        """Ever more openings, those first that exceed the bound least, until none is left that pays."""
        search = GoalSearch(self.shared, self.choices)
        search.offer(first)
        search.raise_bound(rebuild.bound.value)
        promising = rebuild.within(search.best.value - rebuild.bound.value, search.best.solution)
        search.turn_to(promising.choices)
        most = FEWEST_OPENINGS
        while not search.is_proven and not search.is_over(self.deadline):
            slack = search.best.value - rebuild.bound.value
            if slack < promising.slack:
                promising = promising.narrowed(slack, search.best.solution)
                search.turn_to(promising.choices)
            level = promising.level(most)
            columns = list(dict.fromkeys([*promising.below(level), *search.best.solution.values()]))
            if len(columns) > MOST_COLUMNS:
                WindowNeighbourhoods(search, rebuild.idleness, columns).explore(self.deadline)
                break
            search.raise_bound(min(rebuild.bound.value + level, search.part_by_part(columns, self.deadline)))
            if level >= slack:
                break
            most *= 3
        return search.best.plan

    @property
    def limit_of_others(self) -> list[Budget]:
        """At most so many others are told a new time."""
        allowance = self.question.allowance
        return [Budget(OTHERS_TOLD, allowance.most_moved)] if allowance.others is Others.MOVE else []

    def level_by_level(self) -> Plan:
        """Each level as small as those before it allow, and proven before the next."""
        budgets = self.limit_of_others
        proofs: list[LevelProof] = []
        solution = self._first(self.choices)
        for number, goal in enumerate(LEVELS):
            left = self.deadline - monotonic()
            until = monotonic() + left / (len(LEVELS) - number)
            search = self._searched(self.choices.under(goal), budgets, solution, proofs, until)
            solution, value = search.best.solution, search.best.value
            proofs.append(LevelProof(level=Level(goal.name), value=value, bound=search.bound))
            budgets.append(Budget(goal, value))
        objective = price_of(self.choices, solution)
        return plan_of(scheduled(self.choices, solution), objective, objective, proofs)

    def _first(self, choices: Choices) -> Solution:
        """The hint, or greedy, whichever is better; what the rules refuse is left without a place."""
        found = first_solution(choices, seed=self.limits.seed, until=monotonic() + FIRST_PLAN_SECONDS)
        hinted = from_hint(choices, self.question.hint)
        if hinted is not None and price_of(choices, hinted) <= price_of(choices, found):
            found = hinted
        return self._allowed(choices, found)

    def _allowed(self, choices: Choices, solution: Solution) -> Solution:
        """A solution that the plain rules pass."""
        while True:
            schedule = scheduled(choices, solution)
            if not schedule.refused:
                return solution
            solution = {
                **solution,
                **{number: self._fallback(choices, number) for number in schedule.refused},
            }

    @staticmethod
    def _fallback(choices: Choices, number: int) -> Column:
        """Where a task goes that has no place: nowhere, or home where it may stay."""
        return choices.stay(number) or Column(number, UNPLACED)

    # -- one goal ----------------------------------------------------------------------------------

    def _searched(
        self,
        choices: Choices,
        budgets: Sequence[Budget],
        first: Solution,
        proofs: Sequence[LevelProof],
        until: float,
    ) -> GoalSearch:
        """The search for the best plan at the goal of some choices, as far as the clock lets it come."""
        search = GoalSearch(self.shared, choices, budgets, proofs)
        search.offer(first)
        if not budgets:
            search.offer(next_gaps(choices))
        if choices.goal is PRICE_LIST and not budgets:
            swaps_until = min(until, monotonic() + SWAPS_SECONDS)
            search.offer(improved(choices, search.best.solution, until=swaps_until))
        relaxation = Relaxation(choices, budgets)
        relaxation.start(search.best.solution.values())
        share = SHARE_OF_RELAXATION * (until - monotonic())
        bound = relaxation.tighten(is_over=search.over_in(share), incumbent=search.best.value)
        search.raise_bound(bound.least_price)
        if not search.is_proven:
            share = SHARE_OF_DIVE * (until - monotonic())
            search.complete(relaxation.dive(is_over=search.over_in(share)))
        if not search.is_proven:
            self._improve(search, relaxation, bound, until)
        if not search.is_proven and not search.is_over(until):
            Branching(search, relaxation, bound).explore(until)
        return search

    @staticmethod
    def _improve(search: GoalSearch, relaxation: Relaxation, bound: Bound, until: float) -> None:
        """A better plan of columns that the relaxation needed: of the best ones, then of all."""
        missing = search.best.value - bound.value
        for part in PARTS_OF_MISSING:
            columns = [*relaxation.columns_within(bound, part * missing), *search.best.solution.values()]
            share = SHARE_OF_FEW_COLUMNS * (until - monotonic())
            if search.gap < WIDE_GAP:
                share = min(share, FEW_COLUMNS_SECONDS)
            search.improve(columns, monotonic() + share)
            if search.gap < NEAR:
                return
