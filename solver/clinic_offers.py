"""What a clinic offers, before anybody has looked into its calendar, and the best that it could be."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from models.between_clinics import (
    MOST_FOR_PART_OF_DAY,
    PART_OF_DAY,
    SOONNESS,
    Bound,
    Kind,
    PatientPoints,
    Rank,
    Visit,
    Wishes,
    day_begun,
    days_waited,
    kind_of,
    metres_from,
    nearness_points,
    points_of,
    soonness_points,
)
from models.calendar import Calendar
from models.clinic import Location, Service
from models.hours import OpenWindows, Window
from models.liking import FULL, patient_liking
from models.possible_starts import Stay, Steps, first_start
from models.refs import CLINIC, location_ref, provider_ref
from models.setup import ClinicSetup
from models.slot import SlotRequest, TimeOfDay
from models.snapshot import ClinicSnapshot
from models.wall_clock import (
    MINUTES_PER_DAY,
    Minute,
    at_wall_clock,
    ceil_minute,
    floor_minute,
    minute_of_day,
)
from solver.problem import SearchProblem, after_last_start_of, first_start_of

MOST_KNOWN = 256
"""Kept per setup: the services, providers, places and parts of the day whose starts are known."""

_NOTHING_BOOKED = Calendar.of(())

Busy: TypeAlias = Callable[[str, str], Sequence[Window]]
"""When a provider of a clinic is held, by their ids; in the order of the starts."""


Listed: TypeAlias = Mapping[Visit, Kind]
"""Visits that are among the best found so far, and by which service."""


def nobody_is_busy(_clinic_id: str, _provider_id: str) -> Sequence[Window]:
    """What the setup alone knows of calendars."""
    return ()


class Working(NamedTuple):
    """A provider, and when they work."""

    provider_id: str
    hours: OpenWindows


class Ground(NamedTuple):
    """One location of an offer: when it is open, and who works there when."""

    site: Location | None
    zone: ZoneInfo
    place: OpenWindows
    providers: tuple[Working, ...]


class Grounds(NamedTuple):
    """Every location of an offer, good for any visit within `[low, high)`."""

    low: Minute
    high: Minute
    sites: tuple[Ground, ...]
    decisive: tuple[str, ...]
    """The providers who cannot take a visit while they are held."""


PossibleStart: TypeAlias = tuple[Location | None, Minute, bool]
"""Where, when, and whether it is in the part of the day that is preferred."""


class BestStarts(NamedTuple):
    """The best starts of an offer by its setup alone, asked from a minute on; earliest and latest of them."""

    asked: Minute
    earliest: Minute
    latest: Minute
    starts: tuple[PossibleStart, ...]


@lru_cache(maxsize=64)
def _minutes_around(now: datetime) -> tuple[Minute, Minute]:
    return ceil_minute(now), floor_minute(now)


@dataclass(frozen=True, kw_only=True, eq=False)
class Offer:
    """One service of one clinic, before anybody has looked into the clinic's calendar."""

    setup: ClinicSetup
    request: SlotRequest
    wishes: Wishes
    now: datetime
    followers: "Callable[[], Iterable[Offer]]" = tuple
    """Offers of the clinic whose slots are never better than the bounds of this one."""
    first_start: Minute = field(init=False)
    after_last_start: Minute = field(init=False)

    def __post_init__(self) -> None:
        first, last = _minutes_around(self.now)
        object.__setattr__(self, "first_start", first_start_of(self.request, first))
        object.__setattr__(self, "after_last_start", after_last_start_of(self.request, last))

    @cached_property
    def problem(self) -> SearchProblem:
        """The question with nothing booked yet."""
        empty = ClinicSnapshot(setup=self.setup, calendar=_NOTHING_BOOKED, now=self.now)
        return SearchProblem(snapshot=empty, request=self.request)

    def bound(self) -> Bound | None:
        """The best that any slot could be; None where the setup alone leaves no slot."""
        return self._best_of(self._known_starts(self._key) or self._found_starts(self._key))

    def bound_until(self, beyond: Minute, busy: Busy, listed: Listed) -> Bound | None:
        """The best that a start before `beyond` could be, if providers are busy only when that is said.

        What is `listed` already as a visit of a service that comes first is nothing more to find.
        """
        return self._best_of(
            (ground.site, start, is_liked)
            for ground in self._grounds.sites
            for start, is_liked in self._best_starts(ground, beyond, busy, listed)
        )

    def _best_of(self, starts: Iterable[PossibleStart]) -> Bound | None:
        bounds = [self._bound_at(start, site, is_liked=is_liked) for site, start, is_liked in starts]
        return min(bounds, default=None)

    @property
    def _key(self) -> Hashable:
        wishes = self.wishes
        return self.request.service.id, self.request.provider_ids, wishes.preferred, wishes.days

    def _known_starts(self, key: Hashable) -> Sequence[PossibleStart]:
        """The best start of each location, if an earlier question has found them.

        Whoever asks from a later minute on, but not beyond any of them, gets the same answer.
        """
        known = self.setup.derived(("best starts",), dict[Hashable, BestStarts]).get(key)
        is_same = (
            known is not None
            and known.asked <= self.first_start <= known.earliest
            and known.latest < self.after_last_start
        )
        return known.starts if known is not None and is_same else ()

    def _found_starts(self, key: Hashable) -> Sequence[PossibleStart]:
        found: list[PossibleStart] = []
        is_complete = True
        for ground in self._grounds.sites:
            best = list(self._best_starts(ground, self.after_last_start, nobody_is_busy, {}))
            found += [(ground.site, start, is_liked) for start, is_liked in best]
            is_complete &= bool(best) and best[-1][1]
        if found and is_complete:
            known = self.setup.derived(("best starts",), dict[Hashable, BestStarts])
            if len(known) > MOST_KNOWN:
                known.clear()
            starts = [start for _, start, _ in found]
            known[key] = BestStarts(self.first_start, min(starts), max(starts), tuple(found))
        return found

    @property
    def decisive(self) -> tuple[str, ...]:
        """The providers who cannot take a visit while they are held, by their ids.

        Who may take one on top of others can, and so can whoever gives a service for groups.
        """
        return self._grounds.decisive

    @property
    def _grounds(self) -> Grounds:
        """By the hours of the setup: made once for all questions about the same days."""
        known: dict[Hashable, Grounds] = self.setup.derived(("grounds",), dict)
        key = (self.request.service.id, self.request.provider_ids)
        found, low, high = (
            known.get(key),
            self.first_start,
            self.after_last_start + self.request.duration_minutes,
        )
        if found is None or low < found.low or found.high < high:
            if len(known) > MOST_KNOWN:
                known.clear()
            found = known[key] = self._made_grounds(low, max(low, high))
        return found

    def _made_grounds(self, low: Minute, high: Minute) -> Grounds:
        def opening(ref: str) -> OpenWindows:
            return self.setup.open_windows(ref, low, high)

        sites = []
        for site in self.problem.sites:
            providers = tuple(
                Working(one.id, opening(provider_ref(one.id))) for one in self.problem.providers_at(site)
            )
            place = opening(CLINIC if site is None else location_ref(site.id))
            sites.append(Ground(site, self.setup.zone_of(site), place, providers))
        opened = [one for site in sites for one in (site.place, *(each.hours for each in site.providers))]
        ids = dict.fromkeys(each.provider_id for site in sites for each in site.providers)
        return Grounds(
            low=max((one.low for one in opened), default=low),
            high=min((one.high for one in opened), default=high),
            sites=tuple(sites),
            decisive=()
            if self.request.service.is_for_groups
            else tuple(one for one in ids if one not in self.setup.lanes),
        )

    def _best_starts(
        self, ground: Ground, beyond: Minute, busy: Busy, listed: Listed
    ) -> Iterator[tuple[Minute, bool]]:
        """The first start at a location, and the first one in the part of the day that is preferred.

        All others come later, and earn no more than one of these.
        """
        preferred = self.wishes.preferred
        first = self._first(ground, beyond, busy, listed, None)
        if first is None:
            return
        is_liked = preferred is None or patient_liking(preferred, minute_of_day(first, ground.zone)) == FULL
        yield first, is_liked
        if not is_liked:
            # What comes later than that loses more by waiting than the part of the day is worth.
            worth_waiting = (self.wishes.days * PART_OF_DAY // SOONNESS + 2) * MINUTES_PER_DAY
            liked = self._first(ground, min(beyond, first + worth_waiting), busy, listed, preferred)
            if liked is not None:
                yield liked, True

    def _first(
        self, ground: Ground, beyond: Minute, busy: Busy, listed: Listed, part: TimeOfDay | None
    ) -> Minute | None:
        """The first start at a location, in that part of the day if one is named.

        Each provider has to be earlier than those before to matter.
        """
        found, place, stay = None, ground.place.windows, self._stay
        steps = Steps(self.request.service.slot_step_minutes, ground.zone, part)
        for provider_id, hours in ground.providers:
            holds = busy(self.setup.clinic.id, provider_id)
            start = first_start(hours, place, holds, self.first_start, beyond, stay, steps)
            while start is not None and listed and self._is_listed(listed, provider_id, ground.site, start):
                start = first_start(hours, place, holds, start + 1, beyond, stay, steps)
            if start is not None:
                found = beyond = start
        return found

    @property
    def _stay(self) -> Stay:
        service, duration = self.request.service, self.request.duration_minutes
        return Stay(duration, service.buffer_before_minutes, duration + service.buffer_after_minutes)

    def _is_listed(self, listed: Listed, provider_id: str, site: Location | None, start: Minute) -> bool:
        found = listed.get((self.setup.clinic.id, provider_id, site.id if site else "", start))
        return found is not None and found < kind_of(self.request.service)

    def points(self, start: Minute, site: Location | None) -> PatientPoints:
        """What a visit earns that starts then and there."""
        since = self.request.earliest
        return points_of(start, site, since=since, setup=self.setup, wishes=self.wishes)

    def before(self, beyond: Minute) -> SearchProblem:
        """The question, cut down to starts before that minute."""
        latest = max(self.request.earliest, min(self.request.latest, beyond))
        return SearchProblem(snapshot=self.problem.snapshot, request=replace(self.request, latest=latest))

    def after_last_winner(self, worst: Rank) -> Minute:
        """The first minute from which on no start could be better than that slot."""
        day = day_begun(self.request.earliest, self.setup.zone)
        nearest = max((self._nearness(site) for site in self.problem.sites), default=0)
        for waited in range(self.wishes.days + 2):
            most = soonness_points(waited, self.wishes.days) + nearest + MOST_FOR_PART_OF_DAY
            if most <= -worst.points_lost:
                that_day = at_wall_clock(day + timedelta(days=waited), 0, self.setup.zone)
                is_tie = most == -worst.points_lost
                return max(that_day, worst.start + 1) if is_tie else that_day
        return self.after_last_start

    def _nearness(self, site: Location | None) -> int:
        return nearness_points(site, self.wishes.near)

    def _bound_at(self, start: Minute, site: Location | None, *, is_liked: bool) -> Bound:
        clinic, near = self.setup.clinic, self.wishes.near
        part_of_day = MOST_FOR_PART_OF_DAY if is_liked else 0
        lost = -(self._soonness(start) + nearness_points(site, near) + part_of_day)
        return Bound(lost, start, metres_from(near, site), clinic.name, clinic.id)

    def ideal_from(self, start: Minute) -> Bound:
        """Nothing that starts then or later is better than this."""
        nearest = max((self._nearness(site) for site in self.problem.sites), default=0)
        clinic = self.setup.clinic
        lost = -(self._soonness(start) + nearest + MOST_FOR_PART_OF_DAY)
        return Bound(lost, start, 0, clinic.name, clinic.id)

    def _soonness(self, start: Minute) -> int:
        waited = days_waited(start, self.request.earliest, self.setup.zone)
        return soonness_points(waited, self.wishes.days)


def best_case(
    setup: ClinicSetup, services: Iterable[Service], earliest: Minute, wishes: Wishes, now: datetime
) -> Bound:
    """Nothing that a clinic offers is better: a visit at once, at its nearest place, at the best time."""
    start = max(earliest, _minutes_around(now)[0])
    nearness = nearness_points(None, None)
    if wishes.near is not None and all(one.needs_room for one in services):
        nearness = max((nearness_points(one, wishes.near) for one in setup.locations), default=nearness)
    soonness = soonness_points(days_waited(start, earliest, setup.zone), wishes.days)
    return Bound(-(soonness + nearness + MOST_FOR_PART_OF_DAY), start, 0, setup.clinic.name, setup.clinic.id)
