"""Every conceivable placement of a question, tried one after the other, with all that closes it."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import TypeAlias

from models.appointment import EquipmentUse
from models.clinic import EquipmentNeed, Location, Provider, Room
from models.placing import joining
from models.rules import HARD_RULES
from models.slot import Placement, SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute

Pair: TypeAlias = tuple[str, str]
Closed: TypeAlias = frozenset[Pair]


def closed_placements(
    snapshot: ClinicSnapshot, request: SlotRequest, starts: Iterable[Minute] | None = None
) -> Iterator[tuple[Placement, Closed]]:
    """Each placement of the range with the rules that it breaks, on every resource on which it does."""
    for start in range(request.earliest, request.latest) if starts is None else starts:
        for site in _sites(snapshot, request):
            for provider in _providers(snapshot, request):
                for placement in _placements(snapshot, request, site, provider, start):
                    yield placement, pairs_of(placement, snapshot, request)
    for seat in _seats(snapshot, request):
        yield seat, pairs_of(seat, snapshot, request)


def pairs_of(placement: Placement, snapshot: ClinicSnapshot, request: SlotRequest) -> Closed:
    """Rule and resource of everything that closes a placement; each pool is judged for itself."""
    if placement.equipment:
        alone = [placement._replace(equipment=(use,)) for use in placement.equipment]
    else:
        alone = [placement]
    found: set[Pair] = set()
    for rule in HARD_RULES:
        judged = [placement]
        if rule.__name__ in {"equipment_is_open", "equipment_is_never_overbooked"}:
            judged = alone
        if rule.__name__ == "provider_works_at_the_location" and placement.location is None:
            judged = [placement._replace(location=request.location)]
        for one in judged:
            violation = rule(one, snapshot)
            if violation is not None:
                found.add((violation.rule, violation.resource))
    return frozenset(found)


def _sites(snapshot: ClinicSnapshot, request: SlotRequest) -> tuple[Location | None, ...]:
    if not request.service.needs_room:
        return (None,)
    if request.location is not None:
        return (request.location,)
    return snapshot.setup.locations or (None,)


def _providers(snapshot: ClinicSnapshot, request: SlotRequest) -> list[Provider]:
    everybody = snapshot.setup.providers
    return [one for one in everybody if request.provider_ids is None or one.id in request.provider_ids]


def _placements(
    snapshot: ClinicSnapshot,
    request: SlotRequest,
    site: Location | None,
    provider: Provider,
    start: Minute,
) -> Iterator[Placement]:
    here: list[Room | None] = [
        room for room in snapshot.setup.rooms if site is not None and room.location_id == site.id
    ]
    rooms = here if here and request.service.needs_room else [None]
    for room, equipment in product(rooms, _equipment(snapshot, request, site)):
        yield Placement(
            service=request.service,
            provider=provider,
            location=site,
            room=room,
            start=start,
            end=start + request.duration_minutes,
            equipment=equipment,
            patient=request.patient,
        )


def _equipment(
    snapshot: ClinicSnapshot, request: SlotRequest, site: Location | None
) -> Iterator[tuple[EquipmentUse, ...]]:
    """Every way to take the units needed from pools there; none at all where a type does not stand there."""
    ways = [list(_ways(snapshot, need, site)) for need in request.service.equipment]
    if not all(ways):
        yield ()
        return
    for chosen in product(*ways):
        yield tuple(use for uses in chosen for use in uses)


def _ways(
    snapshot: ClinicSnapshot, need: EquipmentNeed, site: Location | None
) -> Iterator[tuple[EquipmentUse, ...]]:
    pools = [
        pool.id
        for pool in snapshot.setup.equipment
        if pool.type == need.type and (site is None or pool.location_id == site.id)
    ]
    for counts in product(range(need.units + 1), repeat=len(pools)):
        if pools and sum(counts) == need.units:
            used = zip(pools, counts, strict=True)
            yield tuple(EquipmentUse(id=pool, units=count) for pool, count in used if count)


def _seats(snapshot: ClinicSnapshot, request: SlotRequest) -> Iterator[Placement]:
    for group in snapshot.group_visits:
        key = group.key
        if key.service_id != request.service.id or not request.earliest <= key.start < request.latest:
            continue
        if key.end - key.start != request.duration_minutes:
            continue
        if request.provider_ids is not None and key.provider_id not in request.provider_ids:
            continue
        if request.location is not None and group.location_id not in (None, request.location.id):
            continue
        yield joining(group, snapshot.setup, request.patient)
