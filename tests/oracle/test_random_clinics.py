"""The random clinics are valid files, and varied enough for every rule to decide something."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache

import pytest

from tests.oracle.brute_force import every_slot, minutes_of_range
from tests.oracle.clock import Json, instant, minutes_touched
from tests.oracle.opening import by_id
from tests.oracle.random_clinics import random_asks, random_clinic
from tests.oracle.taken import HOLDING
from tests.oracle.world import World


@pytest.mark.parametrize("seed", range(150))
def test_a_random_clinic_is_a_valid_file(seed: int) -> None:
    clinic_file, queries = random_clinic(seed)
    assert random_clinic(seed) == (clinic_file, queries)
    kinds = ("locations", "providers", "rooms", "equipment", "services", "patients", "appointments")
    known = {f"{kind}/{entity['id']}" for kind in kinds for entity in clinic_file[kind]} | {"clinic"}
    assert len(known) == 1 + sum(len(clinic_file[kind]) for kind in kinds)
    named = [each["resource"] for kind in ("availability", "exceptions") for each in clinic_file[kind]]
    named += [
        f"locations/{each['locationId']}" for kind in ("rooms", "equipment") for each in clinic_file[kind]
    ]
    for provider in clinic_file["providers"]:
        named += [f"locations/{identifier}" for identifier in provider["locationIds"]]
        named += [f"services/{identifier}" for identifier in provider["serviceIds"]]
    for patient in clinic_file["patients"]:
        named += [f"providers/{identifier}" for identifier in patient.get("blockedProviderIds", [])]
    for appointment in clinic_file["appointments"]:
        for kind in ("patient", "provider", "service", "room"):
            if f"{kind}Id" in appointment:
                named.append(f"{kind}s/{appointment[f'{kind}Id']}")
        named += [f"equipment/{taken['id']}" for taken in appointment["equipment"]]
    for query in queries:
        named += [f"providers/{identifier}" for identifier in query.get("providerIds", [])]
    assert set(named) <= known
    assert all(minutes_touched(each)[0] < minutes_touched(each)[1] for each in clinic_file["exceptions"])
    assert all(row["startTime"] < row["endTime"] for row in clinic_file["availability"])
    assert nothing_is_held_twice(clinic_file)


def nothing_is_held_twice(clinic_file: Json) -> bool:
    """Count the units in use at each minute by a second way: by steps up and down."""
    services, rooms = by_id(clinic_file["services"]), by_id(clinic_file["rooms"])
    steps: dict[str, list[tuple[int, int]]] = defaultdict(list)
    groups = set()
    for visit in clinic_file["appointments"]:
        service, provider = services[visit["serviceId"]], visit["providerId"]
        assert ("roomId" in visit) == (service["modality"] == "in_person")
        if visit["status"] not in HOLDING:
            continue
        start, end = minutes_touched(visit)
        before, after = service.get("bufferBeforeMinutes", 0), service.get("bufferAfterMinutes", 0)
        holds = [(f"patients/{visit['patientId']}", start, end, 1)]
        if service.get("seats", 1) > 1:
            holds.append((f"seats/{provider}/{service['id']}", start, end, 1))
        group = service["id"], provider, start, end, visit.get("roomId")
        if service.get("seats", 1) == 1 or group not in groups:
            holds.append((f"providers/{provider}", start - before, end + after, 1))
            regular = 0 if visit.get("overbook") else 1
            holds.append((f"regular/{provider}", start - before, end + after, regular))
            if "roomId" in visit:
                turnaround = rooms[visit["roomId"]].get("turnaroundMinutes", 0)
                holds.append((f"rooms/{visit['roomId']}", start - before, end + after + turnaround, 1))
            holds += [
                (f"equipment/{taken['id']}", start - before, end + after, taken["units"])
                for taken in visit["equipment"]
            ]
        groups.add(group)
        for resource, hold_start, hold_end, units in holds:
            steps[resource] += [(hold_start, units), (hold_end, -units)]
    most = most_at_once(clinic_file)
    for resource, ups_and_downs in steps.items():
        level = 0
        for _, units in sorted(ups_and_downs):
            level += units
            if level > most.get(resource, 1):
                return False
    return True


def most_at_once(clinic_file: Json) -> dict[str, int]:
    """Units of rooms, pools and groups, and of providers with the most lanes that any rule gives them."""
    most = {f"rooms/{room['id']}": room.get("capacity", 1) for room in clinic_file["rooms"]}
    most |= {f"equipment/{pool['id']}": pool.get("quantity", 1) for pool in clinic_file["equipment"]}
    for provider in clinic_file["providers"]:
        lanes = [
            rule["lanes"]
            for rule in clinic_file["overbooking"]
            if rule.get("providerId") == provider["id"] or rule.get("serviceId") in provider["serviceIds"]
        ]
        most[f"providers/{provider['id']}"] = 1 + max(lanes, default=0)
        for service in clinic_file["services"]:
            most[f"seats/{provider['id']}/{service['id']}"] = service.get("seats", 1)
    return most


# variety

SEEDS = range(150)
USUALLY = (
    "provider_offers_the_service",
    "service_allows_the_provider",
    "provider_is_not_blocked_for_the_patient",
    "start_is_aligned",
    "start_respects_notice",
    "start_is_within_the_booking_horizon",
    "service_is_not_blacked_out",
    "location_is_open",
    "provider_is_working",
    "room_suits_the_service",
    "room_is_open",
    "equipment_is_what_the_service_needs",
    "equipment_is_open",
    "equipment_is_never_overbooked",
    "provider_is_never_double_booked",
    "provider_has_visits_left_that_day",
    "service_has_visits_left_that_day",
    "visits_of_a_service_keep_their_gap",
    "patient_is_never_in_two_places",
)
RARELY = (
    "provider_works_at_the_location",
    "room_is_never_double_booked",
    "overbooking_stays_within_its_daily_limit",
    "group_visit_has_a_seat_left",
)
HARDLY_EVER = "group_visit_is_shared_whole"


@cache
def pairs() -> list[tuple[int, Json, Json]]:
    found = []
    for seed in SEEDS:
        clinic_file, queries = random_clinic(seed)
        found += [(seed, clinic_file, query) for query in queries]
    return found


def test_every_rule_closes_some_placements_alone() -> None:
    closed: Counter[str] = Counter()
    for seed, clinic_file, query in pairs():
        first, beyond = minutes_of_range(clinic_file, query)
        near = range(first - 2 * 1440, beyond + 2 * 1440)
        world = World(clinic_file, near.start - 1440, near.stop + 1440, instant(query["now"]))
        asks = [ask for ask in random_asks(seed, clinic_file, query, 40) if ask.start in near]
        for way in [way for ask in asks for way in world.ways(ask)]:
            closed.update(way if len(way) == 1 else ())
    assert not {rule: closed[rule] for rule in USUALLY if closed[rule] < 15}
    assert not {rule: closed[rule] for rule in RARELY if closed[rule] < 4}
    assert closed.keys() <= {*USUALLY, *RARELY, HARDLY_EVER}


def test_random_searches_find_all_kinds_of_slots() -> None:
    searches = [list(every_slot(clinic_file, query).slots.values()) for _, clinic_file, query in pairs()]
    assert share(not slots for slots in searches) < 0.5
    assert share(len(slots) > 50 for slots in searches) > 0.1
    assert share(any(slot.overbook for slot in slots) for slots in searches) > 0.04
    assert share(any(slot.joins for slot in slots) for slots in searches) > 0.06
    assert any(slot.joins and slot.overbook for slots in searches for slot in slots)


def share(truths: Iterable[bool]) -> float:
    counted = list(map(bool, truths))
    return sum(counted) / len(counted)
