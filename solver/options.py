"""The placements among which the model chooses: where clinic words meet solver words."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.clinic import Location, Provider, Room
from models.group_visit import GroupVisit
from models.slot import Rearrangement, ScoreBreakdown, SlotRequest
from models.wall_clock import Minute
from solver.site_candidates import SiteCandidates


class RoomChoice(NamedTuple):
    """Rooms at one start, best first, any of which may be taken; `points` are what the best of them earns.

    Of these, `liking` are those for being to the provider's liking, the others for fitting the service.
    """

    points: int
    rooms: tuple[Room, ...]
    liking: int = 0

    @property
    def fit(self) -> int:
        """The points for fitting the service."""
        return self.points - self.liking


class Option(NamedTuple):
    """One provider at one place and start; `base` is what it scores before a room is chosen.

    `decided` says that pruning has settled every rule about it but the choice of the room.
    """

    provider: Provider
    site: Location | None
    start: Minute
    end: Minute
    base: ScoreBreakdown
    room_choices: tuple[RoomChoice, ...]
    decided: bool = True
    overbook: bool = False
    joins: GroupVisit | None = None
    rearranges: tuple[Rearrangement, ...] = ()
    """The appointments that have to change for it."""

    @property
    def base_points(self) -> int:
        """What it scores before a room is chosen, in all."""
        return self.base.total

    @property
    def best_points(self) -> int:
        """The most hundredths of a point that the option can score."""
        best = self.room_choices[0].points if self.room_choices else 0
        return self.base_points + best


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The options by falling bound, and how good the best option left out could be."""

    options: tuple[Option, ...]
    best_outside: int | None
    count: int
    """How many options there are in all, those left out included."""


def menu_of(sites: list[SiteCandidates], request: SlotRequest, size: int) -> Menu:
    """The `size` candidates with the highest bound; among equals the earlier start, then the name."""
    total = sum(len(site.starts) for site in sites)
    if not total:
        return Menu(options=(), best_outside=None, count=0)
    bounds = np.concatenate([site.bounds for site in sites])
    starts = np.concatenate([site.starts for site in sites])
    names = np.concatenate([ranks[site.rows] for site, ranks in zip(sites, _name_ranks(sites), strict=True)])
    # One integer orders by all three: bounds stay below 2**20, starts of one search and ranks too.
    order = ((bounds.max() - bounds) << 42) + ((starts - starts.min()) << 20) + names
    size = min(size, total)
    chosen = np.argpartition(order, size - 1)[:size] if size < total else np.arange(total)
    chosen = chosen[np.argsort(order[chosen])]
    first_of = np.cumsum([0, *(len(site.starts) for site in sites)])
    numbers = np.searchsorted(first_of, chosen, side="right") - 1
    makers = [OptionMaker(site, request) for site in sites]
    options = tuple(
        makers[number].option(position)
        for number, position in zip(numbers.tolist(), (chosen - first_of[numbers]).tolist(), strict=True)
    )
    outside = None
    if size < total:
        left_out = np.ones(total, dtype=np.bool_)
        left_out[chosen] = False
        outside = int(bounds[left_out].max())
    return Menu(options=options, best_outside=outside, count=total)


def _name_ranks(sites: list[SiteCandidates]) -> list[NDArray[np.int64]]:
    """Per site, the rank of each provider by name (then id, then site) over all sites."""
    keys = sorted(
        (provider.name, provider.id, site.site.id if site.site else "", number, row)
        for number, site in enumerate(sites)
        for row, provider in enumerate(site.providers)
    )
    ranks = [np.zeros(len(site.providers), dtype=np.int64) for site in sites]
    for rank, (_, _, _, number, row) in enumerate(keys):
        ranks[number][row] = rank
    return ranks


class OptionMaker:
    """Makes options of one site's candidates; those at one start share their choice of rooms."""

    def __init__(self, site: SiteCandidates, request: SlotRequest) -> None:
        self.site, self.duration = site, request.duration_minutes
        self.choices: dict[int, tuple[RoomChoice, ...]] = {}

    def option(self, position: int) -> Option:
        """The candidate at a position as an option."""
        site = self.site
        start, terms = int(site.starts[position]), site.terms
        return Option(
            provider=site.providers[site.rows[position]],
            site=site.site,
            start=start,
            end=start + self.duration,
            base=ScoreBreakdown(
                preference=int(terms.preference[position]),
                gap=int(terms.gap[position]),
                room=int(terms.room[position]),
                overbook=int(terms.overbook[position]),
                fairness=int(terms.fairness[position]),
            ),
            room_choices=self._choices(position),
            overbook=bool(site.overbooked[position]),
            joins=site.joins[position] if site.joins else None,
            rearranges=site.rearranges[site.columns[position]] if site.rearranges else (),
        )

    def points_in_rooms(self, position: int) -> list[tuple[Room, int]]:
        """The rooms that would do for a candidate, best first, and what each of them adds."""
        site, liking = self.site, int(self.site.terms.liking[position])
        found = [(site.rooms[row], site.room_points[row]) for row in self._free(position)]
        if liking:
            liked = self._liked(position)
            found = [(room, points + liking if room.id in liked else points) for room, points in found]
            found.sort(key=lambda one: -one[1])  # rooms stand best fit first, which decides among equals
        return found

    def _choices(self, position: int) -> tuple[RoomChoice, ...]:
        """The free rooms of a candidate.

        Worse ones are dominated: each option is a world of its own, so nobody else competes for the best.
        """
        site, column = self.site, int(self.site.columns[position])
        liking = int(site.terms.liking[position])
        if liking:
            found = self.points_in_rooms(position)
            if not found:
                return ()
            room, points = found[0]
            pleases = liking if room.id in self._liked(position) else 0
            return (RoomChoice(points, tuple([room for room, _ in found]), pleases),)
        if column not in self.choices:
            free = self._free(position)
            rooms = tuple([site.rooms[row] for row in free])
            self.choices[column] = (RoomChoice(site.room_points[free[0]], rooms),) if free else ()
        return self.choices[column]

    def _free(self, position: int) -> list[int]:
        """The rooms that would do for a candidate, by their position: best fit first."""
        free: list[int] = np.flatnonzero(self.site.room_free[:, self.site.columns[position]]).tolist()
        return free

    def _liked(self, position: int) -> tuple[str, ...]:
        """The rooms that the candidate's provider likes."""
        preferences = self.site.providers[self.site.rows[position]].preferences
        return preferences.room_ids if preferences else ()
