"""Many resources' windows as sorted arrays: is it free all through, for thousands of placements at once?

Each row (a resource) has disjoint half-open windows. One integer key `row << 33 | start` sorts them
all, so that one binary search per placement finds the only window that could matter. Minutes are
exact: nothing is rounded to a grid.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.calendar import Calendar
from models.hours import OpenWindows
from models.setup import ClinicSetup

Minutes: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

ROW_SHIFT = 33
"""Minutes since 1970 fit below: 2**33 of them last until the year 18,300."""

_MINUTE = (1 << ROW_SHIFT) - 1
_FAR = np.int64(_MINUTE)


@dataclass(frozen=True, slots=True)
class Intervals:
    """Disjoint windows of many rows, sorted by row and start."""

    keys: NDArray[np.int64]
    ends: Minutes

    @staticmethod
    def of(rows: Rows, starts: Minutes, ends: Minutes) -> "Intervals":
        """From parallel arrays, already sorted by row and start."""
        return Intervals((rows << ROW_SHIFT) + starts, ends)

    @property
    def rows(self) -> Rows:
        """The row of each window."""
        return self.keys >> ROW_SHIFT

    @property
    def starts(self) -> Minutes:
        """The start of each window."""
        return self.keys & _MINUTE

    def last_before(self, rows: Rows, minutes: Minutes) -> tuple[NDArray[np.int64], Mask]:
        """The index of the last window of the row that starts before the minute, and whether there is one."""
        index = np.searchsorted(self.keys, (rows << ROW_SHIFT) + minutes) - 1
        if not len(self.keys):
            return index, np.zeros(np.shape(index), dtype=np.bool_)
        return index, (index >= 0) & (self.keys[index] >> ROW_SHIFT == rows)

    def clear(self, rows: Rows, starts: Minutes, ends: Minutes) -> Mask:
        """Whether no window of the row shares a minute with `[start, end)`."""
        index, found = self.last_before(rows, ends)
        if not len(self.keys):
            return ~found
        return ~found | (self.ends[index] <= starts)

    def cover(self, rows: Rows, starts: Minutes, ends: Minutes) -> Mask:
        """Whether one window of the row contains all of `[start, end)`."""
        index, found = self.last_before(rows, starts + 1)
        if not len(self.keys):
            return found
        covered: Mask = found & (self.ends[index] >= ends)
        return covered

    def bounds_around(self, rows: Rows, minutes: Minutes) -> tuple[Minutes, Minutes]:
        """Start and end of the window that contains the minute; where there is none, the minute twice."""
        index, found = self.last_before(rows, minutes + 1)
        if not len(self.keys):
            return minutes, minutes
        inside = found & (self.ends[index] > minutes)
        starts = np.where(inside, self.keys[index] & _MINUTE, minutes)
        return starts, np.where(inside, self.ends[index], minutes)

    def neighbours(self, rows: Rows, starts: Minutes, ends: Minutes) -> tuple[Minutes, Minutes]:
        """End of the window before a clear `[start, end)`, start of the one after; far away where none is."""
        index, found = self.last_before(rows, ends)
        if not len(self.keys):
            return np.zeros_like(starts), np.full_like(ends, _FAR)
        before = np.where(found, self.ends[index], 0)
        following = np.minimum(index + 1, len(self.keys) - 1)
        same_row = (index + 1 < len(self.keys)) & (self.keys[following] >> ROW_SHIFT == rows)
        return before, np.where(same_row, self.keys[following] & _MINUTE, _FAR)


class Holds(NamedTuple):
    """Resource index, start and end of holds, sorted by resource and start."""

    resources: Rows
    starts: Minutes
    ends: Minutes

    @staticmethod
    def of(calendar: Calendar) -> "Holds":
        """All of a calendar."""
        return Holds(
            np.frombuffer(calendar.resources, dtype=np.int32).astype(np.int64),
            np.frombuffer(calendar.starts, dtype=np.int64),
            np.frombuffer(calendar.ends, dtype=np.int64),
        )

    def only(self, resources: Rows) -> "Holds":
        """Those of a few resources, named once each and in order."""
        first = np.searchsorted(self.resources, resources).tolist()
        beyond = np.searchsorted(self.resources, resources, side="right").tolist()
        spans = [slice(*span) for span in zip(first, beyond, strict=True)]
        if not spans:
            return Holds(*(column[:0] for column in self))
        return Holds(*(np.concatenate([column[span] for span in spans]) for column in self))


def full_times(holds: Holds, units: NDArray[np.int64]) -> Intervals:
    """When at least `units[r]` units of resource r are held; 0 stands for a resource that nobody asks about.

    Where one unit is enough and nothing overlaps, those are the holds themselves; else a sweep over
    starts and ends counts how many are held between two events.
    """
    resources, starts, ends = holds.only(np.flatnonzero(units))
    if not len(resources):
        return Intervals.of(resources, starts, ends)
    overlapping = (ends[:-1] > starts[1:]) & (resources[:-1] == resources[1:])
    if not overlapping.any() and bool((units[resources] == 1).all()):
        return Intervals.of(resources, starts, ends)
    return _swept(resources, starts, ends, units)


def _swept(resources: Rows, starts: Minutes, ends: Minutes, units: NDArray[np.int64]) -> Intervals:
    rows = resources << ROW_SHIFT
    # The last bit tells a start from an end, so at one minute ends come first: windows are half-open.
    events = np.concatenate([((rows + starts) << 1) + 1, (rows + ends) << 1])
    events.sort()
    keys = events >> 1
    held = np.cumsum(((events & 1) << 1) - 1)
    full = held >= units[keys >> ROW_SHIFT]
    before = np.empty_like(full)
    before[0], before[1:] = False, full[:-1]
    return Intervals(keys[full & ~before], keys[before & ~full] & _MINUTE)


def open_times(setup: ClinicSetup, refs: list[str], low: int, high: int) -> Intervals:
    """When each of the resources is open, row by row in the order given, good for `[low, high)`."""
    windows = [_window_array(setup, ref, setup.open_windows(ref, low, high)) for ref in refs]
    rows = np.repeat(np.arange(len(refs), dtype=np.int64), [len(one) for one in windows])
    flat = np.concatenate(windows) if windows else np.empty((0, 2), dtype=np.int64)
    near = (flat[:, 1] > low) & (flat[:, 0] < high)
    return Intervals.of(rows[near], flat[near, 0], flat[near, 1])


def _window_array(setup: ClinicSetup, ref: str, known: OpenWindows) -> NDArray[np.int64]:
    """The windows of a resource as an array, which is kept until they are widened."""
    kept = setup.derived("window arrays", dict[str, tuple[OpenWindows, NDArray[np.int64]]])
    found = kept.get(ref)
    if found is None or found[0] is not known:
        found = kept[ref] = known, np.array(known.windows, dtype=np.int64).reshape(-1, 2)
    return found[1]
