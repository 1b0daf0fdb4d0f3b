"""Every slot that exists in a clinic file, found by trying every minute of the range.

Slow and plain on purpose: sets of open minutes, counts of units in use per minute, nested loops. Times are
whole minutes since 1970 in UTC; intervals are half-open. Daily caps, minimum gaps, overbooking lanes,
blackout dates and seats are not judged here.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

Json = dict[str, Any]
SlotKey = tuple[str, str | None, str]
"""Provider, location (none for a visit without a room), start in UTC such as 2026-03-29T07:00:00Z."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_MINUTE = timedelta(minutes=1)
ANCHOR_OF_RULES = date(2001, 1, 1)  # a Monday
HOLDING = frozenset({"pending", "scheduled", "confirmed", "checked_in", "in_progress", "completed"})


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One placement that breaks no rule, with everything that would do for it."""

    provider_id: str
    location_id: str | None
    start: datetime
    end: datetime
    zone: str
    room_ids: frozenset[str]
    free_units: Mapping[str, int]
    overbook: bool = False

    @property
    def key(self) -> SlotKey:
        return self.provider_id, self.location_id, utc_text(self.start)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """All slots of one query, and the names that an answer must carry."""

    slots: Mapping[SlotKey, Slot]
    units_needed: Mapping[str, int]
    provider_names: Mapping[str, str]
    location_names: Mapping[str, str]
    rooms: Mapping[str, Json]
    pool_types: Mapping[str, str]


def every_slot(clinic_file: Json, query: Json) -> Expected:
    """Try each provider at each place at each minute of the query's range, and keep what breaks no rule."""
    service = by_id(clinic_file["services"])[query["serviceId"]]
    first, beyond = starts_allowed(clinic_file, service, query)
    duration = int(query.get("durationMinutes") or service["durationMinutes"])
    world = World(clinic_file, first, beyond + duration)
    aligned_in: dict[str, list[int]] = {}
    slots: dict[SlotKey, Slot] = {}
    for provider in clinic_file["providers"]:
        if query.get("providerIds") and provider["id"] not in query["providerIds"]:
            continue
        for location_id in places_of(provider, service, query.get("locationId")):
            zone = world.zone_of_place(location_id)
            if zone not in aligned_in:
                aligned_in[zone] = aligned_minutes(first, beyond, zone, service.get("slotStepMinutes", 15))
            for minute in aligned_in[zone]:
                slot = world.slot_at(
                    minute=minute,
                    duration=duration,
                    service_id=service["id"],
                    provider_id=provider["id"],
                    location_id=location_id,
                    patient_id=query.get("patientId"),
                )
                if slot is not None:
                    slots[slot.key] = slot
    return Expected(
        slots=slots,
        units_needed=units_needed(service),
        provider_names={provider["id"]: provider["name"] for provider in clinic_file["providers"]},
        location_names={location["id"]: location["name"] for location in clinic_file["locations"]},
        rooms=by_id(clinic_file.get("rooms", [])),
        pool_types={pool["id"]: pool["type"] for pool in clinic_file.get("equipment", [])},
    )


class World:
    """One clinic file between two minutes: who is open when, and what is in use when."""

    def __init__(self, clinic_file: Json, first: int, beyond: int) -> None:
        self.file = clinic_file
        self.first = first
        self.beyond = max(first, beyond)
        self.locations = by_id(clinic_file["locations"])
        self.providers = by_id(clinic_file["providers"])
        self.rooms = by_id(clinic_file.get("rooms", []))
        self.pools = by_id(clinic_file.get("equipment", []))
        self.services = by_id(clinic_file["services"])
        self.patients = by_id(clinic_file.get("patients", []))
        self._open: dict[str, set[int] | None] = {}
        self._closed: dict[str, set[int]] = {}
        self.in_use: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for appointment in clinic_file.get("appointments", []):
            self.hold(appointment)

    # what is in use

    def hold(self, appointment: Json) -> None:
        """Count the units that an appointment holds, minute by minute; one that is over holds nothing."""
        if appointment["status"] not in HOLDING:
            return
        service = self.services[appointment["serviceId"]]
        start, end = minutes_touched(appointment)
        hold_start = start - service.get("bufferBeforeMinutes", 0)
        hold_end = end + service.get("bufferAfterMinutes", 0)
        self._use(f"patients/{appointment['patientId']}", start, end, 1)
        self._use(f"providers/{appointment['providerId']}", hold_start, hold_end, 1)
        room_id = appointment.get("roomId")
        if room_id is not None:
            turnaround = self.rooms[room_id].get("turnaroundMinutes", 0)
            self._use(f"rooms/{room_id}", hold_start, hold_end + turnaround, 1)
        for taken in appointment.get("equipment", []):
            self._use(f"equipment/{taken['id']}", hold_start, hold_end, taken["units"])

    def _use(self, resource: str, start: int, end: int, units: int) -> None:
        for minute in range(start, end):
            self.in_use[resource][minute] += units

    def peak(self, resource: str, start: int, end: int) -> int:
        """The most units in use at any one minute."""
        if resource not in self.in_use:
            return 0
        used = self.in_use[resource]
        return max((used.get(minute, 0) for minute in range(start, end)), default=0)

    # who is open

    def zone_of_place(self, location_id: str | None) -> str:
        clinic_zone: str = self.file["clinic"]["timezone"]
        if location_id is None:
            return clinic_zone
        return self.locations[location_id].get("timezone") or clinic_zone

    def zone_of_resource(self, resource: str) -> str:
        kind, _, identifier = resource.partition("/")
        if kind == "providers":
            places = self.providers[identifier]["locationIds"]
            return self.zone_of_place(places[0] if len(places) == 1 else None)
        stands_in = self.rooms if kind == "rooms" else self.pools
        return self.zone_of_place(stands_in[identifier]["locationId"])

    def is_open(self, resource: str, start: int, end: int) -> bool:
        """Whether every single minute of the visit is open."""
        if resource not in self._closed:
            self._open[resource] = self._open_minutes(resource)
            self._closed[resource] = self._minutes_of_exceptions(resource, "unavailable")
        opened = self._open[resource]
        visit = range(start, end)
        return (opened is None or opened.issuperset(visit)) and self._closed[resource].isdisjoint(visit)

    def _open_minutes(self, resource: str) -> set[int] | None:
        """Minutes of the weekly rules and of the extra hours; none at all means always open."""
        kind = resource.partition("/")[0]
        if kind in {"clinic", "locations"}:
            return None
        rows = [row for row in self.file.get("availability", []) if row["resource"] == resource]
        if not rows and kind != "providers":
            return None
        minutes = self._minutes_of_exceptions(resource, "available")
        zone = self.zone_of_resource(resource)
        first_day = (EPOCH + self.first * ONE_MINUTE).date() - timedelta(days=2)
        last_day = (EPOCH + self.beyond * ONE_MINUTE).date() + timedelta(days=2)
        for row in rows:
            day = first_day
            while day <= last_day:
                if row_applies(row, day):
                    start, end = window_on(row, day, zone)
                    minutes.update(range(start, end))
                day += timedelta(days=1)
        return minutes

    def _minutes_of_exceptions(self, resource: str, kind: str) -> set[int]:
        minutes: set[int] = set()
        for exception in self.file.get("exceptions", []):
            if exception["resource"] == resource and exception["kind"] == kind:
                if kind == "available":
                    start, end = minutes_filled(exception)
                else:
                    start, end = minutes_touched(exception)
                minutes.update(range(max(start, self.first), min(end, self.beyond)))
        return minutes

    # the verdict on one placement

    def slot_at(
        self,
        *,
        minute: int,
        duration: int,
        service_id: str,
        provider_id: str,
        location_id: str | None,
        patient_id: str | None,
        outside_hours: bool = False,
    ) -> Slot | None:
        """The slot that starts at this minute, or none; `outside_hours` looks at what is in use only."""
        service = self.services[service_id]
        start, end = minute, minute + duration
        hold_start = start - service.get("bufferBeforeMinutes", 0)
        hold_end = end + service.get("bufferAfterMinutes", 0)

        def opened(resource: str) -> bool:
            return outside_hours or self.is_open(resource, start, end)

        if not opened(f"providers/{provider_id}") or not opened("clinic"):
            return None
        if location_id is not None and not opened(f"locations/{location_id}"):
            return None
        if self.peak(f"providers/{provider_id}", hold_start, hold_end) > 0:
            return None
        if patient_id is not None:
            if provider_id in self.patients[patient_id].get("blockedProviderIds", []):
                return None
            if self.peak(f"patients/{patient_id}", start, end) > 0:
                return None
        free_units = {}
        for pool in self.pools.values():
            if location_id is not None and pool["locationId"] != location_id:
                continue
            if pool["type"] in units_needed(service) and opened(f"equipment/{pool['id']}"):
                used = self.peak(f"equipment/{pool['id']}", hold_start, hold_end)
                free_units[pool["id"]] = pool.get("quantity", 1) - used
        for equipment_type, units in units_needed(service).items():
            of_type = [pool_id for pool_id in free_units if self.pools[pool_id]["type"] == equipment_type]
            if sum(free_units[pool_id] for pool_id in of_type) < units:
                return None
        room_ids = set()
        if location_id is not None:
            for room in self.rooms.values():
                if room["locationId"] != location_id or not room_suits(room, service):
                    continue
                if not opened(f"rooms/{room['id']}"):
                    continue
                room_hold_end = hold_end + room.get("turnaroundMinutes", 0)
                if self.peak(f"rooms/{room['id']}", hold_start, room_hold_end) < room.get("capacity", 1):
                    room_ids.add(room["id"])
            if not room_ids:
                return None
        return Slot(
            provider_id=provider_id,
            location_id=location_id,
            start=EPOCH + start * ONE_MINUTE,
            end=EPOCH + end * ONE_MINUTE,
            zone=self.zone_of_place(location_id),
            room_ids=frozenset(room_ids),
            free_units=free_units,
        )


# places and starts


def places_of(provider: Json, service: Json, location_id: str | None) -> list[str | None]:
    """Where this provider may give the visit; a visit without a room takes place nowhere, once."""
    if service["id"] not in provider["serviceIds"]:
        return []
    if location_id is not None and location_id not in provider["locationIds"]:
        return []
    if service["modality"] != "in_person":
        return [None]
    return [location_id] if location_id is not None else list(provider["locationIds"])


def starts_allowed(clinic_file: Json, service: Json, query: Json) -> tuple[int, int]:
    """First minute that may start the visit, and the first one past the last."""
    location = by_id(clinic_file["locations"]).get(query.get("locationId") or "", {})
    zone = location.get("timezone") or clinic_file["clinic"]["timezone"]
    now = instant(query["now"])
    earliest = max(
        bound(query["start"], zone, is_end=False),
        now + timedelta(minutes=service.get("minNoticeMinutes", 0)),
        now,
    )
    latest = now + timedelta(hours=24 * service.get("maxFutureDays", 365))
    first = rounded_up(earliest)
    beyond = min(rounded_up(bound(query["end"], zone, is_end=True)), rounded_down(latest) + 1)
    return first, max(first, beyond)


def bound(text: str, zone: str, *, is_end: bool) -> datetime:
    """A query's edge in UTC: a date is its midnight, as an end the midnight after; no offset means local."""
    if "T" not in text:
        day = date.fromisoformat(text) + timedelta(days=1 if is_end else 0)
        return on_the_clock(datetime.combine(day, time()), zone)
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else on_the_clock(moment, zone)


def aligned_minutes(first: int, beyond: int, zone: str, step: int) -> list[int]:
    """The minutes whose wall clock in that zone stands at a whole number of steps since midnight."""
    clock = ZoneInfo(zone)
    aligned = []
    for minute in range(first, beyond):
        local = (EPOCH + minute * ONE_MINUTE).astimezone(clock)
        if (local.hour * 60 + local.minute) % step == 0:
            aligned.append(minute)
    return aligned


# weekly rules


def row_applies(row: Json, day: date) -> bool:
    """Whether the row's recurrence falls on this local date, between its own first and last date."""
    effective_from, effective_to = row.get("effectiveFrom"), row.get("effectiveTo")
    if effective_from and day < date.fromisoformat(effective_from):
        return False
    if effective_to and day > date.fromisoformat(effective_to):
        return False
    anchor = date.fromisoformat(effective_from) if effective_from else ANCHOR_OF_RULES
    return day in dates_of_rule(row["rrule"], anchor, date(day.year + 1, 12, 31))


@cache
def dates_of_rule(rule: str, anchor: date, last: date) -> frozenset[date]:
    """All local dates of a recurrence, from its anchor on; a date as UNTIL includes that date."""
    text = re.sub(r"UNTIL=(\d{8})(T\d{6}Z?)?", r"UNTIL=\1T235959", rule.removeprefix("RRULE:"))
    dates = set()
    for occurrence in rrulestr(text, dtstart=datetime.combine(anchor, time())):
        if occurrence.date() > last:
            break
        dates.add(occurrence.date())
    return frozenset(dates)


def window_on(row: Json, day: date, zone: str) -> tuple[int, int]:
    """The row's window on one local date."""
    edges = []
    for text in (row["startTime"], row["endTime"]):
        hours, minutes = text.split(":")
        wall_clock = datetime.combine(day, time()) + timedelta(hours=int(hours), minutes=int(minutes))
        edges.append(rounded_down(on_the_clock(wall_clock, zone)))
    return edges[0], edges[1]


def on_the_clock(wall_clock: datetime, zone: str) -> datetime:
    """A local time in UTC: the first of two, and the end of the gap where there is none."""
    clock = ZoneInfo(zone)
    while True:
        moment = wall_clock.replace(tzinfo=clock, fold=0).astimezone(UTC)
        if moment.astimezone(clock).replace(tzinfo=None, fold=0) == wall_clock:
            return moment
        wall_clock += ONE_MINUTE


# small words


def by_id(entities: Iterable[Json]) -> dict[str, Json]:
    return {entity["id"]: entity for entity in entities}


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


def instant(value: str | datetime) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no offset")
    return moment.astimezone(UTC)


def minutes_touched(span: Json) -> tuple[int, int]:
    """The minutes that `start` to `end` touches, even in part."""
    return rounded_down(instant(span["start"])), rounded_up(instant(span["end"]))


def minutes_filled(span: Json) -> tuple[int, int]:
    """The minutes that `start` to `end` fills whole."""
    return rounded_up(instant(span["start"])), rounded_down(instant(span["end"]))


def rounded_down(moment: datetime) -> int:
    return (moment - EPOCH) // ONE_MINUTE


def rounded_up(moment: datetime) -> int:
    return -((EPOCH - moment) // ONE_MINUTE)


def utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
