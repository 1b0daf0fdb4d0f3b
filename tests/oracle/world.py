"""What each rule says of one placement in a clinic file. Rules go by their published names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tests.oracle.clock import EPOCH, ONE_MINUTE, Json, is_aligned, on_the_wall, utc_text
from tests.oracle.opening import Opening, by_id
from tests.oracle.taken import Taken, is_for_groups

SlotKey = tuple[str, str | None, str]
"""Provider, location (none for a visit without a room), start in UTC such as 2026-03-29T07:00:00Z."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One placement: who sees whom for what, where and when."""

    service_id: str
    provider_id: str
    location_id: str | None
    start: int
    end: int
    patient_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One placement that breaks no rule, with everything that would do for it.

    `joins` is the first appointment of the group visit in which a seat is free. Where several group
    visits would do, any of them may be told: this one, or one of `or_else`.
    """

    provider_id: str
    location_id: str | None
    start: datetime
    end: datetime
    zone: str
    room_ids: frozenset[str]
    free_units: Mapping[str, int]
    overbook: bool = False
    joins: str | None = None
    or_else: tuple["Slot", ...] = ()

    @property
    def key(self) -> SlotKey:
        return self.provider_id, self.location_id, utc_text(self.start)


class World:
    """One clinic file between two minutes: who is open when, what is in use, and what each rule says."""

    def __init__(self, clinic_file: Json, first: int, beyond: int, now: datetime | None = None) -> None:
        self.file = clinic_file
        self.now = now
        self.opening = Opening(clinic_file, first, beyond)
        self.taken = Taken(self.opening, now)
        self.providers = by_id(clinic_file["providers"])
        self.rooms = by_id(clinic_file.get("rooms", []))
        self.pools = by_id(clinic_file.get("equipment", []))
        self.services = by_id(clinic_file["services"])
        self.patients = by_id(clinic_file.get("patients", []))

    def slot_at(self, ask: Ask) -> Slot | None:
        """The slot of a placement whose start is aligned, or none: a seat before a visit of its own."""
        if next(self._broken_by_all(ask), None) is not None:
            return None
        groups = list(self._groups(ask))
        seats = [group for group in groups if next(self._broken_by_joining(ask, group), None) is None]
        if seats:
            slots = [self._seat(ask, group) for group in seats]
            return replace(slots[0], or_else=tuple(slots[1:]))
        return self.slot_alone(ask)

    def slot_alone(self, ask: Ask) -> Slot | None:
        """A visit of its own, whether or not a group visit could be joined just then; or none."""
        if next(self._broken_by_all(ask), None) or next(self._broken_alone(ask), None):
            return None
        return self._own_slot(ask)

    def why_not(self, ask: Ask) -> set[str]:
        """The names of all rules that a placement breaks, of whichever room; none at all if it can be."""
        ways = self.ways(ask)
        return set().union(*ways) if all(ways) else set()

    def ways(self, ask: Ask) -> list[set[str]]:
        """For each group visit that could be joined, and for a visit of its own: the rules in the way."""
        always = {*self._broken_by_start(ask), *self._broken_by_all(ask)}
        seats = [always | set(self._broken_by_joining(ask, group)) for group in self._groups(ask)]
        return [*seats, always | set(self._broken_alone(ask))]

    def _groups(self, ask: Ask) -> Iterator[Json]:
        place = ask.service_id, ask.provider_id, ask.location_id
        return self.taken.group_visits(*place, ask.start, ask.end)

    def _has_a_group(self, ask: Ask) -> bool:
        """Whether there is a group visit at the provider just then, wherever it takes place."""
        who = ask.service_id, ask.provider_id
        places = [None, *(location["id"] for location in self.file["locations"])]
        return any(True for place in places for _ in self.taken.group_visits(*who, place, ask.start, ask.end))

    # the rules, by name

    def _broken_by_start(self, ask: Ask) -> Iterator[str]:
        service = self.services[ask.service_id]
        if not is_aligned(ask.start, step_of(service), self.opening.zone_of_place(ask.location_id)):
            yield "start_is_aligned"
        if self.now is not None:
            start = EPOCH + ask.start * ONE_MINUTE
            if start < self.now + timedelta(minutes=service.get("minNoticeMinutes", 0)):
                yield "start_respects_notice"
            if start > self.now + timedelta(hours=24 * service.get("maxFutureDays", 365)):
                yield "start_is_within_the_booking_horizon"

    def _broken_by_all(self, ask: Ask) -> Iterator[str]:
        """What a visit of its own and a seat in a group visit have in common."""
        service, provider = self.services[ask.service_id], self.providers[ask.provider_id]
        if not self.opening.is_open(f"providers/{provider['id']}", ask.start, ask.end):
            yield "provider_is_working"
        if service["id"] not in provider["serviceIds"]:
            yield "provider_offers_the_service"
        if provider["id"] not in service.get("allowedProviderIds", [provider["id"]]):
            yield "service_allows_the_provider"
        if ask.location_id is not None and ask.location_id not in provider["locationIds"]:
            yield "provider_works_at_the_location"
        if ask.patient_id is not None:
            if provider["id"] in self.patients[ask.patient_id].get("blockedProviderIds", []):
                yield "provider_is_not_blocked_for_the_patient"
            if self.taken.peak(f"patients/{ask.patient_id}", ask.start, ask.end) > 0:
                yield "patient_is_never_in_two_places"
        here = on_the_wall(ask.start, self.opening.zone_of_place(ask.location_id)).date()
        if str(here) in service.get("blackoutDates", []):
            yield "service_is_not_blacked_out"
        places = ["clinic"] if ask.location_id is None else ["clinic", f"locations/{ask.location_id}"]
        if not all(self.opening.is_open(place, ask.start, ask.end) for place in places):
            yield "location_is_open"
        day = on_the_wall(ask.start, self.opening.zone_of_place(None)).date()
        most = provider.get("maxVisitsPerDay")
        if most is not None and self.taken.visits_on(day, "providerId", provider["id"]) >= most:
            yield "provider_has_visits_left_that_day"
        most = service.get("maxPerDay")
        if most is not None and self.taken.visits_on(day, "serviceId", service["id"]) >= most:
            yield "service_has_visits_left_that_day"
        if is_for_groups(service):
            seats = f"seats/{provider['id']}/{service['id']}"
            if self.taken.peak(seats, ask.start, ask.end) >= service["seats"]:
                yield "group_visit_has_a_seat_left"

    def _broken_alone(self, ask: Ask) -> Iterator[str]:
        """What more a visit of its own needs: provider, room and equipment for itself."""
        gap = self.services[ask.service_id].get("minGapMinutes", 0)
        who = ask.service_id, ask.provider_id
        if gap and self.taken.others_within(gap, *who, ask.start, ask.end):
            yield "visits_of_a_service_keep_their_gap"
        yield from self._broken_by_overlap(ask)
        yield from self._broken_by_equipment(ask)
        if ask.location_id is not None:
            yield from self._broken_by_rooms(ask)
        if self._has_a_group(ask):
            yield "group_visit_is_shared_whole"

    def _broken_by_overlap(self, ask: Ask) -> Iterator[str]:
        """A provider who holds other visits then needs a rule with enough lanes that is not used up."""
        peak = self.overlapped(ask)
        if not peak:
            return
        rules = [
            rule
            for rule in self.file.get("overbooking", [])
            if rule["lanes"] >= peak
            and self.taken.rule_applies(
                rule, ask.provider_id, ask.service_id, ask.location_id, ask.start, ask.end
            )
        ]
        day = on_the_wall(ask.start, self.opening.zone_of_place(None)).date()
        if not rules:
            yield "provider_is_never_double_booked"
        elif all(
            "maxPerDay" in rule and self.taken.overbooked_on(day, rule, ask.provider_id) >= rule["maxPerDay"]
            for rule in rules
        ):
            yield "overbooking_stays_within_its_daily_limit"

    def _broken_by_equipment(self, ask: Ask) -> Iterator[str]:
        """Where the units do not suffice: none of the pools at the place, closed ones, or units in use."""
        needed = units_needed(self.services[ask.service_id])
        free = self.free_units(ask)
        short = False
        for equipment_type, units in needed.items():
            pools = [pool for pool in self._pools_at(ask.location_id) if pool["type"] == equipment_type]
            if sum(pool.get("quantity", 1) for pool in pools) < units:
                yield "equipment_is_what_the_service_needs"
            short |= sum(free.get(pool["id"], 0) for pool in pools) < units
        if not short:
            return
        for pool in self._pools_at(ask.location_id):
            if pool["type"] in needed:
                resource = f"equipment/{pool['id']}"
                if not self.opening.is_open(resource, ask.start, ask.end):
                    yield "equipment_is_open"
                if self.taken.peak(resource, *self.hold_of(ask)):
                    yield "equipment_is_never_overbooked"

    def _broken_by_rooms(self, ask: Ask) -> Iterator[str]:
        """Where no room will do: why each of them does not."""
        reasons = set()
        suitable = [room for room in self._rooms_at(ask.location_id) if self._suits(room, ask)]
        for room in suitable:
            why = self.why_not_in(room, ask)
            if why is None:
                return
            reasons.add(why)
        yield from reasons or {"room_suits_the_service"}

    def _broken_by_joining(self, ask: Ask, group: Json) -> Iterator[str]:
        """The room and the equipment are the group's, and they are taken already."""
        service = self.services[ask.service_id]
        if "roomId" in group:
            if not room_suits(self.rooms[group["roomId"]], service):
                yield "room_suits_the_service"
            if not self.opening.is_open(f"rooms/{group['roomId']}", ask.start, ask.end):
                yield "room_is_open"
        units: dict[str, int] = {}
        for used in group.get("equipment", []):
            pool = self.pools[used["id"]]
            units[pool["type"]] = units.get(pool["type"], 0) + used["units"]
            if ask.location_id is not None and pool["locationId"] != ask.location_id:
                yield "equipment_is_what_the_service_needs"
            if not self.opening.is_open(f"equipment/{used['id']}", ask.start, ask.end):
                yield "equipment_is_open"
        if units != units_needed(service):
            yield "equipment_is_what_the_service_needs"

    # what there is

    def hold_of(self, ask: Ask) -> tuple[int, int]:
        service = self.services[ask.service_id]
        before, after = service.get("bufferBeforeMinutes", 0), service.get("bufferAfterMinutes", 0)
        return ask.start - before, ask.end + after

    def overlapped(self, ask: Ask) -> int:
        """How many visits the provider holds at the busiest minute of the hold."""
        return self.taken.peak(f"providers/{ask.provider_id}", *self.hold_of(ask))

    def why_not_in(self, room: Json, ask: Ask) -> str | None:
        """Which rule forbids a visit of its own in this room, if any."""
        if room["locationId"] != ask.location_id or not self._suits(room, ask):
            return "room_suits_the_service"
        if not self.opening.is_open(f"rooms/{room['id']}", ask.start, ask.end):
            return "room_is_open"
        held_from, held_until = self.hold_of(ask)
        held_until += room.get("turnaroundMinutes", 0)
        if self.taken.peak(f"rooms/{room['id']}", held_from, held_until) >= room.get("capacity", 1):
            return "room_is_never_double_booked"
        return None

    def _suits(self, room: Json, ask: Ask) -> bool:
        return room_suits(room, self.services[ask.service_id])

    def free_units(self, ask: Ask) -> dict[str, int]:
        """Units that each pool of a needed type at the place could lend; closed ones are left out."""
        needed = units_needed(self.services[ask.service_id])
        return {
            pool["id"]: pool.get("quantity", 1)
            - self.taken.peak(f"equipment/{pool['id']}", *self.hold_of(ask))
            for pool in self._pools_at(ask.location_id)
            if pool["type"] in needed and self.opening.is_open(f"equipment/{pool['id']}", ask.start, ask.end)
        }

    def _pools_at(self, location_id: str | None) -> list[Json]:
        """The pools that stand there; all of them, for a visit that takes place nowhere."""
        return [pool for pool in self.pools.values() if location_id in {None, pool["locationId"]}]

    def _rooms_at(self, location_id: str | None) -> list[Json]:
        return [room for room in self.rooms.values() if room["locationId"] == location_id]

    def _own_slot(self, ask: Ask) -> Slot:
        rooms = [room["id"] for room in self._rooms_at(ask.location_id) if self.why_not_in(room, ask) is None]
        free = self.free_units(ask)
        return self._slot(ask, frozenset(rooms), free, overbook=self.overlapped(ask) > 0)

    def _seat(self, ask: Ask, group: Json) -> Slot:
        rooms = frozenset({group["roomId"]} if "roomId" in group else ())
        units = {used["id"]: used["units"] for used in group.get("equipment", [])}
        seat = self._slot(ask, rooms, units, overbook=group.get("overbook", False))
        return replace(seat, joins=group["id"])

    def _slot(self, ask: Ask, rooms: frozenset[str], units: Mapping[str, int], *, overbook: bool) -> Slot:
        return Slot(
            provider_id=ask.provider_id,
            location_id=ask.location_id,
            start=EPOCH + ask.start * ONE_MINUTE,
            end=EPOCH + ask.end * ONE_MINUTE,
            zone=self.opening.zone_of_place(ask.location_id),
            room_ids=rooms,
            free_units=units,
            overbook=overbook,
        )


# small words


def step_of(service: Json) -> int:
    return int(service.get("slotStepMinutes", 15))


def units_needed(service: Json) -> dict[str, int]:
    """Units by type of equipment."""
    needed: dict[str, int] = {}
    for line in service.get("equipment", []):
        needed[line["type"]] = needed.get(line["type"], 0) + line["units"]
    return needed


def room_suits(room: Json, service: Json) -> bool:
    types = service.get("roomTypes", [])
    has_type = not types or room["type"] in types
    return has_type and set(room.get("features", [])) >= set(service.get("roomFeatures", []))
