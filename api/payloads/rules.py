"""The rules of a clinic in one document, as it is read and replaced."""

from typing import Annotated, Any, Final, Self

from pydantic import ConfigDict, Field, model_validator

from api.clinic_file.entry import Buffer, Count, Points, Units
from api.clinic_file.scalars import Days, Name, TimeOfDay, WeekdayName, Words
from api.payloads.basics import AN_ID, Body, Id, Text
from models.clinic import (
    MAX_FUTURE_DAYS,
    MAX_NOTICE_MINUTES,
    MAX_UNITS,
    EquipmentNeed,
    OverbookingRule,
    Weights,
)
from models.clinic_rules import NEW, ClinicRules, ProviderRules, ServiceRules
from models.wall_clock import MINUTES_PER_DAY

MAX_OVERBOOKING_RULES = 200
"""Each counts the visits of every provider whom it concerns."""

Label = Annotated[
    Text | None, Field(description="For the reader; changing it here changes nothing.", examples=["Check-up"])
]

THE_RULES: Final[dict[str, Any]] = {
    "weights": {"preference": 40, "gap": 35, "room": 15, "overbook": 10, "fairness": 0},
    "services": [
        {
            "id": AN_ID,
            "name": "Check-up",
            "bufferBeforeMinutes": 0,
            "bufferAfterMinutes": 5,
            "minNoticeMinutes": 60,
            "maxFutureDays": 90,
            "slotStepMinutes": 15,
            "maxPerDay": 12,
            "minGapMinutes": 0,
            "seats": 1,
            "blackoutDates": ["2026-12-24"],
            "allowedProviderIds": None,
            "roomTypes": ["exam"],
            "roomFeatures": [],
            "equipment": [{"type": "ultrasound", "units": 1}],
        }
    ],
    "providers": [{"id": AN_ID, "name": "Dr. Ada Moreno", "maxVisitsPerDay": 16}],
    "overbooking": [
        {
            "id": AN_ID,
            "providerId": AN_ID,
            "serviceId": None,
            "weekdays": ["MO", "FR"],
            "startTime": "08:00",
            "endTime": "10:00",
            "lanes": 1,
            "maxPerDay": 2,
        }
    ],
}


class WeightRules(Body):
    """How many points of a score each quality can earn."""

    preference: Points
    gap: Points
    room: Points
    overbook: Points
    fairness: Points

    def to_domain(self) -> Weights:
        return Weights(**self.model_dump())


class NeedRules(Body):
    """So many items of one type of equipment."""

    type: Name
    units: Units


class ServiceRulesEntry(Body):
    """The rules of one service."""

    id: Id
    name: Label = None
    buffer_before_minutes: Buffer
    buffer_after_minutes: Buffer
    min_notice_minutes: Annotated[int, Field(ge=0, le=MAX_NOTICE_MINUTES)]
    max_future_days: Annotated[int, Field(ge=0, le=MAX_FUTURE_DAYS)]
    slot_step_minutes: Annotated[int, Field(ge=1, le=MINUTES_PER_DAY)]
    max_per_day: Annotated[Count | None, Field(description="Null: as many as come.")] = None
    min_gap_minutes: Annotated[int, Field(ge=0, le=MINUTES_PER_DAY)]
    seats: Units
    blackout_dates: Days
    allowed_provider_ids: Annotated[
        list[Id] | None, Field(description="Null: whoever offers the service.")
    ] = None
    room_types: Words
    room_features: Words
    equipment: list[NeedRules]

    def to_domain(self) -> ServiceRules:
        allowed = self.allowed_provider_ids
        return ServiceRules(
            id=self.id,
            buffer_before_minutes=self.buffer_before_minutes,
            buffer_after_minutes=self.buffer_after_minutes,
            min_notice_minutes=self.min_notice_minutes,
            max_future_days=self.max_future_days,
            slot_step_minutes=self.slot_step_minutes,
            max_per_day=self.max_per_day,
            min_gap_minutes=self.min_gap_minutes,
            seats=self.seats,
            blackout_dates=tuple(self.blackout_dates),
            allowed_provider_ids=None if allowed is None else frozenset(allowed),
            room_types=frozenset(self.room_types),
            room_features=frozenset(self.room_features),
            equipment=tuple(EquipmentNeed(type=need.type, units=need.units) for need in self.equipment),
        )


class ProviderRulesEntry(Body):
    """How many visits a provider takes in a day; null for as many as come."""

    id: Id
    name: Label = None
    max_visits_per_day: Count | None

    def to_domain(self) -> ProviderRules:
        return ProviderRules(id=self.id, max_visits_per_day=self.max_visits_per_day)


class OverbookingRulesEntry(Body):
    """Where, when and how far holds of a provider may overlap; without an id it is a new rule."""

    id: Id | None = None
    provider_id: Id | None = None
    service_id: Id | None = None
    weekdays: Annotated[list[WeekdayName], Field(min_length=1, max_length=7)]
    start_time: TimeOfDay
    end_time: TimeOfDay
    lanes: Annotated[int, Field(ge=1, le=MAX_UNITS - 1)]
    max_per_day: Count | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        self.to_domain()
        return self

    def to_domain(self) -> OverbookingRule:
        return OverbookingRule(
            id=NEW if self.id is None else self.id,
            provider_id=self.provider_id,
            service_id=self.service_id,
            weekdays=tuple(self.weekdays),
            start=self.start_time,
            end=self.end_time,
            lanes=self.lanes,
            max_per_day=self.max_per_day,
        )


class RulesIn(Body):
    """All rules of a clinic: each service and each provider exactly once, and every overbooking rule."""

    model_config = ConfigDict(json_schema_extra={"examples": [THE_RULES]})

    weights: WeightRules
    services: list[ServiceRulesEntry]
    providers: list[ProviderRulesEntry]
    overbooking: Annotated[list[OverbookingRulesEntry], Field(max_length=MAX_OVERBOOKING_RULES)]

    def to_domain(self) -> ClinicRules:
        return ClinicRules(
            weights=self.weights.to_domain(),
            services=tuple(one.to_domain() for one in self.services),
            providers=tuple(one.to_domain() for one in self.providers),
            overbooking=tuple(one.to_domain() for one in self.overbooking),
        )


class RulesOut(RulesIn):
    """The rules that a clinic has."""
