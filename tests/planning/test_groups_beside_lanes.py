"""A group visit at a provider who may be overbooked is one visit, and lies on top of nobody."""

from models.planning import PlanQuestion
from scenarios.questions import question_of
from solver.planning.choices import Choices
from solver.planning.exact import ExactLimits, choose
from solver.planning.others import problem_with_others
from tests.builders import TUESDAY, a_class, a_clinic, at, overbooking
from tests.scenarios.asking import a_scenario, asked_of, wanted

ONE_DAY = {"earliest": at("00:00"), "latest": at("00:00", TUESDAY)}


def two_who_want_the_class() -> PlanQuestion:
    clinic = a_clinic(services=[a_class(3)], overbooking=[overbooking("14:00", "16:00")])
    scenario = a_scenario(wanted("one"), wanted("two", patient_id="bela"), **ONE_DAY)
    return question_of(scenario, asked_of(clinic))


def test_two_share_a_group_visit_where_nobody_may_be_on_top() -> None:
    choices = Choices(problem_with_others(two_who_want_the_class()))
    together = {task: next(iter(choices.columns_at(task, 0))) for task in (0, 1)}
    assert {column.lanes for column in together.values()} == {0}
    found = choose(choices, list(together.values()), together, ExactLimits(seconds=10, workers=1, seed=1))
    assert found is not None
    assert found.solution == together
