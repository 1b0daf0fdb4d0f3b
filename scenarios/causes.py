"""What makes an appointment move: a change that displaces it, another that needs its place, a better day."""

from collections.abc import Iterable
from functools import cached_property

from models.appointment import Appointment
from models.claims import Visit, hold_of, room_hold_of
from models.hours import Window
from models.plan import Plan, PlanMove
from models.planning import Assignment, PlanQuestion, TaskKind
from models.refs import room_ref
from models.scenario import HoursChanged, ResourceAbsent, Scenario, ScenarioChange, ServiceRuleChanged
from models.setup import ClinicSetup
from scenarios.absence import zone_of_resource
from scenarios.displaced import is_hit, resources_of
from scenarios.horizons import first_start
from scenarios.naming import name_of
from scenarios.occupation import Occupation
from scenarios.planned import appointments_after
from scenarios.wording import counted, span_text


class Causes:
    """Why each appointment of a plan moves."""

    def __init__(self, scenario: Scenario, question: PlanQuestion, plan: Plan) -> None:
        self.scenario, self.question, self.plan = scenario, question, plan
        self.setup: ClinicSetup = question.snapshot.setup
        self.kinds = {task.id: task.kind for task in question.tasks}
        self.booked = {one.id: one for one in question.snapshot.appointments}

    def of(self, move: PlanMove) -> str:
        """The cause of one move."""
        kind = self.kinds.get(move.appointment_id)
        if move.before is None:
            return "new visit"
        if kind is TaskKind.DISPLACED:
            return self._displacing(self.booked[move.appointment_id])
        if self._is_needed_by_others(move):
            return "makes room for others"
        saved = self._idle_minutes_saved(move)
        if saved > 0:
            name = self.setup.provider(move.before.provider_id).name
            return f"shortens the day of {name} by {counted(saved, 'minute')} of idle time"
        return "part of a better schedule for all"

    def _displacing(self, appointment: Appointment) -> str:
        """The first change that can be what displaces it; of new rules that is never certain."""
        for change in sorted(self.scenario.changes, key=lambda one: isinstance(one, ServiceRuleChanged)):
            cause = self._cause(change, appointment)
            if cause is not None:
                return cause
        return "in the way of others under the changes"

    def _cause(self, change: ScenarioChange, appointment: Appointment) -> str | None:
        match change:
            case ResourceAbsent() if is_hit(appointment, change):
                name, zone = (
                    name_of(change.resource, self.setup),
                    zone_of_resource(change.resource, self.setup),
                )
                gone = "absent" if change.resource.startswith("providers/") else "not available"
                return f"{name} is {gone} {span_text(change.starts_at, change.ends_at, zone)}"
            case HoursChanged() if change.resource in resources_of(appointment) and self._is_closed(
                change.resource, appointment
            ):
                return f"outside the new hours of {name_of(change.resource, self.setup)}"
            case ServiceRuleChanged() if change.rules.id == appointment.service_id:
                return f"breaks the new rules of {self.setup.service(appointment.service_id).name}"
            case _:
                return None

    def _is_closed(self, resource: str, appointment: Appointment) -> bool:
        at = Assignment.of(appointment)
        return not self.setup.open_windows(resource, at.start, at.end).contain(at.start, at.end)

    # who needs its place

    def _is_needed_by_others(self, move: PlanMove) -> bool:
        """Whether another appointment goes where this one has been, as far as provider, room and pools go."""
        left = _holds(self.booked[move.appointment_id], self.setup)
        return any(
            other_id != move.appointment_id and arrives < end and start < leaves
            for ref, (start, end) in left.items()
            for other_id, (arrives, leaves) in self._arrivals.get(ref, ())
        )

    @cached_property
    def _arrivals(self) -> dict[str, list[tuple[str, Window]]]:
        """Who goes where and when, by provider, room and pool."""
        moving = {move.appointment_id for move in self.plan.moves}
        found: dict[str, list[tuple[str, Window]]] = {}
        for one in self._after:
            if one.id in moving:
                for ref, window in _holds(one, self.setup).items():
                    found.setdefault(ref, []).append((one.id, window))
        return found

    # whose day gets shorter

    def _idle_minutes_saved(self, move: PlanMove) -> int:
        """How many more idle minutes its old provider and its new would have if it alone stayed."""
        if move.before is None:
            return 0
        home = self.booked[move.appointment_id]
        saved = 0
        for provider_id in {move.before.provider_id, move.after.provider_id}:
            theirs = self._after_by_provider.get(provider_id, [])
            otherwise = [one for one in theirs if one.id != home.id]
            if provider_id == home.provider_id:
                otherwise.append(home)
            saved += self._idle(provider_id, otherwise) - self._idle(provider_id, theirs)
        return saved

    @cached_property
    def _after(self) -> tuple[Appointment, ...]:
        return appointments_after(self.question, self.plan)

    @cached_property
    def _after_by_provider(self) -> dict[str, list[Appointment]]:
        found: dict[str, list[Appointment]] = {}
        for one in self._after:
            found.setdefault(one.provider_id, []).append(one)
        return found

    def _idle(self, provider_id: str, appointments: Iterable[Appointment]) -> int:
        horizon = first_start(self.scenario, self.question.snapshot), self.scenario.latest
        return Occupation.of(appointments, self.setup, horizon).idle_minutes(provider_id)


def _holds(appointment: Appointment, setup: ClinicSetup) -> dict[str, Window]:
    """From when until when an appointment holds its provider, its room and its equipment."""
    visit = Visit.of(appointment, setup)
    held = dict.fromkeys(resources_of(appointment), hold_of(visit.service, visit.start, visit.end))
    if visit.room is not None:
        held[room_ref(visit.room.id)] = room_hold_of(visit.service, visit.room, visit.start, visit.end)
    return held
