"""The candidates of one visit at all locations, as one table sorted by provider and start."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.clinic import Location, Provider, Room
from models.wall_clock import Minute
from solver.candidates import candidates
from solver.intervals import ROW_SHIFT, Minutes, Rows
from solver.options import Option, OptionMaker
from solver.problem import SearchProblem
from solver.site_candidates import SiteCandidates

Key = tuple[Minute, str, str, str]
"""What breaks ties: start, provider's name and id, location's id."""


@dataclass(frozen=True, kw_only=True)
class FlatCandidates:
    """Candidate i is given by provider `rows[i]` (of the setup) from `starts[i]` to `ends[i]`.

    It is worth at most `bounds[i]` hundredths of a point and stands in `sites[numbers[i]]` at
    `positions[i]`. `keys` are sorted: provider, then start.
    """

    problem: SearchProblem
    sites: list[SiteCandidates]
    keys: NDArray[np.int64]
    rows: Rows
    starts: Minutes
    ends: Minutes
    bounds: NDArray[np.int64]
    numbers: Rows
    positions: Rows

    @staticmethod
    def of(problem: SearchProblem) -> "FlatCandidates":
        """All placements that the visit could have on its own."""
        sites = candidates(problem)
        number_of = {provider.id: number for number, provider in enumerate(problem.setup.providers)}
        rows = [
            np.array([number_of[one.id] for one in site.providers], dtype=np.int64)[site.rows]
            for site in sites
        ]
        starts = _joined([site.starts for site in sites])
        keys = (_joined(rows) << ROW_SHIFT) + starts
        order = np.argsort(keys, kind="stable")
        numbers = np.repeat(np.arange(len(sites)), [len(site.starts) for site in sites])
        positions = _joined([np.arange(len(site.starts)) for site in sites])
        return FlatCandidates(
            problem=problem,
            sites=sites,
            keys=keys[order],
            rows=(keys >> ROW_SHIFT)[order],
            starts=starts[order],
            ends=starts[order] + problem.request.duration_minutes,
            bounds=_joined([site.bounds for site in sites])[order],
            numbers=numbers[order],
            positions=positions[order],
        )

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def ranks(self) -> NDArray[np.int64]:
        """The place of each candidate in the order that breaks ties."""
        ranks = np.empty(len(self), dtype=np.int64)
        providers = self.problem.setup.providers
        name_ranks = np.empty(len(providers), dtype=np.int64)
        by_name = sorted(range(len(providers)), key=lambda row: (providers[row].name, providers[row].id))
        name_ranks[by_name] = np.arange(len(providers))
        site_ids = sorted((_site_id(site), number) for number, site in enumerate(self.sites))
        site_ranks = np.empty(len(self.sites), dtype=np.int64)
        site_ranks[[number for _, number in site_ids]] = np.arange(len(self.sites))
        ranks[np.lexsort((site_ranks[self.numbers], name_ranks[self.rows], self.starts))] = np.arange(
            len(self)
        )
        return ranks

    @cached_property
    def joins_some(self) -> bool:
        """Whether any of them takes a seat in a group visit."""
        return any(site.joins for site in self.sites)

    def provider(self, index: int) -> Provider:
        return self.problem.setup.providers[int(self.rows[index])]

    def site(self, index: int) -> Location | None:
        return self.sites[int(self.numbers[index])].site

    def key(self, index: int) -> Key:
        """What breaks ties."""
        provider = self.provider(index)
        return int(self.starts[index]), provider.name, provider.id, _site_id(self.sites[self.numbers[index]])

    def points_in_rooms(self, index: int) -> list[tuple[Room, int]]:
        """The rooms that would do for a candidate on its own, best first, and what each of them earns."""
        return self._makers[int(self.numbers[index])].points_in_rooms(int(self.positions[index]))

    def option(self, index: int) -> Option:
        """A candidate as an option, with all the rooms that would do on their own."""
        return self._makers[int(self.numbers[index])].option(int(self.positions[index]))

    @cached_property
    def _makers(self) -> list[OptionMaker]:
        return [OptionMaker(site, self.problem.request) for site in self.sites]


def window(
    table: FlatCandidates, rows: Rows, earliest: Minutes, latest: Minutes
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First index and the one beyond, of each provider's candidates that start in `[earliest, latest]`."""
    first = np.searchsorted(table.keys, (rows << ROW_SHIFT) + earliest, side="left")
    beyond = np.searchsorted(table.keys, (rows << ROW_SHIFT) + latest, side="right")
    return first, np.maximum(first, beyond)


def _site_id(site: SiteCandidates) -> str:
    return site.site.id if site.site else ""


def _joined(arrays: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=np.int64)
