"""Fills a clinic with visits as a practice would: hour after hour, breaking no rule.

Visits are laid out in order of time, so each resource only has to remember until when it is taken,
and what comes out is feasible by construction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from heapq import heapify, heappop, heapreplace
from itertools import accumulate, islice
from random import Random

from models.appointment import Appointment, EquipmentUse
from models.claims import hold_of, room_hold_of
from models.clinic import EquipmentNeed, EquipmentPool, Location, Patient, Provider, Room, Service, suits
from models.refs import CLINIC, equipment_ref, location_ref, provider_ref, room_ref
from models.setup import ClinicSetup
from models.wall_clock import Minute, at_wall_clock, instant_of, local_date, minute_of_day

_PAUSES = (15, 15, 30, 60)
_NOON = 12 * 60
_NEVER = -(10**9)
_TRIES = 3
_ROOMS_CONSIDERED = 3
_PAUSE_AHEAD, _PAUSE_BEHIND = 0.8, 0.1
"""How likely a provider pauses when ahead of the pace; when behind it, in proportion to the idle share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How full the days get: the share of working time that visits and their buffers take."""

    morning: float = 0.8
    afternoon: float = 0.6
    most_per_provider_day: int | None = None

    @staticmethod
    def around(utilisation: float, most_per_provider_day: int | None = None) -> "Pace":
        """So full on average, busier before noon and quieter after it."""
        wanted = utilisation * (1 + utilisation / 5)  # fuller days lose more to the steps of starts
        return Pace(
            morning=min(1.0, wanted * 1.15),
            afternoon=min(1.0, wanted * 0.85),
            most_per_provider_day=most_per_provider_day,
        )


def planted(
    setup: ClinicSetup,
    patients: Sequence[Patient],
    *,
    random: Random,
    first: date,
    days: int,
    pace: Pace,
) -> list[Appointment]:
    """Scheduled visits on `days` local days from `first`, by start; together they break no hard rule.

    Group visits are left to `scenarios.diary`.
    """
    book = _Book(setup=setup, patients=patients, random=random, pace=pace)
    low = at_wall_clock(first, 0, setup.zone)
    high = at_wall_clock(first + timedelta(days=days), 0, setup.zone)
    turns = [(turn.time, number, turn) for number, turn in enumerate(book.turns(low, high))]
    heapify(turns)
    while turns:
        _, number, turn = turns[0]
        book.advance(turn)
        if turn.time < turn.until:
            heapreplace(turns, (turn.time, number, turn))
        else:
            heappop(turns)
    return sorted(book.visits, key=lambda visit: visit.starts_at)


@dataclass(slots=True)
class _Turn:
    """A stretch of work of one provider, filled up to `time`, `busy` minutes of it with visits."""

    provider: Provider
    opened: Minute
    until: Minute
    time: Minute
    busy: int = 0


@dataclass(frozen=True, slots=True)
class _Offer:
    """A service of a provider at a place, with the rooms that suit it, best first."""

    service: Service
    location: Location | None
    rooms: tuple[Room, ...]
    pools: tuple[EquipmentPool, ...]


@dataclass(frozen=True, slots=True)
class _Menu:
    """All offers of a provider; short services are asked for more often."""

    offers: tuple[_Offer, ...]
    weights: tuple[float, ...]


@dataclass
class _Book:
    """The visits so far, and until when everything and everybody is taken."""

    setup: ClinicSetup
    patients: Sequence[Patient]
    random: Random
    pace: Pace
    visits: list[Appointment] = field(default_factory=list)
    taken_until: dict[str, list[Minute]] = field(default_factory=dict)
    seen_until: dict[str, Minute] = field(default_factory=dict)
    counts: dict[tuple[str, date], int] = field(default_factory=dict)
    last_end: dict[tuple[str, str], Minute] = field(default_factory=dict)
    menus: dict[str, _Menu] = field(default_factory=dict)

    def turns(self, low: Minute, high: Minute) -> Iterable[_Turn]:
        """Every stretch of work that begins in `[low, high)`; prepares what each provider offers."""
        for provider in self.setup.providers:
            self.menus[provider.id] = _menu(self.setup, provider)
            self.taken_until[provider_ref(provider.id)] = [_NEVER]
            for start, end in self.setup.open_windows(provider_ref(provider.id), low, high).windows:
                if low <= start < high and self.menus[provider.id].offers:
                    yield _Turn(provider, start, min(end, high), start)
        for room in self.setup.rooms:
            self.taken_until[room_ref(room.id)] = [_NEVER] * room.capacity
        for pool in self.setup.equipment:
            self.taken_until[equipment_ref(pool.id)] = [_NEVER] * pool.quantity

    def advance(self, turn: _Turn) -> None:
        """One step: a visit, or a pause."""
        if self._pauses(turn):
            turn.time += self.random.choice(_PAUSES)
        elif not any(self._books(turn) for _ in range(_TRIES)):
            turn.time += _PAUSES[0]

    def _pauses(self, turn: _Turn) -> bool:
        morning = minute_of_day(turn.time, self.setup.zone) < _NOON
        wanted = self.pace.morning if morning else self.pace.afternoon
        ahead = turn.busy > wanted * (turn.time - turn.opened)
        return self.random.random() < (_PAUSE_AHEAD if ahead else _PAUSE_BEHIND * (1 - wanted))

    def _books(self, turn: _Turn) -> bool:
        menu = self.menus[turn.provider.id]
        offer = self.random.choices(menu.offers, cum_weights=menu.weights)[0]
        start = self._first_start(turn, offer)
        end = start + offer.service.duration_minutes
        if end > turn.until or not self._allowed(turn.provider, offer, start, end):
            return False
        room = self._free_room(offer, start, end)
        equipment = self._free_equipment(offer, start, end)
        patient = self._free_patient(turn.provider, start)
        if patient is None or equipment is None or (room is None and offer.service.needs_room):
            return False
        self._write(turn, offer, room, equipment, patient, start)
        return True

    def _first_start(self, turn: _Turn, offer: _Offer) -> Minute:
        free_from = self.taken_until[provider_ref(turn.provider.id)][0] + offer.service.buffer_before_minutes
        earliest = max(turn.time, free_from)
        past_midnight = minute_of_day(earliest, self.setup.zone_of(offer.location))
        return earliest + -past_midnight % offer.service.slot_step_minutes

    def _allowed(self, provider: Provider, offer: _Offer, start: Minute, end: Minute) -> bool:
        """Whether caps, gaps, closures and the clock let the visit start then."""
        service, setup = offer.service, self.setup
        zone = setup.zone_of(offer.location)
        day = local_date(start, setup.zone)
        place = location_ref(offer.location.id) if offer.location else CLINIC
        since = start - self.last_end.get((provider.id, service.id), _NEVER)
        return (
            minute_of_day(start, zone) % service.slot_step_minutes == 0
            and local_date(start, zone) not in service.blackout_dates
            and since >= service.min_gap_minutes
            and self._below(provider_ref(provider.id), day, provider.max_visits_per_day)
            and self._below(provider_ref(provider.id), day, self.pace.most_per_provider_day)
            and self._below(service.id, day, service.max_per_day)
            and setup.open_windows(place, start, end).contain(start, end)
        )

    def _below(self, counted: str, day: date, most: int | None) -> bool:
        return most is None or self.counts.get((counted, day), 0) < most

    def _free_room(self, offer: _Offer, start: Minute, end: Minute) -> Room | None:
        """One of the first few that are free."""
        free = (room for room in offer.rooms if self._has_place(room, offer.service, start, end))
        some = list(islice(free, _ROOMS_CONSIDERED))
        return self.random.choice(some) if some else None

    def _has_place(self, room: Room, service: Service, start: Minute, end: Minute) -> bool:
        ref = room_ref(room.id)
        held_from, _ = room_hold_of(service, room, start, end)
        return min(self.taken_until[ref]) <= held_from and self._is_open(ref, start, end)

    def _is_open(self, ref: str, start: Minute, end: Minute) -> bool:
        return self.setup.open_windows(ref, start, end).contain(start, end)

    def _free_equipment(self, offer: _Offer, start: Minute, end: Minute) -> tuple[EquipmentUse, ...] | None:
        uses: list[EquipmentUse] = []
        held_from, _ = hold_of(offer.service, start, end)
        for need in offer.service.equipment:
            missing = need.units
            for pool in offer.pools:
                ref = equipment_ref(pool.id)
                if pool.type != need.type or not missing or not self._is_open(ref, start, end):
                    continue
                free = sum(until <= held_from for until in self.taken_until[ref])
                if free:
                    uses.append(EquipmentUse(id=pool.id, units=min(free, missing)))
                    missing -= min(free, missing)
            if missing:
                return None
        return tuple(uses)

    def _free_patient(self, provider: Provider, start: Minute) -> Patient | None:
        """Of a few who could come, the one who has not been there for longest."""
        some = self.random.choices(self.patients, k=4) if self.patients else []
        could_come = [
            patient
            for patient in some
            if self.seen_until.get(patient.id, _NEVER) <= start
            and provider.id not in patient.blocked_provider_ids
        ]
        return min(could_come, key=lambda one: self.seen_until.get(one.id, _NEVER), default=None)

    def _write(
        self,
        turn: _Turn,
        offer: _Offer,
        room: Room | None,
        equipment: tuple[EquipmentUse, ...],
        patient: Patient,
        start: Minute,
    ) -> None:
        service, provider = offer.service, turn.provider
        end = start + service.duration_minutes
        held_from, held_until = hold_of(service, start, end)
        self._take(provider_ref(provider.id), 1, held_from, held_until)
        if room is not None:
            self._take(room_ref(room.id), 1, *room_hold_of(service, room, start, end))
        for use in equipment:
            self._take(equipment_ref(use.id), use.units, held_from, held_until)
        self.seen_until[patient.id] = self.last_end[provider.id, service.id] = end
        day = local_date(start, self.setup.zone)
        for counted in (provider_ref(provider.id), service.id):
            self.counts[counted, day] = self.counts.get((counted, day), 0) + 1
        turn.busy += held_until - held_from
        turn.time = max(turn.time, end)
        self.visits.append(
            Appointment(
                id=f"visit-{len(self.visits) + 1}",
                patient_id=patient.id,
                provider_id=provider.id,
                service_id=service.id,
                room_id=room.id if room else None,
                equipment=equipment,
                starts_at=instant_of(start),
                ends_at=instant_of(end),
            )
        )

    def _take(self, ref: str, units: int, held_from: Minute, held_until: Minute) -> None:
        taken = self.taken_until[ref]
        free = [unit for unit, until in enumerate(taken) if until <= held_from]
        for unit in free[:units]:
            taken[unit] = held_until


def _menu(setup: ClinicSetup, provider: Provider) -> _Menu:
    offers = [
        offer
        for service_id in provider.service_ids
        for offer in _offers(setup, provider, setup.service_by_id[service_id])
        if not offer.service.is_for_groups and _is_allowed(provider, offer.service)
    ]
    weights = accumulate(1 / offer.service.duration_minutes for offer in offers)
    return _Menu(tuple(offers), tuple(weights))


def _is_allowed(provider: Provider, service: Service) -> bool:
    return service.allowed_provider_ids is None or provider.id in service.allowed_provider_ids


def _offers(setup: ClinicSetup, provider: Provider, service: Service) -> Iterable[_Offer]:
    if not service.needs_room:
        yield _Offer(service, None, (), setup.equipment)
        return
    for location_id in provider.location_ids:
        rooms = [room for room in setup.rooms if room.location_id == location_id and suits(room, service)]
        pools = tuple(pool for pool in setup.equipment if pool.location_id == location_id)
        if rooms and all(_suffice(pools, need) for need in service.equipment):
            best_first = sorted(rooms, key=lambda room: _fit(room, provider))
            yield _Offer(service, setup.location_by_id[location_id], tuple(best_first), pools)


def _fit(room: Room, provider: Provider) -> tuple[bool, int, int]:
    """Least for rooms that the provider likes, then for the plainest."""
    liked = provider.preferences.room_ids if provider.preferences else ()
    return room.id not in liked, len(room.features), room.capacity


def _suffice(pools: Iterable[EquipmentPool], need: EquipmentNeed) -> bool:
    return sum(pool.quantity for pool in pools if pool.type == need.type) >= need.units
