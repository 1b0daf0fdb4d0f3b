"""A repair as a 0/1 matrix for a solver of linear programs: one column per appointment, provider and start.

For full calendars only: one site, starts and holds on a grid of five minutes, one kind of room per type, no
limits but people, rooms and pools. Rooms are real, with a column for each appointment, start and room; or
they are counted per step: of every set of room types the visits that need one of them never exceed those that
are free. Counting leaves out that a visit keeps one room from its start to its end, so it promises more than
there is, and is the easier question.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.appointment import Appointment
from models.clinic import Service
from models.planning import Assignment, PlanQuestion, Task
from models.refs import provider_ref
from models.wall_clock import Minute, ceil_minute, floor_minute, local_date, minute_of_day
from tests.planning.linear_programs import Rows, cheapest

STEP = 5
Grid = npt.NDArray[np.bool_]
Units = npt.NDArray[np.int64]


class Column(NamedTuple):
    """One place that a displaced appointment could have."""

    task: int
    provider_id: str
    start: Minute
    price: int


@dataclass
class Busy:
    """Who and what is taken by all that does not move, tick by tick from `low` on."""

    question: PlanQuestion
    low: Minute
    ticks: int
    providers: dict[str, Grid] = field(default_factory=dict)
    rooms: dict[str, Grid] = field(default_factory=dict)
    pools: dict[str, Units] = field(default_factory=dict)
    patients: dict[str, list[tuple[Minute, Minute]]] = field(default_factory=lambda: defaultdict(list))

    def tick(self, minute: Minute) -> int:
        """The step of a minute that must lie on the grid."""
        if (minute - self.low) % STEP:
            raise ValueError(f"minute {minute} is not on the grid")
        return (minute - self.low) // STEP

    def span(self, start: Minute, end: Minute) -> slice:
        """The steps of a window, as far as they are looked at."""
        return slice(max(0, self.tick(start)), min(self.ticks, max(0, self.tick(end))))


def busy_around(question: PlanQuestion) -> Busy:
    """What is taken while the displaced are lifted out."""
    setup = question.snapshot.setup
    low = min(task.earliest for task in question.tasks) // 1440 * 1440 - 1440
    high = max(task.latest for task in question.tasks) // 1440 * 1440 + 2 * 1440
    ticks = (high - low) // STEP
    busy = Busy(question, low, ticks)
    busy.providers = {one.id: np.zeros(ticks, dtype=bool) for one in setup.providers}
    busy.rooms = {one.id: np.zeros(ticks, dtype=bool) for one in setup.rooms}
    busy.pools = {one.id: np.full(ticks, one.quantity, dtype=np.int64) for one in setup.equipment}
    moving = {task.id for task in question.tasks}
    for visit in question.snapshot.appointments:
        if visit.id not in moving:
            _take(busy, visit)
    return busy


def _take(busy: Busy, visit: Appointment) -> None:
    setup = busy.question.snapshot.setup
    service = setup.service_by_id[visit.service_id]
    start, end = floor_minute(visit.starts_at), ceil_minute(visit.ends_at)
    held_from, held_until = start - service.buffer_before_minutes, end + service.buffer_after_minutes
    busy.patients[visit.patient_id].append((start, end))
    busy.providers[visit.provider_id][busy.span(held_from, held_until)] = True
    if visit.room_id is not None:
        turnaround = setup.room_by_id[visit.room_id].turnaround_minutes
        busy.rooms[visit.room_id][busy.span(held_from, held_until + turnaround)] = True
    for use in visit.equipment:
        busy.pools[use.id][busy.span(held_from, held_until)] -= use.units


def columns_of(busy: Busy, most: int | None) -> list[Column]:
    """Of each displaced appointment the cheapest places that are free of all that does not move."""
    question = busy.question
    starts = {
        (service_id, provider.id): _starts(
            busy, question.snapshot.setup.service_by_id[service_id], provider.id
        )
        for service_id in sorted({task.service_id for task in question.tasks})
        for provider in question.snapshot.setup.providers
        if service_id in provider.service_ids
    }
    found: list[Column] = []
    for number, task in enumerate(question.tasks):
        places = sorted(_places(busy, number, task, starts), key=lambda one: (one.price, one.start))
        found += places[:most]
    return found


def _starts(busy: Busy, service: Service, provider_id: str) -> list[Minute]:
    """Where a provider is open and free for a visit, and so is some room and the equipment."""
    setup = busy.question.snapshot.setup
    zone = setup.zone
    high = busy.low + busy.ticks * STEP
    duration = service.duration_minutes
    before, after = service.buffer_before_minutes, service.buffer_after_minutes
    rooms = [room for room in setup.rooms if room.type in service.room_types]
    found = []
    for opened, closed in setup.open_windows(provider_ref(provider_id), busy.low, high).windows:
        first = opened + -minute_of_day(opened, zone) % service.slot_step_minutes
        for start in range(first, closed - duration + 1, service.slot_step_minutes):
            if not busy.low + 720 <= start < high - 720:
                continue
            end = start + duration
            hold = busy.span(start - before, end + after)
            if busy.providers[provider_id][hold].any():
                continue
            if any(busy.pools[need.type][hold].min() < need.units for need in service.equipment):
                continue
            if any(
                not busy.rooms[room.id][
                    busy.span(start - before, end + after + room.turnaround_minutes)
                ].any()
                for room in rooms
            ):
                found.append(start)
    return found


def _places(
    busy: Busy, number: int, task: Task, starts: dict[tuple[str, str], list[Minute]]
) -> Iterator[Column]:
    question = busy.question
    blocked = question.snapshot.patients[task.patient_id].blocked_provider_ids
    visits = busy.patients.get(task.patient_id, [])
    for (service_id, provider_id), minutes in starts.items():
        if service_id != task.service_id or provider_id in blocked:
            continue
        for start in minutes:
            end = start + task.duration_minutes
            if task.earliest <= start < task.latest and not any(a < end and start < b for a, b in visits):
                yield Column(number, provider_id, start, price_of(question, task, provider_id, start))


def price_of(question: PlanQuestion, task: Task, provider_id: str, start: Minute) -> int:
    """What a repair pays for a displaced appointment there."""
    if task.home is None:
        raise ValueError(f"{task.id} is nowhere")
    home, prices, zone = task.home, question.prices, question.snapshot.setup.zone
    days = abs((local_date(start, zone) - local_date(home.start, zone)).days)
    minutes = abs(minute_of_day(start, zone) - minute_of_day(home.start, zone))
    return (
        prices.day * days
        + prices.five_minutes * -(-minutes // 5)
        + prices.provider * (provider_id != home.provider_id)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """One column for each place, one for each task that has none, and then those of real rooms."""

    prices: list[float]
    rows: Rows
    lodgings: list[tuple[Column, str]]
    """A place, of whichever provider, and its room: those of the last columns."""


def matrix_of(busy: Busy, columns: Sequence[Column], *, real_rooms: bool) -> Matrix:
    """The rows of tasks, people, rooms, pools and patients; those that can never bind are left out."""
    question, rows = busy.question, Rows()
    of_tasks: list[list[int]] = [[len(columns) + number] for number in range(len(question.tasks))]
    uses: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for index, column in enumerate(columns):
        of_tasks[column.task].append(index)
        for key, units in _uses(busy, column):
            uses[key].append((index, units))
        if not real_rooms:
            for key in _counted_rooms(busy, column):
                uses[key].append((index, 1))
    for indexes in of_tasks:
        rows.exactly(indexes, 1)
    lodgings = _lodged(busy, columns, rows) if real_rooms else []
    free = _free(busy)
    for (name, tick), found in uses.items():
        bound = int(free[name][tick]) if name in free else 1
        if sum(units for _, units in found) > bound and len({columns[index].task for index, _ in found}) > 1:
            rows.at_most([index for index, _ in found], bound, [units for _, units in found])
    unplaced = [float(question.prices.unplaced)] * len(question.tasks)
    prices = [*(float(column.price) for column in columns), *unplaced, *[0.0] * len(lodgings)]
    return Matrix(prices=prices, rows=rows, lodgings=lodgings)


def _lodged(busy: Busy, columns: Sequence[Column], rows: Rows) -> list[tuple[Column, str]]:
    """For each appointment and start a column per free room, one of which goes with a place then."""
    lodgings: list[tuple[Column, str]] = []
    then: dict[tuple[int, Minute], list[int]] = defaultdict(list)
    for index, column in enumerate(columns):
        then[column.task, column.start].append(index)
    held: dict[tuple[str, int], list[int]] = defaultdict(list)
    first = len(columns) + len(busy.question.tasks)
    for indexes in then.values():
        column = columns[indexes[0]]
        rooms = sorted(_free_rooms(busy, column))
        mine = list(range(first + len(lodgings), first + len(lodgings) + len(rooms)))
        for index, room_id in zip(mine, rooms, strict=True):
            lodgings.append((column, room_id))
            hold = _room_hold(busy, column, room_id)
            for tick in range(hold.start, hold.stop):
                held[room_id, tick].append(index)
        rows.add([*indexes, *mine], [-1.0] * len(indexes) + [1.0] * len(mine), low=0, high=0)
    for together in dict.fromkeys(tuple(one) for one in held.values()):
        if len({lodgings[index - first][0].task for index in together}) > 1:
            rows.at_most(together, 1)
    return lodgings


def _uses(busy: Busy, column: Column) -> Iterable[tuple[tuple[str, int], int]]:
    setup = busy.question.snapshot.setup
    task = busy.question.tasks[column.task]
    service = setup.service_by_id[task.service_id]
    start, end = column.start, column.start + task.duration_minutes
    held_from, held_until = start - service.buffer_before_minutes, end + service.buffer_after_minutes
    hold = busy.span(held_from, held_until)
    visit = busy.span(start, end)
    for tick in range(hold.start, hold.stop):
        yield (provider_ref(column.provider_id), tick), 1
        for need in service.equipment:
            yield (f"pool {need.type}", tick), need.units
    for tick in range(visit.start, visit.stop):
        yield (f"patient {task.patient_id}", tick), 1


def _counted_rooms(busy: Busy, column: Column) -> Iterator[tuple[str, int]]:
    """The sets of room types of which a visit takes one, step by step."""
    setup = busy.question.snapshot.setup
    task = busy.question.tasks[column.task]
    service = setup.service_by_id[task.service_id]
    turnaround = min(room.turnaround_minutes for room in setup.rooms if room.type in service.room_types)
    held_until = column.start + task.duration_minutes + service.buffer_after_minutes + turnaround
    hold = busy.span(column.start - service.buffer_before_minutes, held_until)
    for types in _sets_of_types(busy):
        if service.room_types <= types:
            for tick in range(hold.start, hold.stop):
                yield _name(types), tick


def _free(busy: Busy) -> dict[str, Units]:
    """Units that are left at each step: pools, and the rooms of each set of types."""
    setup = busy.question.snapshot.setup
    free = {f"pool {pool_id}": left for pool_id, left in busy.pools.items()}
    for types in _sets_of_types(busy):
        rooms = [busy.rooms[room.id] for room in setup.rooms if room.type in types]
        free[_name(types)] = np.sum([~taken for taken in rooms], axis=0)
    return free


def _sets_of_types(busy: Busy) -> list[frozenset[str]]:
    """Every union of what services ask for: by Hall's theorem, enough at any one step."""
    setup = busy.question.snapshot.setup
    asked = sorted({service.room_types for service in setup.services}, key=sorted)
    unions = {
        frozenset(chain.from_iterable(some))
        for size in range(1, len(asked) + 1)
        for some in combinations(asked, size)
    }
    return sorted(unions, key=sorted)


def _name(types: frozenset[str]) -> str:
    return f"rooms {'+'.join(sorted(types))}"


def assignments_of(
    busy: Busy, columns: Sequence[Column], chosen: Iterable[int]
) -> tuple[dict[str, Assignment], list[str]]:
    """The chosen places with real rooms for as many as can be, and the appointments without a room."""
    places = [columns[index] for index in chosen]
    rooms = [sorted(_free_rooms(busy, column)) for column in places]
    given = _most_with_rooms(busy, places, rooms)
    placed: dict[str, Assignment] = {}
    homeless: list[str] = []
    for column, room_id in zip(places, given, strict=True):
        task = busy.question.tasks[column.task]
        if room_id is None:
            homeless.append(task.id)
            continue
        placed[task.id] = Assignment(
            provider_id=column.provider_id,
            room_id=room_id,
            equipment=task.home.equipment if task.home else (),
            start=column.start,
            end=column.start + task.duration_minutes,
        )
    return placed, homeless


def _room_hold(busy: Busy, column: Column, room_id: str) -> slice:
    setup = busy.question.snapshot.setup
    task = busy.question.tasks[column.task]
    service = setup.service_by_id[task.service_id]
    held_until = column.start + task.duration_minutes + service.buffer_after_minutes
    turnaround = setup.room_by_id[room_id].turnaround_minutes
    return busy.span(column.start - service.buffer_before_minutes, held_until + turnaround)


def _free_rooms(busy: Busy, column: Column) -> Iterator[str]:
    setup = busy.question.snapshot.setup
    service = setup.service_by_id[busy.question.tasks[column.task].service_id]
    for room in setup.rooms:
        hold = _room_hold(busy, column, room.id)
        if room.type in service.room_types and not busy.rooms[room.id][hold].any():
            yield room.id


def _most_with_rooms(
    busy: Busy, places: Sequence[Column], rooms: Sequence[Sequence[str]]
) -> list[str | None]:
    """A room for each of as many places as can be, exactly, by a small program of its own."""
    pairs = [(number, room_id) for number, some in enumerate(rooms) for room_id in some]
    shared: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index, (number, room_id) in enumerate(pairs):
        shared["place", number].append(index)
        hold = _room_hold(busy, places[number], room_id)
        for tick in range(hold.start, hold.stop):
            shared[room_id, tick].append(index)
    rows = Rows()
    for indexes in shared.values():
        rows.at_most(indexes, 1)
    found = cheapest([-1.0] * len(pairs), rows, seconds=60)
    given: list[str | None] = [None] * len(places)
    for index in found.chosen or ():
        number, room_id = pairs[index]
        given[number] = room_id
    return given
