"""The cheapest plan of all, by trying every way to place a few errands, or to leave them without a place.

Slow and plain on purpose: for each errand every provider at every minute; for each set of places every
order, every room and every way to lend equipment, by the oracle's world. A set that cannot be laid down is
never part of a larger one that can, so branches end early; nothing else is clever.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import inf
from typing import NamedTuple

from tests.oracle.brute_force import places_of
from tests.oracle.clock import is_aligned
from tests.oracle.world import step_of
from tests.planning.asked import Asked, Errand, Place, others_of
from tests.planning.price_list import Bill, bill_of, idle_minutes, is_told, price_of
from tests.planning.table import Table

Cost = tuple[float, ...]
"""One sum, or the levels of a lexicographic plan."""


class TooMany(Exception):
    """More ways than anybody wants to wait for."""


class Spot(NamedTuple):
    """With whom, where and when; or nowhere."""

    provider_id: str | None
    location_id: str | None
    start: int


NOWHERE = Spot(None, None, 0)


class Way(NamedTuple):
    """A spot, and what it costs."""

    cost: Cost
    spot: Spot


@dataclass(frozen=True, kw_only=True)
class Cheapest:
    """The cheapest plan: what it costs, and where everybody goes, in an order in which they can."""

    bill: Bill
    places: Mapping[str, Place | None]
    order: tuple[str, ...]


def cheapest_plan(asked: Asked, *, most_steps: int = 6_000) -> Cheapest:
    """Of all plans one that costs least; TooMany after so many steps."""
    return _Enumeration(asked, most_steps).cheapest()


@dataclass
class _Enumeration:
    asked: Asked
    most_steps: int
    known: dict[frozenset[tuple[str, Spot]], tuple[tuple[str, Place], ...] | None] = field(
        default_factory=dict
    )
    steps: int = 0

    def __post_init__(self) -> None:
        others = () if self.asked.others == "none" else tuple(others_of(self.asked))
        every = (*self.asked.errands, *others)
        self.errands = {errand.id: errand for errand in every}
        self.table = Table(self.asked, self.errands)
        self.ways = {errand.id: self._ways(errand) for errand in every}
        seats = {service["id"]: service.get("seats", 1) for service in self.asked.file["services"]}
        in_groups = any(seats[errand.service_id] > 1 for errand in every)
        self.order_matters = in_groups or bool(self.asked.file.get("overbooking"))
        self.best: Cost = (inf,)
        self.best_places: tuple[tuple[str, Place], ...] = ()

    def cheapest(self) -> Cheapest:
        """Whoever is displaced and has fewest ways first; cheapest ways first."""
        names = sorted(self.ways, key=lambda one: (self._is_asked(one), len(self.ways[one]), one))
        self._extend(names, (), self._zero(), self.asked.most_moved)
        places: dict[str, Place | None] = dict.fromkeys(self.errands)
        places.update(self.best_places)
        bill = bill_of(self.asked, self.errands.values(), places)
        idle = int(self._idle(self.best_places)[-1])
        bill = replace(bill, objective=bill.objective + idle, shift=bill.shift + idle)
        moved = [one for one, place in self.best_places if place != self.errands[one].home]
        asked = {one: place for one, place in places.items() if one in moved or place is None}
        return Cheapest(bill=bill, places=asked, order=tuple(moved))

    def _is_asked(self, name: str) -> bool:
        """Whether nothing is wrong with where it is."""
        return name not in self.asked.ids

    def _extend(
        self, names: Sequence[str], chosen: tuple[tuple[str, Spot], ...], cost: Cost, may_move: int
    ) -> None:
        if not names:
            laid = self._laid(frozenset(chosen)) or ()
            whole = _sum(cost, self._idle(laid))
            if whole < self.best:
                self.best, self.best_places = whole, laid
            return
        name, rest = names[0], names[1:]
        least = self._zero()
        for other in rest:
            least = _sum(least, self.ways[other][0].cost)
        for way in self.ways[name]:
            here = _sum(cost, way.cost)
            if not _sum(here, least) < self.best:
                return
            moves = self._is_asked(name) and way.spot != self._home(self.errands[name])
            if way.spot is NOWHERE:
                self._extend(rest, chosen, here, may_move)
            elif may_move >= moves and self._can(name, way.spot, chosen):
                self._extend(rest, (*chosen, (name, way.spot)), here, may_move - moves)

    def _idle(self, laid: tuple[tuple[str, Place], ...]) -> Cost:
        """What is paid for idle minutes once everybody is in place; they count as shift."""
        paid = self.asked.prices["idle_minute"]
        if not paid:
            return self._zero()
        mark = self.table.book.mark()
        for name, place in laid:
            self.table.lay(self.errands[name], place, overbook=False)
        low = min(errand.earliest for errand in self.asked.errands)
        high = max(errand.latest for errand in self.asked.errands)
        book, opening = self.table.book, self.table.world.opening
        idle = paid * idle_minutes(self.asked, opening, book.in_use, low, high)
        self.table.book.undo(mark)
        return (0.0, 0.0, float(idle)) if self.asked.lexicographic else (float(idle),)

    def _can(self, name: str, spot: Spot, chosen: tuple[tuple[str, Spot], ...]) -> bool:
        """Whether it fits beside each of the others, and then beside all of them."""
        one = (name, spot)
        return all(self._laid(frozenset({one, other})) is not None for other in chosen) and (
            self._laid(frozenset({one, *chosen})) is not None
        )

    def _laid(self, chosen: frozenset[tuple[str, Spot]]) -> tuple[tuple[str, Place], ...] | None:
        """An order with real rooms and pools in which all of them can be laid down; None if there is none."""
        if chosen not in self.known:
            self.steps += 1
            if self.steps > self.most_steps:
                raise TooMany(f"more than {self.most_steps} sets of places")
            self.known[chosen] = self._order_of(sorted(chosen))
        return self.known[chosen]

    def _order_of(self, chosen: Sequence[tuple[str, Spot]]) -> tuple[tuple[str, Place], ...] | None:
        """Lanes and seats go by who came first; without them any order will do if one does."""
        if not chosen:
            return ()
        for position, (name, spot) in enumerate(chosen if self.order_matters else chosen[:1]):
            errand = self.errands[name]
            ask = self.table.ask(errand, str(spot.provider_id), spot.location_id, spot.start)
            rest = [*chosen[:position], *chosen[position + 1 :]]
            for place, overbook in list(self.table.ways(errand, ask)):
                mark = self.table.book.mark()
                self.table.lay(errand, place, overbook=overbook)
                others = self._order_of(rest)
                self.table.book.undo(mark)
                if others is not None:
                    return ((name, place), *others)
        return None

    # one errand on its own

    def _ways(self, errand: Errand) -> list[Way]:
        if errand.kind == "displaced" or errand.home is None:
            spots = [NOWHERE, *spots_of(self.table, errand)]
        else:
            spots = [self._home(errand)]
            if self.asked.others == "moves" or not self._is_asked(errand.id):
                spots += [one for one in spots_of(self.table, errand) if one != spots[0]]
        return sorted(Way(self._cost(errand, spot), spot) for spot in spots)

    @staticmethod
    def _home(errand: Errand) -> Spot:
        home = errand.home
        if home is None:
            raise ValueError(f"{errand.id} is nowhere")
        return Spot(home.provider_id, errand.location_id, home.start)

    def _cost(self, errand: Errand, spot: Spot) -> Cost:
        place = None
        if spot.provider_id is not None:
            room = next(
                (one["id"] for one in self.asked.file["rooms"] if one["locationId"] == spot.location_id), None
            )
            end = spot.start + errand.duration
            place = Place(
                provider_id=spot.provider_id,
                room_id=room if spot.location_id else None,
                start=spot.start,
                end=end,
            )
        price, for_telling = price_of(self.asked, errand, place)
        if not self.asked.lexicographic:
            return (float(price),)
        if place is None:
            return 1.0, 0.0, 0.0
        return 0.0, float(is_told(errand, place)), float(price - for_telling)

    def _zero(self) -> Cost:
        return (0.0, 0.0, 0.0) if self.asked.lexicographic else (0.0,)


def _sum(one: Cost, other: Cost) -> Cost:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def spots_of(table: Table, errand: Errand) -> Iterator[Spot]:
    """With whom, where and when an errand could be if all other errands were not there."""
    service = table.world.services[errand.service_id]
    in_person = service["modality"] == "in_person"
    for provider in table.asked.file["providers"]:
        if errand.provider_ids is not None and provider["id"] not in errand.provider_ids:
            continue
        places = places_of(provider, service, errand.location_id if in_person else None)
        for location_id, start in product(places, _starts(table.asked, errand, step_of(service))):
            end = start + errand.duration
            ask = table.ask(errand, provider["id"], location_id, start)
            if (
                table.may_start(ask)
                and not any(start < until and since < end for since, until in errand.excluded)
                and table.world.slot_at(ask) is not None
            ):
                yield Spot(provider["id"], location_id, start)


def _starts(asked: Asked, errand: Errand, step: int) -> list[int]:
    """Every minute at which the clocks of some place stand on a step."""
    zones = {asked.zone(one) for one in (None, *(place["id"] for place in asked.file["locations"]))}
    return [
        minute
        for minute in range(errand.earliest, errand.latest)
        if any(is_aligned(minute, step, zone) for zone in zones)
    ]
