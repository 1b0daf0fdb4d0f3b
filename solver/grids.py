"""Occupancy of many resources at once, as NumPy grids: what cannot be, and how good it could be.

Rows are resources, columns are ticks. Prefix sums answer "is it free all through?" for thousands of
placements in one subtraction. Grids only prune and bound; the model chooses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.calendar import Calendar
from models.hours import OpenWindows
from solver.timeline import Minutes, Timeline

Ticks: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
Counts: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Grid:
    """Some resources over a timeline: how many units are held, and whether they are open."""

    timeline: Timeline
    held: Counts
    closed_before: Counts | None
    """Closed ticks before each tick, per row; None where every row is open all the time."""

    def open_through(self, starts: Ticks, ends: Ticks) -> Mask:
        """Rows x starts: open at every tick of `[start, end)`."""
        if self.closed_before is None:
            return np.ones((len(self.held), len(starts)), dtype=np.bool_)
        closed: Mask = self.closed_before[:, ends] == self.closed_before[:, starts]
        return closed

    def free_through(self, starts: Ticks, ends: Ticks, capacities: NDArray[np.int64]) -> Mask:
        """Rows x starts: at every tick of `[start, end)` fewer units are held than the row's capacity.

        `ends` may differ by row (rows x starts).
        """
        full_before = prefix_counts(self.held >= capacities[:, np.newaxis])
        if ends.ndim == 1:
            free: Mask = full_before[:, ends] == full_before[:, starts]
            return free
        at_ends = np.take_along_axis(full_before, ends, axis=1)
        free_by_row: Mask = at_ends == full_before[:, starts]
        return free_by_row

    def idle_runs(self, starts: Ticks, ends: Ticks) -> tuple[Ticks, Ticks]:
        """Rows x starts: ticks open and not held, in a row, right before `start` and from `end` on."""
        rows, ticks = self.held.shape
        idle = self.held == 0
        if self.closed_before is not None:
            idle &= self.closed_before[:, 1:] == self.closed_before[:, :-1]
        small = np.int16 if ticks < np.iinfo(np.int16).max else np.int32
        positions = np.arange(ticks, dtype=small)
        stops = np.empty((rows, ticks + 1), dtype=small)
        stops[:, 0] = -1
        np.maximum.accumulate(np.where(idle, small(-1), positions), axis=1, out=stops[:, 1:])
        before: Ticks = starts - 1 - stops[:, starts]
        stops[:, -1] = ticks
        backwards = np.where(idle, small(ticks), positions)[:, ::-1]
        np.minimum.accumulate(backwards, axis=1, out=stops[:, -2::-1])
        after: Ticks = stops[:, ends] - ends
        return before, after


def prefix_counts(mask: Mask) -> Counts:
    """How many ticks are set before each tick, per row; one column more than the mask."""
    counts = np.zeros((mask.shape[0], mask.shape[1] + 1), dtype=np.int32)
    np.cumsum(mask, axis=1, dtype=np.int32, out=counts[:, 1:])
    return counts


def held_units(timeline: Timeline, calendar: Calendar, resources: Sequence[int]) -> Counts:
    """Units held of each resource (given by index) at each tick."""
    steps = np.zeros((len(resources), timeline.ticks + 1), dtype=np.int32)
    if resources and len(calendar.resources):
        known = max(*resources, calendar.resources[-1]) + 1  # holds are sorted by resource
        row_of = np.full(known, -1, dtype=np.int64)
        row_of[list(resources)] = np.arange(len(resources))
        rows = row_of[np.frombuffer(calendar.resources, dtype=np.int32)]
        wanted = rows >= 0
        starts, ends = hold_bounds(calendar)
        np.add.at(steps, (rows[wanted], timeline.ticks_of(starts[wanted])), 1)
        np.add.at(steps, (rows[wanted], timeline.ticks_of(ends[wanted])), -1)
    np.cumsum(steps, axis=1, out=steps)
    return steps[:, :-1]


def hold_bounds(calendar: Calendar) -> tuple[Minutes, Minutes]:
    """Starts and ends of all holds of a calendar, without a copy."""
    return np.frombuffer(calendar.starts, dtype=np.int64), np.frombuffer(calendar.ends, dtype=np.int64)


def closed_counts(timeline: Timeline, opening: Sequence[OpenWindows]) -> Counts | None:
    """Closed ticks before each tick for each row; None if no row ever closes."""
    bounds = [_inside(windows, timeline) for windows in opening]
    if all(len(row) == 1 and row[0] == (timeline.origin, timeline.end) for row in bounds):
        return None
    steps = np.zeros((len(opening), timeline.ticks + 1), dtype=np.int32)
    rows = np.repeat(np.arange(len(bounds)), [len(row) for row in bounds])
    flat = np.array([bound for row in bounds for bound in row], dtype=np.int64).reshape(-1, 2)
    ticks = timeline.ticks_of(flat)
    np.add.at(steps, (rows, ticks[:, 0]), 1)
    np.add.at(steps, (rows, ticks[:, 1]), -1)
    np.cumsum(steps, axis=1, out=steps)
    return prefix_counts(steps[:, :-1] == 0)


def _inside(windows: OpenWindows, timeline: Timeline) -> list[tuple[int, int]]:
    low, high = timeline.origin, timeline.end
    return [(max(start, low), min(end, high)) for start, end in windows.windows if end > low and start < high]
