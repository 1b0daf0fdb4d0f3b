"""The best slots of all clinics that a caller may see, of which only those are read that could have one.

Every clinic gets a bound from its setup, which is kept in memory. Then calendars are read, a few at a time
and best bound first, until nothing better can be left. No connection is held in between.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import TypeAlias

import orjson

from api.clinic_search import ClinicSearch
from api.clinic_search_answer import ranked_slot_bodies
from api.slot_answer import HUNDREDTHS, utc_text
from api.workflows.runtime import Runtime
from models.between_clinics import Wishes
from models.calendar import Calendar
from models.errors import StillConflicting
from models.group_visit import GroupVisit
from models.hours import Window
from models.postgres.connection import Connection, glancing, reading
from models.postgres.read_calendar import group_visits
from models.postgres.read_directory import versions_of_clinics, visible_clinics
from models.postgres.read_many_calendars import read_busy_providers, read_calendars
from models.postgres.read_setup import StoredSetup
from models.refs import provider_ref
from solver.between_clinics import Question, Race
from solver.closer_bounds import Contender, ProviderKey, closer_bounds, decisive_providers, span_of
from solver.problem import SearchProblem

OPENED_AT_ONCE = 4
"""Calendars read in one transaction at first: fewer would cost round trips, more would be in vain."""

LOADED_AT_ONCE = 32
"""Setups read in one transaction."""

ATTEMPTS = 4
"""Searches begun anew because a setup changed meanwhile."""

Next: TypeAlias = tuple[Sequence[Question], Sequence[Contender]]
"""What to open, or what to look at more closely."""


class _SetupChanged(Exception):
    """A clinic is not any more what its bound was made from."""


async def search_clinics(runtime: Runtime, search: ClinicSearch, *, only: str | None) -> bytes:
    """The ranked slots of every clinic, or of the only one that the caller may see, as JSON.

    Raises StillConflicting where setups change faster than they can be read.
    """
    started, wishes = perf_counter(), search.wishes()
    for _ in range(ATTEMPTS):
        searching = _Searching(runtime=runtime, search=search, wishes=wishes, now=runtime.clock())
        try:
            await searching.enter_clinics(only)
            await searching.open_clinics()
        except _SetupChanged:
            continue
        return await runtime.solving.run(partial(searching.answer, started))
    raise StillConflicting("clinics are being changed right now")


@dataclass(kw_only=True)
class _Searching:
    """One search under way; `stored` is what it knows of each clinic, `opened` whose calendars it read."""

    runtime: Runtime
    search: ClinicSearch
    wishes: Wishes
    now: datetime
    stored: dict[str, StoredSetup] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    race: Race = field(init=False)

    def __post_init__(self) -> None:
        self.race = Race(self.search.limit)

    async def enter_clinics(self, only: str | None) -> None:
        """Every clinic that the caller may see, by its setup."""
        async with glancing(self.runtime.pool) as conn:
            versions = await visible_clinics(conn, only)
        unknown = []
        for clinic_id, version in versions.items():
            known = self.runtime.setups.known(clinic_id)
            if known is not None and known.version == version:
                self.stored[clinic_id] = known
            else:
                unknown.append(clinic_id)
        for some in _in_parts(unknown, LOADED_AT_ONCE):
            async with reading(self.runtime.pool) as conn:
                self.stored |= await self.runtime.setups.load(conn, some)

    async def open_clinics(self) -> None:
        """Look into calendars, best bound first, as long as one could still hold a better slot."""
        chosen, tied = await self.runtime.solving.run(self._begin)
        while chosen or tied:
            if tied:
                look = partial(self._tell_apart, tied, await self._busy(tied))
            else:
                look = partial(self._look_into, await self._calendars(chosen))
            chosen, tied = await self.runtime.solving.run(look)

    def _begin(self) -> Next:
        for stored in self.stored.values():
            self.search.enter(self.race, stored.setup, self.wishes, self.now)
        return self._next()

    def _next(self) -> Next:
        """Calendars to be read, or offers that are too many for that."""
        tied = self.race.tied()
        if tied:
            return [], tied
        return self.race.next(OPENED_AT_ONCE), []

    async def _busy(self, tied: Sequence[Contender]) -> Mapping[ProviderKey, Sequence[Window]]:
        """When the providers are held who decide about these offers."""
        numbers: dict[int, ProviderKey] = {}
        clinic_of: dict[int, str] = {}
        for clinic_id, provider_ids in decisive_providers(tied).items():
            no_by_ref = self.stored[clinic_id].numbers.no_by_ref
            for provider_id in provider_ids:
                number = no_by_ref[provider_ref(provider_id)]
                numbers[number], clinic_of[number] = (clinic_id, provider_id), clinic_id
        async with glancing(self.runtime.pool) as conn:
            found = await read_busy_providers(conn, clinic_of, *span_of(tied), self.now)
        return {numbers[number]: windows for number, windows in found.items()}

    def _tell_apart(self, tied: Sequence[Contender], holds: Mapping[ProviderKey, Sequence[Window]]) -> Next:
        self.race.enter_closer(closer_bounds(tied, holds, self.race.listed))
        return self._next()

    async def _calendars(self, chosen: Sequence[Question]) -> Sequence[Question]:
        """The questions with the calendars of their clinics."""
        refs: dict[str, dict[str, None]] = {}
        for _, problem in chosen:
            refs.setdefault(problem.setup.clinic.id, {}).update(dict.fromkeys(problem.refs))
        low, high = min(one.span[0] for _, one in chosen), max(one.span[1] for _, one in chosen)
        async with reading(self.runtime.pool) as conn:
            if await versions_of_clinics(conn, refs) != {one: self.stored[one].version for one in refs}:
                raise _SetupChanged
            wanted = {one: (self.stored[one].numbers, some) for one, some in refs.items()}
            calendars = await read_calendars(conn, wanted, low, high, self.now)
            found = [
                Question(offer, await self._with(conn, problem, calendars[problem.setup.clinic.id]))
                for offer, problem in chosen
            ]
        self.opened |= refs.keys()
        return found

    async def _with(self, conn: Connection, problem: SearchProblem, calendar: Calendar) -> SearchProblem:
        request = problem.request
        groups: tuple[GroupVisit, ...] = ()
        if request.service.is_for_groups:
            span = (request.earliest, request.latest)
            clinic_id = problem.setup.clinic.id
            groups = await group_visits(conn, clinic_id, request.service.id, *span, self.now)
        snapshot = replace(problem.snapshot, calendar=calendar, group_visits=groups)
        return SearchProblem(snapshot=snapshot, request=request)

    def _look_into(self, read: Sequence[Question]) -> Next:
        for offer, problem in read:
            self.race.opened(offer, problem)
        return self._next()

    def answer(self, started: float) -> bytes:
        """The body."""
        slots = self.race.slots()
        waiting = self.race.best_waiting(besides=self.opened)
        total = sum(one.points.total for one in slots)
        metadata = {
            "fetchedAt": utc_text(self.now),
            "queryDurationMs": round((perf_counter() - started) * 1000, 3),
            "proven": True,  # nothing is left that could be better, or the search would still be under way
            "bound": total / HUNDREDTHS,
            "bestUnopened": None if waiting is None else -waiting.points_lost / HUNDREDTHS,
            "clinicsConsidered": len(self.stored),
            "clinicsOpened": len(self.opened),
        }
        return orjson.dumps({"slots": ranked_slot_bodies(slots), "metadata": metadata})


def _in_parts(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), size):
        yield ids[first : first + size]
