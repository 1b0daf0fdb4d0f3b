"""Which units a visit takes, and how others make room where counting says there is some.

Units of a resource are interchangeable. Two of three may be free at every minute of a visit, and yet
no single one for the whole of it; then the units of the others are dealt anew, which always works
while no minute needs more of them than there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from models.calendar import Calendar
from models.claims import UnitHold, Use, Visit, free_units, own_uses, recolored, shared_uses
from models.clinic import MAX_UNITS
from models.counters import is_overbooking
from models.hours import Window
from models.refs import patient_ref
from models.setup import ClinicSetup
from models.slot import Placement
from models.unit_claims import Claim


class UnitNeed(NamedTuple):
    """So many units of one resource, over a window."""

    ref: str
    units: int
    window: Window
    capacity: int


class Needs(NamedTuple):
    """What a visit takes for itself, and what its group visit takes for all, if it opens one."""

    own: tuple[UnitNeed, ...]
    shared: tuple[UnitNeed, ...]


class UnitMove(NamedTuple):
    """A holder gives up one unit of a resource for another of the same."""

    ref: str
    holder_id: str
    unit: int
    new_unit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealt:
    """The units that a visit gets, and who had to move for it."""

    units: tuple[int, ...]
    moves: tuple[UnitMove, ...] = ()


def unit_needs(placement: Placement, setup: ClinicSetup, *, overbook: bool) -> Needs:
    """What a placement takes, in the order of the locks: patient, provider, room, pools, counters."""
    service, patient = placement.service, placement.patient
    visit = Visit(
        service=service,
        provider=placement.provider,
        location=placement.location,
        room=placement.room,
        equipment=placement.equipment,
        start=placement.start,
        end=placement.end,
        overbook=overbook,
    )
    own = [_need(use, setup) for use in own_uses(visit, setup)]
    if patient is not None:
        own.insert(0, UnitNeed(patient_ref(patient.id), 1, (visit.start, visit.end), 1))
    taken_already = placement.joins is not None
    shared = [] if taken_already else [_need(use, setup) for use in shared_uses(visit, setup)]
    return Needs(own=tuple(own), shared=tuple(shared))


def _need(use: Use, setup: ClinicSetup) -> UnitNeed:
    most = setup.capacities.get(use.ref, 1)
    # A visit on top of others counts for every rule that applies: one lets it in, another may be full.
    return UnitNeed(use.ref, use.units, use.window, MAX_UNITS if is_overbooking(use.ref) else most)


def dealt(need: UnitNeed, held: Iterable[Claim]) -> Dealt | None:
    """The lowest units that are free for the whole window; None where others would have to move."""
    holds = [UnitHold(claim.unit, (claim.start, claim.end)) for claim in held if claim.ref == need.ref]
    free = free_units(holds, need.capacity, need.window)
    return Dealt(units=tuple(free[: need.units])) if len(free) >= need.units else None


def dealt_anew(need: UnitNeed, held: Iterable[Claim]) -> Dealt | None:
    """Units for a visit after dealing those of its cluster anew; None where there are too few.

    `held` has every claim of the resource that overlaps the window, that overlaps one of those, and
    so on: see `cluster`.
    """
    claims = [claim for claim in held if claim.ref == need.ref]
    windows = [(claim.start, claim.end) for claim in claims] + [need.window] * need.units
    units = recolored(windows, need.capacity)
    if units is None:
        return None
    return Dealt(units=tuple(units[len(claims) :]), moves=tuple(_moves(claims, units)))


def _moves(claims: Sequence[Claim], units: Sequence[int]) -> Iterable[UnitMove]:
    """The fewest moves per holder: a unit that it keeps anyway stays where it is."""
    before: defaultdict[str, set[int]] = defaultdict(set)
    after: defaultdict[str, set[int]] = defaultdict(set)
    for claim, unit in zip(claims, units, strict=False):
        before[claim.holder_id].add(claim.unit)
        after[claim.holder_id].add(unit)
    for holder_id, old in before.items():
        new = after[holder_id]
        for unit, new_unit in zip(sorted(old - new), sorted(new - old), strict=True):
            yield UnitMove(claims[0].ref, holder_id, unit, new_unit)


def cluster(held: Iterable[Claim], window: Window) -> tuple[list[Claim], Window]:
    """The claims that hang together with a window by overlaps, and the span that they cover with it."""
    low, high = window
    inside: list[Claim] = []
    outside = list(held)
    while True:
        joined = [claim for claim in outside if claim.start < high and low < claim.end]
        if not joined:
            return inside, (low, high)
        outside = [claim for claim in outside if not (claim.start < high and low < claim.end)]
        inside += joined
        low = min(low, *(claim.start for claim in joined))
        high = max(high, *(claim.end for claim in joined))


def calendar_of(held: Iterable[Claim], setup: ClinicSetup) -> Calendar:
    """The same as a calendar for the rules to read; patients are told by their refs."""
    index: Mapping[str, int] = setup.resource_index
    holds: list[tuple[int, int, int]] = []
    visits: defaultdict[str, list[Window]] = defaultdict(list)
    for ref, _, start, end, _ in held:
        if ref in index:
            holds.append((index[ref], start, end))
        else:
            visits[ref.removeprefix("patients/")].append((start, end))
    return Calendar.of(holds, visits)
