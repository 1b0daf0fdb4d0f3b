"""Random absences where it matters whether others change rooms or move; the same seed gives the same.

Three people at one site for a few hours: whoever is displaced needs the one person or the one room that
others need as well, and these could go elsewhere.
"""

from datetime import date, datetime, time, timedelta
from random import Random

from tests.oracle.clock import EPOCH, ONE_MINUTE, Json, is_aligned, on_the_clock, rounded_down, utc_text
from tests.oracle.world import Ask, World, step_of, units_needed
from tests.planning.asked import is_displaced
from tests.planning.random_absences import RandomAbsence
from tests.planning.table import lendings

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
DAYS = (date(2026, 3, 29), date(2026, 11, 1), date(2026, 5, 13), date(2026, 4, 5))
_RESOURCES = ("providers/p1", "providers/p1", "rooms/r1", "equipment/e1")
_TRIED = 60


def absence_with_others(seed: int) -> RandomAbsence:
    """One to three displaced, and at most seven others who may change rooms, or move as well."""
    for again in range(_TRIED):
        random = Random(f"crowded {seed} {again}")
        found = _try(random)
        if found is not None:
            return found
    raise ValueError(f"seed {seed} displaces nobody")


def _try(random: Random) -> RandomAbsence | None:
    zone, day = random.choice(ZONES), random.choice(DAYS)
    file = site(random, zone)
    midnight = on_the_clock(datetime.combine(day, time()), zone)
    first = rounded_down(midnight)
    others = random.choice(("rooms", "moves", "moves"))
    book(random, file, first, zone, weights=(2, 2, 9) if others == "rooms" else (2, 12, 1))
    resource = random.choice(("rooms/r1", "providers/p1") if others == "rooms" else _RESOURCES)
    away = midnight, midnight + timedelta(days=1)
    hit = [one for one in file["appointments"] if is_displaced(one, resource, *away, midnight)]
    if not 1 <= len(hit) <= 3 or len(file["appointments"]) - len(hit) > 6:
        return None
    return RandomAbsence(
        file=file,
        resource=resource,
        start=away[0],
        end=away[1],
        now=midnight,
        until=first + random.choice((1440, 1440, 1440, 1440, 2880)),
        not_then={},
        lexicographic=random.random() < 0.15,
        others=others,
        most_moved=random.choice((0, 1, 1, 2)),
        within_days=random.choice((0, 0, 0, 1)),
    )


def site(random: Random, zone: str) -> Json:
    """Service A needs room type x or an item of pools; B is happy with x or y; C needs no room."""
    opens, closes = random.choice((("08:00", "10:00"), ("01:00", "03:30"), ("22:00", "24:00")))

    def service(identifier: str, **more: object) -> Json:
        return {
            "id": identifier,
            "name": identifier,
            "modality": "in_person",
            "durationMinutes": random.choice((15, 30, 30, 45)),
            "slotStepMinutes": random.choice((15, 15, 30)),
            "bufferAfterMinutes": random.choice((0, 0, 5, 15)),
            **more,
        }

    people = {"p1": ["A", "B"], "p2": ["A", "B", "C"], "p3": random.choice((["B"], ["B", "C"], ["B", "A"]))}
    return {
        "schemaVersion": 1,
        "clinic": {"name": "Clinic", "timezone": zone},
        "locations": [{"id": "l1", "name": "Site"}],
        "providers": [
            {"id": one, "name": one, "locationIds": ["l1"], "serviceIds": offered}
            for one, offered in people.items()
        ],
        "rooms": [
            {"id": "r1", "locationId": "l1", "name": "One", "type": "x", "turnaroundMinutes": 5},
            {"id": "r2", "locationId": "l1", "name": "Two", "type": random.choice(("x", "x", "y"))},
            {"id": "r3", "locationId": "l1", "name": "Three", "type": "y", "capacity": random.choice((1, 2))},
        ][: random.choice((2, 3, 3))],
        "equipment": [
            {"id": "e1", "locationId": "l1", "type": "t", "name": "Old", "quantity": 1},
            {"id": "e2", "locationId": "l1", "type": "t", "name": "New", "quantity": random.choice((1, 2))},
        ],
        "services": [
            service("A", roomTypes=["x"], equipment=random.choice(([], [{"type": "t", "units": 1}]))),
            service("B", roomTypes=["x", "y"], equipment=random.choice(([], [{"type": "t", "units": 1}]))),
            service("C", modality="phone"),
        ],
        "availability": [
            {"resource": f"providers/{one}", "rrule": "FREQ=DAILY", "startTime": opens, "endTime": closes}
            for one in people
        ],
        "exceptions": [],
        "overbooking": [],
        "patients": [
            {"id": f"a{n}", "name": str(n), "blockedProviderIds": ["p3"] if random.random() < 0.15 else []}
            for n in range(12)
        ],
        "appointments": [],
    }


def book(random: Random, file: Json, first: int, zone: str, *, weights: tuple[int, int, int]) -> None:
    """Mostly the usual room is taken, whoever could do with another; some have more time than others."""
    world = World(file, first - 1440, first + 2 * 1440)
    types = {pool["id"]: pool["type"] for pool in file["equipment"]}
    for number in range(350):
        provider = random.choices(file["providers"], weights=weights)[0]
        first_choice = {"p1": "A", "p2": "B"}.get(provider["id"], "B")
        offered = [first_choice] if random.random() < 0.8 else provider["serviceIds"]
        service = world.services[random.choice(offered)]
        start = first + random.randrange(0, 1440, 15)
        ask = Ask(
            service_id=service["id"],
            provider_id=provider["id"],
            location_id="l1" if service["modality"] == "in_person" else None,
            start=start,
            end=start + service["durationMinutes"],
            patient_id=random.choice(file["patients"])["id"],
        )
        slot = world.slot_at(ask)
        if number > 40 and len(file["appointments"]) >= random.randint(5, 9):
            break
        if slot is None or not is_aligned(start, step_of(service), zone):
            continue
        units = random.choice(list(lendings(units_needed(service), slot.free_units, types)))
        visit: Json = {
            "id": f"v{number}",
            "patientId": ask.patient_id,
            "providerId": ask.provider_id,
            "serviceId": ask.service_id,
            "equipment": [{"id": one, "units": some} for one, some in sorted(units.items())],
            "start": utc_text(EPOCH + ask.start * ONE_MINUTE),
            "end": utc_text(EPOCH + ask.end * ONE_MINUTE),
            "status": random.choice(("scheduled", "confirmed", "confirmed", "checked_in")),
        }
        if slot.room_ids:
            usual = "r1" if service["id"] == "A" or weights[1] > 2 else "r2"
            takes_usual = usual in slot.room_ids and random.random() < 0.8
            visit["roomId"] = usual if takes_usual else random.choice(sorted(slot.room_ids))
        file["appointments"].append(visit)
        world.taken.hold(visit)
