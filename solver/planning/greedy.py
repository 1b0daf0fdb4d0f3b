"""A first plan: each task takes the cheapest column that still fits, in several orders; then single swaps."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from time import monotonic

import numpy as np

from models.planning import Assignment
from solver.planning.choices import Choices
from solver.planning.columns import NOBODY, UNPLACED, Column
from solver.planning.occupancy import Occupancy

Solution = dict[int, Column]
"""A column for each task, by its number."""


def price_of(choices: Choices, solution: Mapping[int, Column]) -> int:
    """What a solution counts for the goal of the moment, idle minutes included where it counts them."""
    columns = sum(map(choices.price, solution.values()))
    if choices.idleness is None or not choices.goal.counts_idle_minutes:
        return columns
    return columns + choices.idleness.cost(map(choices.shared_uses, solution.values()))


def first_solution(choices: Choices, *, seed: int, until: float) -> Solution:
    """The best of greedy in several orders and random ones, until the clock (`monotonic`) says so."""
    staying = _staying(choices)
    numbers = [number for number in range(len(choices.of_task)) if number not in staying]
    best: Solution | None = None
    for order in _orders(choices, numbers, Random(seed)):  # noqa: S311  which order is tried, nothing secret
        found = inserted(choices, order, staying)
        if best is None or price_of(choices, found) < price_of(choices, best):
            best = found
        if monotonic() > until:
            break
    return best or {}


def next_gaps(choices: Choices) -> Solution:
    """As by hand: in order of time, each takes the next gap from its old time on, else the first before it.

    Where there is little room, this leaves fewer without a place than letting each take its cheapest.
    """
    occupancy = Occupancy(choices)
    solution = _staying(choices)
    for column in solution.values():
        occupancy.add(column)
    numbers = [number for number in range(len(choices.of_task)) if number not in solution]
    for number in sorted(numbers, key=lambda one: (_start(choices, one), one)):
        mine, start = choices.of_task[number], _start(choices, number)
        starts = mine.openings.starts[mine.index]
        by_time = mine.index[np.lexsort((mine.cost, starts, starts < start))].tolist()
        columns = (column for opening in by_time for column in choices.columns_at(number, opening))
        column = next(filter(occupancy.fits, columns), Column(number, UNPLACED))
        occupancy.add(column)
        solution[number] = column
    return solution


def _staying(choices: Choices) -> Solution:
    """Everybody who can stay does."""
    return {number: column for number in range(len(choices.of_task)) if (column := choices.stay(number))}


def _orders(choices: Choices, numbers: Sequence[int], chance: Random) -> Iterator[list[int]]:
    """Who is placed first: the earliest, those with least choice or most to lose, then by chance."""
    of_task = choices.of_task
    yield sorted(numbers, key=lambda one: (_start(choices, one), one))
    yield sorted(numbers, key=lambda one: (len(of_task[one].index), one))
    yield sorted(numbers, key=lambda one: (-of_task[one].task.duration_minutes, len(of_task[one].index)))
    yield sorted(numbers, key=lambda one: (-_regret(choices, one), one))
    for _ in range(24):
        order = list(numbers)
        chance.shuffle(order)
        yield order


def _start(choices: Choices, number: int) -> int:
    task = choices.of_task[number].task
    return task.home.start if task.home else task.earliest


def _regret(choices: Choices, number: int) -> int:
    """How much more the tenth best place costs than the best."""
    total = choices.of_task[number].cost
    return 0 if not len(total) else int(total[min(9, len(total) - 1)] - total[0])


def inserted(choices: Choices, order: Sequence[int], settled: Mapping[int, Column]) -> Solution:
    """`settled`, and for each task in order the cheapest column that fits beside all before it."""
    occupancy = Occupancy(choices)
    solution: Solution = dict(settled)
    for column in settled.values():
        occupancy.add(column)
    for number in order:
        column = cheapest(choices, number, occupancy)
        occupancy.add(column)
        solution[number] = column
    return solution


def cheapest(choices: Choices, number: int, occupancy: Occupancy, *, below: int | None = None) -> Column:
    """The cheapest column of a task that fits; the one without a place where none does."""
    mine = choices.of_task[number]
    totals = mine.cost
    limit = choices.unplaced if below is None else below
    for position, opening in enumerate(mine.index.tolist()):
        if totals[position] >= limit:
            break
        for column in choices.columns_at(number, opening):
            if occupancy.fits(column):
                return column
    return Column(number, UNPLACED)


def from_hint(choices: Choices, hint: Mapping[str, Assignment]) -> Solution | None:
    """An earlier plan where it still fits, and the cheapest for the rest; None without any hint."""
    if not hint:
        return None
    occupancy = Occupancy(choices)
    settled: Solution = {}
    numbers = range(len(choices.of_task))
    for number in numbers:
        hinted = choices.of_task[number].task.id in hint
        stay = None if hinted else choices.stay(number)
        if stay is not None:
            occupancy.add(stay)
            settled[number] = stay
    for number in numbers:
        wanted = hint.get(choices.of_task[number].task.id)
        column = None if wanted is None else matching(choices, number, wanted, occupancy)
        if column is not None:
            occupancy.add(column)
            settled[number] = column
    for number in numbers:
        stay = None if number in settled else choices.stay(number)
        if stay is not None and occupancy.fits(stay):
            occupancy.add(stay)
            settled[number] = stay
    solution = inserted(choices, [one for one in numbers if one not in settled], settled)
    thrown_out = (
        not column.is_placed and not choices.may_be_left_out(one) for one, column in solution.items()
    )
    return None if any(thrown_out) else solution


def matching(choices: Choices, number: int, wanted: Assignment, occupancy: Occupancy) -> Column | None:
    """The column of a task with that provider and start that fits, in the same room if that can be."""
    mine = choices.of_task[number]
    provider = choices.problem.prices.provider_number(wanted.provider_id)
    openings = mine.openings
    for opening in mine.index.tolist():
        if int(openings.starts[opening]) == wanted.start and int(openings.providers[opening]) == provider:
            columns = list(choices.columns_at(number, opening))
            columns.sort(key=lambda column: not _is_in(choices, column, wanted.room_id))
            for column in columns:
                if occupancy.fits(column):
                    return column
    return None


def _is_in(choices: Choices, column: Column, room_id: str | None) -> bool:
    return column.room != NOBODY and any(room.id == room_id for room in choices.groups.rooms(column.room))


def improved(choices: Choices, solution: Solution, *, until: float) -> Solution:
    """Better by single ejections: a task takes a cheaper place, and the one that stood there another."""
    current, total = dict(solution), price_of(choices, solution)
    occupancy = Occupancy(choices)
    for column in current.values():
        occupancy.add(column)
    gained = True
    while gained and monotonic() < until:
        gained = False
        for number in sorted(current, key=lambda one: -choices.price(current[one])):
            if monotonic() > until:
                break
            better = _ejection(choices, number, current, occupancy)
            if better is not None:
                for changed in better:
                    occupancy.remove(current[changed])
                for changed, column in better.items():
                    occupancy.add(column)
                    current[changed] = column
                gained = True
    return current if price_of(choices, current) < total else solution


_MOST_TRIED = 40


def _ejection(choices: Choices, number: int, current: Solution, occupancy: Occupancy) -> Solution | None:
    """A cheaper place for a task, with another one for the task that is in its way; None where none pays."""
    mine, now = choices.of_task[number], choices.price(current[number])
    occupancy.remove(current[number])
    try:
        tried = 0
        for position, opening in enumerate(mine.index.tolist()):
            gain = now - int(mine.cost[position])
            if gain <= 0 or tried > _MOST_TRIED:
                return None
            for column in choices.columns_at(number, opening):
                tried += 1
                if occupancy.fits(column):
                    return {number: column}
                others = occupancy.in_the_way(
                    column, (one for one in current.values() if one.task != number and one.is_placed)
                )
                if len(others) != 1:
                    continue
                (other,) = others
                occupancy.remove(other)
                found: Solution | None = None
                if occupancy.fits(column):
                    occupancy.add(column)
                    price = choices.price(other)
                    moved = cheapest(choices, other.task, occupancy, below=price + gain)
                    may_go = moved.is_placed or choices.may_be_left_out(other.task)
                    if may_go and choices.price(moved) < price + gain:
                        found = {number: column, other.task: moved}
                    occupancy.remove(column)
                occupancy.add(other)
                if found is not None:
                    return found
        return None
    finally:
        occupancy.add(current[number])
