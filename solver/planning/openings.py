"""Where visits of one kind could go, each on its own: openings as parallel arrays.

Tasks of one kind (service, length, place) share their openings; what only one of them minds (its patient's
other visits, whom the patient will not see, when they cannot come) is left to the task.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.claims import day_of, gap_hold_of, hold_of
from models.clinic import Location, Service
from models.counters import (
    gap_ref,
    overbooking_ref,
    provider_day_ref,
    regular_ref,
    seats_ref,
    service_day_ref,
)
from models.group_visit import GroupVisit
from models.overbooking import rules_at
from models.planning import Assignment, Task, TaskKind
from models.refs import provider_ref
from models.slot import SlotRequest
from models.wall_clock import Minute
from solver.candidates import candidates
from solver.intervals import Mask, Minutes, Rows
from solver.planning.columns import NOBODY
from solver.planning.problem import PlanProblem
from solver.planning.room_groups import RoomGroups, RoomTimes
from solver.problem import SearchProblem
from solver.site_candidates import SiteCandidates


class Kind(NamedTuple):
    """What tasks must have in common to share their openings."""

    service_id: str
    duration_minutes: int
    location_id: str | None

    @staticmethod
    def of(task: Task) -> "Kind":
        return Kind(task.service_id, task.duration_minutes, task.location_id)


class UseArrays(NamedTuple):
    """One thing that each opening uses: a unit of `resources[i]` (-1: none) over `[starts[i], ends[i])`."""

    resources: Rows
    starts: Minutes
    ends: Minutes


@dataclass(frozen=True, kw_only=True, eq=False)
class Openings:
    """Opening i is with provider `providers[i]` (numbered in the setup) from `starts[i]` at `sites[i]`.

    On top of what stays where `on_top[i]`; joining the group visit `joins[i]` where that is one.
    `room_times` says which groups of rooms are free, by `room_columns[i]`; -1 where no room is to be found.
    """

    kind: Kind
    service: Service
    providers: Rows
    starts: Minutes
    on_top: Mask
    sites: tuple[Location | None, ...]
    site_numbers: Rows
    joins: tuple[GroupVisit | None, ...]
    room_times: tuple[RoomTimes, ...]
    room_columns: Rows
    problem: PlanProblem
    homes: Mapping[int, Assignment] = field(default_factory=dict)
    """Where tasks are that may stay: these openings come with their room and their equipment."""

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def ends(self) -> Minutes:
        return self.starts + self.kind.duration_minutes

    @cached_property
    def joining(self) -> Mask:
        """Which of them take a seat in a group visit that takes place anyway."""
        return np.array([one is not None for one in self.joins], dtype=np.bool_)

    @cached_property
    def provider_use(self) -> UseArrays:
        """The provider, with buffers; nothing for a seat."""
        before, after = hold_of(self.service, 0, self.kind.duration_minutes)
        index = self.problem.setup.resource_index
        numbers = np.array(
            [index[provider_ref(one.id)] for one in self.problem.setup.providers], dtype=np.int64
        )
        return UseArrays(
            np.where(self.joining, NOBODY, numbers[self.providers]), self.starts + before, self.starts + after
        )

    def overbooking_counter(self, opening: int) -> int:
        """What counts the visits of a day on top of others, where one rule alone lets them be; else none."""
        setup = self.problem.setup
        provider = setup.providers[int(self.providers[opening])]
        start, place = int(self.starts[opening]), self.sites[int(self.site_numbers[opening])]
        rules = rules_at(setup, provider, self.service, place, start, start + self.kind.duration_minutes)
        if len(rules) != 1:
            return NOBODY
        return setup.resource_index.get(overbooking_ref(rules[0].id, provider.id), NOBODY)

    def day(self, opening: int) -> tuple[Minute, Minute]:
        """The day of an opening, on which it is counted."""
        opens, closes = self.days
        return int(opens[opening]), int(closes[opening])

    @cached_property
    def overbooking_use(self) -> UseArrays:
        """What counts the visits that can only be on top of others."""
        resources = np.full(len(self), NOBODY, dtype=np.int64)
        for opening in np.flatnonzero(self.on_top & ~self.joining).tolist():
            resources[opening] = self.overbooking_counter(opening)
        return UseArrays(resources, *self.days)

    @cached_property
    def regular_use(self) -> UseArrays:
        """The one visit that a provider has at a time who may be overbooked, where none may lie on top."""
        setup = self.problem.setup
        resources = np.full(len(self), NOBODY, dtype=np.int64)
        for number, provider in enumerate(setup.providers):
            if provider.id not in setup.lanes:
                continue
            for opening in np.flatnonzero((self.providers == number) & ~self.joining).tolist():
                start = int(self.starts[opening])
                place = self.sites[int(self.site_numbers[opening])]
                end = start + self.kind.duration_minutes
                if not rules_at(setup, provider, self.service, place, start, end):
                    resources[opening] = setup.resource_index[regular_ref(provider.id)]
        return UseArrays(resources, self.provider_use.starts, self.provider_use.ends)

    @cached_property
    def counted_uses(self) -> tuple[tuple[UseArrays, bool], ...]:
        """Whatever else is counted: gaps, seats, and the visits of the day; and whether a group shares it."""
        setup, service = self.problem.setup, self.service
        uses: list[tuple[UseArrays, bool]] = []
        by_provider: list[tuple[list[str], Minutes, Minutes, bool]] = []
        names = [provider.id for provider in setup.providers]
        gap = gap_hold_of(service, 0, self.kind.duration_minutes)
        by_provider.append(
            ([gap_ref(one, service.id) for one in names], self.starts + gap[0], self.starts + gap[1], True)
        )
        by_provider.append(([seats_ref(one, service.id) for one in names], self.starts, self.ends, False))
        opens, closes = self.days
        by_provider.append(([provider_day_ref(one) for one in names], opens, closes, False))
        by_provider.append(([service_day_ref(service.id)] * len(names), opens, closes, False))
        for refs, starts, ends, shared in by_provider:
            numbers = np.array([setup.resource_index.get(ref, NOBODY) for ref in refs], dtype=np.int64)
            resources = numbers[self.providers]
            if shared:
                resources = np.where(self.joining, NOBODY, resources)
            if (resources != NOBODY).any():
                uses.append((UseArrays(resources, starts, ends), shared))
        return tuple(uses)

    @cached_property
    def days(self) -> tuple[Minutes, Minutes]:
        days = [day_of(self.problem.setup, start) for start in self.starts.tolist()]
        array: NDArray[np.int64] = np.array(days, dtype=np.int64).reshape(-1, 2)
        return array[:, 0], array[:, 1]


def openings_of(problem: PlanProblem, kind: Kind, tasks: Iterable[Task], groups: RoomGroups) -> Openings:
    """All openings of a kind between the first and the last start that any of its tasks may have."""
    tasks = tuple(tasks)
    setup = problem.setup
    service = setup.service_by_id[kind.service_id]
    request = SlotRequest(
        service=service,
        earliest=min(task.earliest for task in tasks),
        latest=max(task.latest for task in tasks),
        duration_minutes=kind.duration_minutes,
        location=None if kind.location_id is None else setup.location_by_id[kind.location_id],
    )
    search = SearchProblem(snapshot=problem.ground, request=request)
    found = _side_by_side(problem, kind, service, candidates(search), groups)
    return _with_homes(found, [task for task in tasks if task.kind is TaskKind.MOVABLE])


def _with_homes(openings: Openings, tasks: Sequence[Task]) -> Openings:
    """The openings, and behind them where each of the tasks is now."""
    homes = [task.home for task in tasks if task.home is not None]
    if not homes:
        return openings
    setup, first, count = openings.problem.setup, len(openings), len(homes)
    numbers = {provider.id: number for number, provider in enumerate(setup.providers)}
    place = None if openings.kind.location_id is None else setup.location_by_id[openings.kind.location_id]
    return replace(
        openings,
        providers=np.append(openings.providers, [numbers[home.provider_id] for home in homes]),
        starts=np.append(openings.starts, [home.start for home in homes]),
        on_top=np.append(openings.on_top, np.zeros(count, dtype=np.bool_)),
        sites=(*openings.sites, place),
        site_numbers=np.append(openings.site_numbers, np.full(count, len(openings.sites))),
        joins=(*openings.joins, *[None] * count),
        room_columns=np.append(openings.room_columns, np.full(count, NOBODY)),
        homes={first + number: home for number, home in enumerate(homes)},
    )


def _side_by_side(
    problem: PlanProblem, kind: Kind, service: Service, found: list[SiteCandidates], groups: RoomGroups
) -> Openings:
    numbers = {provider.id: number for number, provider in enumerate(problem.setup.providers)}
    providers, columns, joins = [], [], list[GroupVisit | None]()
    room_times: list[RoomTimes] = []
    first_column = 0
    for site in found:
        providers.append(np.array([numbers[one.id] for one in site.providers], dtype=np.int64)[site.rows])
        joins += site.joins or [None] * len(site.starts)
        if site.joins or site.site is None:
            columns.append(np.full(len(site.starts), NOBODY, dtype=np.int64))
            continue
        times = groups.times_of(service, kind.duration_minutes, site)
        room_times.append(times)
        columns.append(site.columns + first_column)
        first_column += times.count
    return Openings(
        kind=kind,
        service=service,
        providers=_joined(providers),
        starts=_joined([site.starts for site in found]),
        on_top=_joined([site.overbooked.astype(np.int64) for site in found]).astype(np.bool_),
        sites=tuple(site.site for site in found),
        site_numbers=np.repeat(np.arange(len(found)), [len(site.starts) for site in found]),
        joins=tuple(joins),
        room_times=tuple(room_times),
        room_columns=_joined(columns),
        problem=problem,
    )


def _joined(arrays: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=np.int64)
