"""A clinic whose calendar has been read: its best slots for a search across clinics."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from models.between_clinics import (
    MOST_FOR_PART_OF_DAY,
    PatientPoints,
    Rank,
    day_begun,
    metres_from,
    nearness_points,
    soonness_points,
)
from models.liking import FULL, patient_liking
from models.slot import Slot
from models.wall_clock import at_wall_clock
from solver.bounds import Points
from solver.candidates import candidates
from solver.clinic_offers import Offer
from solver.intervals import Minutes
from solver.offers import RuleBroken, checked
from solver.options import menu_of
from solver.problem import SearchProblem
from solver.site_candidates import SiteCandidates
from solver.timeline import local_minutes


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

    def best(self, limit: int, worst: Rank | None) -> Iterator[Candidate]:
        """At least the best `limit` of its slots that are better than the worst one listed, in any order."""
        for number, site in enumerate(self.sites):
            lost = -self._points(site)
            names = _ranks_by_name(site)[site.rows]
            order = np.lexsort((names, site.starts, lost))[:limit]
            for position in order.tolist():
                rank = self._rank(site, position, int(lost[position]))
                if worst is not None and rank >= worst:
                    break  # and so are all that follow at this location
                yield Candidate(rank, self, number, position)

    def _points(self, site: SiteCandidates) -> Points:
        """`models.between_clinics.points_of` for thousands of placements at once."""
        setup, wishes = self.offer.setup, self.offer.wishes
        first_day = day_begun(self.offer.request.earliest, setup.zone)
        later = [first_day + timedelta(days=waited) for waited in range(1, wishes.days + 1)]
        midnights = np.array([at_wall_clock(day, 0, setup.zone) for day in later], dtype=np.int64)
        soonness = np.array([soonness_points(waited, wishes.days) for waited in range(wishes.days + 1)])
        waited = np.searchsorted(midnights, site.starts, side="right")
        points: Points = soonness[waited] + nearness_points(site.site, wishes.near)
        return points + self._part_of_day(site)

    def _part_of_day(self, site: SiteCandidates) -> Points | int:
        preferred = self.offer.wishes.preferred
        if preferred is None:
            return MOST_FOR_PART_OF_DAY
        shown = local_minutes(site.starts, self.offer.setup.zone_of(site.site))
        times, at = np.unique(shown, return_inverse=True)
        liked = [MOST_FOR_PART_OF_DAY * patient_liking(preferred, time) // FULL for time in times.tolist()]
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
            minutes=self.offer.request.duration_minutes,
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
            minutes=offer.request.duration_minutes,
            service_name=service.name,
            service_id=service.id,
        )
        return RankedSlot(rank=rank, slot=slot, points=points, offer=offer)
