"""What an answer to a search gets wrong, in words."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.brute_force import Expected
from tests.oracle.clock import utc_text
from tests.oracle.world import Slot, SlotKey

PARTS_OF_SCORE = ("preference", "gap", "room", "overbook")
ROUNDING = 0.005

Rank = tuple[float, datetime, str]


def compare(answer_body: Mapping[str, Any], expected: Expected, limit: int | None = None) -> list[str]:
    """Every difference between an answer and the slots that exist.

    With a limit, exactly that many slots (or all, where there are fewer) must be there, whichever they are.
    """
    differences = []
    readable = []
    seen: Counter[SlotKey] = Counter()
    for position, told in enumerate(answer_body["slots"]):
        where = f"slot {position}"
        try:
            key = key_of(told)
            seen[key] += 1
            slot = expected.slots.get(key)
            if slot is None:
                differences.append(f"{where} {key} does not exist")
            else:
                ways = [
                    faults_of_slot(f"{where} {key}", told, way, expected) for way in (slot, *slot.or_else)
                ]
                fewest: list[str] = min(ways, key=len)
                differences += fewest
            differences += faults_of_score(f"{where} {key}", told)
            readable.append((position, rank(told)))
        except (KeyError, TypeError, ValueError) as fault:
            differences.append(f"{where} cannot be read: {type(fault).__name__} {fault}")
    differences += [f"{key} is told {times} times" for key, times in seen.items() if times > 1]
    missing = sorted((key for key in expected.slots if key not in seen), key=lambda key: (key[2], key[0]))
    if limit is None or len(expected.slots) <= limit:
        differences += [f"{key} is missing" for key in missing]
    elif len(answer_body["slots"]) != limit:
        told_slots = len(answer_body["slots"])
        differences.append(f"{told_slots} slots told of {len(expected.slots)}, and {limit} were asked for")
    return differences + faults_of_order(readable)


def key_of(told: Mapping[str, Any]) -> SlotKey:
    location = told["location"]
    place = None if location is None else location["id"]
    return told["provider"]["id"], place, utc_text(moment(told["startUTC"]))


def faults_of_slot(where: str, told: Mapping[str, Any], slot: Slot, expected: Expected) -> list[str]:
    """Times, names, rooms, equipment and flags of a slot that does exist."""
    faults = []
    if moment(told["endUTC"]) != slot.end:
        faults.append(f"{where}: endUTC is {told['endUTC']}, not {utc_text(slot.end)}")
    for name, at in (("start", slot.start), ("end", slot.end)):
        local = at.astimezone(ZoneInfo(slot.zone))
        if moment(told[name]) != at or moment(told[name]).utcoffset() != local.utcoffset():
            faults.append(f"{where}: {name} is {told[name]}, not {local.isoformat()}")
    for name in ("startUTC", "endUTC"):
        if moment(told[name]).utcoffset() != timedelta(0):
            faults += [f"{where}: {name} {told[name]} is not in UTC"]
    if told["provider"]["name"] != expected.provider_names[slot.provider_id]:
        faults.append(f"{where}: the provider is called {told['provider']['name']}")
    if slot.location_id and told["location"]["name"] != expected.location_names[slot.location_id]:
        faults.append(f"{where}: the location is called {told['location']['name']}")
    if told["overbook"] is not slot.overbook:
        faults.append(f"{where}: overbook is {told['overbook']}")
    return (
        faults + faults_of_rooms(where, told, slot, expected) + faults_of_pools(where, told, slot, expected)
    )


def faults_of_rooms(where: str, told: Mapping[str, Any], slot: Slot, expected: Expected) -> list[str]:
    """Every room that would do, each once, under its name and type."""
    faults = []
    room_ids = [room["id"] for room in told["roomOptions"]]
    if set(room_ids) != slot.room_ids or len(room_ids) != len(slot.room_ids):
        faults.append(f"{where}: rooms {room_ids}, not {sorted(slot.room_ids)}")
    for room in told["roomOptions"]:
        known = expected.rooms.get(room["id"])
        if known and (room["name"], room["type"]) != (known["name"], known["type"]):
            faults.append(f"{where}: room {room['id']} is told as {room['name']}, {room['type']}")
    return faults


def faults_of_pools(where: str, told: Mapping[str, Any], slot: Slot, expected: Expected) -> list[str]:
    """The units add up to what the service needs, and each pool has that many free."""
    faults = []
    units_by_type: Counter[str] = Counter()
    units_by_pool: Counter[str] = Counter()
    for line in told["equipment"]:
        units_by_type[line["type"]] += line["units"]
        units_by_pool[line["id"]] += line["units"]
        if line["units"] < 1:
            faults.append(f"{where}: {line['units']} units of pool {line['id']}")
        if expected.pool_types.get(line["id"]) != line["type"]:
            faults.append(f"{where}: pool {line['id']} is told as {line['type']}")
    if len(units_by_pool) != len(told["equipment"]):
        faults.append(f"{where}: a pool is told twice")
    if dict(units_by_type) != dict(expected.units_needed):
        faults.append(f"{where}: equipment {dict(units_by_type)}, not {dict(expected.units_needed)}")
    for pool_id, units in units_by_pool.items():
        free = slot.free_units.get(pool_id, 0)
        if units > free:
            faults.append(f"{where}: {units} units of pool {pool_id}, where {free} are free")
    return faults


def faults_of_score(where: str, told: Mapping[str, Any]) -> list[str]:
    """A score from 0 to 100 that its parts add up to."""
    score = float(told["score"])
    breakdown = told["scoreBreakdown"]
    faults = []
    if not -ROUNDING <= score <= 100 + ROUNDING:
        faults.append(f"{where}: a score of {score}")
    if set(breakdown) - {"fairness"} != set(PARTS_OF_SCORE):
        faults.append(f"{where}: the score's parts are {sorted(breakdown)}")
    if any(part < -ROUNDING for part in breakdown.values()):
        faults.append(f"{where}: a part of the score is below 0: {breakdown}")
    if abs(sum(breakdown.values()) - score) > ROUNDING + 1e-9:
        faults.append(f"{where}: {breakdown} adds up to {sum(breakdown.values())}, not {score}")
    return faults


def faults_of_order(ranks: list[tuple[int, Rank]]) -> list[str]:
    """Score falling, then the earlier start, then the provider's name."""
    return [
        f"slot {position} {after} stands behind {before}"
        for (_, before), (position, after) in pairwise(ranks)
        if before > after
    ]


def rank(told: Mapping[str, Any]) -> Rank:
    return -float(told["score"]), moment(told["startUTC"]), told["provider"]["name"]


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return found
