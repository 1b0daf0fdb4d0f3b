"""What one plan has to decide, before any variable exists."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from models.appointment import Appointment
from models.calendar import BusyTimes, Calendar
from models.claims import Visit, holds_of
from models.clinic import Location, Service
from models.overbooking import rules_at
from models.plan_checks import lifted, without_notice
from models.planning import PlanQuestion, Task
from models.refs import patient_ref, room_ref
from models.setup import ClinicSetup
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute
from solver.planning.prices import PriceList


@dataclass(frozen=True, kw_only=True)
class PlanProblem:
    """The tasks against everything that stays: `floor` is the clinic with all tasks lifted out.

    `loose` may change rooms to make space. `ground` is what openings have to fit into: the floor without
    the rooms of those.
    """

    question: PlanQuestion
    floor: ClinicSnapshot
    ground: ClinicSnapshot
    loose: tuple[Appointment, ...] = ()

    @staticmethod
    def of(question: PlanQuestion, loose: Iterable[Appointment] = ()) -> "PlanProblem":
        """The problem of a question."""
        floor = without_notice(lifted(question.snapshot, {task.id for task in question.tasks}))
        loose = tuple(loose)
        ground = floor.replace_calendar(_without_rooms(floor, loose)) if loose else floor
        return PlanProblem(question=question, floor=floor, ground=ground, loose=loose)

    def without(self, ids: Collection[str]) -> ClinicSnapshot:
        """The clinic without some of its appointments, for the rules to judge where they go."""
        if ids == {task.id for task in self.tasks}:
            return self.floor
        return without_notice(lifted(self.question.snapshot, ids))

    @property
    def tasks(self) -> tuple[Task, ...]:
        return self.question.tasks

    @property
    def setup(self) -> ClinicSetup:
        return self.ground.setup

    @cached_property
    def prices(self) -> PriceList:
        """What each task pays where."""
        return PriceList(self.question.prices, self.setup)

    def service_of(self, task: Task) -> Service:
        return self.setup.service_by_id[task.service_id]

    def place_of(self, task: Task) -> Location | None:
        """Where a task has to take place, if that is settled."""
        return None if task.location_id is None else self.setup.location_by_id[task.location_id]

    @cached_property
    def lanes_of(self) -> Mapping[str, int]:
        """On top of how many others each overbooked appointment may be, by its id."""
        setup, booked = self.setup, self.question.snapshot.appointments
        found: dict[str, int] = {}
        for one in booked:
            if one.overbook:
                visit = Visit.of(one, setup)
                rules = rules_at(setup, visit.provider, visit.service, visit.location, visit.start, visit.end)
                found[one.id] = max((rule.lanes for rule in rules), default=0)
        return found

    # -- resources ---------------------------------------------------------------------------------

    @cached_property
    def patient_resources(self) -> Mapping[str, int]:
        """Numbers for the patients who have several tasks: nobody is in two places at once."""
        seen: dict[str, int] = {}
        for task in self.tasks:
            seen[task.patient_id] = seen.get(task.patient_id, 0) + 1
        several = [patient_id for patient_id, count in seen.items() if count > 1]
        first = len(self.setup.resource_index)
        return {patient_ref(one): first + number for number, one in enumerate(several)}

    @cached_property
    def first_free_number(self) -> int:
        """Numbers from here on belong to groups of rooms."""
        return len(self.setup.resource_index) + len(self.patient_resources)

    @cached_property
    def _capacity_by_number(self) -> list[int]:
        capacities = self.setup.capacities
        return [capacities.get(ref, 1) for ref in self.setup.resource_index]

    def capacity(self, resource: int) -> int:
        """The units of a resource of the setup; a patient has one."""
        known = self._capacity_by_number
        return known[resource] if resource < len(known) else 1

    def held(self, resource: int) -> BusyTimes:
        """What stays holds of a resource of the setup."""
        return self.ground.calendar.busy(resource)

    def left_at(self, resource: int, minute: Minute) -> int:
        """The units of a resource that what stays leaves at one minute; never below none."""
        if resource >= len(self._capacity_by_number):
            return 1
        return max(0, self.capacity(resource) - self.held(resource).peak(minute, minute + 1))


def _without_rooms(floor: ClinicSnapshot, loose: Iterable[Appointment]) -> Calendar:
    """The calendar without the rooms that some appointments hold."""
    setup, calendar = floor.setup, floor.calendar
    rooms = {setup.resource_index[room_ref(room.id)] for room in setup.rooms}
    gone = Counter(hold for one in loose for hold in holds_of(one, setup) if hold[0] in rooms)
    kept = []
    for hold in zip(calendar.resources, calendar.starts, calendar.ends, strict=True):
        if gone[hold] > 0:
            gone[hold] -= 1
        else:
            kept.append(hold)
    return replace(Calendar.of(kept), patient_visits=calendar.patient_visits)
