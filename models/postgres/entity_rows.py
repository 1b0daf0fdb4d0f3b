"""What each row of the setup's tables is in the domain; the columns are those of read_entities.sql."""

from datetime import date, datetime
from typing import Any

from models.clinic import (
    Clinic,
    Contact,
    EquipmentNeed,
    EquipmentPool,
    ExceptionKind,
    HoursException,
    Location,
    Modality,
    OverbookingRule,
    Patient,
    PreferredWindow,
    Provider,
    ProviderPreferences,
    Room,
    Service,
    Weekday,
    Weights,
    WorkingHours,
)
from models.postgres.kinds import Kind
from models.refs import CLINIC, location_ref


def clinic_of_row(
    identifier: str,
    name: str,
    timezone: str,
    grid_minutes: int,
    preference: int,
    gap: int,
    room: int,
    over: int,
    fairness: int,
) -> Clinic:
    weights = Weights(preference=preference, gap=gap, room=room, overbook=over, fairness=fairness)
    return Clinic(id=identifier, name=name, timezone=timezone, grid_minutes=grid_minutes, weights=weights)


def location_of_row(
    identifier: str, name: str, timezone: str | None, latitude: float | None, longitude: float | None
) -> Location:
    return Location(id=identifier, name=name, timezone=timezone, latitude=latitude, longitude=longitude)


def provider_of_row(
    identifier: str,
    name: str,
    specialty: str | None,
    max_visits_per_day: int | None,
    preferences: dict[str, Any] | None,
    location_ids: list[str],
    service_ids: list[str],
) -> Provider:
    return Provider(
        id=identifier,
        name=name,
        specialty=specialty,
        location_ids=tuple(location_ids),
        service_ids=tuple(service_ids),
        max_visits_per_day=max_visits_per_day,
        preferences=None if preferences is None else _preferences(**preferences),
    )


def _preferences(time_windows: list[dict[str, int]], room_ids: list[str], weight: int) -> ProviderPreferences:
    windows = tuple(PreferredWindow(**window) for window in time_windows)
    return ProviderPreferences(time_windows=windows, room_ids=tuple(room_ids), weight=weight)


def room_of_row(
    identifier: str,
    location_id: str,
    name: str,
    kind: str,
    features: list[str],
    capacity: int,
    turnaround: int,
) -> Room:
    return Room(
        id=identifier,
        location_id=location_id,
        name=name,
        type=kind,
        features=frozenset(features),
        capacity=capacity,
        turnaround_minutes=turnaround,
    )


def pool_of_row(identifier: str, location_id: str, kind: str, name: str, quantity: int) -> EquipmentPool:
    return EquipmentPool(id=identifier, location_id=location_id, type=kind, name=name, quantity=quantity)


def service_of_row(
    identifier: str,
    name: str,
    duration_minutes: int,
    buffer_before_minutes: int,
    buffer_after_minutes: int,
    slot_step_minutes: int,
    modality: str,
    room_types: list[str],
    room_features: list[str],
    needs: list[dict[str, Any]],
    min_notice_minutes: int,
    max_future_days: int,
    max_per_day: int | None,
    min_gap_minutes: int,
    seats: int,
    blackout_dates: list[date],
    allowed_provider_ids: list[str] | None,
) -> Service:
    return Service(
        id=identifier,
        name=name,
        duration_minutes=duration_minutes,
        buffer_before_minutes=buffer_before_minutes,
        buffer_after_minutes=buffer_after_minutes,
        slot_step_minutes=slot_step_minutes,
        modality=Modality(modality),
        room_types=frozenset(room_types),
        room_features=frozenset(room_features),
        equipment=tuple(EquipmentNeed(**need) for need in needs),
        min_notice_minutes=min_notice_minutes,
        max_future_days=max_future_days,
        max_per_day=max_per_day,
        min_gap_minutes=min_gap_minutes,
        seats=seats,
        blackout_dates=tuple(blackout_dates),
        allowed_provider_ids=None if allowed_provider_ids is None else frozenset(allowed_provider_ids),
    )


def hours_of_row(
    _identifier: str,
    kind: int,
    resource_id: str,
    rrule: str,
    start: int,
    end: int,
    effective_from: date | None,
    effective_to: date | None,
) -> WorkingHours:
    return WorkingHours(
        resource=Kind(kind).ref(resource_id),
        rrule=rrule,
        start=start,
        end=end,
        effective_from=effective_from,
        effective_to=effective_to,
    )


def exception_of_row(
    _identifier: str,
    resource_kind: int | None,
    of: str | None,
    starts_at: datetime,
    ends_at: datetime,
    kind: str,
    reason: str | None,
) -> HoursException:
    ref = CLINIC
    if of is not None:
        ref = location_ref(of) if resource_kind is None else Kind(resource_kind).ref(of)
    return HoursException(
        resource=ref, starts_at=starts_at, ends_at=ends_at, kind=ExceptionKind(kind), reason=reason
    )


def overbooking_rule_of_row(
    identifier: str,
    provider_id: str | None,
    service_id: str | None,
    weekdays: list[str],
    start: int,
    end: int,
    lanes: int,
    max_per_day: int | None,
) -> OverbookingRule:
    return OverbookingRule(
        id=identifier,
        provider_id=provider_id,
        service_id=service_id,
        weekdays=tuple(Weekday(day) for day in weekdays),
        start=start,
        end=end,
        lanes=lanes,
        max_per_day=max_per_day,
    )


def patient_of_row(
    identifier: str,
    name: str,
    date_of_birth: date | None,
    contact: dict[str, str | None] | None,
    blocked: list[str],
) -> Patient:
    return Patient(
        id=identifier,
        name=name,
        date_of_birth=date_of_birth,
        contact=None if contact is None else Contact(**contact),
        blocked_provider_ids=frozenset(blocked),
    )
