"""Units for all visits of a plan, dealt in memory: others keep theirs, or exchange them where they must."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from models.hours import Window
from models.unit_claims import Claim
from models.units import UnitMove, UnitNeed, cluster, dealt, dealt_anew
from models.wall_clock import MINUTES_PER_DAY


class HolderNeed(NamedTuple):
    """What one holder needs of one resource, on behalf of an appointment of the plan."""

    appointment_id: str
    holder_id: str
    need: UnitNeed


@dataclass(frozen=True, slots=True, kw_only=True)
class AllDealt:
    """The claims of all holders of a plan, and which others exchange units for them."""

    claims: tuple[Claim, ...]
    moves: tuple[UnitMove, ...]

    def in_the_way(self, dead: Iterable[Claim]) -> set[str]:
        """Whoever of these claims a unit that is needed now."""
        taken: defaultdict[tuple[str, int], list[Window]] = defaultdict(list)
        for claim in self.claims:
            taken[claim.ref, claim.unit].append((claim.start, claim.end))
        moved = {(move.ref, move.new_unit) for move in self.moves}
        return {
            claim.holder_id
            for claim in dead
            if (claim.ref, claim.unit) in moved
            or any(low < claim.end and claim.start < high for low, high in taken[claim.ref, claim.unit])
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLittleKnown:
    """Units have to be dealt anew, and the claims of a resource are not known as far as that reaches."""

    ref: str
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class TooFew:
    """There are not enough units for a need, whoever moves: some were taken away after they were booked."""

    lacking: HolderNeed


def deal_all(
    needs: Iterable[HolderNeed], held: Iterable[Claim], known: Mapping[str, Sequence[Window]]
) -> AllDealt | TooLittleKnown | TooFew:
    """Units for every need, in their order; `held` is alive, and complete for each resource in `known`."""
    table = _Table()
    for claim in held:
        table.add(claim)
    before = {ref: set(claims) for ref, claims in table.by_ref.items()}
    holders = set[str]()
    for lacking in needs:
        need, holder_id = lacking.need, lacking.holder_id
        holders.add(holder_id)
        found = dealt(need, table.near(need.ref, need.window))
        if found is None:
            around, span = cluster(table.by_ref[need.ref], need.window)
            if not any(low <= span[0] and span[1] <= high for low, high in known.get(need.ref, ())):
                return TooLittleKnown(ref=need.ref, window=span)
            found = dealt_anew(need, around)
            if found is None:
                return TooFew(lacking=lacking)
            table.exchange(around, found.moves)
        for unit in found.units:
            table.add(Claim(need.ref, unit, *need.window, holder_id))
    return AllDealt(
        claims=tuple(claim for claim in table.all() if claim.holder_id in holders),
        moves=tuple(_net_moves(before, table.by_ref, holders)),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """Claims by resource, and by the days on which they are held."""

    by_ref: defaultdict[str, set[Claim]] = field(default_factory=lambda: defaultdict(set))
    by_day: defaultdict[tuple[str, int], set[Claim]] = field(default_factory=lambda: defaultdict(set))

    def add(self, claim: Claim) -> None:
        self.by_ref[claim.ref].add(claim)
        for day in _days(claim.start, claim.end):
            self.by_day[claim.ref, day].add(claim)

    def remove(self, claim: Claim) -> None:
        self.by_ref[claim.ref].discard(claim)
        for day in _days(claim.start, claim.end):
            self.by_day[claim.ref, day].discard(claim)

    def all(self) -> Iterator[Claim]:
        for ref in sorted(self.by_ref):
            yield from sorted(self.by_ref[ref])

    def near(self, ref: str, window: Window) -> set[Claim]:
        """Whatever could share a minute with a window."""
        return set().union(*(self.by_day[ref, day] for day in _days(*window)))

    def exchange(self, around: Iterable[Claim], moves: Iterable[UnitMove]) -> None:
        """Give those who move their new units, all at once."""
        new_unit = {(move.holder_id, move.unit): move.new_unit for move in moves}
        moving = [claim for claim in around if (claim.holder_id, claim.unit) in new_unit]
        for claim in moving:
            self.remove(claim)
        for claim in moving:
            self.add(claim._replace(unit=new_unit[claim.holder_id, claim.unit]))


def _days(start: int, end: int) -> range:
    return range(start // MINUTES_PER_DAY, (end - 1) // MINUTES_PER_DAY + 1)


def _net_moves(
    before: Mapping[str, set[Claim]], after: Mapping[str, set[Claim]], holders: set[str]
) -> Iterator[UnitMove]:
    """What the others have exchanged in the end, whatever they did in between."""
    for ref in sorted(before):
        gone, come = before[ref] - after[ref], after[ref] - before[ref]
        units: defaultdict[tuple[str, int, int], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for claim in gone:
            units[claim.holder_id, claim.start, claim.end][0].append(claim.unit)
        for claim in come:
            if claim.holder_id not in holders:
                units[claim.holder_id, claim.start, claim.end][1].append(claim.unit)
        for (holder_id, _, _), (old, new) in sorted(units.items()):
            for unit, new_unit in zip(sorted(old), sorted(new), strict=True):
                yield UnitMove(ref, holder_id, unit, new_unit)
