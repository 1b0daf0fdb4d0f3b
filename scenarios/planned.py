"""The calendar of a clinic once a plan is followed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from models.appointment import Appointment, AppointmentStatus
from models.plan import Plan
from models.planning import Assignment, PlanQuestion, Task, TaskKind
from models.wall_clock import instant_of


def appointments_after(question: PlanQuestion, plan: Plan) -> tuple[Appointment, ...]:
    """All that holds anything once a plan is followed: what moves where it goes, without what has no place.

    Whoever moves is not said to be on top of others: for that it has to be booked first.
    """
    return tuple(_after(question, plan))


def _after(question: PlanQuestion, plan: Plan) -> Iterator[Appointment]:
    places = {move.appointment_id: move.after for move in plan.moves}
    unplaced = frozenset(plan.unplaced)
    for one in question.snapshot.appointments:
        if one.id in places:
            yield moved(one, places[one.id])
        elif one.id not in unplaced:
            yield one
    for task in wanted_of(question.tasks):
        if task.id in places:
            yield _booked(task, places[task.id])


def moved(appointment: Appointment, to: Assignment) -> Appointment:
    """An appointment in another place."""
    return replace(
        appointment,
        provider_id=to.provider_id,
        room_id=to.room_id,
        equipment=to.equipment,
        starts_at=instant_of(to.start),
        ends_at=instant_of(to.end),
        overbook=False,
    )


def wanted_of(tasks: Iterable[Task]) -> Iterator[Task]:
    """The tasks that are not booked yet."""
    return (task for task in tasks if task.kind is TaskKind.WANTED)


def _booked(task: Task, to: Assignment) -> Appointment:
    return Appointment(
        id=task.id,
        patient_id=task.patient_id,
        provider_id=to.provider_id,
        service_id=task.service_id,
        room_id=to.room_id,
        equipment=to.equipment,
        starts_at=instant_of(to.start),
        ends_at=instant_of(to.end),
        status=AppointmentStatus.SCHEDULED,
    )
