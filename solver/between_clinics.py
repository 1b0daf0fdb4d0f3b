"""The best slots of many clinics, of which only those are opened that could still have one.

Best first: each clinic has a bound, the best that its setup alone would allow. Clinics are opened in the
order of their bounds, and once the worst slot listed is better than every bound left, nothing better exists.
(Branch and bound, as in A. H. Land and A. G. Doig, Econometrica 28, 1960, without branches.)
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np

from models.between_clinics import (
    PART_OF_DAY,
    SOONNESS,
    Bound,
    PatientPoints,
    Rank,
    Wishes,
    metres_from,
    nearness_points,
    points_of,
    soonness_points,
)
from models.calendar import Calendar
from models.clinic import Location, Service
from models.hours import Window
from models.liking import FULL, patient_liking
from models.possible_starts import first_start, free_ranges, start_ranges
from models.refs import CLINIC, location_ref, provider_ref
from models.score import HUNDREDTHS
from models.setup import ClinicSetup
from models.slot import Slot, SlotRequest, TimeOfDay
from models.snapshot import ClinicSnapshot
from models.wall_clock import MINUTES_PER_DAY, Minute, at_wall_clock, ceil_minute, local_date, minute_of_day
from solver.bounds import Points
from solver.candidates import candidates
from solver.intervals import Minutes
from solver.offers import RuleBroken, checked
from solver.options import menu_of
from solver.problem import SearchProblem
from solver.site_candidates import SiteCandidates
from solver.timeline import day_number, local_days, local_minutes

_MOST_FOR_PART_OF_DAY = PART_OF_DAY * HUNDREDTHS

MOST_FIRST_STARTS = 256
"""Kept per setup: the services, providers, places and parts of the day whose next start is known."""

_NOTHING_BOOKED = Calendar.of(())

Busy: TypeAlias = Callable[[str, str], Sequence[Window]]
"""When a provider of a clinic is held, by their ids; in the order of the starts."""


def nobody_is_busy(_clinic_id: str, _provider_id: str) -> Sequence[Window]:
    """What the setup alone knows of calendars."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One service of one clinic, before anybody has looked into the clinic's calendar."""

    setup: ClinicSetup
    request: SlotRequest
    wishes: Wishes
    now: datetime

    @cached_property
    def problem(self) -> SearchProblem:
        """The question with nothing booked yet."""
        empty = ClinicSnapshot(setup=self.setup, calendar=_NOTHING_BOOKED, now=self.now)
        return SearchProblem(snapshot=empty, request=self.request)

    @cached_property
    def bound(self) -> Bound | None:
        """The best that any slot could be; None where the setup alone leaves no slot."""
        return self.bound_until(self.problem.after_last_start)

    def bound_until(self, beyond: Minute, busy: Busy = nobody_is_busy) -> Bound | None:
        """The best that a start before `beyond` could be, if providers are busy only when that is said."""
        best: Bound | None = None
        for site in self.problem.sites:
            for start, is_liked in self._best_starts(site, beyond, busy):
                bound = self._bound_at(start, site, is_liked=is_liked)
                best = bound if best is None else min(best, bound)
        return best

    def _best_starts(
        self, site: Location | None, beyond: Minute, busy: Busy
    ) -> Iterator[tuple[Minute, bool]]:
        """The first start at a location, and the first one in the part of the day that is preferred.

        All others come later, and earn no more than one of these.
        """
        preferred, zone = self.wishes.preferred, self.setup.zone_of(site)
        first = self._first(site, beyond, busy, None)
        if first is None:
            return
        is_liked = patient_liking(preferred, minute_of_day(first, zone)) == FULL
        yield first, is_liked
        if not is_liked:
            # What comes later than that loses more by waiting than the part of the day is worth.
            worth_waiting = (self.wishes.days * PART_OF_DAY // SOONNESS + 2) * MINUTES_PER_DAY
            liked = self._first(site, min(beyond, first + worth_waiting), busy, preferred)
            if liked is not None:
                yield liked, True

    def _first(
        self, site: Location | None, beyond: Minute, busy: Busy, part: TimeOfDay | None
    ) -> Minute | None:
        """The first start at a location, in that part of the day if one is named."""
        if busy is not nobody_is_busy:
            return self._first_of_all(site, beyond, busy, part)
        # Whoever asks from a later minute on, but not beyond the answer, gets the same answer.
        known: dict[object, tuple[Minute, Minute]] = self.setup.derived(("first starts",), dict)
        key = (self.request.service.id, self.request.provider_ids, site and site.id, part)
        asked, answer = known.get(key, (0, -1))
        if not asked <= self.problem.first_start <= answer < beyond:
            found = self._first_of_all(site, beyond, busy, part)
            if found is None:
                return None
            if len(known) > MOST_FIRST_STARTS:
                known.clear()
            known[key], answer = (self.problem.first_start, found), found
        return answer

    def _first_of_all(
        self, site: Location | None, beyond: Minute, busy: Busy, part: TimeOfDay | None
    ) -> Minute | None:
        step, zone = self.request.service.slot_step_minutes, self.setup.zone_of(site)
        possible = self._possible_starts(site, beyond, busy)
        found = (first_start(ranges, part, step, zone) for ranges in possible)
        return min((start for start in found if start is not None), default=None)

    def _possible_starts(
        self, site: Location | None, beyond: Minute, busy: Busy
    ) -> Iterator[Iterable[Window]]:
        """For each provider at a location, the ranges in which a visit could start."""
        setup, duration, first = self.setup, self.request.duration_minutes, self.problem.first_start
        low, high = self.problem.span
        place = setup.open_windows(CLINIC if site is None else location_ref(site.id), low, high).windows
        for provider in self.problem.providers_at(site):
            working = setup.open_windows(provider_ref(provider.id), low, high)
            ranges = start_ranges(working, place, first, beyond, duration)
            holds = busy(setup.clinic.id, provider.id)
            yield free_ranges(ranges, holds, *self._reach) if holds else ranges

    @cached_property
    def _reach(self) -> tuple[int, int]:
        """How long before and after its start a visit holds its provider."""
        service = self.request.service
        return service.buffer_before_minutes, self.request.duration_minutes + service.buffer_after_minutes

    def points(self, start: Minute, site: Location | None) -> PatientPoints:
        """What a visit earns that starts then and there."""
        since = self.request.earliest
        return points_of(start, site, since=since, setup=self.setup, wishes=self.wishes)

    def still_wins(self, worst: Rank | None) -> SearchProblem:
        """The question, cut down to the days and times that could be better than the worst slot listed."""
        if worst is None:
            return self.problem
        latest = max(self.request.earliest, min(self.request.latest, self.after_last_winner(worst)))
        return SearchProblem(snapshot=self.problem.snapshot, request=replace(self.request, latest=latest))

    def after_last_winner(self, worst: Rank) -> Minute:
        """The first minute from which on no start could be better than that slot."""
        day = local_date(self.request.earliest, self.setup.zone)
        nearest = max((self._nearness(site) for site in self.problem.sites), default=0)
        for waited in range(self.wishes.days + 2):
            most = soonness_points(waited, self.wishes.days) + nearest + _MOST_FOR_PART_OF_DAY
            if most <= -worst.points_lost:
                that_day = at_wall_clock(day + timedelta(days=waited), 0, self.setup.zone)
                is_tie = most == -worst.points_lost
                return max(that_day, worst.start + 1) if is_tie else that_day
        return self.problem.after_last_start

    def _nearness(self, site: Location | None) -> int:
        return nearness_points(site, self.wishes.near)

    def _bound_at(self, start: Minute, site: Location | None, *, is_liked: bool) -> Bound:
        points, clinic = self.points(start, site), self.setup.clinic
        part_of_day = _MOST_FOR_PART_OF_DAY if is_liked else 0
        lost = -(points.soonness + points.nearness + part_of_day)
        return Bound(lost, start, metres_from(self.wishes.near, site), clinic.name, clinic.id)

    def ideal_from(self, start: Minute) -> Bound:
        """Nothing that starts then or later is better than this."""
        soonness = self.points(start, None).soonness
        nearest = max((self._nearness(site) for site in self.problem.sites), default=0)
        clinic = self.setup.clinic
        return Bound(-(soonness + nearest + _MOST_FOR_PART_OF_DAY), start, 0, clinic.name, clinic.id)


def best_case(
    setup: ClinicSetup, services: Iterable[Service], earliest: Minute, wishes: Wishes, now: datetime
) -> Bound:
    """Nothing that a clinic offers is better: a visit at once, at its nearest place, at the best time."""
    start = max(earliest, ceil_minute(now))
    soonness = points_of(start, None, since=earliest, setup=setup, wishes=wishes).soonness
    places = None if any(not one.needs_room for one in services) else setup.locations
    nearness = max((nearness_points(one, wishes.near) for one in places or (None,)), default=0)
    return Bound(-(soonness + nearness + _MOST_FOR_PART_OF_DAY), start, 0, setup.clinic.name, setup.clinic.id)


class Candidate(NamedTuple):
    """A slot that the intervals found in an opened clinic, and where to find it there."""

    rank: Rank
    opened: "Opened"
    site: int
    position: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Opened:
    """An offer with the calendar of its clinic, and all placements that the calendar leaves."""

    offer: Offer
    problem: SearchProblem
    sites: Sequence[SiteCandidates]

    @staticmethod
    def of(offer: Offer, problem: SearchProblem) -> "Opened":
        """`problem` is what the offer asks, with a calendar."""
        return Opened(offer=offer, problem=problem, sites=candidates(problem))

    def best(self, limit: int) -> Iterator[Candidate]:
        """At least the best `limit` of its slots, in any order."""
        for number, site in enumerate(self.sites):
            lost = -self._points(site)
            names = _ranks_by_name(site)[site.rows]
            order = np.lexsort((names, site.starts, lost))[:limit]
            for position in order.tolist():
                yield Candidate(self._rank(site, position, int(lost[position])), self, number, position)

    def _points(self, site: SiteCandidates) -> Points:
        """`models.between_clinics.points_of` for thousands of placements at once."""
        setup, wishes = self.offer.setup, self.offer.wishes
        first_day = day_number(local_date(self.offer.request.earliest, setup.zone))
        waited, day = np.unique(local_days(site.starts, setup.zone) - first_day, return_inverse=True)
        soonness = np.array([soonness_points(days, wishes.days) for days in waited.tolist()], dtype=np.int64)
        points: Points = soonness[day] + nearness_points(site.site, wishes.near)
        return points + self._part_of_day(site)

    def _part_of_day(self, site: SiteCandidates) -> Points | int:
        preferred = self.offer.wishes.preferred
        if preferred is None:
            return _MOST_FOR_PART_OF_DAY
        shown = local_minutes(site.starts, self.offer.setup.zone_of(site.site))
        times, at = np.unique(shown, return_inverse=True)
        liked = [_MOST_FOR_PART_OF_DAY * patient_liking(preferred, time) // FULL for time in times.tolist()]
        points: Points = np.array(liked, dtype=np.int64)[at]
        return points

    def _rank(self, site: SiteCandidates, position: int, lost: int) -> Rank:
        provider = site.providers[site.rows[position]]
        clinic, service = self.offer.setup.clinic, self.offer.request.service
        return Rank(
            points_lost=lost,
            start=int(site.starts[position]),
            metres=metres_from(self.offer.wishes.near, site.site),
            clinic_name=clinic.name,
            clinic_id=clinic.id,
            provider_name=provider.name,
            provider_id=provider.id,
            location_id=site.site.id if site.site else "",
            service_name=service.name,
            service_id=service.id,
        )

    def slots(self, chosen: Iterable[Candidate]) -> Iterator["RankedSlot"]:
        """Some of its candidates as slots; each has passed every rule in plain Python."""
        by_site: dict[int, list[int]] = {}
        ranks = set()
        for candidate in chosen:
            by_site.setdefault(candidate.site, []).append(candidate.position)
            ranks.add(candidate.rank)
        some = [self.sites[number].at(np.array(positions)) for number, positions in by_site.items()]
        options = menu_of(some, self.problem.request, len(ranks)).options
        for slot in checked(options, self.problem):
            found = RankedSlot.of(slot, self.offer)
            if found.rank not in ranks:
                raise RuleBroken(f"ranked {found.rank} by the rules, and otherwise by the search")
            yield found


def _ranks_by_name(site: SiteCandidates) -> Minutes:
    """For each provider of a site, the place by name, then id."""
    order = sorted(range(len(site.providers)), key=lambda row: _name_of(site, row))
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def _name_of(site: SiteCandidates, row: int) -> tuple[str, str]:
    return site.providers[row].name, site.providers[row].id


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedSlot:
    """A slot of one of the clinics, with its place among those of all."""

    rank: Rank
    slot: Slot
    points: PatientPoints
    offer: Offer

    @staticmethod
    def of(slot: Slot, offer: Offer) -> "RankedSlot":
        """Ranked in plain Python."""
        points = offer.points(slot.start, slot.location)
        clinic, service = offer.setup.clinic, offer.request.service
        rank = Rank(
            points_lost=-points.total,
            start=slot.start,
            metres=metres_from(offer.wishes.near, slot.location),
            clinic_name=clinic.name,
            clinic_id=clinic.id,
            provider_name=slot.provider.name,
            provider_id=slot.provider.id,
            location_id=slot.location.id if slot.location else "",
            service_name=service.name,
            service_id=service.id,
        )
        return RankedSlot(rank=rank, slot=slot, points=points, offer=offer)


Unasked: TypeAlias = Callable[[], Iterable[Offer]]
"""What a clinic offers, once somebody asks."""


class Race:
    """The best `limit` slots so far, and the offers that could still have a better one."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.best: list[Candidate] = []
        self._waiting: list[tuple[Bound, int, Offer | Unasked]] = []
        self._entered = 0

    def enter_clinic(self, bound: Bound, offers: Unasked) -> None:
        """A clinic of which nobody has asked yet what it offers: that is done when its turn comes."""
        self._enter(bound, offers)

    def enter(self, offers: Iterable[Offer]) -> None:
        """More offers, none of them opened."""
        self.enter_at((offer, offer.bound) for offer in offers if offer.bound is not None)

    def enter_at(self, bounded: Iterable[tuple[Offer, Bound]]) -> None:
        """More offers whose bounds somebody knows better than their setups do."""
        for offer, bound in bounded:
            self._enter(bound, offer)

    def _enter(self, bound: Bound, entry: Offer | Unasked) -> None:
        self._entered += 1
        heapq.heappush(self._waiting, (bound, self._entered, entry))

    @property
    def worst(self) -> Rank | None:
        """The slot that a better one would replace; None while there is room for any."""
        return self.best[-1].rank if len(self.best) == self.limit else None

    @property
    def best_waiting(self) -> Bound | None:
        """The best that an offer not opened could have."""
        return self._waiting[0][0] if self._waiting else None

    def next(self, most: int | None = None) -> list[Offer]:
        """The offers that could win, best bound first, taken out; none once nothing better can exist."""
        chosen: list[Offer] = []
        while self._waiting and len(chosen) != most and self._can_win(self._waiting[0][0]):
            entry = heapq.heappop(self._waiting)[-1]
            if isinstance(entry, Offer):
                chosen.append(entry)
            else:
                self.enter(entry())
        return chosen

    def _can_win(self, bound: Bound) -> bool:
        return self.worst is None or bound <= self.worst.bound

    def opened(self, offer: Offer, problem: SearchProblem) -> None:
        """What the calendar of a clinic leaves of an offer."""
        found = Opened.of(offer, problem)
        worst = self.worst
        better = (one for one in found.best(self.limit) if worst is None or one.rank < worst)
        self.best = sorted([*self.best, *better], key=lambda one: one.rank)[: self.limit]

    def slots(self) -> list[RankedSlot]:
        """The best slots in order, each checked by the plain rules."""
        by_clinic: dict[int, list[Candidate]] = {}
        for candidate in self.best:
            by_clinic.setdefault(id(candidate.opened), []).append(candidate)
        slots = [slot for some in by_clinic.values() for slot in some[0].opened.slots(some)]
        return sorted(slots, key=lambda one: one.rank)
