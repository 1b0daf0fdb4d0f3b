"""Blocks of openings, and how many visits go into one: what a relaxation is branched on.

How many visits of a length a block takes is a whole number in every plan, and what a relaxation gets wrong
most. Every opening is in one block of each sort: the gap of its provider between what stays, the local day
of its provider, the day of everybody.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.refs import provider_ref
from solver.planning.choices import Choices
from solver.planning.columns import Column
from solver.planning.openings import Openings

BlockRows: TypeAlias = NDArray[np.int64]
"""The blocks of each opening: a row for each sort, a column for each opening."""


class Count(NamedTuple):
    """How many of some tasks go into one block."""

    tasks: tuple[int, ...]
    block: int


class Blocks:
    """The blocks of all openings, numbered from 0 whatever their sort, and the tasks of each length."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        numbers: dict[tuple[int, ...], int] = {}
        self._of_openings = {
            id(openings): _blocks_of(openings, numbers) for openings in choices.openings.values()
        }
        self._of_task = [self._of_openings[id(mine.openings)][:, mine.index] for mine in choices.of_task]
        by_length: dict[int, list[int]] = {}
        for mine in choices.of_task:
            by_length.setdefault(_length(mine.openings), []).append(mine.number)
        self.as_long_as = [tuple(by_length[_length(mine.openings)]) for mine in choices.of_task]

    def length_of(self, number: int) -> int:
        """How long a task keeps its provider."""
        return _length(self.choices.of_task[number].openings)

    def of_task(self, number: int) -> BlockRows:
        """The blocks of each opening that a task may take, in its order."""
        return self._of_task[number]

    def of_column(self, column: Column) -> list[int]:
        """The blocks of a placed column, smallest first."""
        openings = self.choices.of_task[column.task].openings
        found: list[int] = self._of_openings[id(openings)][:, column.opening].tolist()
        return found


def _length(openings: Openings) -> int:
    """How long a visit keeps its provider."""
    _, starts, ends = openings.provider_use
    return int(ends[0] - starts[0]) if len(openings) else 0


def _blocks_of(openings: Openings, numbers: dict[tuple[int, ...], int]) -> BlockRows:
    gaps: NDArray[np.int64] = np.zeros(len(openings), dtype=np.int64)
    setup = openings.problem.setup
    for number in np.unique(openings.providers).tolist():
        mine = openings.providers == number
        resource = setup.resource_index[provider_ref(setup.providers[number].id)]
        ends = np.array(openings.problem.held(resource).sorted_ends, dtype=np.int64)
        gaps[mine] = np.searchsorted(ends, openings.provider_use.starts[mine], side="right")
    days = openings.days[0]
    sorts = (
        zip(openings.providers.tolist(), gaps.tolist(), strict=True),
        zip(openings.providers.tolist(), days.tolist(), (0,) * len(openings), strict=True),
        zip(days.tolist(), strict=True),
    )
    return np.array([[numbers.setdefault(name, len(numbers)) for name in sort] for sort in sorts]).reshape(
        len(sorts), len(openings)
    )
