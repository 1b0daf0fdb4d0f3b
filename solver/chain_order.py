"""Chains in falling order of the most that they could earn, one after the other.

A best-first search whose bound is what the rest can earn at most, so that nothing is opened that is not
needed (Hart, Nilsson and Raphael, A formal basis for the heuristic determination of minimum cost paths,
1968); siblings are only looked at when their turn comes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from time import monotonic
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solver.chain_bounds import NEVER, Pauses
from solver.flat_candidates import FlatCandidates, Key, window

Prefix = tuple[int, ...]
"""The candidates of the first steps."""


class _Node(NamedTuple):
    """A prefix by falling bound, then by what breaks ties; its last visit is choice number `place` there."""

    loss: int
    keys: tuple[Key, ...]
    prefix: Prefix
    place: int


class Rank(NamedTuple):
    """Where a chain stands in the order: by what it earns (negated), then by what breaks ties."""

    loss: int
    keys: tuple[Key, ...]


@dataclass(slots=True)
class BestFirst:
    """Gives the chains in order; `fits` says whether the last visit of a prefix can stand beside the others.

    `until` is when to give up, by the monotonic clock.
    """

    steps: list[FlatCandidates]
    between: list[Pauses]
    values: list[NDArray[np.int64]]
    fits: Callable[[Prefix], bool]
    until: float
    gave_up: bool = False
    _heap: list[_Node] = field(default_factory=list)
    _choices: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._push((), (), 0, 0)

    def __iter__(self) -> Iterator[Prefix]:
        return self

    def __next__(self) -> Prefix:
        while self._heap:
            if monotonic() > self.until:
                self.gave_up = True
                break
            node = heappop(self._heap)
            earned = sum(int(self.steps[n].bounds[one]) for n, one in enumerate(node.prefix[:-1]))
            self._push(node.prefix[:-1], node.keys[:-1], node.place + 1, earned)
            if not self.fits(node.prefix):
                continue
            if len(node.prefix) == len(self.steps):
                return node.prefix
            last = int(self.steps[len(node.prefix) - 1].bounds[node.prefix[-1]])
            self._push(node.prefix, node.keys, 0, earned + last)
        raise StopIteration

    @property
    def next_rank(self) -> Rank | None:
        """No chain still to come stands before this; None where none is to come."""
        return Rank(self._heap[0].loss, self._heap[0].keys) if self._heap else None

    def _push(self, before: Prefix, keys: tuple[Key, ...], place: int, earned: int) -> None:
        """The prefix that continues `before` by its choice number `place`, if there are so many."""
        choices = self._choices_after(before)
        if place < len(choices):
            number, one = len(before), choices[place]
            loss = -(earned + int(self.values[number][one]))
            node = _Node(loss, (*keys, self.steps[number].key(one)), (*before, one), place)
            heappush(self._heap, node)

    def _choices_after(self, before: Prefix) -> list[int]:
        """The candidates of the next step in order; they depend on the last one before them alone."""
        number = len(before)
        known = (number, before[-1] if before else -1)
        if known not in self._choices:
            found = self._following(number, before[-1]) if before else np.arange(len(self.steps[0]))
            values = self.values[number][found]
            found, values = found[values > NEVER], values[values > NEVER]
            order = np.lexsort((self.steps[number].ranks[found], -values))
            self._choices[known] = found[order].tolist()
        return self._choices[known]

    def _following(self, number: int, last: int) -> NDArray[np.int64]:
        step, following, pause = self.steps[number - 1], self.steps[number], self.between[number - 1]
        own, latest = step.rows[last], pause.latest[last]
        rows = np.unique(following.rows)
        if pause.other is None:
            rows = rows[rows == own]
        elif pause.same is None:
            rows = rows[rows != own]
        other = own if pause.other is None else pause.other[last]
        same = other if pause.same is None else pause.same[last]
        earliest = np.where(rows == own, same, other)
        first, beyond = window(following, rows, earliest, np.full(len(rows), latest))
        ranges = [np.arange(a, b) for a, b in zip(first.tolist(), beyond.tolist(), strict=True)]
        return np.concatenate(ranges) if ranges else np.empty(0, dtype=np.int64)
