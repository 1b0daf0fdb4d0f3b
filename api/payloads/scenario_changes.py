"""What a scenario changes about a clinic, kind by kind, as clients send it."""

from typing import Annotated, Any, Literal, Self, TypeAlias, get_args

from pydantic import Field, PlainSerializer, model_validator

from api.clinic_file.entry import Buffer, Count, Units
from api.clinic_file.resource_entries import PreferencesEntry
from api.clinic_file.scalars import Days, Name, RecentDay, TimeOfDay, Words
from api.clinic_file.scalars import Text as ShortText
from api.payloads.basics import Body, Id, ResourceName
from api.payloads.planning import Reason, TimePoint
from api.payloads.rules import NeedRules
from models.clinic import (
    MAX_FUTURE_DAYS,
    MAX_NOTICE_MINUTES,
    EquipmentNeed,
    EquipmentPool,
    Provider,
    Service,
    WorkingHours,
)
from models.clinic_rules import ServiceRules
from models.recurrence import refusal_of
from models.wall_clock import MINUTES_PER_DAY, format_time_of_day

MOST_ROWS = 50
MOST_VISITS = 200

WallTime = Annotated[TimeOfDay, PlainSerializer(format_time_of_day, when_used="json")]
NewId = Annotated[Id | None, Field(description="Made by the service unless given; nobody else's yet.")]


class ProviderAbsentIn(Body):
    """A provider is gone for a time."""

    type: Literal["provider_absent"]
    provider_id: Id
    start: TimePoint
    end: TimePoint
    reason: Reason | None = None


class RoomClosedIn(Body):
    """A room is closed for a time."""

    type: Literal["room_closed"]
    room_id: Id
    start: TimePoint
    end: TimePoint
    reason: Reason | None = None


class EquipmentAbsentIn(Body):
    """An equipment pool is out of use for a time."""

    type: Literal["equipment_absent"]
    equipment_id: Id
    start: TimePoint
    end: TimePoint
    reason: Reason | None = None


class HoursRowIn(Body):
    """Recurring hours, on the wall clock."""

    rrule: Annotated[ShortText, Field(examples=["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"])]
    start_time: Annotated[WallTime, Field(examples=["08:00"])]
    end_time: Annotated[WallTime, Field(examples=["16:00"])]
    effective_from: Annotated[RecentDay | None, Field(examples=[None])] = None
    effective_to: Annotated[RecentDay | None, Field(examples=[None])] = None

    @model_validator(mode="after")
    def _recurs(self) -> Self:
        self.to_domain("")
        refusal = refusal_of(self.rrule, self.effective_from)
        if refusal is not None:
            raise ValueError(refusal)
        return self

    def to_domain(self, resource: str) -> WorkingHours:
        return WorkingHours(
            resource=resource,
            rrule=self.rrule,
            start=self.start_time,
            end=self.end_time,
            effective_from=self.effective_from,
            effective_to=self.effective_to,
        )


Rows = Annotated[list[HoursRowIn], Field(min_length=1, max_length=MOST_ROWS)]


class NewProviderIn(Body):
    """Somebody whom the clinic does not have yet, as a clinic file has them."""

    id: NewId = None
    name: Annotated[Name, Field(examples=["Dr. Locum"])]
    specialty: ShortText | None = None
    location_ids: Annotated[list[Id], Field(min_length=1, max_length=100)]
    service_ids: Annotated[list[Id], Field(min_length=1, max_length=1000)]
    max_visits_per_day: Count | None = None
    preferences: PreferencesEntry | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        self.to_domain()
        return self

    def to_domain(self) -> Provider:
        return Provider(
            id=self.id or "",
            name=self.name,
            specialty=self.specialty,
            location_ids=tuple(dict.fromkeys(self.location_ids)),
            service_ids=tuple(dict.fromkeys(self.service_ids)),
            max_visits_per_day=self.max_visits_per_day,
            preferences=self.preferences.to_domain() if self.preferences else None,
        )


class ProviderAddedIn(Body):
    """Somebody new, and when they work."""

    type: Literal["provider_added"]
    provider: NewProviderIn
    availability: Rows


class HoursChangedIn(Body):
    """A provider, a room or an equipment pool has these weekly hours; its exceptions stay."""

    type: Literal["hours_changed"]
    resource: ResourceName
    availability: Annotated[
        list[HoursRowIn],
        Field(max_length=MOST_ROWS, description="None: a provider never works, a room is always open."),
    ]


class NewEquipmentIn(Body):
    """An equipment pool that the clinic does not have yet, as a clinic file has it."""

    id: NewId = None
    location_id: Id
    type: Annotated[Name, Field(examples=["ultrasound"])]
    name: Annotated[Name, Field(examples=["Ultrasound carts"])]
    quantity: Count = 1

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        self.to_domain()
        return self

    def to_domain(self) -> EquipmentPool:
        return EquipmentPool(
            id=self.id or "",
            location_id=self.location_id,
            type=self.type,
            name=self.name,
            quantity=self.quantity,
        )


class EquipmentAddedIn(Body):
    """A new equipment pool."""

    type: Literal["equipment_added"]
    equipment: NewEquipmentIn


class ServiceRulesChangeIn(Body):
    """Those rules of a service that change; null lifts a limit that can be lifted."""

    buffer_before_minutes: Buffer = 0
    buffer_after_minutes: Buffer = 0
    min_notice_minutes: Annotated[int, Field(ge=0, le=MAX_NOTICE_MINUTES)] = 0
    max_future_days: Annotated[int, Field(ge=0, le=MAX_FUTURE_DAYS)] = 365
    slot_step_minutes: Annotated[int, Field(ge=1, le=MINUTES_PER_DAY)] = 15
    max_per_day: Count | None = None
    min_gap_minutes: Annotated[int, Field(ge=0, le=MINUTES_PER_DAY)] = 0
    seats: Units = 1
    blackout_dates: Days = Field(default=[])
    allowed_provider_ids: list[Id] | None = None
    room_types: Words = Field(default=[])
    room_features: Words = Field(default=[])
    equipment: list[NeedRules] = Field(default=[])

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one rule")
        return self

    def over(self, service: Service) -> ServiceRules:
        """The service's own rules with these in their place; ValueError where they make no sense together."""
        changes = {name: _in_domain(name, getattr(self, name)) for name in self.model_fields_set}
        present = {name: getattr(service, name) for name in ServiceRules.__slots__}
        rules = ServiceRules(**{**present, **changes})
        rules.applied_to(service)
        return rules


_SETS = frozenset({"allowed_provider_ids", "room_types", "room_features"})


def _in_domain(name: str, value: Any) -> Any:
    if name == "equipment":
        return tuple(EquipmentNeed(type=need.type, units=need.units) for need in value)
    if name == "blackout_dates":
        return tuple(value)
    return frozenset(value) if name in _SETS and value is not None else value


class ServiceRuleChangedIn(Body):
    """A service has other rules."""

    type: Literal["service_rule_changed"]
    service_id: Id
    rules: ServiceRulesChangeIn


class WantedVisitIn(Body):
    """A visit to be placed; it starts in the scenario's horizon unless told more narrowly."""

    id: NewId = None
    patient_id: Id
    service_id: Id
    provider_ids: Annotated[
        list[Id] | None, Field(min_length=1, max_length=500, description="Any of these; or whoever can.")
    ] = None
    location_id: Id | None = None
    earliest: TimePoint | None = None
    latest: Annotated[
        TimePoint | None, Field(description="A date includes its day; a date-time does not belong.")
    ] = None


class AppointmentsAddedIn(Body):
    """More visits than there are."""

    type: Literal["appointments_added"]
    appointments: Annotated[list[WantedVisitIn], Field(min_length=1, max_length=MOST_VISITS)]


ChangeIn: TypeAlias = (
    ProviderAbsentIn
    | RoomClosedIn
    | EquipmentAbsentIn
    | ProviderAddedIn
    | HoursChangedIn
    | EquipmentAddedIn
    | ServiceRuleChangedIn
    | AppointmentsAddedIn
)
ScenarioChangeIn = Annotated[ChangeIn, Field(discriminator="type")]

CHANGE_TYPES = frozenset(
    name for kind in get_args(ChangeIn) for name in get_args(kind.model_fields["type"].annotation)
)
"""Every kind by its name on the wire."""
