"""The clinic, its sites, people, rooms, equipment and services, as a file writes them."""

from typing import Annotated
from uuid import uuid4

from pydantic import Field

from api.clinic_file.entry import Buffer, Count, Entry, Latitude, Longitude, Percent, Points, Units
from api.clinic_file.scalars import Days, Id, Ids, ModalityName, Name, Text, TimeOfDay, Words, ZoneName
from models.clinic import (
    MAX_DURATION_MINUTES,
    MAX_FUTURE_DAYS,
    MAX_NOTICE_MINUTES,
    Clinic,
    EquipmentNeed,
    EquipmentPool,
    Location,
    PreferredWindow,
    Provider,
    ProviderPreferences,
    Room,
    Service,
    Weights,
)
from models.wall_clock import MINUTES_PER_DAY


class WeightsEntry(Entry):
    """Points that each quality of a slot can earn."""

    preference: Points = 40
    gap: Points = 35
    room: Points = 15
    overbook: Points = 10
    fairness: Points = 0

    def to_domain(self) -> Weights:
        return Weights(**self.model_dump())


class ClinicEntry(Entry):
    """The clinic itself; without an id it gets a fresh one."""

    id: Id | None = None
    name: Name
    timezone: ZoneName
    grid_minutes: Annotated[int, Field(ge=1, le=60)] = 5
    weights: WeightsEntry | None = None

    def to_domain(self) -> Clinic:
        return Clinic(
            id=self.id or str(uuid4()),
            name=self.name,
            timezone=self.timezone,
            grid_minutes=self.grid_minutes,
            weights=self.weights.to_domain() if self.weights else Weights(),
        )


class LocationEntry(Entry):
    """A site; where it lies, in degrees, is told by both numbers or by neither."""

    id: Id
    name: Name
    timezone: ZoneName | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None

    def to_domain(self) -> Location:
        return Location(
            id=self.id,
            name=self.name,
            timezone=self.timezone,
            latitude=self.latitude,
            longitude=self.longitude,
        )


class PreferredWindowEntry(Entry):
    """A stretch of the day that a provider likes."""

    start: TimeOfDay
    end: TimeOfDay
    weight: Percent = 50

    def to_domain(self) -> PreferredWindow:
        return PreferredWindow(start=self.start, end=self.end, weight=self.weight)


class PreferencesEntry(Entry):
    """What a provider likes, and how much."""

    time_windows: list[PreferredWindowEntry] = Field(default=[])
    room_ids: Ids = Field(default=[])
    weight: Percent = 50

    def to_domain(self) -> ProviderPreferences:
        return ProviderPreferences(
            time_windows=tuple(window.to_domain() for window in self.time_windows),
            room_ids=tuple(self.room_ids),
            weight=self.weight,
        )


class ProviderEntry(Entry):
    """A clinician whose calendar is booked."""

    id: Id
    name: Name
    specialty: Text | None = None
    location_ids: Ids
    service_ids: Ids
    max_visits_per_day: Count | None = None
    preferences: PreferencesEntry | None = None

    def to_domain(self) -> Provider:
        return Provider(
            id=self.id,
            name=self.name,
            specialty=self.specialty,
            location_ids=tuple(self.location_ids),
            service_ids=tuple(self.service_ids),
            max_visits_per_day=self.max_visits_per_day,
            preferences=self.preferences.to_domain() if self.preferences else None,
        )


class RoomEntry(Entry):
    """A room with so many places."""

    id: Id
    location_id: Id
    name: Name
    type: Name
    features: Words = Field(default=[])
    capacity: Units = 1
    turnaround_minutes: Buffer = 0

    def to_domain(self) -> Room:
        return Room(
            id=self.id,
            location_id=self.location_id,
            name=self.name,
            type=self.type,
            features=frozenset(self.features),
            capacity=self.capacity,
            turnaround_minutes=self.turnaround_minutes,
        )


class EquipmentEntry(Entry):
    """Interchangeable items of one type."""

    id: Id
    location_id: Id
    type: Name
    name: Name
    quantity: Count = 1

    def to_domain(self) -> EquipmentPool:
        return EquipmentPool(
            id=self.id,
            location_id=self.location_id,
            type=self.type,
            name=self.name,
            quantity=self.quantity,
        )


class EquipmentNeedEntry(Entry):
    """So many items of one type."""

    type: Name
    units: Units = 1

    def to_domain(self) -> EquipmentNeed:
        return EquipmentNeed(type=self.type, units=self.units)


class ServiceEntry(Entry):
    """A kind of appointment; without `allowedProviderIds` anybody who offers it may give it."""

    id: Id
    name: Name
    duration_minutes: Annotated[int, Field(ge=1, le=MAX_DURATION_MINUTES)]
    buffer_before_minutes: Buffer = 0
    buffer_after_minutes: Buffer = 0
    slot_step_minutes: Annotated[int, Field(ge=1, le=MINUTES_PER_DAY)] = 15
    modality: ModalityName
    room_types: Words = Field(default=[])
    room_features: Words = Field(default=[])
    equipment: list[EquipmentNeedEntry] = Field(default=[])
    min_notice_minutes: Annotated[int, Field(ge=0, le=MAX_NOTICE_MINUTES)] = 0
    max_future_days: Annotated[int, Field(ge=0, le=MAX_FUTURE_DAYS)] = 365
    max_per_day: Count | None = None
    min_gap_minutes: Annotated[int, Field(ge=0, le=MINUTES_PER_DAY)] = 0
    seats: Units = 1
    blackout_dates: Days = Field(default=[])
    allowed_provider_ids: Ids | None = None

    def to_domain(self) -> Service:
        allowed = self.allowed_provider_ids
        return Service(
            id=self.id,
            name=self.name,
            duration_minutes=self.duration_minutes,
            buffer_before_minutes=self.buffer_before_minutes,
            buffer_after_minutes=self.buffer_after_minutes,
            slot_step_minutes=self.slot_step_minutes,
            modality=self.modality,
            room_types=frozenset(self.room_types),
            room_features=frozenset(self.room_features),
            equipment=tuple(need.to_domain() for need in self.equipment),
            min_notice_minutes=self.min_notice_minutes,
            max_future_days=self.max_future_days,
            max_per_day=self.max_per_day,
            min_gap_minutes=self.min_gap_minutes,
            seats=self.seats,
            blackout_dates=tuple(self.blackout_dates),
            allowed_provider_ids=None if allowed is None else frozenset(allowed),
        )
