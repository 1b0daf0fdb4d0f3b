"""Every way to deal rooms and pools anew among booked visits: what a search may find with changes.

Rooms, pools and changes are judged here from scratch, minute by minute; all other rules and the points
of a score are the plain ones, which have their own judges.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import NamedTuple

from models.appointment import Appointment
from models.clinic import Location, Provider, Room, Service
from models.rearranging import MOST_CHANGES
from models.rules import EQUIPMENT_RULES, HARD_RULES, ROOM_RULES
from models.score import ScoreBasis, score_of
from models.slot import Placement, SlotRequest
from models.snapshot import ClinicSnapshot

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)
OTHER_RULES = [rule for rule in HARD_RULES if rule not in (*ROOM_RULES, *EQUIPMENT_RULES)]

SlotKey = tuple[str, str | None, int]
"""Provider, location and start."""

Span = tuple[int, int]


class Found(NamedTuple):
    """What a slot needs at least, and what it then scores at most."""

    changes: int
    score: int


class Held(NamedTuple):
    """Units of a room or a pool, held over a span; `new` where its holder has just come there."""

    thing: str
    units: int
    span: Span
    new: bool


@dataclass(frozen=True)
class State:
    """One way to deal: so many visits change, and this is then held."""

    changes: int
    held: tuple[Held, ...]


def every_slot(snapshot: ClinicSnapshot, request: SlotRequest) -> dict[SlotKey, Found]:
    """All slots of a request for which so few visits change as possible, none included."""
    return Enumeration(snapshot, request).slots()


class Enumeration:
    def __init__(self, snapshot: ClinicSnapshot, request: SlotRequest) -> None:
        self.snapshot, self.request, self.setup = snapshot, request, snapshot.setup
        self.basis = ScoreBasis.of(snapshot, request)
        self.units = {room.id: room.capacity for room in self.setup.rooms}
        self.units |= {pool.id: pool.quantity for pool in self.setup.equipment}
        self.states = sorted(self._states(), key=lambda state: state.changes)

    # -- what the booked visits may do ---------------------------------------------------------------

    def _states(self) -> list[State]:
        """Visit by visit: who comes too many is too many, whoever else is dealt with later."""
        states = [State(0, ())]
        for visit in self.snapshot.appointments:
            ways = list(self._ways(visit))
            states = [
                State(state.changes + changed, (*state.held, *holds))
                for state in states
                for changed, holds in ways
                if state.changes + changed <= MOST_CHANGES and self._all_fit((*state.held, *holds))
            ]
        return states

    def _all_fit(self, held: tuple[Held, ...]) -> bool:
        return all(self._fits(one, held) for one in held if one.new)

    def _ways(self, visit: Appointment) -> Iterator[tuple[bool, tuple[Held, ...]]]:
        service = self._service(visit)
        start, end = minute(visit.starts_at), minute(visit.ends_at)
        rooms: list[Room | None] = [None]
        if visit.room_id is not None:
            own = self.setup.room_by_id[visit.room_id]
            rooms = [own, *self._equal_rooms(visit, own, start, end)]
        pools = [
            [use.id, *self._equal_pools(visit, use.id, use.units, start, end)] for use in visit.equipment
        ]
        for room, chosen in product(rooms, product(*pools)):
            holds = []
            if room is not None:
                span = room_span(service, room, start, end)
                holds.append(Held(room.id, 1, span, new=room.id != visit.room_id))
            for use, pool_id in zip(visit.equipment, chosen, strict=True):
                holds.append(Held(pool_id, use.units, hold(service, start, end), new=pool_id != use.id))
            yield any(one.new for one in holds), tuple(holds)

    def _service(self, visit: Appointment) -> Service:
        return self.setup.service_by_id[visit.service_id]

    def _stays(self, visit: Appointment) -> bool:
        near = timedelta(days=1)
        first = EPOCH + self.request.earliest * A_MINUTE - near
        last = EPOCH + self.request.latest * A_MINUTE + near
        return (
            visit.status.value not in ("pending", "scheduled", "confirmed")
            or visit.starts_at < self.snapshot.now
            or self._service(visit).seats > 1
            or not first <= visit.starts_at < last
        )

    def _equal_rooms(self, visit: Appointment, own: Room, start: int, end: int) -> list[Room]:
        service = self._service(visit)
        if self._stays(visit) or not serves(own, service):
            return []
        return [
            room
            for room in self.setup.rooms
            if room is not own
            and room.location_id == own.location_id
            and serves(room, service)
            and self._excess(room, service) == self._excess(own, service)
            and self._is_open(f"rooms/{room.id}", start, end)
        ]

    def _excess(self, room: Room, service: Service) -> int:
        """Features and places that stay unused; 1 if the service finds more rooms of another type there."""
        there = [
            one for one in self.setup.rooms if one.location_id == room.location_id and serves(one, service)
        ]
        per_type = [[one.type for one in there].count(kind) for kind in {one.type for one in there}]
        rare = [one.type for one in there].count(room.type) < max(per_type)
        return len(room.features - service.room_features) + room.capacity - 1 + rare

    def _equal_pools(self, visit: Appointment, pool_id: str, units: int, start: int, end: int) -> list[str]:
        own = self.setup.pool_by_id[pool_id]
        if self._stays(visit):
            return []
        return [
            pool.id
            for pool in self.setup.equipment
            if pool is not own
            and (pool.type, pool.location_id) == (own.type, own.location_id)
            and pool.quantity >= units
            and self._is_open(f"equipment/{pool.id}", start, end)
        ]

    # -- what is wanted ------------------------------------------------------------------------------

    def slots(self) -> dict[SlotKey, Found]:
        request = self.request
        sites: list[Location | None] = [None]
        if request.service.needs_room:
            sites = [request.location] if request.location else list(self.setup.locations)
        found = {}
        for site, start in product(sites, range(request.earliest, request.latest)):
            wanted = [one for one in self.setup.providers if self._could(one, site, start)]
            place = self._place(site, start) if wanted else None
            for provider in wanted if place else ():
                changes, points = place or (0, 0)
                key = (provider.id, site.id if site else None, start)
                found[key] = Found(changes, self._other_points(provider, site, start) + points)
        return found

    def _placement(self, provider: Provider, site: Location | None, start: int) -> Placement:
        request = self.request
        return Placement(
            service=request.service,
            provider=provider,
            location=site,
            room=None,
            patient=request.patient,
            start=start,
            end=start + request.duration_minutes,
        )

    def _could(self, provider: Provider, site: Location | None, start: int) -> bool:
        asked = self.request.provider_ids
        if asked is not None and provider.id not in asked:
            return False
        placement = self._placement(provider, site, start)
        return all(rule(placement, self.snapshot) is None for rule in OTHER_RULES)

    def _other_points(self, provider: Provider, site: Location | None, start: int) -> int:
        score = score_of(self._placement(provider, site, start), self.basis)
        return score.total - score.room

    def _place(self, site: Location | None, start: int) -> tuple[int, int] | None:
        """The fewest changes that make space, and then the most points of a room."""
        best: tuple[int, int] | None = None
        for state in self.states:
            if best is not None and state.changes > best[0]:
                break
            for points in self._points_of_rooms(state, site, start):
                shared = points // (1 + state.changes)
                best = max(best or (state.changes, 0), (state.changes, shared))
        return best

    def _points_of_rooms(self, state: State, site: Location | None, start: int) -> Iterator[int]:
        service, end = self.request.service, start + self.request.duration_minutes
        if not self._has_equipment(state, site, start, end):
            return
        if site is None:
            yield self.setup.clinic.weights.room * 100
        for room in self.setup.rooms if site else ():
            wanted = Held(room.id, 1, room_span(service, room, start, end), new=True)
            if (
                site is not None
                and room.location_id == site.id
                and serves(room, service)
                and self._is_open(f"rooms/{room.id}", start, end)
                and self._all_fit((*state.held, wanted))
            ):
                yield self.basis.room_points[room.id]

    def _has_equipment(self, state: State, site: Location | None, start: int, end: int) -> bool:
        span = hold(self.request.service, start, end)
        return all(
            sum(
                max(0, pool.quantity - peak(pool.id, span, state.held))
                for pool in self.setup.equipment
                if pool.type == need.type
                and (site is None or pool.location_id == site.id)
                and self._is_open(f"equipment/{pool.id}", start, end)
            )
            >= need.units
            for need in self.request.service.equipment
        )

    # -- what fits -----------------------------------------------------------------------------------

    def _fits(self, one: Held, held: tuple[Held, ...]) -> bool:
        return peak(one.thing, one.span, held) <= self.units[one.thing]

    def _is_open(self, ref: str, start: int, end: int) -> bool:
        return self.setup.open_windows(ref, start, end).contain(start, end)


def peak(thing: str, span: Span, held: tuple[Held, ...]) -> int:
    """The most units of a thing held at any minute of a span."""
    here = [one for one in held if one.thing == thing]
    moments = {span[0], *(one.span[0] for one in here if span[0] <= one.span[0] < span[1])}
    return max(sum(one.units for one in here if one.span[0] <= at < one.span[1]) for at in moments)


def serves(room: Room, service: Service) -> bool:
    typed = not service.room_types or room.type in service.room_types
    return typed and service.room_features <= room.features


def hold(service: Service, start: int, end: int) -> Span:
    return start - service.buffer_before_minutes, end + service.buffer_after_minutes


def room_span(service: Service, room: Room, start: int, end: int) -> Span:
    first, last = hold(service, start, end)
    return first, last + room.turnaround_minutes


def minute(moment: datetime) -> int:
    return (moment - EPOCH) // A_MINUTE


def best_of(
    found: Mapping[SlotKey, Found], names: Mapping[str, str], limit: int
) -> list[tuple[SlotKey, Found]]:
    """The best slots in order."""
    ranked = sorted(
        found.items(),
        key=lambda one: (-one[1].score, one[0][2], names[one[0][0]], one[0][0], one[0][1] or ""),
    )
    return ranked[:limit]
