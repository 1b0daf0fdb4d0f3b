"""Random small clinics with something away for a time, and what that asks; the same seed gives the same.

The clinics are the oracle's: odd zones, clock changes, buffers, turnarounds, group visits, lanes, caps, gaps,
pools of several units. So few appointments are displaced that every way to place them can be tried.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from random import Random

from tests.oracle.clock import (
    EPOCH,
    ONE_MINUTE,
    Json,
    instant,
    minutes_touched,
    on_the_clock,
    rounded_down,
    rounded_up,
)
from tests.oracle.random_appointments import Booking, add_appointments
from tests.oracle.random_setting import CLOCK_CHANGES, Setting
from tests.oracle.random_setup import clinic_without_appointments
from tests.oracle.taken import HOLDING
from tests.oracle.world import World
from tests.planning.asked import MAY_MOVE, Asked, asked_about_absence, is_displaced

MOST_DISPLACED = 4
_CLINICS_TRIED = 40
_SHORT_DAYS = (("07:00", "10:30"), ("08:30", "12:00"), ("22:00", "24:00"), ("01:00", "04:30"))


@dataclass(frozen=True, kw_only=True)
class RandomAbsence:
    """A clinic file and an absence in it, in its own words."""

    file: Json
    resource: str
    start: datetime
    end: datetime
    now: datetime
    until: int
    not_then: Mapping[str, tuple[tuple[int, int], ...]]
    lexicographic: bool = False
    others: str = "none"
    most_moved: int = 5
    within_days: int = 1

    def asked(self) -> Asked:
        """What it asks."""
        return asked_about_absence(
            self.file,
            self.resource,
            self.start,
            self.end,
            now=self.now,
            until=self.until,
            not_then=self.not_then,
            lexicographic=self.lexicographic,
            others=self.others,
            most_moved=self.most_moved,
            within_days=self.within_days,
        )


def random_absence(seed: int) -> RandomAbsence:
    """One that displaces one to four appointments."""
    for again in range(_CLINICS_TRIED):
        found = _try(Random(f"absence {seed} {again}"))
        if found is not None:
            return found
    raise ValueError(f"seed {seed} displaces nobody")


def _try(random: Random) -> RandomAbsence | None:
    setting = _setting(random)
    if setting.chance(0.35):
        clinic_file = tight_clinic(setting)
    else:
        clinic_file = clinic_without_appointments(setting)
        add_appointments(setting, clinic_file)
    begins = on_the_clock(datetime.combine(setting.first_day, time()), setting.zone)
    now = begins - timedelta(minutes=random.choice((0, 0, 300, 1500)))
    if setting.chance(0.15):
        now += timedelta(minutes=random.randrange(600), seconds=random.choice((0, 0, 17)))
    movable = [
        visit
        for visit in clinic_file["appointments"]
        if visit["status"] in MAY_MOVE and instant(visit["start"]) >= now
    ]
    random.shuffle(movable)
    for visit in movable[:12]:
        resource = random.choice(_resources_of(visit))
        start, end = minutes_touched(visit)
        for reach in (600, 180, 60, 0):
            low, high = start - random.randint(0, reach), end + random.randint(0, reach)
            low, high = _partly(random, low, high, start, end)
            away = EPOCH + low * ONE_MINUTE, EPOCH + high * ONE_MINUTE
            hit = [one for one in clinic_file["appointments"] if is_displaced(one, resource, *away, now)]
            alone = len(hit) == 1 and setting.chance(0.85)
            if 1 <= len(hit) <= MOST_DISPLACED and not alone:
                return _absence(setting, clinic_file, resource, away, now, hit)
    return None


def larger_absence(seed: int) -> RandomAbsence:
    """One that displaces eight to twenty of a few people at one place, without lanes and group visits."""
    for again in range(_CLINICS_TRIED):
        random = Random(f"larger absence {seed} {again}")
        setting = replace(_setting(random), extreme=None, days=random.randint(2, 3))
        clinic_file = clinic_without_appointments(setting)
        _grow_at_one_place(setting, clinic_file, random.randint(3, 6))
        _book_short_days(setting, clinic_file, ("08:00", "16:00"), 900)
        begins = on_the_clock(datetime.combine(setting.first_day, time()), setting.zone)
        movable = [visit for visit in clinic_file["appointments"] if visit["status"] in MAY_MOVE]
        for resource in sorted({one for visit in movable for one in _resources_of(visit)}):
            away = begins, begins + timedelta(days=random.choice((1, 1, 2)))
            hit = [one for one in movable if is_displaced(one, resource, *away, begins)]
            if 8 <= len(hit) <= 20 and setting.chance(0.5):
                return _absence(setting, clinic_file, resource, away, begins, hit)
    raise ValueError(f"seed {seed} displaces too few")


def tight_clinic(setting: Setting) -> Json:
    """People who all work the same few hours, in a few rooms, with most of it booked by the rules."""
    random = setting.random
    clinic_file = clinic_without_appointments(setting)
    for service in clinic_file["services"]:
        if setting.chance(0.8):
            service.pop("seats", None)
    if setting.chance(0.8):
        clinic_file["overbooking"] = []
    _book_short_days(setting, clinic_file, random.choice(_SHORT_DAYS), random.choice((60, 120, 250)))
    return clinic_file


def _book_short_days(setting: Setting, clinic_file: Json, hours: tuple[str, str], tries: int) -> None:
    """Everybody works these hours, and patients come until so many have tried."""
    random = setting.random
    clinic_file["exceptions"] = []
    clinic_file["availability"] = [
        {
            "resource": f"providers/{provider['id']}",
            "rrule": "FREQ=DAILY",
            "startTime": hours[0],
            "endTime": hours[1],
        }
        for provider in clinic_file["providers"]
    ]
    for service in clinic_file["services"]:
        service["durationMinutes"] = random.choice((15, 20, 30, 45))
        service["slotStepMinutes"] = random.choice((5, 10, 15, 15))
    first = rounded_down(on_the_clock(datetime.combine(setting.first_day, time()), setting.zone))
    world = World(clinic_file, first - 1440, first + (setting.days + 1) * 1440)
    booking = Booking(setting, world, world)
    for _ in range(tries):
        booking.try_anywhere(random.randrange(first, first + setting.days * 1440, 5))
    for visit in clinic_file["appointments"]:
        if visit["status"] in HOLDING and setting.chance(0.7):
            visit["status"] = random.choice(("scheduled", "confirmed"))


def _grow_at_one_place(setting: Setting, clinic_file: Json, people: int) -> None:
    """More people, rooms and patients, like those that are there, all at one place; few of the limits."""
    place = clinic_file["locations"][0]
    clinic_file["locations"], clinic_file["overbooking"] = [place], []
    for kind, count in (("providers", people), ("rooms", people), ("patients", 12 * people)):
        models = list(clinic_file[kind])
        for number in range(len(models) + 1, count + 1):
            model = setting.random.choice(models)
            clinic_file[kind].append({**model, "id": f"{kind[:2]}{number}", "name": f"Another {number}"})
    for thing in (*clinic_file["rooms"], *clinic_file["equipment"]):
        thing["locationId"] = place["id"]
    for provider in clinic_file["providers"]:
        provider["locationIds"] = [place["id"]]
        if "maxVisitsPerDay" in provider:
            provider["maxVisitsPerDay"] += 7
    for service in clinic_file["services"]:
        service.pop("seats", None)
        service["maxFutureDays"] = 365
        if "maxPerDay" in service:
            service["maxPerDay"] += 6
        if "minGapMinutes" in service:
            service["minGapMinutes"] = min(25, service["minGapMinutes"])


def _setting(random: Random) -> Setting:
    zone, changing_day, odd_time = random.choice(CLOCK_CHANGES)
    return Setting(
        random=random,
        zone=zone,
        first_day=changing_day - timedelta(days=random.choice((0, 0, 1, 1, 2))),
        days=random.randint(1, 3),
        changing_day=changing_day,
        odd_time=odd_time,
        extreme=random.choice(("full", "full", "no pools", "no rooms")) if random.random() < 0.4 else None,
    )


def _resources_of(visit: Json) -> list[str]:
    found = [f"providers/{visit['providerId']}"]
    if "roomId" in visit:
        found.append(f"rooms/{visit['roomId']}")
    return [*found, *(f"equipment/{used['id']}" for used in visit["equipment"])]


def _partly(random: Random, low: int, high: int, start: int, end: int) -> tuple[int, int]:
    """Now and then it begins or ends in the middle of the visit."""
    if end - start > 2 and random.random() < 0.2:
        middle = random.randrange(start + 1, end)
        return (low, middle) if random.random() < 0.5 else (middle, high)
    return low, high


def _absence(
    setting: Setting,
    clinic_file: Json,
    resource: str,
    away: tuple[datetime, datetime],
    now: datetime,
    hit: list[Json],
) -> RandomAbsence:
    random = setting.random
    last = max(rounded_up(away[1]), rounded_up(now))
    until = last + random.choice((30, 240, 720, 1440, 1440, 2880))
    not_then = {}
    for visit in hit:
        if setting.chance(0.25):
            start, end = minutes_touched(visit)
            shift = random.randint(-300, 1500)
            not_then[visit["id"]] = ((start + shift, end + shift + random.choice((1, 60, 400))),)
    return RandomAbsence(
        file=clinic_file,
        resource=resource,
        start=away[0],
        end=away[1],
        now=now,
        until=until,
        not_then=not_then,
        lexicographic=setting.chance(0.2),
    )
