"""What a column takes: units of resources over stretches of time.

Whatever several visits may compete for is a resource with units: the provider, the room, the equipment, the
patient, and all that is counted (visits of the day, gaps, seats).
"""

from collections.abc import Iterator, Mapping

from models.claims import hold_of
from models.counters import regular_ref
from models.refs import equipment_ref, patient_ref
from models.wall_clock import Minute
from solver.planning.columns import NOBODY, Column, Use
from solver.planning.openings import Kind, Openings, UseArrays
from solver.planning.problem import PlanProblem
from solver.planning.suites import Suites


class ColumnUses:
    """What the columns of one problem take, under whichever goal.

    `suites` count rooms together where booked visits may change theirs to make space.
    """

    def __init__(
        self, problem: PlanProblem, openings: Mapping[Kind, Openings], suites: Suites | None
    ) -> None:
        self.problem = problem
        self.suites = suites
        self.openings_of_task = [openings[Kind.of(task)] for task in problem.tasks]
        self._all: dict[Column, tuple[Use, ...]] = {}

    def shared(self, column: Column) -> tuple[Use, ...]:
        """What a visit takes once, however many patients share it."""
        openings, opening = self.openings_of_task[column.task], column.opening
        if not column.is_placed or openings.joins[opening] is not None:
            return ()
        setup = self.problem.setup
        start = int(openings.starts[opening])
        end = start + openings.kind.duration_minutes
        held_from, held_until = hold_of(openings.service, start, end)
        uses = [_use(openings.provider_use, opening)]
        provider = setup.providers[int(openings.providers[opening])]
        if column.lanes == 0 and provider.id in setup.lanes:
            uses.append(uses[0]._replace(resource=setup.resource_index[regular_ref(provider.id)]))
        elif column.lanes and opening not in openings.homes:
            uses.append(Use(openings.overbooking_counter(opening), *openings.day(opening), 1))
        home = openings.homes.get(opening)
        if home is not None and home.room_id is not None and column.room != NOBODY:
            turnaround = setup.room_by_id[home.room_id].turnaround_minutes
            uses.append(Use(column.room, held_from, held_until + turnaround, 1))
        elif column.room != NOBODY:
            uses += [
                Use(group, low, high, 1)
                for group, low, high in free_rooms(openings, opening)
                if group == column.room
            ]
        uses += [
            Use(setup.resource_index[equipment_ref(one.id)], held_from, held_until, one.units)
            for one in column.equipment
        ]
        uses += [_use(use, opening) for use, is_shared in openings.counted_uses if is_shared]
        site = openings.sites[int(openings.site_numbers[opening])]
        if self.suites is not None and site is not None:
            uses += self.suites.uses(openings.service, site, start, end)
        return tuple(use for use in uses if use.resource != NOBODY)

    def own(self, column: Column) -> tuple[Use, ...]:
        """What each patient takes: a seat, places in the counts of the day, and their own time."""
        if not column.is_placed:
            return ()
        openings, opening = self.openings_of_task[column.task], column.opening
        uses = [_use(use, opening) for use, is_shared in openings.counted_uses if not is_shared]
        task = self.problem.tasks[column.task]
        patient = self.problem.patient_resources.get(patient_ref(task.patient_id))
        if patient is not None:
            start = int(openings.starts[opening])
            uses.append(Use(patient, start, start + openings.kind.duration_minutes, 1))
        return tuple(use for use in uses if use.resource != NOBODY)

    def all(self, column: Column) -> tuple[Use, ...]:
        """Everything that a column takes."""
        known = self._all.get(column)
        if known is None:
            known = self._all[column] = (*self.shared(column), *self.own(column))
        return known


def free_rooms(openings: Openings, opening: int) -> Iterator[tuple[int, Minute, Minute]]:
    """The groups of rooms that are free for an opening, and from when until when each would be held."""
    column = int(openings.room_columns[opening])
    if column == NOBODY:
        return
    for times in openings.room_times:
        if column < times.count:
            yield from times.at(column)
            return
        column -= times.count


def _use(arrays: UseArrays, opening: int) -> Use:
    return Use(int(arrays.resources[opening]), int(arrays.starts[opening]), int(arrays.ends[opening]), 1)
