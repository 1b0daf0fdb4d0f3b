"""A clinic as the oracle sees it, on which visits can be laid down and taken up again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import product

from tests.oracle.clock import EPOCH, ONE_MINUTE, Json, is_aligned, utc_text
from tests.oracle.opening import Opening
from tests.oracle.taken import Taken
from tests.oracle.world import Ask, World, step_of, units_needed
from tests.planning.asked import Asked, Errand, Place

REACH = 2 * 1440


class Book(Taken):
    """What is in use, with the last visits to be taken out again."""

    def __init__(self, opening: Opening, asked: Asked) -> None:
        self._log: list[tuple[str, int, int, int]] = []
        super().__init__(opening, asked.now)

    def _use(self, resource: str, start: int, end: int, units: int) -> None:
        self._log.append((resource, start, end, units))
        super()._use(resource, start, end, units)

    def mark(self) -> tuple[int, int]:
        """How far things stand now."""
        return len(self._log), len(self.booked)

    def undo(self, mark: tuple[int, int]) -> None:
        """Back to how things stood."""
        uses, visits = mark
        while len(self._log) > uses:
            resource, start, end, units = self._log.pop()
            super()._use(resource, start, end, -units)
        del self.booked[visits:]


class Table:
    """All that stays, and whatever has been laid down beside it; nobody has to be told in advance."""

    def __init__(self, asked: Asked, without: Iterable[str]) -> None:
        gone = frozenset(without)
        services = [{**one, "minNoticeMinutes": 0} for one in asked.file["services"]]
        kept = [one for one in asked.file["appointments"] if one["id"] not in gone]
        self.asked = asked
        spans = [(errand.earliest, errand.latest + errand.duration) for errand in asked.errands]
        homes = [(one.home.start, one.home.end) for one in asked.errands if one.home]
        low, high = min(one[0] for one in spans + homes), max(one[1] for one in spans + homes)
        file = {**asked.file, "services": services, "appointments": kept}
        self.world = World(file, low - REACH, high + REACH, asked.now)
        self.book = Book(self.world.opening, asked)
        self.world.taken = self.book

    def ask(self, errand: Errand, provider_id: str, location_id: str | None, start: int) -> Ask:
        """One placement of an errand."""
        return Ask(
            service_id=errand.service_id,
            provider_id=provider_id,
            location_id=location_id,
            start=start,
            end=start + errand.duration,
            patient_id=errand.patient_id,
        )

    def may_start(self, ask: Ask) -> bool:
        """Whether a start lies on a step, not in the past, and not too far ahead."""
        service = self.world.services[ask.service_id]
        start = EPOCH + ask.start * ONE_MINUTE
        zone = self.world.opening.zone_of_place(ask.location_id)
        furthest = self.asked.now + timedelta(hours=24 * service.get("maxFutureDays", 365))
        return self.asked.now <= start <= furthest and is_aligned(ask.start, step_of(service), zone)

    def ways(self, errand: Errand, ask: Ask) -> Iterator[tuple[Place, bool]]:
        """Every room and every way to lend units for one placement just now, and whether it is on top."""
        service = self.world.services[errand.service_id]
        if (service["modality"] == "in_person") != (ask.location_id is not None):
            return
        for joined in self._joined(ask):
            yield Place.of(joined), bool(joined.get("overbook"))
        slot = self.world.slot_alone(ask)
        if slot is None:
            return
        rooms: list[str | None] = [*sorted(slot.room_ids)] if ask.location_id is not None else [None]
        units = list(lendings(units_needed(service), slot.free_units, self._types()))
        for room_id, lent in product(rooms, units):
            yield (
                Place(provider_id=ask.provider_id, room_id=room_id, units=lent, start=ask.start, end=ask.end),
                slot.overbook,
            )

    def _joined(self, ask: Ask) -> Iterator[Json]:
        """The group visits with a seat for whoever asks."""
        slot = self.world.slot_at(ask)
        if slot is None or slot.joins is None:
            return
        visits = {one.appointment["id"]: one.appointment for one in self.book.booked}
        for way in (slot, *slot.or_else):
            if way.joins is not None:
                yield visits[way.joins]

    def _types(self) -> Mapping[str, str]:
        return {pool_id: pool["type"] for pool_id, pool in self.world.pools.items()}

    def lay(self, errand: Errand, place: Place, *, overbook: bool) -> None:
        """Write a visit down."""
        visit: Json = {
            "id": errand.id,
            "patientId": errand.patient_id,
            "providerId": place.provider_id,
            "serviceId": errand.service_id,
            "equipment": [{"id": one, "units": units} for one, units in sorted(place.units.items())],
            "start": utc_text(EPOCH + place.start * ONE_MINUTE),
            "end": utc_text(EPOCH + place.end * ONE_MINUTE),
            "status": "scheduled",
            "overbook": overbook,
        }
        if place.room_id is not None:
            visit["roomId"] = place.room_id
        self.book.hold(visit)


def lendings(
    needed: Mapping[str, int], free: Mapping[str, int], types: Mapping[str, str]
) -> Iterator[dict[str, int]]:
    """Every way to take so many units of each type from pools that have so many free."""
    per_type = []
    for kind, units in sorted(needed.items()):
        pools = sorted(pool_id for pool_id in free if types[pool_id] == kind and free[pool_id] > 0)
        shares = product(*(range(min(free[pool_id], units) + 1) for pool_id in pools))
        per_type.append([dict(zip(pools, some, strict=True)) for some in shares if sum(some) == units])
    for chosen in product(*per_type):
        lent: dict[str, int] = defaultdict(int)
        for some in chosen:
            for pool_id, units in some.items():
                if units:
                    lent[pool_id] += units
        yield dict(lent)
