"""A clinic without its calendar: everything that changes rarely, and what follows from it."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from models.clinic import (
    Clinic,
    EquipmentPool,
    HoursException,
    Location,
    OverbookingRule,
    Provider,
    Room,
    Service,
    WorkingHours,
)
from models.counters import counters_of, lanes_of_providers
from models.errors import NotFound
from models.hours import OpenWindows, Window, closings, expanded, merged, openings, without
from models.refs import CLINIC, equipment_ref, provider_ref, room_ref
from models.wall_clock import MINUTES_PER_DAY, Minute, zone_named

Found = TypeVar("Found")

_MARGIN = 3 * MINUTES_PER_DAY
_NEAR = 92 * MINUTES_PER_DAY
_CHUNK = 28 * MINUTES_PER_DAY


@dataclass(frozen=True, kw_only=True)
class ClinicSetup:
    """Places, people, things, services and hours of one clinic, as of one `version`.

    Immutable: what is derived from it (indexes, expanded hours) is kept with it.
    """

    clinic: Clinic
    locations: tuple[Location, ...] = ()
    providers: tuple[Provider, ...] = ()
    rooms: tuple[Room, ...] = ()
    equipment: tuple[EquipmentPool, ...] = ()
    services: tuple[Service, ...] = ()
    working_hours: tuple[WorkingHours, ...] = ()
    exceptions: tuple[HoursException, ...] = ()
    overbooking: tuple[OverbookingRule, ...] = ()
    version: int = 0
    _windows: dict[str, OpenWindows] = field(default_factory=dict, init=False, repr=False, compare=False)
    _derived: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def location_by_id(self) -> Mapping[str, Location]:
        return {location.id: location for location in self.locations}

    @cached_property
    def provider_by_id(self) -> Mapping[str, Provider]:
        return {provider.id: provider for provider in self.providers}

    @cached_property
    def room_by_id(self) -> Mapping[str, Room]:
        return {room.id: room for room in self.rooms}

    @cached_property
    def pool_by_id(self) -> Mapping[str, EquipmentPool]:
        return {pool.id: pool for pool in self.equipment}

    @cached_property
    def service_by_id(self) -> Mapping[str, Service]:
        return {service.id: service for service in self.services}

    @cached_property
    def resource_index(self) -> Mapping[str, int]:
        """A dense number for each provider, room, pool and counter: the rows of calendars."""
        refs = [
            *(provider_ref(provider.id) for provider in self.providers),
            *(room_ref(room.id) for room in self.rooms),
            *(equipment_ref(pool.id) for pool in self.equipment),
            *self.counters,
        ]
        return {ref: index for index, ref in enumerate(refs)}

    @cached_property
    def counters(self) -> Mapping[str, int]:
        """The units of whatever is counted: see `models.counters`."""
        return counters_of(self.providers, self.services, self.overbooking)

    @cached_property
    def lanes(self) -> Mapping[str, int]:
        """By how many visits at most each provider may ever be overbooked; those who may not are left out."""
        return lanes_of_providers(self.providers, self.overbooking)

    @cached_property
    def capacities(self) -> Mapping[str, int]:
        """How many units of each resource can be held at once; whatever is not listed has one."""
        lanes = {provider_ref(provider_id): 1 + extra for provider_id, extra in self.lanes.items()}
        rooms = {room_ref(room.id): room.capacity for room in self.rooms}
        pools = {equipment_ref(pool.id): pool.quantity for pool in self.equipment}
        return {**lanes, **rooms, **pools, **self.counters}

    @cached_property
    def zone(self) -> ZoneInfo:
        """The clinic's own zone."""
        return zone_named(self.clinic.timezone)

    @cached_property
    def _zones(self) -> Mapping[str, ZoneInfo]:
        zones = {location.id: self.zone_of(location) for location in self.locations}
        by_ref = {room_ref(room.id): zones.get(room.location_id, self.zone) for room in self.rooms}
        by_ref |= {equipment_ref(pool.id): zones.get(pool.location_id, self.zone) for pool in self.equipment}
        for provider in self.providers:
            at_one = len(provider.location_ids) == 1
            by_ref[provider_ref(provider.id)] = (
                zones.get(provider.location_ids[0], self.zone) if at_one else self.zone
            )
        return by_ref

    def zone_of(self, location: Location | None) -> ZoneInfo:
        """The zone that a visit at a location is read in; a visit without one is read in the clinic's."""
        if location is None or location.timezone is None:
            return self.zone
        return zone_named(location.timezone)

    def service(self, service_id: str) -> Service:
        """The service of that id, or NotFound."""
        return _found(self.service_by_id, "service", service_id)

    def provider(self, provider_id: str) -> Provider:
        """The provider of that id, or NotFound."""
        return _found(self.provider_by_id, "provider", provider_id)

    def location(self, location_id: str) -> Location:
        """The location of that id, or NotFound."""
        return _found(self.location_by_id, "location", location_id)

    def room(self, room_id: str) -> Room:
        """The room of that id, or NotFound."""
        return _found(self.room_by_id, "room", room_id)

    @cached_property
    def _hours_of(self) -> Mapping[str, list[WorkingHours]]:
        rows: dict[str, list[WorkingHours]] = {}
        for row in self.working_hours:
            rows.setdefault(row.resource, []).append(row)
        return rows

    @cached_property
    def _exceptions_of(self) -> Mapping[str, list[HoursException]]:
        rows: dict[str, list[HoursException]] = {}
        for row in self.exceptions:
            rows.setdefault(row.resource, []).append(row)
        return rows

    def derived(self, key: Hashable, make: Callable[[], Found]) -> Found:
        """What `make` computes from this setup alone, computed once; `key` must name it."""
        try:
            found: Found = self._derived[key]
        except KeyError:
            found = self._derived[key] = make()
        return found

    def but(
        self,
        *,
        providers: tuple[Provider, ...] | None = None,
        rooms: tuple[Room, ...] | None = None,
        equipment: tuple[EquipmentPool, ...] | None = None,
        services: tuple[Service, ...] | None = None,
    ) -> "ClinicSetup":
        """The same clinic with other numbers in these: hours and places stay, and what they expand to."""
        changed = replace(
            self,
            providers=self.providers if providers is None else providers,
            rooms=self.rooms if rooms is None else rooms,
            equipment=self.equipment if equipment is None else equipment,
            services=self.services if services is None else services,
        )
        changed._windows.update(self._windows)
        return changed

    def knows_windows(self, ref: str, low: Minute, high: Minute) -> bool:
        """Whether `open_windows` would answer at once, with nothing to expand."""
        known = self._windows.get(ref)
        return known is not None and known.low <= low and high <= known.high

    def open_windows(self, ref: str, low: Minute, high: Minute) -> OpenWindows:
        """When a resource, a location or the clinic (`ref`) is open, good for any minute of `[low, high)`.

        Expanding recurrences is slow, so the answer is kept, and widened when asked not far beyond it.
        """
        known = self._windows.get(ref)
        if known is not None and known.low <= low and high <= known.high:
            return known
        if known is not None and low - _NEAR < known.high and known.low < high + _NEAR:
            low, high = min(low, known.low), max(high, known.high)
        low = low // MINUTES_PER_DAY * MINUTES_PER_DAY - _MARGIN
        high = -(-high // _CHUNK) * _CHUNK + _MARGIN
        fresh = OpenWindows(low, high, tuple(self._expand(ref, low - _MARGIN, high + _MARGIN)))
        self._windows[ref] = fresh
        return fresh

    def _expand(self, ref: str, low: Minute, high: Minute) -> list[Window]:
        exceptions = self._exceptions_of.get(ref, [])
        if ref == CLINIC or ref.startswith("locations/"):
            everywhere = [] if ref == CLINIC else self._exceptions_of.get(CLINIC, [])
            return without([(low, high)], closings([*exceptions, *everywhere]))
        rows = self._hours_of.get(ref, [])
        if rows or ref.startswith("providers/"):
            base = expanded(rows, self._zones[ref], low, high)
        else:  # a room or a pool without hours is always open
            base = [(low, high)]
        return without(merged([*base, *openings(exceptions)]), closings(exceptions))


def _found(items: Mapping[str, Found], kind: str, identifier: str) -> Found:
    try:
        return items[identifier]
    except KeyError:
        raise NotFound(kind, identifier) from None
