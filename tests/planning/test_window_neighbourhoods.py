"""Filling some windows anew makes a rebuild better where there are too many openings for one model."""

from dataclasses import replace

import pytest

from models.planning import PlanLimits, PlanQuestion
from scenarios.full_calendar import full_calendar
from solver.planning import planner
from solver.planning.planner import make_plan
from tests.benchmarks.absences import MONDAY
from tests.benchmarks.rebuild import CANCELLED, rebuild_question
from tests.planning.asked import asked_in_question
from tests.planning.plan_checker import verdict_on, verdict_on_plan

LIMITS = PlanLimits(seconds=20.0, workers=2, seed=1)
SHORT = replace(LIMITS, seconds=3.0)


@pytest.fixture(scope="module")
def two_days() -> PlanQuestion:
    """Two days of six providers, with gaps between their visits."""
    file = full_calendar(4, start=MONDAY, providers=6, rooms=7, cancelled=(CANCELLED,))
    return rebuild_question(file, days=2)


def test_windows_filled_anew_cost_less_than_today_and_never_less_than_the_best(
    two_days: PlanQuestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = verdict_on(asked_in_question(two_days), [], []).bill.objective
    best = make_plan(two_days, LIMITS, lambda _: None).optimality
    monkeypatch.setattr(planner, "MOST_COLUMNS", 0)
    plan = make_plan(two_days, SHORT, lambda _: None)
    verdict = verdict_on_plan(two_days, plan)
    assert verdict.faults == ()
    assert verdict.bill.objective == plan.optimality.objective < today
    assert plan.optimality.bound <= best.objective <= plan.optimality.objective
    assert plan.optimality.objective - best.objective < (today - best.objective) / 2
