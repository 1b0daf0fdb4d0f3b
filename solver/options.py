"""The placements among which the model chooses: where clinic words meet solver words."""

from dataclasses import dataclass

import numpy as np

from models.clinic import Location, Provider, Room
from models.slot import SlotRequest
from models.wall_clock import Minute
from solver.candidates import SiteCandidates


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomChoice:
    """Rooms of equal fit at one start; `decided` when all of them are known to be free then."""

    points: int
    rooms: tuple[Room, ...]
    decided: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One provider at one place and start; `base_points` are what it scores before a room is chosen.

    `decided` says that the grids have settled every rule about it but the choice of the room.
    """

    provider: Provider
    site: Location | None
    start: Minute
    end: Minute
    base_points: int
    room_choices: tuple[RoomChoice, ...]
    decided: bool = True

    @property
    def best_points(self) -> int:
        """The most hundredths of a point that the option can score."""
        return self.base_points + max((choice.points for choice in self.room_choices), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The options by falling bound, and how good the best option left out could be."""

    options: tuple[Option, ...]
    best_outside: int | None
    count: int
    """How many options there are in all, those left out included."""


def menu_of(sites: list[SiteCandidates], request: SlotRequest, size: int) -> Menu:
    """The `size` candidates with the highest bound; among equals the earlier start, then the name."""
    parts = [np.nonzero(site.possible) for site in sites]
    total = sum(len(rows) for rows, _ in parts)
    if not total:
        return Menu(options=(), best_outside=None, count=0)
    bounds = np.concatenate([site.bound[part] for site, part in zip(sites, parts, strict=True)])
    starts = np.concatenate([site.starts[part[1]] for site, part in zip(sites, parts, strict=True)])
    names = _name_ranks(sites)
    ranks = np.concatenate([names[i][part[0]] for i, part in enumerate(parts)])
    # One integer orders by all three: bounds and starts are far below 2**31, ranks below 2**20.
    order_key = ((bounds.max() - bounds) << 42) + ((starts - starts.min()) << 20) + ranks
    size = min(size, total)
    chosen = np.argpartition(order_key, size - 1)[:size] if size < total else np.arange(total)
    chosen = chosen[np.argsort(order_key[chosen], kind="stable")]
    site_of = np.repeat(np.arange(len(parts)), [len(rows) for rows, _ in parts])
    first_of = np.cumsum([0, *(len(rows) for rows, _ in parts)])
    options = []
    for position in chosen.tolist():
        number = int(site_of[position])
        rows, columns = parts[number]
        inside = position - int(first_of[number])
        options.append(_option(sites[number], request, int(rows[inside]), int(columns[inside])))
    outside = None
    if size < total:
        left_out = np.ones(total, dtype=np.bool_)
        left_out[chosen] = False
        outside = int(bounds[left_out].max())
    return Menu(options=tuple(options), best_outside=outside, count=total)


def _name_ranks(sites: list[SiteCandidates]) -> list[np.ndarray]:
    """Per site, the rank of each provider by name (then id, then site) over all sites."""
    keys = sorted(
        (provider.name, provider.id, number, row)
        for number, site in enumerate(sites)
        for row, provider in enumerate(site.providers)
    )
    ranks = [np.zeros(len(site.providers), dtype=np.int64) for site in sites]
    for rank, (_, _, number, row) in enumerate(keys):
        ranks[number][row] = rank
    return ranks


def _option(site: SiteCandidates, request: SlotRequest, row: int, column: int) -> Option:
    start = int(site.starts[column])
    choices = free_room_choices(site, column)
    best = choices[0].points if choices else 0
    return Option(
        provider=site.providers[row],
        site=site.site,
        start=start,
        end=start + request.duration_minutes,
        base_points=int(site.bound[row, column]) - best,
        room_choices=choices,
    )


def free_room_choices(site: SiteCandidates, column: int) -> tuple[RoomChoice, ...]:
    """The best-fitting free rooms at a start.

    Worse ones are dominated: each option is a world of its own, so nobody else competes for the best.
    """
    free = np.flatnonzero(site.room_free[:, column])
    if not len(free):
        return ()
    best = int(site.room_points[free[0]])
    rooms = tuple(site.rooms[row] for row in free.tolist())
    return (RoomChoice(points=best, rooms=rooms),)
