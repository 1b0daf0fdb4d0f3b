"""Which starts a single closing hides: nothing else stands in their way."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from models.clinic import Room
from models.explanation import Closing
from models.slot import Placement
from models.wall_clock import Minute
from solver.closing_layers import SiteClosings
from solver.closing_prices import ONE, price_of
from solver.closings import Grounds, best_room, closings_of, confirmed, named, placement_at
from solver.intervals import Mask


@dataclass(frozen=True, slots=True)
class Hidden:
    """A closing that alone hides so many starts of a provider at a place; an example, the first and the last.

    A seat in a group visit is counted beside a visit of one's own at that time.
    """

    closing: Closing
    example: Placement
    first_start: Minute
    last_start: Minute
    count: int


class _Cells(NamedTuple):
    """What one closing alone hides in one block: how often at each time, and with whom at the first."""

    rule: str
    ref: str
    at: Mask
    hides: int
    row: int
    room: Room | None
    pool_id: str | None = None


class _Tally:
    """Adds up what each closing hides, block by block."""

    def __init__(self, where: Grounds) -> None:
        self.problem = where.problem
        self.counts: dict[tuple[str, str], int] = {}
        self.examples: dict[tuple[str, str], Placement] = {}
        self.first: dict[tuple[str, str], Minute] = {}
        self.last: dict[tuple[str, str], Minute] = {}

    def add(self, rule: str, ref: str, count: int, example: Placement, last: Minute) -> None:
        """So many starts, from that of the example until the last."""
        key = rule, ref
        self.counts[key] = self.counts.get(key, 0) + count
        self.examples.setdefault(key, example)
        self.first[key] = min(example.start, self.first.get(key, example.start))
        self.last[key] = max(last, self.last.get(key, last))

    def hidden(self) -> list[Hidden]:
        """Those that hide most first."""
        found = []
        for (rule, ref), example in self.examples.items():
            violation = confirmed(example, price_of(rule), self.problem)[0]
            count = self.counts[rule, ref]
            first, last = self.first[rule, ref], self.last[rule, ref]
            closing = replace(named(violation, example, self.problem), hides=count)
            found.append(Hidden(closing, example, first, last, count))
        return sorted(found, key=lambda one: (-one.count, price_of(one.closing.rule), one.closing.resource))


def hidden_starts(where: Grounds) -> list[Hidden]:
    """Each closing that alone hides some starts of the range, those that hide most first."""
    tally = _Tally(where)
    for block in where.blocks():
        for cells in _cells_of(block):
            hidden = block.times[cells.at]
            example = placement_at(block.ground, cells.row, int(hidden[0]), cells.room, cells.pool_id)
            tally.add(cells.rule, cells.ref, cells.hides, example, int(hidden[-1]))
    for seat in where.seats:
        found = closings_of(seat, where.problem)
        if len(found) == 1:
            tally.add(found[0].rule, found[0].resource, 1, seat, seat.start)
    return tally.hidden()


def _cells_of(block: SiteClosings) -> Iterator[_Cells]:
    alone = block.prices // ONE == 1
    if not alone.any():
        return
    yield from _of_starts(block, alone)
    yield from _of_providers(block, alone)
    yield from _of_rooms(block, alone)
    yield from _of_equipment(block, alone)


def _of_starts(block: SiteClosings, alone: Mask) -> Iterator[_Cells]:
    for layer in block.of_starts:
        here = alone & layer.broken
        if here.any():
            yield _cells(block, layer.rule, layer.refs[0], here)


def _of_providers(block: SiteClosings, alone: Mask) -> Iterator[_Cells]:
    for layer in block.of_providers:
        for row, ref in enumerate(layer.refs):
            here = alone[row] & layer.broken[row]
            if here.any():
                only = np.zeros_like(alone)
                only[row] = here
                yield _cells(block, layer.rule, ref, only)


def _of_rooms(block: SiteClosings, alone: Mask) -> Iterator[_Cells]:
    """A room hides what no other room leaves: each of several that are taken would do for itself."""
    lacking = alone & (block.best_room_prices >= ONE)
    for layer in block.of_rooms:
        for row, ref in enumerate(layer.refs):
            this_one: Mask = layer.broken[row] & (block.room_prices[row] // ONE == 1)
            here = lacking & this_one
            if here.any():
                yield _cells(block, layer.rule, ref, here, room=block.ground.rooms[row])


def _of_equipment(block: SiteClosings, alone: Mask) -> Iterator[_Cells]:
    lacking = alone & (block.equipment.prices // ONE == 1)
    for closing in block.equipment.of_pools:
        here = lacking & closing.alone
        if here.any():
            yield _cells(block, closing.rule, closing.ref, here, pool_id=closing.pool_id)


def _cells(
    block: SiteClosings,
    rule: str,
    ref: str,
    here: Mask,
    *,
    room: Room | None = None,
    pool_id: str | None = None,
) -> _Cells:
    at: Mask = np.asarray(here.any(axis=0))
    column = int(at.argmax())
    row = int(here[:, column].argmax())
    return _Cells(rule, ref, at, int(here.sum()), row, room or best_room(block, column), pool_id)
