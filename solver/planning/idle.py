"""Idle minutes: how long a provider waits between the first and the last hold of a working window.

A plan that pays for them is compact. Holds count inside the window, and once where they overlap.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from models.hours import Window, merged
from models.planning import TaskKind
from models.refs import provider_ref
from solver.planning.columns import Use
from solver.planning.problem import PlanProblem


class WorkingWindow(NamedTuple):
    """A stretch of a provider's (numbered in the setup) working time, and what stays of it is held."""

    provider: int
    resource: int
    start: int
    end: int
    pinned: tuple[Window, ...]

    def clipped(self, start: int, end: int) -> Window | None:
        """The part of a hold that lies inside."""
        low, high = max(start, self.start), min(end, self.end)
        return (low, high) if low < high else None


@dataclass(frozen=True, eq=False)
class Idleness:
    """The working windows of a problem's horizon, and what an idle minute costs."""

    price: int
    windows: tuple[WorkingWindow, ...]
    by_resource: Mapping[int, tuple[int, ...]]

    @staticmethod
    def of(problem: PlanProblem) -> "Idleness | None":
        """None where idle minutes cost nothing and nobody is bounded by them."""
        price = problem.question.prices.idle_minute
        is_rebuild = any(task.kind is TaskKind.MOVABLE for task in problem.tasks)
        if not problem.tasks or not (price or is_rebuild):
            return None
        low = min(task.earliest for task in problem.tasks)
        high = max(task.latest for task in problem.tasks)
        setup = problem.setup
        windows: list[WorkingWindow] = []
        by_resource: dict[int, list[int]] = defaultdict(list)
        for number, provider in enumerate(setup.providers):
            ref = provider_ref(provider.id)
            resource = setup.resource_index[ref]
            for start, end in setup.open_windows(ref, low, high).meeting(low, high):
                held = problem.held(resource).overlapping(start, end)
                pinned = tuple((max(one, start), min(other, end)) for one, other in held)
                by_resource[resource].append(len(windows))
                windows.append(WorkingWindow(number, resource, start, end, pinned))
        return Idleness(
            price=price,
            windows=tuple(windows),
            by_resource={resource: tuple(found) for resource, found in by_resource.items()},
        )

    def meeting(self, resource: int, start: int, end: int) -> Iterable[tuple[int, Window]]:
        """The windows of a provider in which a hold lies, and its part in each."""
        for number in self.by_resource.get(resource, ()):
            part = self.windows[number].clipped(start, end)
            if part is not None:
                yield number, part

    def held_by(self, uses: Iterable[Use]) -> Iterable[tuple[int, Window]]:
        """The windows in which these uses keep their provider, and when."""
        for use in uses:
            if use.resource in self.by_resource:
                yield from self.meeting(use.resource, use.start, use.end)

    def cost(self, held_by: Iterable[Iterable[Use]]) -> int:
        """What all idle minutes cost where these are the uses of all columns."""
        held: dict[int, list[Window]] = defaultdict(list)
        for uses in held_by:
            for number, part in self.held_by(uses):
                held[number].append(part)
        return self.price * sum(
            idle_minutes([*window.pinned, *held.get(number, ())])
            for number, window in enumerate(self.windows)
        )


def idle_minutes(held: Iterable[Window]) -> int:
    """Minutes between the first and the last of some holds that none of them covers."""
    together = merged(sorted(held))
    if not together:
        return 0
    return together[-1][1] - together[0][0] - sum(end - start for start, end in together)
