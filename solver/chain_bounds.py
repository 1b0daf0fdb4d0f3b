"""The most that a chain can still earn from each of its steps on, over the pauses that it must keep.

What two neighbouring steps do to each other is already in the pauses: one provider's holds and gaps, and
a day on which only one more visit is left. What takes three steps, rooms or equipment is not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.chain import ChainStep, WhoSees
from models.claims import day_of
from models.counters import provider_day_ref, service_day_ref
from models.setup import ClinicSetup
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute
from solver.flat_candidates import FlatCandidates, window
from solver.intervals import Minutes, Rows

NEVER = np.int64(-(1 << 50))
"""Less than any chain could lose."""

_FAR = np.int64(1 << 32)
_CELLS_AT_ONCE = 2_000_000


class Counts:
    """How many more visits the days of a clinic take, looked up once each."""

    def __init__(self, snapshot: ClinicSnapshot) -> None:
        self.snapshot, self.setup = snapshot, snapshot.setup
        self._left: dict[tuple[str, Minute], int] = {}
        self._days: dict[int, tuple[Minute, Minute]] = {}

    def day(self, start: Minute) -> tuple[Minute, Minute]:
        """The clinic-local day of a start."""
        found = next((day for day in self._days.values() if day[0] <= start < day[1]), None)
        if found is None:
            found = self._days[start] = day_of(self.setup, start)
        return found

    def left(self, ref: str, start: Minute) -> int | None:
        """How many more of what is counted fit into the day of a start; None where nobody counts."""
        most = self.setup.counters.get(ref)
        if most is None:
            return None
        day = self.day(start)
        if (ref, day[0]) not in self._left:
            held = self.snapshot.calendar.busy(self.setup.resource_index[ref]).peak(*day)
            self._left[ref, day[0]] = most - held
        return self._left[ref, day[0]]


@dataclass(frozen=True, slots=True)
class Pauses:
    """When the next step may start after each candidate: with the same provider, and with another one."""

    same: Minutes | None
    other: Minutes | None
    latest: Minutes


def pauses(step: FlatCandidates, following: FlatCandidates, how: ChainStep, counts: Counts) -> Pauses:
    """Earliest and latest start of the following step after each candidate of a step."""
    latest = step.ends + how.max_minutes_after if how.max_minutes_after is not None else _far(step)
    plain = _not_on_the_same_day(step, following, step.ends + how.min_minutes_after, counts)
    return Pauses(
        same=None if how.provider is WhoSees.OTHER else _apart(step, following, plain, counts),
        other=None if how.provider is WhoSees.SAME else plain,
        latest=latest,
    )


def _far(step: FlatCandidates) -> Minutes:
    return np.full(len(step), _FAR, dtype=np.int64)


def _not_on_the_same_day(
    step: FlatCandidates, following: FlatCandidates, earliest: Minutes, counts: Counts
) -> Minutes:
    service = step.problem.request.service
    ref = service_day_ref(service.id)
    if service.id != following.problem.request.service.id or ref not in counts.setup.counters:
        return earliest
    return np.maximum(earliest, _after_last_days(step, [ref] * len(step), counts))


def _apart(step: FlatCandidates, following: FlatCandidates, earliest: Minutes, counts: Counts) -> Minutes:
    """For the same provider: holds must not meet, gaps must be kept, and the day must take both."""
    setup: ClinicSetup = counts.setup
    if not step.joins_some and not following.joins_some:  # a seat in a group visit keeps nobody
        before, after = step.problem.request.service, following.problem.request.service
        pause = before.buffer_after_minutes + after.buffer_before_minutes
        if before.id == after.id:
            pause = max(pause, before.min_gap_minutes)
        earliest = np.maximum(earliest, step.ends + pause)
    if any(provider.max_visits_per_day is not None for provider in setup.providers):
        refs = [provider_day_ref(setup.providers[row].id) for row in step.rows.tolist()]
        earliest = np.maximum(earliest, _after_last_days(step, refs, counts))
    return earliest


def _after_last_days(step: FlatCandidates, refs: list[str], counts: Counts) -> Minutes:
    """The end of each candidate's day, where that takes no more than this one visit."""
    return np.array(
        [
            counts.day(start)[1] if counts.left(ref, start) == 1 else 0
            for ref, start in zip(refs, step.starts.tolist(), strict=True)
        ],
        dtype=np.int64,
    )


def best_from(steps: list[FlatCandidates], between: list[Pauses]) -> list[NDArray[np.int64]]:
    """For each step and candidate, the most that it and all later steps could earn; NEVER if they cannot."""
    values = [steps[-1].bounds]
    for step, following, pause in zip(steps[-2::-1], steps[:0:-1], between[::-1], strict=True):
        best = _best_following(step, following, pause, values[0])
        values.insert(0, np.where(best > NEVER, step.bounds + best, NEVER))
    return values


def _best_following(
    step: FlatCandidates, following: FlatCandidates, pause: Pauses, values: NDArray[np.int64]
) -> NDArray[np.int64]:
    best = np.full(len(step), NEVER, dtype=np.int64)
    if not len(step) or not len(following):
        return best
    maxima = _Maxima(values)
    if pause.same is not None:
        best = maxima.over(*window(following, step.rows, pause.same, pause.latest))
    if pause.other is not None:
        rows = np.unique(following.rows)
        block = max(1, _CELLS_AT_ONCE // len(rows))
        for first in range(0, len(step), block):
            part = slice(first, first + block)
            others = _best_of_others(step.rows[part], following, rows, pause, maxima, part)
            best[part] = np.maximum(best[part], others)
    return best


def _best_of_others(
    own: Rows, following: FlatCandidates, rows: Rows, pause: Pauses, maxima: "_Maxima", part: slice
) -> NDArray[np.int64]:
    if pause.other is None:
        raise AssertionError("no other provider is allowed")
    earliest, latest = pause.other[part, np.newaxis], pause.latest[part, np.newaxis]
    found = maxima.over(*window(following, rows[np.newaxis, :], earliest, latest))
    best: NDArray[np.int64] = np.where(rows[np.newaxis, :] == own[:, np.newaxis], NEVER, found).max(axis=1)
    return best


class _Maxima:
    """The largest of any stretch of an array, in two look-ups: a table of all stretches of 2**k.

    Bender and Farach-Colton, The LCA problem revisited, 2000.
    """

    def __init__(self, values: NDArray[np.int64]) -> None:
        self.table = [np.append(values, NEVER)]
        width = 1
        while 2 * width <= len(values):
            last = self.table[-1]
            self.table.append(np.maximum(last[:-width], last[width:]))
            width *= 2
        longest = max(len(row) for row in self.table)
        self.flat = np.full((len(self.table), longest), NEVER, dtype=np.int64)
        for level, row in enumerate(self.table):
            self.flat[level, : len(row)] = row

    def over(self, first: NDArray[np.int64], beyond: NDArray[np.int64]) -> NDArray[np.int64]:
        """The largest of each `[first, beyond)`; NEVER of an empty one."""
        length = beyond - first
        levels = np.frexp(np.maximum(length, 1))[1] - 1
        left = self.flat[levels, first]
        right = self.flat[levels, np.maximum(beyond - (1 << levels.astype(np.int64)), 0)]
        best: NDArray[np.int64] = np.where(length > 0, np.maximum(left, right), NEVER)
        return best
