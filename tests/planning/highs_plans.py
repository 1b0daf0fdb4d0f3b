"""The cheapest plan of a middling clinic by HiGHS: a column for each errand, provider, start, room and pools.

Real rooms and pools; what is counted (day caps, gaps) is in it as well. Lanes and group visits are not: who
comes first matters there, and a matrix has no order.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tests.oracle.clock import on_the_wall
from tests.planning.asked import Asked, Errand, Place
from tests.planning.enumerated_plans import spots_of
from tests.planning.linear_programs import Rows, Solved, cheapest
from tests.planning.price_list import price_of
from tests.planning.table import Table


class Use(NamedTuple):
    """So many units of something over `[start, end)`."""

    thing: str
    start: int
    end: int
    units: int


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The places that HiGHS found, and how sure it is."""

    places: dict[str, Place | None]
    solved: Solved


def plan_by_highs(asked: Asked, *, seconds: float) -> Answer:
    """A cheapest plan, if the time suffices."""
    services = {service["id"]: service for service in asked.file["services"]}
    if asked.file.get("overbooking") or any(
        services[one.service_id].get("seats", 1) > 1 for one in asked.errands
    ):
        raise ValueError("lanes and group visits are beyond a matrix")
    table = Table(asked, asked.ids)
    columns = [(errand, place) for errand in asked.errands for place in _places(table, errand)]
    prices = [float(price_of(asked, errand, place)[0]) for errand, place in columns]
    rows = Rows()
    for errand in asked.errands:
        rows.exactly([index for index, (one, _) in enumerate(columns) if one is errand], 1)
    by_thing: dict[str, list[tuple[int, Use]]] = defaultdict(list)
    for index, (errand, place) in enumerate(columns):
        if place is not None:
            for use in _uses(table, errand, place):
                by_thing[use.thing].append((index, use))
    for thing, found in by_thing.items():
        _add_rows(rows, table, thing, found)
    solved = cheapest(prices, rows, seconds=seconds, gap=0.0)
    places: dict[str, Place | None] = dict.fromkeys(asked.ids)
    for index in solved.chosen or ():
        errand, place = columns[index]
        places[errand.id] = place
    return Answer(places=places, solved=solved)


def _places(table: Table, errand: Errand) -> Iterator[Place | None]:
    yield None
    for spot in spots_of(table, errand):
        ask = table.ask(errand, str(spot.provider_id), spot.location_id, spot.start)
        for place, _ in table.ways(errand, ask):
            yield place


def _uses(table: Table, errand: Errand, place: Place) -> Iterator[Use]:
    service = table.world.services[errand.service_id]
    provider = table.world.providers[place.provider_id]
    start, end = place.start, place.end
    held_from = start - service.get("bufferBeforeMinutes", 0)
    held_until = end + service.get("bufferAfterMinutes", 0)
    yield Use(f"patients/{errand.patient_id}", start, end, 1)
    yield Use(f"providers/{place.provider_id}", held_from, held_until, 1)
    if place.room_id is not None:
        turnaround = table.world.rooms[place.room_id].get("turnaroundMinutes", 0)
        yield Use(f"rooms/{place.room_id}", held_from, held_until + turnaround, 1)
    for pool_id, units in place.units.items():
        yield Use(f"equipment/{pool_id}", held_from, held_until, units)
    gap = service.get("minGapMinutes", 0)
    if gap:
        yield Use(f"gap/{place.provider_id}/{service['id']}", start, end + gap, 1)
    day = on_the_wall(start, table.asked.zone(None)).date()
    if "maxVisitsPerDay" in provider:
        yield Use(f"day/{day}/providerId/{provider['id']}", 0, 1, 1)
    if "maxPerDay" in service:
        yield Use(f"day/{day}/serviceId/{service['id']}", 0, 1, 1)


def _add_rows(rows: Rows, table: Table, thing: str, found: list[tuple[int, Use]]) -> None:
    """More is held from some start on, never in between: one row for each start is enough."""
    seen: set[tuple[tuple[int, ...], int]] = set()
    held = table.book.in_use.get(thing, {})
    low, high = min(use.start for _, use in found), max(use.end for _, use in found)
    starts = {use.start for _, use in found} | {
        minute for minute in range(low, high) if held.get(minute, 0) > held.get(minute - 1, 0)
    }
    for minute in sorted(starts):
        here = [(index, use.units) for index, use in found if use.start <= minute < use.end]
        free = _capacity(table, thing) - held.get(minute, 0)
        indexes = tuple(index for index, _ in here)
        if sum(units for _, units in here) > free and (indexes, free) not in seen:
            seen.add((indexes, free))
            rows.at_most(indexes, free, [units for _, units in here])


def _capacity(table: Table, thing: str) -> int:
    """Units of a thing; of what is counted in a day, those that are left."""
    kind, *names = thing.split("/")
    if kind == "rooms":
        return int(table.world.rooms[names[0]].get("capacity", 1))
    if kind == "equipment":
        return int(table.world.pools[names[0]].get("quantity", 1))
    if kind == "day":
        day, by, name = names
        most = (
            table.world.providers[name]["maxVisitsPerDay"]
            if by == "providerId"
            else table.world.services[name]["maxPerDay"]
        )
        booked = [one for one in table.book.booked if str(one.day) == day and one.appointment[by] == name]
        return max(0, int(most) - len(booked))
    return 1
