"""Every slot that exists in a clinic file, found by trying every minute of the range.

Slow and plain on purpose: sets of open minutes, counts of units in use per minute, nested loops. Times are
whole minutes since 1970 in UTC; intervals are half-open.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from tests.oracle.clock import Json, bound, instant, is_aligned, rounded_down, rounded_up
from tests.oracle.opening import by_id
from tests.oracle.world import Ask, Slot, SlotKey, World, step_of, units_needed


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
    world = world_of(clinic_file, query)
    slots = {}
    for ask in every_ask(clinic_file, query):
        if is_aligned(ask.start, step_of(service), world.opening.zone_of_place(ask.location_id)):
            slot = world.slot_at(ask)
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


def world_of(clinic_file: Json, query: Json) -> World:
    """The clinic at the query's now, with hours as far as its range goes."""
    first, beyond = minutes_of_range(clinic_file, query)
    return World(clinic_file, first, beyond + duration_of(clinic_file, query), instant(query["now"]))


def every_ask(clinic_file: Json, query: Json) -> Iterator[Ask]:
    """Every provider asked for, wherever they may give the visit, at every minute of the range."""
    service = by_id(clinic_file["services"])[query["serviceId"]]
    first, beyond = minutes_of_range(clinic_file, query)
    duration = duration_of(clinic_file, query)
    for provider in clinic_file["providers"]:
        if query.get("providerIds") and provider["id"] not in query["providerIds"]:
            continue
        for location_id in places_of(provider, service, query.get("locationId")):
            for minute in range(first, beyond):
                yield Ask(
                    service_id=service["id"],
                    provider_id=provider["id"],
                    location_id=location_id,
                    start=minute,
                    end=minute + duration,
                    patient_id=query.get("patientId"),
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


def minutes_of_range(clinic_file: Json, query: Json) -> tuple[int, int]:
    """First minute that may start the visit, and the first one past the last."""
    service = by_id(clinic_file["services"])[query["serviceId"]]
    location = by_id(clinic_file["locations"]).get(query.get("locationId") or "", {})
    zone = location.get("timezone") or clinic_file["clinic"]["timezone"]
    now = instant(query["now"])
    notice = timedelta(minutes=service.get("minNoticeMinutes", 0))
    latest = now + timedelta(hours=24 * service.get("maxFutureDays", 365))
    first = rounded_up(max(bound(query["start"], zone, is_end=False), now + notice))
    beyond = min(rounded_up(bound(query["end"], zone, is_end=True)), rounded_down(latest) + 1)
    return first, max(first, beyond)


def duration_of(clinic_file: Json, query: Json) -> int:
    service = by_id(clinic_file["services"])[query["serviceId"]]
    return int(query.get("durationMinutes") or service["durationMinutes"])
