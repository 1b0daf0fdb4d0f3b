"""Branch and bound proves what others prove, and its bounds hold whatever it is limited to."""

from collections.abc import Iterator
from dataclasses import replace
from math import inf
from time import monotonic
from typing import NamedTuple

import pytest

from models.planning import PlanLimits, PlanQuestion
from scenarios.full_calendar import full_calendar
from solver.planning import branching, goal_search
from solver.planning.blocks import Blocks, Count
from solver.planning.branching import Branching
from solver.planning.choices import Choices
from solver.planning.columns import UNPLACED, Column
from solver.planning.exact import ExactLimits, choose
from solver.planning.goal_search import GoalSearch, SharedByGoals
from solver.planning.greedy import Solution, first_solution, price_of
from solver.planning.no_goods import NoGoods
from solver.planning.others import problem_with_others
from solver.planning.planner import make_plan
from solver.planning.pricing import Limit
from solver.planning.relaxation import Relaxation
from solver.planning.schedule import Schedule
from tests.benchmarks.absences import MONDAY, Absence, morning_of
from tests.planning.asked import asked_in_question
from tests.planning.highs_plans import plan_by_highs
from tests.planning.price_list import bill_of

LIMITS = PlanLimits(seconds=60.0, workers=2, seed=1)
NEVER, ALWAYS = 0, 10**6
SECONDS = 30.0


class Away(NamedTuple):
    """Who is away for so many days in the full calendar of a seed, with so many providers and rooms."""

    seed: int
    size: tuple[int, int]
    provider_id: str
    days: int = 1

    def question(self) -> PlanQuestion:
        """What that asks."""
        file = full_calendar(self.seed, start=MONDAY, providers=self.size[0], rooms=self.size[1])
        absence = Absence(
            file=file,
            provider_id=self.provider_id,
            first=MONDAY,
            days=self.days,
            now=morning_of(MONDAY, file),
        )
        return absence.question()


BRANCHED = (Away(5, (3, 3), "provider-1"), Away(6, (3, 3), "provider-2"), Away(3, (4, 4), "provider-2"))
"""Absences whose relaxation is below the best plan."""
LONG = (
    Away(2, (3, 3), "provider-1"),
    Away(2, (3, 3), "provider-2"),
    Away(6, (3, 3), "provider-1"),
    Away(7, (3, 3), "provider-1"),
    Away(8, (3, 3), "provider-2"),
    Away(1, (4, 4), "provider-1"),
    Away(11, (4, 4), "provider-1"),
)
SMALL = BRANCHED[-1]
MANY = Away(1, (5, 6), "provider-1", days=5)


def never() -> bool:
    """It is not over before everything is done."""
    return False


def proven(asked: PlanQuestion) -> int:
    """What the best plan costs; no bound on the way was above it."""
    bounds: list[int] = []
    plan = make_plan(asked, LIMITS, lambda progress: bounds.append(progress.bound))
    assert plan.optimality.bound == plan.optimality.objective
    assert max(bounds) <= plan.optimality.objective
    return plan.optimality.objective


@pytest.mark.parametrize("away", [*BRANCHED, *(pytest.param(one, marks=pytest.mark.long) for one in LONG)])
def test_branching_alone_proves_what_cp_sat_alone_proves(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, branches = away.question(), list[Count]()
    choose_count = Branching._best_of

    def counted(self: Branching, *arguments: object) -> Count:
        branches.append(choose_count(self, *arguments))  # type: ignore[arg-type]  # passed on as they came
        return branches[-1]

    monkeypatch.setattr(Branching, "_best_of", counted)
    monkeypatch.setattr(branching, "FEW_OPENINGS", NEVER)
    by_branching = proven(asked)
    assert branches
    monkeypatch.setattr(branching, "FEW_OPENINGS", ALWAYS)
    monkeypatch.setattr(branching, "LEAF_SECONDS", LIMITS.seconds)
    branches.clear()
    assert by_branching == proven(asked)
    assert branches == []


@pytest.mark.long
@pytest.mark.parametrize("away", BRANCHED)
def test_branching_alone_proves_what_highs_proves(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branching, "FEW_OPENINGS", NEVER)
    asked = away.question()
    theirs = plan_by_highs(asked_in_question(asked), seconds=SECONDS)
    assert theirs.solved.proven
    judged = asked_in_question(asked)
    assert proven(asked) == bill_of(judged, judged.errands, theirs.places).objective


def some_counts(choices: Choices, blocks: Blocks) -> Iterator[Count]:
    """Of each of a few tasks, and of all as long as they are, in the first block of each sort."""
    for number in range(0, len(choices.of_task), 6):
        for block in blocks.of_task(number)[:, 0].tolist():
            yield Count((number,), block)
            yield Count(blocks.as_long_as[number], block)


def cheapest_within(choices: Choices, blocks: Blocks, count: Count, limit: Limit) -> float:
    """What the cheapest plan costs with none in a block, or with one task there; by CP-SAT."""
    columns = []
    for mine in choices.of_task:
        inside = (blocks.of_task(mine.number) == count.block).any(axis=0)
        wanted = ~inside if limit.most == 0 else inside
        free = mine.index[wanted] if mine.number in count.tasks else mine.index
        columns += [
            column for opening in free.tolist() for column in choices.columns_at(mine.number, opening)
        ]
        if mine.number not in count.tasks or limit.most == 0:
            columns.append(Column(mine.number, UNPLACED))
    limits = ExactLimits(seconds=SECONDS, workers=2, seed=1)
    found = choose(choices, columns, {}, limits)
    if found is None:
        return inf
    assert found.optimal
    return found.value


@pytest.mark.parametrize("away", [SMALL, *(pytest.param(one, marks=pytest.mark.long) for one in BRANCHED)])
def test_no_plan_within_limits_costs_less_than_the_bound(away: Away) -> None:
    choices = Choices(problem_with_others(away.question()))
    blocks = Blocks(choices)
    solution = first_solution(choices, seed=1, until=monotonic())
    relaxation = Relaxation(choices, (), blocks)
    relaxation.start(solution.values())
    free = relaxation.tighten(is_over=never, incumbent=price_of(choices, solution)).value
    raised = 0
    for count in some_counts(choices, blocks):
        for limit in (Limit(most=0), Limit(least=1)):
            if limit.least and len(count.tasks) > 1:
                continue
            relaxation.limit({count: limit}, or_pay=10.0 * choices.unplaced)
            bound = relaxation.tighten(is_over=never, incumbent=10**9).value
            assert bound <= cheapest_within(choices, blocks, count, limit) + 0.01, (count, limit)
            raised += bound > free + 0.01
    assert raised > 0
    relaxation.limit({}, or_pay=1.0)
    again = relaxation.tighten(is_over=never, incumbent=10**9).value
    assert again == pytest.approx(free, rel=1e-6)


def search_of(away: Away) -> tuple[GoalSearch, Relaxation]:
    """A search that knows only what greedy found, and its relaxation."""
    choices = Choices(problem_with_others(away.question()))
    shared = SharedByGoals(
        by_prices=choices, limits=LIMITS, tell=lambda _: None, stopped=lambda: False, no_goods=NoGoods()
    )
    search = GoalSearch(shared, choices)
    search.offer(first_solution(choices, seed=1, until=monotonic()))
    relaxation = Relaxation(choices)
    relaxation.start(search.best.solution.values())
    return search, relaxation


def all_columns(choices: Choices) -> Iterator[Column]:
    """Every way to place each task, and to leave it out."""
    for mine in choices.of_task:
        yield Column(mine.number, UNPLACED)
        for opening in mine.index.tolist():
            yield from choices.columns_at(mine.number, opening)


def test_what_may_be_wrongly_forbidden_proves_nothing_and_is_not_tried_for_ever() -> None:
    search, relaxation = search_of(SMALL)
    bound = relaxation.tighten(is_over=never, incumbent=search.best.value)
    search.shared.no_goods.are_certain = False
    began = monotonic()
    Branching(search, relaxation, bound).explore(began + SECONDS)
    assert monotonic() < began + SECONDS
    assert search.bound <= search.best.value
    assert search.bound < proven(SMALL.question())


def test_a_better_plan_that_is_refused_for_want_of_time_forbids_nothing_but_a_last_word_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    search, _ = search_of(SMALL)
    columns = list(all_columns(search.choices))
    refused: list[Solution] = []

    def never_in_time(_: Choices, solution: Solution) -> Schedule:
        refused.append(solution)
        everybody = tuple(solution)
        return Schedule(moves=(), unplaced=(), refused=everybody, no_rooms=True, certain=False)

    monkeypatch.setattr(goal_search, "scheduled", never_in_time)
    greedy = search.best
    search.improve(columns, monotonic() + SECONDS)
    assert refused
    assert (search.best, search.shared.no_goods) == (greedy, NoGoods())
    search.shared = replace(search.shared, stopped=lambda: bool(search.shared.no_goods.sets))
    search.choose_among(columns, monotonic() + SECONDS)
    assert search.shared.no_goods.sets
    assert not search.shared.no_goods.are_certain


def test_neighbourhoods_make_a_greedy_plan_better() -> None:
    search, relaxation = search_of(MANY)
    bound = relaxation.tighten(is_over=never, incumbent=search.best.value)
    greedy = search.best.value
    Branching(search, relaxation, bound).neighbourhoods.explore(monotonic() + 2.0)
    assert search.best.value < greedy


def test_whoever_says_stop_is_heard_before_the_relaxation_is_solved() -> None:
    asked, began = MANY.question(), monotonic()
    plan = make_plan(asked, LIMITS, lambda _: None, stopped=lambda: True)
    assert monotonic() - began < LIMITS.seconds / 6
    assert len(plan.moves) + len(plan.unplaced) == len(asked.tasks)
    assert plan.optimality.bound < plan.optimality.objective
