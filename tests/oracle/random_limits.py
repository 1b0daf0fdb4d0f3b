"""Random limits on top of a random clinic: caps, gaps, seats, blackout dates, who may, overbooking."""

from datetime import timedelta

from tests.oracle.clock import Json
from tests.oracle.random_hours import LONG_DAYS, OTHER_DAYS, days_cut_at
from tests.oracle.random_setting import Setting
from tests.oracle.taken import WEEKDAYS


def add_limits(setting: Setting, clinic_file: Json) -> None:
    """Let the limits of providers and services bite now and then, and allow overbooking here and there."""
    for provider in clinic_file["providers"]:
        if setting.chance(0.3):
            provider["maxVisitsPerDay"] = setting.random.choice((0, 1, 2, 3, 4, 4, 5, 6, 8))
    for service in clinic_file["services"]:
        service.update(limits_of_service(setting, clinic_file["providers"]))
    number_of_rules = setting.random.choice((0, 1, 2, 2, 3, 4))
    clinic_file["overbooking"] = [
        overbooking_rule(setting, clinic_file, number) for number in range(1, number_of_rules + 1)
    ]


def limits_of_service(setting: Setting, providers: list[Json]) -> Json:
    random = setting.random
    limits: Json = {}
    if setting.chance(0.25):
        limits["maxPerDay"] = random.choice((0, 1, 2, 3, 4, 5, 6, 7, 9))
    if setting.chance(0.3):
        limits["minGapMinutes"] = random.choice((0, 5, 10, 25, 60, 120, 300))
    if setting.chance(0.5):
        limits["seats"] = random.choice((1, 2, 3, 3, 4, 5))
    if setting.chance(0.15):
        days = [setting.first_day + timedelta(days=random.randint(-1, setting.days)) for _ in range(2)]
        limits["blackoutDates"] = sorted({str(day) for day in days})[: random.choice((0, 1, 1, 2))]
    if setting.chance(0.2):
        at_least = 0 if setting.chance(0.1) else 1
        limits["allowedProviderIds"] = setting.some([provider["id"] for provider in providers], at_least, 3)
    return limits


def overbooking_rule(setting: Setting, clinic_file: Json, number: int) -> Json:
    """One of a provider or a service, with windows like those of hours: around midnight and clock changes."""
    random = setting.random
    days = LONG_DAYS if setting.chance(0.6) else (*OTHER_DAYS, *days_cut_at(setting.odd_time))
    start, end = random.choice(random.choice(days))
    weekdays = set(setting.some(WEEKDAYS, 1, 7))
    if setting.chance(0.8):
        days_that_matter = [setting.first_day + timedelta(days=later) for later in range(setting.days)]
        weekdays |= {WEEKDAYS[day.weekday()] for day in days_that_matter}
    rule: Json = {
        "id": f"o{number}",
        "weekdays": sorted(weekdays),
        "startTime": start,
        "endTime": end,
        "lanes": random.choice((1, 1, 1, 2, 3)),
    }
    if setting.chance(0.6):
        rule["providerId"] = random.choice(clinic_file["providers"])["id"]
    else:
        rule["serviceId"] = random.choice(clinic_file["services"])["id"]
    if setting.chance(0.6):
        rule["maxPerDay"] = random.choice((0, 1, 1, 2, 3))
    return rule
