"""What leaves an appointment without a place: the rules that close its range once the plan is followed."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from models.calendar import BusyTimes, Calendar
from models.explanation import Closing
from models.plan import Plan
from models.plan_checks import without_notice
from models.planning import PlanQuestion, Task
from models.refs import CLINIC
from models.rules import patient_is_never_in_two_places, provider_is_not_blocked_for_the_patient
from models.slot import SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute
from scenarios.planned import appointments_after
from solver.closings import grounds, smallest_set
from solver.problem import SearchProblem

MOST_CLOSINGS = 10
"""Told for each appointment."""

MOST_ONE_BY_ONE = 50
"""Appointments that are looked into each for itself."""

PATIENT_CANNOT_COME = patient_is_never_in_two_places.__name__
RULES_ABOUT_PATIENTS = frozenset({PATIENT_CANNOT_COME, provider_is_not_blocked_for_the_patient.__name__})
PLAN_LEAVES_IT_OUT = "plan_leaves_it_out"
"""No rule closes: every free place costs more than none, or time ran out before it was found."""


def closings_of_unplaced(question: PlanQuestion, plan: Plan) -> dict[str, tuple[Closing, ...]]:
    """For each appointment without a place, by its id, the fewest closings that keep it from having one.

    So many are looked into one by one; what closes others of their kind, patients aside, closes the rest.
    """
    if not plan.unplaced:
        return {}
    tasks = {task.id: task for task in question.tasks}
    followed, proven = _followed(question, plan), plan.optimality.proven
    found: dict[str, tuple[Closing, ...]] = {}
    of_kind: dict[_Kind, tuple[Closing, ...]] = {}
    for number, one in enumerate(plan.unplaced):
        task = tasks[one]
        kind = _Kind.of(task)
        if number < MOST_ONE_BY_ONE or kind not in of_kind:
            found[one] = _closings(task, followed, proven=proven)[:MOST_CLOSINGS]
            if not any(closing.rule in RULES_ABOUT_PATIENTS for closing in found[one]):
                of_kind[kind] = found[one]
        else:
            found[one] = of_kind[kind]
    return found


class _Kind(NamedTuple):
    """What the closings of an appointment depend on, its patient aside."""

    service_id: str
    location_id: str | None
    provider_ids: frozenset[str] | None
    duration_minutes: int
    earliest: Minute
    latest: Minute

    @staticmethod
    def of(task: Task) -> "_Kind":
        return _Kind(
            task.service_id,
            task.location_id,
            task.provider_ids,
            task.duration_minutes,
            task.earliest,
            task.latest,
        )


def _followed(question: PlanQuestion, plan: Plan) -> ClinicSnapshot:
    """The clinic once the plan is followed; nobody who plans asks for notice."""
    before = without_notice(question.snapshot)
    return ClinicSnapshot.of(
        before.setup,
        appointments=appointments_after(question, plan),
        patients=before.patients.values(),
        now=before.now,
    )


def _closings(task: Task, followed: ClinicSnapshot, *, proven: bool) -> tuple[Closing, ...]:
    setup = followed.setup
    request = SlotRequest(
        service=setup.service(task.service_id),
        earliest=task.earliest,
        latest=task.latest,
        duration_minutes=task.duration_minutes,
        location=None if task.location_id is None else setup.location(task.location_id),
        provider_ids=task.provider_ids,
        patient=followed.patient(task.patient_id),
    )
    problem = SearchProblem(snapshot=_with_refusals(task, followed), request=request)
    found = tuple(smallest_set(grounds(problem, everybody=True)))
    return tuple(_told(found, task)) if found else (_left_out(proven=proven),)


def _with_refusals(task: Task, snapshot: ClinicSnapshot) -> ClinicSnapshot:
    """With the times at which the patient cannot come as visits of theirs."""
    if not task.excluded:
        return snapshot
    calendar = snapshot.calendar
    visits = calendar.visits_of(task.patient_id)
    windows = BusyTimes.of([*zip(visits.starts, visits.ends, strict=True), *task.excluded])
    visits_of = {**calendar.patient_visits, task.patient_id: windows}
    return snapshot.replace_calendar(Calendar(calendar.resources, calendar.starts, calendar.ends, visits_of))


def _told(closings: Iterable[Closing], task: Task) -> Iterable[Closing]:
    for closing in closings:
        if task.excluded and closing.rule == PATIENT_CANNOT_COME:
            yield replace(closing, message="the patient has another visit then, or cannot come")
        else:
            yield closing


def _left_out(*, proven: bool) -> Closing:
    message = (
        "every place that is free costs more than leaving it without one"
        if proven
        else "a place is free, but no better plan was found in time"
    )
    return Closing(rule=PLAN_LEAVES_IT_OUT, resource=CLINIC, message=message)
