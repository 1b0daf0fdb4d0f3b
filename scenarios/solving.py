"""A scenario solved: from a clinic and its changes to a plan with its reasons."""

from collections.abc import Callable
from typing import TypeAlias

from models.plan import Plan
from models.planning import PlanLimits, PlanQuestion
from models.scenario import Scenario
from models.snapshot import ClinicSnapshot
from scenarios.kpis import before_and_after
from scenarios.questions import question_about
from scenarios.reasons import reasons_of
from scenarios.report import PlanReport
from scenarios.unplaced_closings import closings_of_unplaced
from scenarios.what_if import possible_displaced
from solver.planning.planner import Report, make_plan

Planner: TypeAlias = Callable[[PlanQuestion, PlanLimits, Report], Plan]


def solve_scenario(
    scenario: Scenario, snapshot: ClinicSnapshot, report: Report, *, planner: Planner = make_plan
) -> PlanReport:
    """The best plan for a scenario that its limits allow, explained; InvalidScenario or NotFound.

    `snapshot` is the clinic as it is, with all `appointments` that hold anything and all patients.
    `report` hears of each better plan; `scenarios.plan_document.progress_document` makes it storable.
    """
    question = question_about(scenario, snapshot, possible_displaced(scenario, snapshot))
    return explained(scenario, question, planner(question, scenario.limits, report))


def explained(scenario: Scenario, question: PlanQuestion, plan: Plan) -> PlanReport:
    """A plan with its reasons and figures."""
    before, after = before_and_after(scenario, question, plan)
    return PlanReport(
        plan=plan,
        why=reasons_of(scenario, question, plan),
        closed_by=closings_of_unplaced(question, plan),
        before=before,
        after=after,
    )
