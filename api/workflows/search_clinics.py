"""The best slots of all clinics that a caller may see, of which only those are read that could have one.

Every clinic gets a bound from its setup, which is kept in memory. Then calendars are read, a few at a time
and best bound first, until nothing better can be left. No connection is held in between.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import perf_counter

import orjson

from api.clinic_search import ClinicSearch
from api.clinic_search_answer import ranked_slot_bodies
from api.slot_answer import HUNDREDTHS, utc_text
from api.workflows.offer_slots import with_calendar
from api.workflows.runtime import Runtime
from models.between_clinics import Rank, Wishes
from models.postgres.connection import glancing, reading
from models.postgres.read_busy_providers import read_busy_providers
from models.postgres.read_directory import versions_of_clinics, visible_clinics
from models.postgres.read_setup import StoredSetup
from models.refs import provider_ref
from solver.between_clinics import Offer, Race
from solver.closer_bounds import Contender, closer_bounds, decisive_providers, span_of
from solver.problem import SearchProblem

OPENED_AT_ONCE = 4
"""Calendars read in one transaction: fewer would cost round trips, more would read what cannot win."""

BOUNDED_AT_ONCE = 64
"""Clinics whose bounds one turn of a solver thread works out, so that others get theirs in between."""

TOO_MANY = 12
"""Clinics that could all still win: so many calendars are not opened before a closer look."""

LOADED_AT_ONCE = 32
"""Setups read in one transaction."""


async def search_clinics(runtime: Runtime, search: ClinicSearch, *, only: str | None) -> bytes:
    """The ranked slots of every clinic, or of the only one that the caller may see, as JSON."""
    started = perf_counter()
    searching = _Searching(runtime=runtime, search=search, wishes=search.wishes(), now=runtime.clock())
    await searching.enter_clinics(only)
    await searching.open_clinics()
    return await runtime.solving.run(lambda: searching.answer(started))


@dataclass(kw_only=True)
class _Searching:
    """One search under way; `stored` is what it knows of each clinic, `opened` whose calendars it read."""

    runtime: Runtime
    search: ClinicSearch
    wishes: Wishes
    now: datetime
    stored: dict[str, StoredSetup] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    looked_closer: bool = False
    race: Race = field(init=False)

    def __post_init__(self) -> None:
        self.race = Race(self.search.limit)

    async def enter_clinics(self, only: str | None) -> None:
        """Every clinic that the caller may see, by what its setup alone would allow."""
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
        for some in _in_parts(list(self.stored), BOUNDED_AT_ONCE):
            await self._enter(some)

    async def _enter(self, clinic_ids: Sequence[str]) -> None:
        setups = [self.stored[clinic_id].setup for clinic_id in clinic_ids]
        offers = (offer for setup in setups for offer in self.search.offers(setup, self.wishes, self.now))
        await self.runtime.solving.run(lambda: self.race.enter(offers))

    async def open_clinics(self) -> None:
        """Look into calendars, best bound first, as long as one could still hold a better slot."""
        while chosen := self.race.next(OPENED_AT_ONCE):
            read = await self._calendars(chosen)
            await self.runtime.solving.run(partial(self._look_into, read))
            worst = self.race.worst
            if worst is not None and not self.looked_closer and self.race.contenders() > TOO_MANY:
                self.looked_closer = True
                await self._look_closer(worst)

    async def _look_closer(self, worst: Rank) -> None:
        """Tell many clinics apart that their setups cannot, by when their providers are held."""
        contenders = [Contender.of(offer, worst) for offer in self.race.next()]
        providers = {
            self.stored[clinic_id].numbers.no_by_ref[provider_ref(provider_id)]: (clinic_id, provider_id)
            for clinic_id, provider_id in decisive_providers(contenders)
        }
        clinic_of = {number: clinic_id for number, (clinic_id, _) in providers.items()}
        async with glancing(self.runtime.pool) as conn:
            found = await read_busy_providers(conn, clinic_of, *span_of(contenders), self.now)
        holds = {providers[number]: windows for number, windows in found.items()}
        await self.runtime.solving.run(lambda: self.race.enter_at(closer_bounds(contenders, holds)))

    async def _calendars(self, chosen: Sequence[Offer]) -> list[tuple[Offer, SearchProblem]]:
        """The offers with the calendars of their clinics; a clinic that has changed enters anew."""
        found, changed = [], []
        async with reading(self.runtime.pool) as conn:
            versions = await versions_of_clinics(conn, {offer.setup.clinic.id for offer in chosen})
            for offer in chosen:
                clinic_id = offer.setup.clinic.id
                stored = self.stored[clinic_id]
                if offer.setup is not stored.setup or clinic_id not in versions:
                    continue  # entered anew meanwhile, or gone
                if versions[clinic_id] != stored.version:
                    version = versions[clinic_id]
                    self.stored[clinic_id] = await self.runtime.setups.current(conn, clinic_id, version)
                    changed.append(clinic_id)
                    continue
                problem = offer.still_wins(self.race.worst)
                found.append((offer, await with_calendar(conn, problem, stored, clinic_id)))
                self.opened.add(clinic_id)
        if changed:
            await self._enter(changed)
        return found

    def _look_into(self, read: Sequence[tuple[Offer, SearchProblem]]) -> None:
        for offer, problem in read:
            self.race.opened(offer, problem)

    def answer(self, started: float) -> bytes:
        """The body."""
        slots = self.race.slots()
        waiting = self.race.best_waiting
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
