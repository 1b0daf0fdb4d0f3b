"""What the NumPy enumeration knows before anybody asks: people, rooms, hours and holds as flat arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.allocation import pools_in_order, rooms_in_order
from models.clinic import EquipmentNeed, EquipmentPool, Location, Provider, Room
from models.gaps import rest_prices
from models.hours import OpenWindows
from models.liking import FULL
from models.refs import CLINIC, equipment_ref, location_ref, provider_ref, room_ref
from models.wall_clock import MINUTES_PER_DAY, instant_of
from tests.benchmarks.answers import Question

Ints: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

MARGIN = 3 * MINUTES_PER_DAY
SHIFT = 32
"""Minutes need fewer bits: `(row << SHIFT) + minute` sorts by row, then by minute."""
NO_ROW = 1 << 30


@dataclass(frozen=True, slots=True)
class Spans:
    """Stretches of minutes of several rows, sorted by row and start; a last one belongs to no row.

    Those of one row are disjoint wherever a method below is asked about it.
    """

    rows: Ints
    starts: Ints
    ends: Ints
    keys: Ints

    @staticmethod
    def of(rows: Ints, starts: Ints, ends: Ints) -> "Spans":
        """From parallel arrays in that order."""
        rows, starts, ends = np.append(rows, NO_ROW), np.append(starts, 0), np.append(ends, 0)
        return Spans(rows, starts, ends, (rows << SHIFT) + starts)

    @staticmethod
    def of_one(starts: Ints, ends: Ints) -> "Spans":
        """Those of a single row, number 0."""
        return Spans.of(np.zeros_like(starts), starts, ends)

    def last_begun(self, rows: Ints, minutes: Ints) -> Ints:
        """The last span that starts before a minute; of another row where its own has none."""
        at: Ints = np.searchsorted(self.keys, (rows << SHIFT) + minutes) - 1
        return at

    def contain(self, rows: Ints, starts: Ints, ends: Ints) -> Mask:
        """Whether one span holds all of `[start, end)`."""
        at = self.last_begun(rows, starts + 1)
        contained: Mask = (self.rows[at] == rows) & (self.ends[at] >= ends)
        return contained

    def avoid(self, rows: Ints, starts: Ints, ends: Ints) -> Mask:
        """Whether no span shares a minute with `[start, end)`."""
        at = self.last_begun(rows, ends)
        avoided: Mask = (self.rows[at] != rows) | (self.ends[at] <= starts)
        return avoided


def spans_of_windows(opening: Sequence[OpenWindows]) -> Spans | None:
    """Opening hours row by row; None where no row ever closes."""
    flat = [(row, *window) for row, windows in enumerate(opening) for window in windows.windows]
    if opening and all(len(one.windows) == 1 and one.contain(one.low, one.high) for one in opening):
        return None
    rows, starts, ends = np.array(flat, dtype=np.int64).reshape(-1, 3).T
    return Spans.of(rows, starts, ends)


def full_times(starts: Ints, ends: Ints, units: int) -> tuple[Ints, Ints]:
    """When at least so many of the holds of one resource overlap."""
    moments = np.concatenate([starts, ends])
    steps = np.repeat(np.array([1, -1]), [len(starts), len(ends)])
    order = np.lexsort((steps, moments))
    full = np.cumsum(steps[order]) >= units
    edges = np.flatnonzero(np.diff(full, prepend=False))
    bounds = moments[order][edges]
    return bounds[::2], bounds[1::2]


class Site:
    """One place: who works there, its suitable rooms, its pools, and when all of them are open."""

    def __init__(self, question: Question, location: Location | None) -> None:
        setup, request = question.setup, question.request
        service = request.service
        self.location = location
        self.providers: list[Provider] = [
            provider
            for provider in setup.providers
            if service.id in provider.service_ids
            and (location is None or location.id in provider.location_ids)
        ]
        self.rooms = rooms_in_order(setup, service, location) if location else []
        self.pools: list[tuple[EquipmentNeed, list[EquipmentPool]]] = [
            (need, pools_in_order(setup, need, location)) for need in service.equipment
        ]

        def opening(refs: list[str]) -> Spans | None:
            low, high = request.earliest - MARGIN, request.latest + MARGIN
            return spans_of_windows([setup.open_windows(ref, low, high) for ref in refs])

        def numbers(refs: list[str]) -> Ints:
            return np.array([setup.resource_index[ref] for ref in refs], dtype=np.int64)

        providers = [provider_ref(one.id) for one in self.providers]
        rooms = [room_ref(one.id) for one in self.rooms]
        pools = [[equipment_ref(one.id) for one in pools] for _, pools in self.pools]
        hours = opening(providers)
        if hours is None:
            raise ValueError("this searcher wants providers with hours")
        self.hours = hours
        self.place_hours = opening([location_ref(location.id) if location else CLINIC])
        self.room_hours = opening(rooms)
        self.pool_hours = [opening(refs) for refs in pools]
        self.provider_numbers, self.room_numbers = numbers(providers), numbers(rooms)
        self.pool_numbers = [numbers(refs) for refs in pools]
        self.rest_prices, self.best, self.worst = priced_rests(question, self.providers)
        self.turnarounds = np.array([one.turnaround_minutes for one in self.rooms], dtype=np.int64)
        self.liked, self.dearest = liked_windows(self.providers)
        self.liked_rooms = liked_rooms(self.providers, self.rooms)
        preferences = [one.preferences for one in self.providers]
        self.cares = np.array([one.weight if one else 0 for one in preferences], dtype=np.int64)
        self.choosy = np.array(
            [bool(one and one.room_ids and location) for one in preferences], dtype=np.bool_
        )
        self.by_name = sorted(
            range(len(self.rooms)), key=lambda row: (self.rooms[row].name, self.rooms[row].id)
        )
        self.offset = single_offset(question, location)


def liked_windows(providers: Sequence[Provider]) -> tuple[Ints, Ints]:
    """Start, end and weight of the windows that each provider likes, padded; and the dearest weight."""
    windows = [one.preferences.time_windows if one.preferences else () for one in providers]
    liked = np.zeros((3, len(providers), max(map(len, windows), default=0)), dtype=np.int64)
    for row, of_one in enumerate(windows):
        for place, window in enumerate(of_one):
            liked[:, row, place] = window.start, window.end, window.weight
    dearest = liked[2].max(axis=1, initial=0)
    return liked, dearest


def priced_rests(question: Question, providers: Sequence[Provider]) -> tuple[Ints, Ints, Ints]:
    """What a rest of each length costs each provider, the longest for all; and the best and worst cost."""
    prices = [rest_prices(question.setup, one.id) for one in providers]
    longest = max((one.longest for one in prices), default=0)
    of_length = [[one.of_rest(minutes) for minutes in range(longest + 1)] for one in prices]
    best, worst = [one.best for one in prices], [one.worst for one in prices]
    return np.array(of_length).reshape(-1, longest + 1), np.array(best), np.array(worst)


def liked_rooms(providers: Sequence[Provider], rooms: Sequence[Room]) -> Mask:
    """Providers x rooms: whether they like it."""
    wanted = [frozenset(one.preferences.room_ids if one.preferences else ()) for one in providers]
    liked = [[room.id in some for room in rooms] for some in wanted]
    return np.array(liked, dtype=np.bool_).reshape(len(providers), len(rooms))


def liking(site: Site, rows: Ints, of_day: Ints, duration: int, in_liked_room: bool) -> Ints:
    """0 to 100 for each candidate: how much its provider likes the time, in a liked room or another."""
    starts, ends, weights = site.liked[:, rows]
    inside = (starts <= of_day[:, None]) & (of_day[:, None] + duration <= ends)
    best = np.where(inside, weights, 0).max(axis=1, initial=0)
    dearest = site.dearest[rows]
    times = np.where(dearest > 0, best * FULL // np.maximum(dearest, 1), 0)
    choosy = site.choosy[rows]
    said = (dearest > 0).astype(np.int64) + choosy
    total = times + np.where(choosy & in_liked_room, FULL, 0)
    liked = np.where(said > 0, total // np.maximum(said, 1), FULL)
    softened: Ints = FULL - site.cares[rows] * (FULL - liked) // 100
    return softened


def single_offset(question: Question, location: Location | None) -> int:
    """Minutes ahead of UTC all through the range; a range in which the clocks change is refused."""
    zone = question.setup.zone_of(location)
    moments = (question.request.earliest, question.request.latest)
    first, last = (instant_of(moment).astimezone(zone).utcoffset() for moment in moments)
    if first is None or first != last:
        raise ValueError("the clocks change within the range; this searcher does not read them")
    return int(first.total_seconds()) // 60
