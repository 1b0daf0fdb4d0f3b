"""What it costs at least that an appointment leaves its place, window by window: the bound of a rebuild.

Let everybody who leaves a working window pay the least that any place elsewhere costs, less the idle minutes
that it could fill there. What stays of a window is then at best a core: those in the middle leave at a loss,
since the hole they leave is as long as they are. So each window alone has a least cost, over all its cores,
and the sum over all windows is a bound (each part is counted once: a relaxation by windows). How much
dearer a window gets when somebody must leave it is what a move has to earn elsewhere.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.hours import Window
from solver.intervals import Mask, Minutes
from solver.planning.choices import Choices
from solver.planning.idle import Idleness, WorkingWindow, idle_minutes
from solver.planning.openings import Openings
from solver.planning.prices import Prices

NEVER = 1 << 40


class Stay(NamedTuple):
    """A task that is in a window now, and when."""

    task: int
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Today:
    """Who is where now: `stays[w]` by start, and `hulls[w]` from the first to the last hold of a window."""

    idleness: Idleness
    stays: tuple[tuple[Stay, ...], ...]
    hulls: tuple[Window | None, ...]

    @staticmethod
    def of(choices: Choices, idleness: Idleness) -> "Today":
        """As all tasks stand that may stay."""
        found: dict[int, list[Stay]] = defaultdict(list)
        for number in range(len(choices.of_task)):
            column = choices.stay(number)
            if column is not None:
                for window, (start, end) in idleness.held_by(choices.shared_uses(column)):
                    found[window].append(Stay(number, start, end))
        stays = tuple(
            tuple(sorted(found.get(one, ()), key=lambda stay: (stay.start, stay.end)))
            for one in range(len(idleness.windows))
        )
        hulls = tuple(_hull(window, stays[number]) for number, window in enumerate(idleness.windows))
        return Today(idleness, stays, hulls)

    def filled(self, openings: Openings) -> Prices:
        """What the idle minutes are worth that each opening could fill: those between today's holds."""
        use = openings.provider_use
        filled = np.zeros(len(openings), dtype=np.int64)
        for window, hull in zip(self.idleness.windows, self.hulls, strict=True):
            if hull is not None:
                mine = use.resources == window.resource
                inside = np.minimum(use.ends[mine], hull[1]) - np.maximum(use.starts[mine], hull[0])
                filled[mine] += np.maximum(inside, 0)
        return self.idleness.price * filled


def _hull(window: WorkingWindow, stays: Sequence[Stay]) -> Window | None:
    held = [*window.pinned, *((stay.start, stay.end) for stay in stays)]
    return (min(start for start, _ in held), max(end for _, end in held)) if held else None


@dataclass(frozen=True, slots=True)
class WindowBound:
    """The least that a window costs, and how much more it is at least where a task must leave it."""

    least: int
    dearer: Mapping[int, int]


def window_bound(
    window: WorkingWindow, stays: Sequence[Stay], leaving: Mapping[int, int], price: int
) -> WindowBound:
    """Over all cores: who is not in the core leaves, and pays `leaving`; who leaves the core leaves a hole.

    All that is pinned is in every core.
    """
    count = len(stays)
    prefix = [0]
    for stay in stays:
        prefix.append(prefix[-1] + leaving.get(stay.task, NEVER))
    values: list[tuple[int, int, int]] = []
    if not window.pinned:
        values.append((prefix[-1], 0, 0))
    for first in range(count + 1):
        for beyond in range(first if window.pinned else first + 1, count + 1):
            gone = prefix[first] + prefix[count] - prefix[beyond]
            if gone >= NEVER:
                continue
            core = [*window.pinned, *((one.start, one.end) for one in stays[first:beyond])]
            values.append((gone + price * idle_minutes(core), first, beyond))
    least = min((value for value, _, _ in values), default=0)
    dearer: dict[int, int] = {}
    for position, stay in enumerate(stays):
        pays = leaving.get(stay.task, NEVER) + price * (stay.end - stay.start)
        best = min(
            (value if not first <= position < beyond else value + pays for value, first, beyond in values),
            default=NEVER,
        )
        dearer[stay.task] = max(dearer.get(stay.task, 0), best - least)
    return WindowBound(least, dearer)


@dataclass(frozen=True, eq=False)
class LeavingBound:
    """The bound of a rebuild, and what every single move makes dearer."""

    value: int
    today: Today
    leaving: Mapping[int, int]
    dearer: Mapping[int, int]

    def excess(self, number: int, cost: Prices, filled: Prices, crowd: Prices) -> Prices:
        """How much more than `value` any plan costs that has a task at each of its openings.

        `crowd` is what those cost at least who stand there now.
        """
        at_least = cost - filled - self.leaving.get(number, 0)
        excess: Prices = at_least + np.maximum(self.dearer.get(number, 0), crowd)
        return excess


def crowd_at(openings: Openings, today: Today, dearer: Mapping[int, int]) -> Prices:
    """For each opening the most that one of those costs who stand in its way at the same provider."""
    use = openings.provider_use
    found = np.zeros(len(openings), dtype=np.int64)
    by_resource: dict[int, list[Stay]] = defaultdict(list)
    for window, here_now in zip(today.idleness.windows, today.stays, strict=True):
        by_resource[window.resource] += here_now
    laned = openings.problem.setup.lanes
    for resource, there_now in by_resource.items():
        mine = np.flatnonzero(use.resources == resource)
        if not len(mine) or openings.problem.setup.providers[int(openings.providers[mine[0]])].id in laned:
            continue
        stays = sorted(there_now, key=lambda stay: stay.start)
        starts: Minutes = np.array([stay.start for stay in stays], dtype=np.int64)
        ends: Minutes = np.array([stay.end for stay in stays], dtype=np.int64)
        worth = np.array([dearer.get(stay.task, 0) for stay in stays], dtype=np.int64)
        first = np.searchsorted(ends, use.starts[mine], side="right")
        beyond = np.searchsorted(starts, use.ends[mine], side="left")
        here = np.zeros(len(mine), dtype=np.int64)
        for step in range(int((beyond - first).max(initial=0))):
            there: Mask = first + step < beyond
            here[there] = np.maximum(here[there], worth[first[there] + step])
        found[mine] = here
    return found
