"""What the solving process does with a scenario. Loading this module loads the solver."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from api.jobs.solve_order import Draft, SolveOrder, Tell
from models.plan import Plan, PlanProgress
from models.planning import Assignment, PlanLimits, PlanQuestion
from models.snapshot import ClinicSnapshot
from scenarios.plan_document import plan_document, plan_of_document, progress_document
from scenarios.solving import solve_scenario
from solver.planning.planner import Report, make_plan


def solve_order(order: SolveOrder, tell: Tell) -> Draft:
    """The best plan for the scenario, explained; better and better ones are told of on the way."""
    scenario = replace(order.scenario, hint={**order.scenario.hint, **_hint(order.hint)})
    snapshot = ClinicSnapshot.of(
        order.setup, appointments=order.appointments, patients=order.patients, now=order.now
    )

    def report(progress: PlanProgress) -> None:
        tell.draft(
            Draft(
                plan=progress.plan,
                document=lambda: progress_document(progress, order.setup),
                objective=progress.plan.optimality.objective,
                bound=progress.bound,
            )
        )

    def planned(question: PlanQuestion, limits: PlanLimits, report: Report) -> Plan:
        plan = make_plan(question, limits, report, tell.stopped)
        tell.explaining()
        return plan

    solved = solve_scenario(scenario, snapshot, report, planner=planned)
    return Draft(
        plan=solved,
        document=lambda: plan_document(solved, order.setup),
        objective=solved.plan.optimality.objective,
        bound=solved.plan.optimality.bound,
    )


def _hint(document: Mapping[str, Any] | None) -> dict[str, Assignment]:
    """Where an earlier plan put things."""
    if document is None:
        return {}
    return {move.appointment_id: move.after for move in plan_of_document(document).moves}
