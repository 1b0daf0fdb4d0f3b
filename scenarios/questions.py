"""From a scenario to the question that the planner answers."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from models.appointment import Appointment
from models.planning import Assignment, PlanQuestion, Task, TaskKind
from models.scenario import AppointmentsAdded, Scenario, ScenarioMode, WantedVisit
from models.setup import ClinicSetup
from models.snapshot import ClinicSnapshot
from scenarios.displaced import displaced_by, may_still_move
from scenarios.horizons import first_start, starts_of
from scenarios.what_if import changed_setup, is_frozen


def question_of(scenario: Scenario, snapshot: ClinicSnapshot) -> PlanQuestion:
    """What has to be planned: the displaced, in a rebuild all that may move, and what is wanted.

    `snapshot` is the clinic as it is, with all `appointments` that hold anything, and all patients.
    """
    return question_about(scenario, snapshot, displaced_by(scenario, snapshot))


def question_about(
    scenario: Scenario, snapshot: ClinicSnapshot, displaced: Iterable[Appointment]
) -> PlanQuestion:
    """The same where it is known whom the changes displace."""
    setup = changed_setup(snapshot.setup, scenario.changes)
    changed = ClinicSnapshot.of(
        setup, appointments=snapshot.appointments, patients=snapshot.patients.values(), now=snapshot.now
    )
    tasks = [_booked(one, TaskKind.DISPLACED, scenario, changed) for one in displaced]
    if scenario.mode is ScenarioMode.REBUILD:
        known = {task.id for task in tasks}
        others = (one for one in _may_be_asked(scenario, changed) if one.id not in known)
        tasks += [_booked(one, TaskKind.MOVABLE, scenario, changed) for one in others]
    tasks += _wanted(scenario, changed)
    return PlanQuestion(
        snapshot=changed,
        tasks=tuple(_mended(tasks, scenario, changed)),
        prices=scenario.prices,
        allowance=scenario.allowance,
        order=scenario.order,
        hint=scenario.hint,
        frozen=frozenset(one.id for one in snapshot.appointments if is_frozen(one, scenario.freeze)),
    )


def _mended(tasks: Iterable[Task], scenario: Scenario, snapshot: ClinicSnapshot) -> Iterator[Task]:
    """Where only some moves of a plan are sought anew: all others as that plan had them."""
    first = first_start(scenario, snapshot)
    for task in tasks:
        place = scenario.hint.get(task.id)
        if task.id in scenario.keep and place is not None and place.start >= first:
            there = frozenset({place.provider_id})
            yield replace(task, provider_ids=there, earliest=place.start, latest=place.start + 1)
        elif not (scenario.keep and place is None and task.kind is TaskKind.MOVABLE):
            yield task


def _may_be_asked(scenario: Scenario, snapshot: ClinicSnapshot) -> Iterator[Appointment]:
    """Whoever starts in the horizon, may still move and is not frozen; a group stays together."""
    first, services = first_start(scenario, snapshot), snapshot.setup.service_by_id
    for one in snapshot.appointments:
        if (
            may_still_move(one, snapshot)
            and first <= Assignment.of(one).start < scenario.latest
            and not is_frozen(one, scenario.freeze)
            and not services[one.service_id].is_for_groups
        ):
            yield one


def _booked(appointment: Appointment, kind: TaskKind, scenario: Scenario, snapshot: ClinicSnapshot) -> Task:
    home = Assignment.of(appointment)
    return Task(
        id=appointment.id,
        kind=kind,
        service_id=appointment.service_id,
        patient_id=appointment.patient_id,
        duration_minutes=home.end - home.start,
        home=home,
        location_id=location_of(home, snapshot.setup),
        earliest=first_start(scenario, snapshot),
        latest=scenario.latest,
        excluded=tuple(scenario.not_then.get(appointment.id, ())),
    )


def location_of(at: Assignment, setup: ClinicSetup) -> str | None:
    """Where the room of a visit stands; None for one without a room."""
    return None if at.room_id is None else setup.room(at.room_id).location_id


def _wanted(scenario: Scenario, snapshot: ClinicSnapshot) -> Iterator[Task]:
    for change in scenario.changes:
        if isinstance(change, AppointmentsAdded):
            yield from (_new(visit, scenario, snapshot) for visit in change.wanted)


def _new(visit: WantedVisit, scenario: Scenario, snapshot: ClinicSnapshot) -> Task:
    service = snapshot.setup.service(visit.service_id)
    earliest, latest = starts_of(visit, scenario, snapshot)
    return Task(
        id=visit.id,
        kind=TaskKind.WANTED,
        service_id=service.id,
        patient_id=visit.patient_id,
        duration_minutes=service.duration_minutes,
        home=None,
        location_id=visit.location_id if service.needs_room else None,
        provider_ids=visit.provider_ids,
        earliest=earliest,
        latest=latest,
        excluded=tuple(scenario.not_then.get(visit.id, ())),
    )
