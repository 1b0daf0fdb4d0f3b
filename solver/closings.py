"""What closes a range: the smallest set of rules and resources, and what each one hides for itself.

Found by arrays, named by the plain rules: a placement that comes out on top is judged again, and what
the rules say about it is the answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from models.clinic import Location, Room
from models.explanation import Closing
from models.placing import joining
from models.rules import (
    HARD_RULES,
    Violation,
    equipment_is_never_overbooked,
    equipment_is_open,
    provider_works_at_the_location,
)
from models.slot import Placement
from models.wall_clock import Minute, local_of
from solver.closed_equipment import equipment_at
from solver.closing_ground import Ground
from solver.closing_layers import SiteClosings
from solver.closing_prices import ONE, price_of
from solver.intervals import Minutes
from solver.offers import RuleBroken
from solver.problem import SearchProblem
from solver.timeline import aligned_starts, local_minutes

PLACEMENTS_AT_ONCE = 1_000_000
"""Pairs of a provider, or a room, and a start in memory at a time."""

_POOL_BY_POOL = (equipment_is_open, equipment_is_never_overbooked)


@dataclass(frozen=True, slots=True)
class Grounds:
    """Every location that could be asked about, with everybody who could, and the seats in group visits."""

    problem: SearchProblem
    sites: tuple[Ground, ...]
    seats: tuple[Placement, ...]
    kept: dict[int, list[SiteClosings]] = field(default_factory=dict)

    def blocks(self) -> Iterator[SiteClosings]:
        """The closings of every start on the service's steps; kept where those of a place are one block."""
        for number, ground in enumerate(self.sites):
            if number in self.kept:
                yield from self.kept[number]
                continue
            made = None
            several = False
            for times in starts_in_blocks(ground, aligned=True):
                several = made is not None
                made = SiteClosings(ground, times)
                yield made
            if not several:
                self.kept[number] = [] if made is None else [made]


def grounds(problem: SearchProblem, *, everybody: bool) -> Grounds:
    """Where and with whom the visit could conceivably be: those asked for, else all, or all who may."""
    named = problem.request.provider_ids
    sites: tuple[Location | None, ...] = problem.sites or (None,)
    found = []
    for site in sites:
        may = problem.setup.providers if everybody or named else problem.providers_at(site)
        asked = [one for one in may if named is None or one.id in named]
        ordered = sorted(asked, key=lambda one: (one.name, one.id))
        if ordered:
            found.append(Ground(problem, site, ordered))
    return Grounds(problem, tuple(found), tuple(_seats(problem)))


def _seats(problem: SearchProblem) -> Iterator[Placement]:
    """A seat in each group visit of the range."""
    request, setup = problem.request, problem.setup
    for group in problem.snapshot.group_visits:
        key = group.key
        if (
            key.service_id == request.service.id
            and request.earliest <= key.start < request.latest
            and key.end - key.start == request.duration_minutes
            and (request.provider_ids is None or key.provider_id in request.provider_ids)
            and (request.location is None or group.location_id in (None, request.location.id))
        ):
            seat = joining(group, setup, request.patient)
            yield seat._replace(service=request.service)


def closings_of(placement: Placement, problem: SearchProblem) -> list[Violation]:
    """Every rule that a placement breaks, on every resource on which it does.

    A rule stops at its first offending pool, so it is asked pool by pool; and who is asked for somewhere
    must work there, though a visit without a room has no place of its own.
    """
    found: list[Violation | None] = []
    for rule in HARD_RULES:
        judged = [placement]
        if rule in _POOL_BY_POOL:
            judged = [placement._replace(equipment=(use,)) for use in placement.equipment]
        elif rule is provider_works_at_the_location and placement.location is None:
            judged = [placement._replace(location=problem.request.location)]
        found += [rule(one, problem.snapshot) for one in judged]
    return [violation for violation in found if violation is not None]


def smallest_set(where: Grounds) -> list[Closing]:
    """The fewest closings without which the range would have a slot: those of the placement that has fewest.

    Among equals the one most to the point, then the earliest. Starts between the service's steps only
    count where those on them need more than one closing; then they are looked at too.
    """
    problem = where.problem
    best = _best(map(_best_of_block, where.blocks()), _best(_seats_judged(where)))
    if best is None or best.count > 1:
        best = _best(_between_the_steps(where), best)
    if best is None:
        nobody = f"nobody at the clinic offers {problem.request.service.name}"
        return [Closing(rule="provider_offers_the_service", resource="clinic", message=nobody)]
    found = confirmed(best.placement, best.price, problem)
    return [named(violation, best.placement, problem) for violation in found]


@dataclass(frozen=True, slots=True)
class _Best:
    price: int
    placement: Placement

    @property
    def count(self) -> int:
        return self.price // ONE

    def __lt__(self, other: "_Best") -> bool:
        return self._key < other._key

    @property
    def _key(self) -> tuple[int, Minute, str, str, str]:
        where = self.placement.location.id if self.placement.location else ""
        provider = self.placement.provider
        return self.price, self.placement.start, provider.name, provider.id, where


def _best(found: Iterable[_Best], best: _Best | None = None) -> _Best | None:
    """The best of those found, and of what was best before."""
    for one in found:
        if best is None or one < best:
            best = one
    return best


def _seats_judged(where: Grounds) -> Iterator[_Best]:
    for seat in where.seats:
        prices = [price_of(violation.rule) for violation in closings_of(seat, where.problem)]
        yield _Best(sum(prices), seat)


def _best_of_block(block: SiteClosings) -> _Best:
    cheapest = block.prices.min(axis=0)
    column = int(cheapest.argmin())
    row, room = int(block.prices[:, column].argmin()), best_room(block, column)
    placement = placement_at(block.ground, row, int(block.times[column]), room)
    return _Best(int(cheapest[column]), placement)


def _between_the_steps(where: Grounds) -> Iterator[_Best]:
    """The best placement of each block of starts off the service's steps.

    Nothing there is smaller than the one closing that says so.
    """
    for ground in where.sites:
        for times in starts_in_blocks(ground, aligned=False):
            found = _best_of_block(SiteClosings(ground, times))
            yield found
            if found.count == 1:
                return


def starts_in_blocks(ground: Ground, *, aligned: bool) -> Iterator[Minutes]:
    """The starts of the range, on the service's steps or between them, so many at a time."""
    request, zone = ground.problem.request, ground.setup.zone_of(ground.site)
    step = ground.service.slot_step_minutes
    if aligned:
        times, _ = aligned_starts(request.earliest, request.latest, step, zone)
    else:
        times = np.arange(request.earliest, request.latest, dtype=np.int64)
        times = times[local_minutes(times, zone) % step != 0]
    size = max(1, PLACEMENTS_AT_ONCE // max(len(ground.providers), len(ground.rooms), 1))
    for first in range(0, len(times), size):
        yield times[first : first + size]


def best_room(block: SiteClosings, column: int) -> Room | None:
    """A room with the fewest closings; None where a visit has none."""
    if not block.ground.rooms:
        return None
    return block.ground.rooms[int(block.room_prices[:, column].argmin())]


def placement_at(
    ground: Ground, row: int, start: Minute, room: Room | None, through: str | None = None
) -> Placement:
    """The visit with the provider of that row; missing equipment is taken `through` that pool, if named."""
    return Placement(
        service=ground.service,
        provider=ground.providers[row],
        location=ground.site,
        room=room,
        start=start,
        end=start + ground.duration,
        equipment=equipment_at(ground, start, through),
        patient=ground.problem.request.patient,
    )


def confirmed(placement: Placement, price: int, problem: SearchProblem) -> list[Violation]:
    """What the plain rules say about a placement; RuleBroken where the arrays have counted otherwise."""
    found = closings_of(placement, problem)
    if sum(price_of(violation.rule) for violation in found) != price:
        rules = [violation.rule for violation in found]
        raise RuleBroken(f"counted {price}, but the rules say {rules}: {placement.start}")
    return found


def named(violation: Violation, placement: Placement, problem: SearchProblem) -> Closing:
    """A violation of a placement as what is told."""
    zone = problem.setup.zone_of(placement.location)
    return Closing(
        rule=violation.rule,
        resource=violation.resource,
        message=violation.message,
        starts_at=local_of(placement.start, zone),
    )
