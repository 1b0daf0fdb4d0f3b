"""How a clerk repairs a calendar by hand: one after the other, each into the next gap."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tests.oracle.clock import is_aligned
from tests.oracle.world import Ask, step_of
from tests.planning.asked import Asked, Errand, Place
from tests.planning.plan_checker import Verdict, verdict_on
from tests.planning.table import Table


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """The clerk's plan, in the order in which it came about, and whoever found no gap."""

    moves: tuple[tuple[str, Place], ...]
    unplaced: tuple[str, ...]
    verdict: Verdict


def by_hand(asked: Asked) -> ByHand:
    """First-fit in order of time: the earliest gap at or after the old time, at whoever has one.

    Among several people who have it at once, the one whom the patient knows; only where nothing is left
    later on is what lies before the old time looked at, from now on.
    """
    table = Table(asked, asked.ids)
    gaps = {key: _gaps(table, key) for key in {_Kind.of(errand) for errand in asked.errands}}
    moves: list[tuple[str, Place]] = []
    unplaced: list[str] = []
    for errand in sorted(asked.errands, key=lambda one: (_home(one).start, one.id)):
        found = next(_ways(table, errand, gaps[_Kind.of(errand)]), None)
        if found is None:
            unplaced.append(errand.id)
            continue
        place, overbook = found
        table.lay(errand, place, overbook=overbook)
        moves.append((errand.id, place))
    return ByHand(moves=tuple(moves), unplaced=tuple(unplaced), verdict=verdict_on(asked, moves, unplaced))


def _home(errand: Errand) -> Place:
    if errand.home is None:
        raise ValueError(f"{errand.id} is nowhere yet")
    return errand.home


class _Kind(NamedTuple):
    """What errands must have in common to look into the same gaps."""

    service_id: str
    duration: int
    location_id: str | None
    earliest: int
    latest: int

    @staticmethod
    def of(errand: Errand) -> "_Kind":
        return _Kind(errand.service_id, errand.duration, errand.location_id, errand.earliest, errand.latest)


def _gaps(table: Table, kind: _Kind) -> list[tuple[int, str]]:
    """When and with whom a visit of a kind could be before anybody else is given a new time; by time."""
    service = table.world.services[kind.service_id]
    zone = table.asked.zone(kind.location_id)
    starts = [one for one in range(kind.earliest, kind.latest) if is_aligned(one, step_of(service), zone)]
    found = []
    for provider in table.asked.file["providers"]:
        if service["id"] not in provider["serviceIds"]:
            continue
        for start in starts:
            ask = Ask(
                service_id=kind.service_id,
                provider_id=provider["id"],
                location_id=kind.location_id,
                start=start,
                end=start + kind.duration,
            )
            if table.may_start(ask) and table.world.slot_at(ask) is not None:
                found.append((start, provider["id"]))
    return sorted(found)


def _ways(table: Table, errand: Errand, gaps: list[tuple[int, str]]) -> Iterator[tuple[Place, bool]]:
    home = _home(errand)

    def by_hand_first(gap: tuple[int, str]) -> tuple[bool, int, bool, str]:
        start, provider_id = gap
        return start < home.start, start, provider_id != home.provider_id, provider_id

    for start, provider_id in sorted(gaps, key=by_hand_first):
        yield from table.ways(errand, table.ask(errand, provider_id, errand.location_id, start))
