"""What a set of columns takes together, and whether one more fits beside them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from models.refs import provider_ref
from models.wall_clock import Minute
from solver.planning.choices import Choices
from solver.planning.columns import Column, Use
from solver.planning.openings import Kind

Carrier = tuple[Kind, int, Minute]
"""Kind, provider (numbered in the setup) and start: what the patients of one new group visit share."""


def carrier_of(choices: Choices, column: Column) -> Carrier:
    """The group visit that a column would open, or share with others that do."""
    openings = choices.of_task[column.task].openings
    return (
        openings.kind,
        int(openings.providers[column.opening]),
        int(openings.starts[column.opening]),
    )


class Occupancy:
    """The uses of the columns chosen so far, by resource."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.problem = choices.problem
        self.taken: dict[int, list[Use]] = defaultdict(list)
        self.groups: dict[Carrier, list[Column]] = defaultdict(list)
        self.laned = self._laned()
        self.at_provider: dict[int, list[Column]] = defaultdict(list)

    def _laned(self) -> frozenset[int]:
        """The providers who may be overbooked at all, as resources."""
        setup = self.problem.setup
        return frozenset(setup.resource_index[provider_ref(one)] for one in setup.lanes)

    def fits(self, column: Column) -> bool:
        """Whether a column can be beside those chosen."""
        if self.choices.is_shared(column):
            opened = self.groups.get(carrier_of(self.choices, column))
            if opened:
                same = opened[0]
                shares = (same.room, same.equipment, same.lanes) == (
                    column.room,
                    column.equipment,
                    column.lanes,
                )
                return shares and all(map(self._has_left, self.choices.own_uses(column)))
        return all(self._has_left(use) for use in self._judged(column)) and self._lanes_allow(column)

    def _judged(self, column: Column) -> Iterable[Use]:
        return (use for use in self.choices.uses(column) if use.resource not in self.laned)

    def _has_left(self, use: Use) -> bool:
        """Whether so many units are left at every minute of a use; alone, a column always fits."""
        meeting = [one for one in self.taken[use.resource] if one.start < use.end and use.start < one.end]
        if not meeting:
            return True
        minutes = {use.start, *(one.start for one in meeting if one.start > use.start)}
        minutes.update(self.choices.falls(use.resource, use.start, use.end))
        left_at = self.choices.left_at
        return all(
            use.units + sum(one.units for one in meeting if one.start <= minute < one.end)
            <= left_at(use.resource, minute)
            for minute in minutes
        )

    def _lanes_allow(self, column: Column) -> bool:
        """Whether all columns of a provider who may be overbooked can be booked in some order."""
        use = next((one for one in self.choices.shared_uses(column) if one.resource in self.laned), None)
        if use is None:
            return True
        return lanes_suffice(self.choices, use.resource, [*self.at_provider[use.resource], column])

    def add(self, column: Column) -> None:
        """Choose a column."""
        self._change(column, add=True)

    def remove(self, column: Column) -> None:
        """Let a chosen column go."""
        self._change(column, add=False)

    def _change(self, column: Column, *, add: bool) -> None:
        if not column.is_placed:
            return
        uses: Sequence[Use] = self.choices.uses(column)
        if self.choices.is_shared(column):
            members = self.groups[carrier_of(self.choices, column)]
            if add:
                members.append(column)
            else:
                members.remove(column)
            if len(members) > (1 if add else 0):  # the others hold what is shared
                uses = self.choices.own_uses(column)
        for use in uses:
            if add:
                self.taken[use.resource].append(use)
            else:
                self.taken[use.resource].remove(use)
            if use.resource in self.laned:
                there = self.at_provider[use.resource]
                if add:
                    there.append(column)
                else:
                    there.remove(next(one for one in there if use in self.choices.shared_uses(one)))

    def in_the_way(self, column: Column, chosen: Iterable[Column]) -> list[Column]:
        """Those chosen that use what a column would use, at the same time."""
        wanted: dict[int, list[Use]] = defaultdict(list)
        for use in self.choices.uses(column):
            wanted[use.resource].append(use)
        return [
            one
            for one in chosen
            if any(
                mine.start < use.end and use.start < mine.end
                for use in self.choices.uses(one)
                for mine in wanted.get(use.resource, ())
            )
        ]


def lanes_suffice(choices: Choices, provider: int, columns: Sequence[Column]) -> bool:
    """Whether columns at one provider can be booked one after the other, those with fewer lanes first.

    Whoever may lie on fewer others is booked before: then each finds as few as it can.
    """
    held = choices.problem.held(provider)
    uses = [
        (column.lanes, use)
        for column in columns
        for use in choices.shared_uses(column)
        if use.resource == provider
    ]
    for number, (lanes, use) in enumerate(sorted(uses)):
        before = [one for _, one in sorted(uses)[:number]]
        meeting = [one for one in before if one.start < use.end and use.start < one.end]
        minutes = {use.start, *(one.start for one in meeting if one.start > use.start)}
        minutes.update(start for start, _ in held.overlapping(use.start, use.end) if start > use.start)
        for minute in minutes:
            there = held.peak(minute, minute + 1) + sum(one.start <= minute < one.end for one in meeting)
            if there > lanes:
                return False
    return True
