"""Appointments that nothing displaced, and that may change or move to make space."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from models.appointment import Appointment
from models.planning import Allowance, Assignment, Others, PlanQuestion, Task, TaskKind
from models.setup import ClinicSetup
from models.wall_clock import at_wall_clock, floor_minute, instant_of, local_date
from solver.planning.problem import PlanProblem

FEW = 40
"""So many others are modelled whole, with all their rooms and units; of more, rooms are dealt afterwards."""


def problem_with_others(question: PlanQuestion) -> PlanProblem:
    """The problem of a question, with the others that may make space.

    Who may move becomes a task. Where they are many, all who may change rooms are loose: only their
    time and their provider stand.
    """
    others = question.allowance.others
    if others is Others.STAY:
        return PlanProblem.of(question)
    able = sorted(_able(question), key=lambda one: (_distance(one, question.tasks), one.id))
    asked = able if len(able) <= FEW else able[: question.allowance.most_asked * (others is Others.MOVE)]
    tasks = [_task(one, question) for one in sorted(asked, key=lambda one: one.id)]
    loose = [] if len(able) <= FEW else able[len(asked) :]
    return PlanProblem.of(replace(question, tasks=(*question.tasks, *tasks)), loose)


def _able(question: PlanQuestion) -> Iterable[Appointment]:
    """Who could change or move at all: near the tasks, still to come, nobody's group, not frozen."""
    snapshot, tasks = question.snapshot, {task.id for task in question.tasks}
    if not question.tasks:
        return
    setup = snapshot.setup
    margin = question.allowance.within_days + 1
    first = instant_of(min(task.earliest for task in question.tasks) - margin * 1440)
    last = instant_of(max(task.latest for task in question.tasks) + margin * 1440)
    for one in snapshot.appointments:
        if (
            one.id not in tasks
            and one.id not in question.frozen
            and one.status.may_move
            and one.holds_at(snapshot.now)
            and max(first, snapshot.now) <= one.starts_at < last
            and not setup.service_by_id[one.service_id].is_for_groups
        ):
            yield one


def _distance(appointment: Appointment, tasks: Sequence[Task]) -> int:
    """How far it is from the displaced appointment that is nearest."""
    start = floor_minute(appointment.starts_at)
    return min(abs(start - (task.home.start if task.home else task.earliest)) for task in tasks)


def _task(appointment: Appointment, question: PlanQuestion) -> Task:
    """What an appointment may do under the allowance."""
    setup, home = question.snapshot.setup, Assignment.of(appointment)
    room = None if home.room_id is None else setup.room_by_id[home.room_id]
    earliest, latest = home.start, home.start + 1
    if question.allowance.others is Others.MOVE:
        earliest, latest = _days_around(
            home.start, question.allowance, setup, room.location_id if room else None
        )
        earliest = max(earliest, question.snapshot.first_minute_from_now)
    return Task(
        id=appointment.id,
        kind=TaskKind.MOVABLE,
        service_id=appointment.service_id,
        patient_id=appointment.patient_id,
        duration_minutes=home.end - home.start,
        home=home,
        location_id=room.location_id if room else None,
        provider_ids=None if question.allowance.others is Others.MOVE else frozenset({home.provider_id}),
        earliest=earliest,
        latest=latest,
    )


def _days_around(
    start: int, allowance: Allowance, setup: ClinicSetup, location_id: str | None
) -> tuple[int, int]:
    """From midnight to midnight, so many local days before and after."""
    zone = setup.zone_of(None if location_id is None else setup.location_by_id[location_id])
    day = local_date(start, zone)
    first = day.fromordinal(day.toordinal() - allowance.within_days)
    beyond = day.fromordinal(day.toordinal() + allowance.within_days + 1)
    return at_wall_clock(first, 0, zone), at_wall_clock(beyond, 0, zone)
