"""The product's plan for an absence in a clinic file, and what is wrong with it beside the cheapest one."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from api.clinic_file import parse_clinic
from models.plan import Plan, PlanProgress
from models.planning import Allowance, Others, PlanLimits, PlanOrder, PlanQuestion
from models.snapshot import ClinicSnapshot
from scenarios.absence import scenario_of_absence
from scenarios.questions import question_of
from solver.planning.planner import make_plan
from tests.planning.enumerated_plans import Cheapest
from tests.planning.plan_checker import verdict_on_plan
from tests.planning.random_absences import RandomAbsence

LIMITS = PlanLimits(seconds=20.0, workers=1, seed=1)
LEVELS = 3


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A question, its plan, and what was reported on the way."""

    question: PlanQuestion
    plan: Plan
    reported: tuple[PlanProgress, ...]


def planned(absence: RandomAbsence, limits: PlanLimits = LIMITS) -> Planned:
    """As `slotwright repair` does it."""
    clinic = parse_clinic(absence.file)
    snapshot = ClinicSnapshot.of(
        clinic.setup, appointments=clinic.appointments, patients=clinic.patients, now=absence.now
    )
    scenario = scenario_of_absence(
        snapshot,
        absence.resource,
        absence.start,
        absence.end,
        until=absence.until,
        order=PlanOrder.LEXICOGRAPHIC if absence.lexicographic else PlanOrder.PRICES,
        allowance=Allowance(
            others=Others(absence.others), most_moved=absence.most_moved, within_days=absence.within_days
        ),
        not_then=absence.not_then,
        limits=limits,
    )
    question = question_of(scenario, snapshot)
    reported: list[PlanProgress] = []
    plan = make_plan(question, limits, reported.append)
    return Planned(question=question, plan=plan, reported=tuple(reported))


def faults_of(
    absence: RandomAbsence, found: Planned, cheapest: Cheapest | None, *, is_hard: bool = False
) -> Iterator[str]:
    """Whatever is wrong: who is asked about, the plan, its price, its proof, and each plan on the way.

    A question that `is_hard` for others as well may be left without a proof.
    """
    asked = absence.asked()
    if {task.id for task in found.question.tasks} != asked.ids:
        yield f"asked about {sorted(task.id for task in found.question.tasks)}, not {sorted(asked.ids)}"
    verdict = verdict_on_plan(found.question, found.plan)
    yield from verdict.faults
    if not (found.plan.optimality.proven or is_hard or _has_several_limits(absence)):
        yield f"not proven: {found.plan.optimality}"
    if absence.lexicographic and len(found.plan.optimality.levels) < LEVELS:
        yield f"levels are missing: {found.plan.optimality}"
    if cheapest is not None and not absence.lexicographic:
        bound = found.plan.optimality.bound
        if bound > cheapest.bill.objective:
            yield f"says that nothing costs less than {bound}: {cheapest.bill.objective} can be had"
    if cheapest is not None:
        ours, least = (
            (bill.levels if absence.lexicographic else bill.objective)
            for bill in (verdict.bill, cheapest.bill)
        )
        if ours != least:
            yield f"costs {ours}, and {least} can be had: {dict(cheapest.places)}"
    for progress in found.reported:
        yield from (f"on the way: {fault}" for fault in verdict_on_plan(found.question, progress.plan).faults)
    for before, after in pairwise(found.reported):
        if not absence.lexicographic and (
            after.plan.optimality.objective > before.plan.optimality.objective or after.bound < before.bound
        ):
            yield "a plan or a bound got worse on the way"


def _has_several_limits(absence: RandomAbsence) -> bool:
    """Whether several overbooking rules count their visits: the model knows the limit of one at a time.

    What it then chooses may be refused by the rules, and some of the proof is lost with it.
    """
    return sum("maxPerDay" in rule for rule in absence.file["overbooking"]) > 1
