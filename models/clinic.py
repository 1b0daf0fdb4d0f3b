"""Who and what a clinic consists of: places, people, rooms, equipment, services and their hours.

Every class refuses nonsense when it is made; what only the whole clinic can tell (dangling ids,
overlaps) is in `models.integrity`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from models.wall_clock import MINUTES_PER_DAY, zone_named

MAX_DURATION_MINUTES = MINUTES_PER_DAY
MAX_BUFFER_MINUTES = MINUTES_PER_DAY // 2
MAX_UNITS = 1023
MAX_NOTICE_MINUTES = 5 * 366 * MINUTES_PER_DAY
MAX_FUTURE_DAYS = 5 * 366


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low} to {high}, not {value}")


def _named(name: str) -> None:
    if not name.strip():
        raise ValueError("name must not be empty")


class Modality(StrEnum):
    """How the patient and the provider meet."""

    IN_PERSON = "in_person"
    TELEHEALTH = "telehealth"
    PHONE = "phone"


class Weekday(StrEnum):
    """iCalendar's two letters."""

    MONDAY = "MO"
    TUESDAY = "TU"
    WEDNESDAY = "WE"
    THURSDAY = "TH"
    FRIDAY = "FR"
    SATURDAY = "SA"
    SUNDAY = "SU"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How many points of a slot's score each quality can earn; fairness between providers none at first."""

    preference: int = 40
    gap: int = 35
    room: int = 15
    overbook: int = 10
    fairness: int = 0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            _within(name, getattr(self, name), 0, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """A tenant: everything else belongs to exactly one."""

    id: str
    name: str
    timezone: str
    grid_minutes: int = 5
    weights: Weights = Weights()

    def __post_init__(self) -> None:
        _named(self.name)
        zone_named(self.timezone)
        _within("gridMinutes", self.grid_minutes, 1, 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A site of the clinic; its zone is the clinic's unless it says otherwise.

    Where it lies is told in degrees, north and east positive: both or neither.
    """

    id: str
    name: str
    timezone: str | None = None
    latitude: float | None = None
    longitude: float | None = None

    def __post_init__(self) -> None:
        _named(self.name)
        if self.timezone is not None:
            zone_named(self.timezone)
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude go together")
        if self.latitude is not None and not -90 <= self.latitude <= 90:
            raise ValueError(f"latitude must be from -90 to 90, not {self.latitude}")
        if self.longitude is not None and not -180 <= self.longitude <= 180:
            raise ValueError(f"longitude must be from -180 to 180, not {self.longitude}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferredWindow:
    """A stretch of the day that a provider likes, in minutes past local midnight."""

    start: int
    end: int
    weight: int = 50

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError("a preferred window must end after it starts")
        _within("weight", self.weight, 0, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPreferences:
    """What a provider likes; `weight` (0 to 100) says how much."""

    time_windows: tuple[PreferredWindow, ...] = ()
    room_ids: tuple[str, ...] = ()
    weight: int = 50

    def __post_init__(self) -> None:
        _within("weight", self.weight, 0, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A clinician whose calendar is booked."""

    id: str
    name: str
    specialty: str | None = None
    location_ids: tuple[str, ...] = ()
    service_ids: tuple[str, ...] = ()
    max_visits_per_day: int | None = None
    preferences: ProviderPreferences | None = None

    def __post_init__(self) -> None:
        _named(self.name)
        if self.max_visits_per_day is not None:
            _within("maxVisitsPerDay", self.max_visits_per_day, 0, MAX_UNITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room with `capacity` places, cleaned for `turnaround_minutes` after each visit."""

    id: str
    location_id: str
    name: str
    type: str
    features: frozenset[str] = frozenset()
    capacity: int = 1
    turnaround_minutes: int = 0

    def __post_init__(self) -> None:
        _named(self.name)
        _within("capacity", self.capacity, 1, MAX_UNITS)
        _within("turnaroundMinutes", self.turnaround_minutes, 0, MAX_BUFFER_MINUTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentPool:
    """`quantity` interchangeable items of one type, standing at one location."""

    id: str
    location_id: str
    type: str
    name: str
    quantity: int = 1

    def __post_init__(self) -> None:
        _named(self.name)
        _within("quantity", self.quantity, 0, MAX_UNITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentNeed:
    """So many items of one type of equipment."""

    type: str
    units: int = 1

    def __post_init__(self) -> None:
        _within("units", self.units, 1, MAX_UNITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A kind of appointment: how long it lasts, what it needs, when it may be booked.

    With several `seats` it is a group visit: so many patients share provider, room and time. Where
    `allowed_provider_ids` are given, nobody else gives it, whatever providers say of themselves.
    """

    id: str
    name: str
    duration_minutes: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    slot_step_minutes: int = 15
    modality: Modality = Modality.IN_PERSON
    room_types: frozenset[str] = frozenset()
    room_features: frozenset[str] = frozenset()
    equipment: tuple[EquipmentNeed, ...] = ()
    min_notice_minutes: int = 0
    max_future_days: int = 365
    max_per_day: int | None = None
    min_gap_minutes: int = 0
    seats: int = 1
    blackout_dates: tuple[date, ...] = ()
    allowed_provider_ids: frozenset[str] | None = None

    def __post_init__(self) -> None:
        _named(self.name)
        _within("durationMinutes", self.duration_minutes, 1, MAX_DURATION_MINUTES)
        _within("bufferBeforeMinutes", self.buffer_before_minutes, 0, MAX_BUFFER_MINUTES)
        _within("bufferAfterMinutes", self.buffer_after_minutes, 0, MAX_BUFFER_MINUTES)
        _within("slotStepMinutes", self.slot_step_minutes, 1, MINUTES_PER_DAY)
        _within("minNoticeMinutes", self.min_notice_minutes, 0, MAX_NOTICE_MINUTES)
        _within("maxFutureDays", self.max_future_days, 0, MAX_FUTURE_DAYS)
        _within("minGapMinutes", self.min_gap_minutes, 0, MINUTES_PER_DAY)
        _within("seats", self.seats, 1, MAX_UNITS)
        if self.max_per_day is not None:
            _within("maxPerDay", self.max_per_day, 0, MAX_UNITS)
        types = [need.type for need in self.equipment]
        if len(set(types)) < len(types):
            raise ValueError("equipment names the same type twice")

    @property
    def needs_room(self) -> bool:
        """Only a visit in person takes place in a room."""
        return self.modality is Modality.IN_PERSON

    @property
    def is_for_groups(self) -> bool:
        """Whether several patients share one visit."""
        return self.seats > 1


def suits(room: Room, service: Service) -> bool:
    """Whether a room has a type and all the features that a service asks for."""
    return (
        not service.room_types or room.type in service.room_types
    ) and service.room_features <= room.features


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingHours:
    """Weekly or otherwise recurring opening of one resource, on the wall clock.

    `resource` is `providers/ID`, `rooms/ID` or `equipment/ID`; `start` and `end` are minutes past
    local midnight (`end` up to 1440); both effective dates are included.
    """

    resource: str
    rrule: str
    start: int
    end: int
    effective_from: date | None = None
    effective_to: date | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= MINUTES_PER_DAY:
            raise ValueError("endTime must be after startTime, and at most 24:00")
        if self.effective_from and self.effective_to and self.effective_to < self.effective_from:
            raise ValueError("effectiveTo must not be before effectiveFrom")


class ExceptionKind(StrEnum):
    """Whether an exception to the hours opens or closes."""

    AVAILABLE = "available"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursException:
    """A departure from the hours of a resource, a location (`locations/ID`) or the whole `clinic`."""

    resource: str
    starts_at: datetime
    ends_at: datetime
    kind: ExceptionKind
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.ends_at <= self.starts_at:
            raise ValueError("end must be after start")


@dataclass(frozen=True, slots=True, kw_only=True)
class OverbookingRule:
    """Where, when and how far holds of a provider may overlap."""

    id: str
    provider_id: str | None = None
    service_id: str | None = None
    weekdays: tuple[Weekday, ...] = ()
    start: int
    end: int
    lanes: int
    max_per_day: int | None = None

    def __post_init__(self) -> None:
        if (self.provider_id is None) == (self.service_id is None):
            raise ValueError("an overbooking rule names either a provider or a service")
        if not 0 <= self.start < self.end <= MINUTES_PER_DAY:
            raise ValueError("endTime must be after startTime, and at most 24:00")
        _within("lanes", self.lanes, 1, MAX_UNITS - 1)
        if self.max_per_day is not None:
            _within("maxPerDay", self.max_per_day, 0, MAX_UNITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How to reach a patient."""

    email: str | None = None
    phone: str | None = None
    preferred_method: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A person who is seen; `blocked_provider_ids` are never offered to them."""

    id: str
    name: str
    date_of_birth: date | None = None
    contact: Contact | None = None
    blocked_provider_ids: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        _named(self.name)
