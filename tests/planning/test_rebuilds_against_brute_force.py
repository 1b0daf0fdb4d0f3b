"""A rebuild costs just what the cheapest of all costs, idle minutes included, and never more than today."""

from dataclasses import replace

import pytest

from models.planning import PlanQuestion, TaskKind
from solver.planning.planner import make_plan
from tests.planning.asked import asked_in_question
from tests.planning.compared_plans import AT_ONCE, LEAST_COMPARED, cheapest_if_few, compared_of_ten
from tests.planning.enumerated_plans import cheapest_plan
from tests.planning.plan_checker import verdict_on, verdict_on_places, verdict_on_plan
from tests.planning.planned import LIMITS
from tests.planning.random_rebuilds import random_rebuild

USUAL, LONG = 20, 420


def nobody_listens(_: object) -> None:
    """Reports go nowhere."""


def today(question: PlanQuestion) -> int:
    """What the calendar costs as it is."""
    return verdict_on(asked_in_question(question), [], []).bill.objective


def compare(seed: int) -> bool:
    """Whether the rebuild could be compared with the cheapest of all; it is a good one in any case."""
    question = random_rebuild(seed)
    plan = make_plan(question, LIMITS, nobody_listens)
    verdict = verdict_on_plan(question, plan)
    assert verdict.faults == (), f"seed {seed}"
    assert verdict.bill.objective <= today(question), f"seed {seed}"
    assert plan.optimality.proven, f"seed {seed}: {plan.optimality}"
    cheapest = cheapest_if_few(asked_in_question(question))
    if cheapest is None:
        return False
    assert verdict.bill.objective == cheapest.bill.objective, f"seed {seed}: {cheapest}"
    return True


@pytest.mark.parametrize("first", range(0, USUAL, AT_ONCE))
def test_a_rebuild_costs_what_the_cheapest_of_all_costs(first: int) -> None:
    assert compared_of_ten(first, compare) >= LEAST_COMPARED


@pytest.mark.long
@pytest.mark.parametrize("first", range(USUAL, USUAL + LONG, AT_ONCE))
def test_more_rebuilds_cost_what_the_cheapest_of_all_costs(first: int) -> None:
    assert compared_of_ten(first, compare) >= LEAST_COMPARED


def test_it_sometimes_pays_to_move_somebody() -> None:
    cheaper = 0
    for seed in range(20):
        question = random_rebuild(seed)
        asked = asked_in_question(question)
        if (cheapest := cheapest_if_few(asked)) is None:
            continue
        verdict = verdict_on_places(asked, cheapest.places, cheapest.order)
        assert verdict.faults == (), f"seed {seed}"
        assert verdict.bill == cheapest.bill, f"seed {seed}"
        assert cheapest.bill.objective <= today(question), f"seed {seed}"
        cheaper += cheapest.bill.objective < today(question)
    assert cheaper > 5


def test_whoever_is_displaced_may_be_where_only_the_first_plan_would_have_them() -> None:
    """What is dearer than the first plan by the bound is left out, but not what that plan itself has."""
    question = random_rebuild(5024)
    displaced = replace(question.tasks[2], kind=TaskKind.DISPLACED)
    prices = replace(question.prices, unplaced=60, five_minutes=0, idle_minute=1)
    question = replace(question, tasks=(*question.tasks[:2], displaced), prices=prices)
    plan = make_plan(question, LIMITS, nobody_listens)
    assert verdict_on_plan(question, plan).faults == ()
    assert plan.optimality.objective == cheapest_plan(asked_in_question(question)).bill.objective
