"""Random hours of providers, rooms and pools, and exceptions from them."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from tests.oracle.clock import Json, on_the_clock, rounded_down
from tests.oracle.random_setting import Setting, told

WEEKLY_RULES = (
    "FREQ=DAILY",
    "FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU",
    "FREQ=WEEKLY;BYDAY=SA,SU",
    "FREQ=WEEKLY;BYDAY=SU,MO,TH",
    "FREQ=WEEKLY;BYDAY=FR,SA,SU,MO",
    "RRULE:FREQ=WEEKLY;BYDAY=TU,WE,TH,SU",
)
RARER_RULES = (
    "FREQ=WEEKLY",
    "FREQ=DAILY;INTERVAL=2",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU",
    "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH,SA,SU",
    "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU;WKST=SU",
    "FREQ=MONTHLY;BYMONTHDAY=1,4,5,8,25,29",
    "FREQ=MONTHLY;BYMONTHDAY=-1,-3,-7",
    "FREQ=MONTHLY;BYDAY=1SU,2SU,-1SU",
    "FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=1,-1",
    "FREQ=YEARLY;BYMONTH=3,10;BYDAY=SU,MO",
)
LONG_DAYS = ((("00:00", "24:00"),), (("08:00", "18:00"),), (("07:30", "12:00"), ("13:00", "19:00")))
OTHER_DAYS = (
    (("08:00", "10:20"), ("10:20", "15:00")),  # adjoining
    (("09:00", "13:00"), ("12:00", "14:30")),  # overlapping
    (("22:00", "24:00"), ("00:00", "06:00")),  # through midnight
    (("21:45", "24:00"), ("00:00", "03:35")),
    (("01:00", "04:30"),),
    (("02:15", "02:45"), ("02:50", "07:00")),  # edges in a gap or a doubled hour
    (("00:00", "02:30"), ("02:30", "09:00")),
    (("23:30", "24:00"), ("00:30", "02:00")),
    (("01:45", "02:15"), ("08:00", "12:00")),
    (("08:05", "11:40"),),
    (("08:07", "11:41"), ("14:03", "16:58")),
    (("06:00", "10:00"), ("17:00", "24:00")),
)


def random_availability(setting: Setting, clinic_file: Json) -> list[Json]:
    rows = []
    for position, provider in enumerate(clinic_file["providers"]):
        resource = f"providers/{provider['id']}"
        if setting.extreme == "no hours" or (position and setting.chance(0.1)):
            continue
        if setting.chance(0.35):
            rows += rows_of(setting, resource, WEEKLY_RULES[:2], days_cut_at(setting.odd_time))
        elif position == 0 or setting.chance(0.7):
            rows += rows_of(setting, resource, WEEKLY_RULES[: 8 if position else 2], LONG_DAYS)
        if setting.chance(0.4):
            rows += rows_of(setting, resource, (*WEEKLY_RULES, *RARER_RULES), OTHER_DAYS)
    for kind in ("rooms", "equipment"):
        for entity in clinic_file[kind]:
            if setting.chance(0.35):
                days = LONG_DAYS if setting.chance(0.65) else OTHER_DAYS
                rules = WEEKLY_RULES if setting.chance(0.75) else RARER_RULES
                rows += rows_of(setting, f"{kind}/{entity['id']}", rules, days)
    setting.random.shuffle(rows)
    return rows


def days_cut_at(time_of_day: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Days whose hours begin or end at this time, or end and begin again."""
    until, since = ("00:00", time_of_day), (time_of_day, "24:00")
    return (until, ("14:00", "17:00")), (since,), (until, since), (until,)


def rows_of(
    setting: Setting, resource: str, rules: Sequence[str], days: Sequence[tuple[tuple[str, str], ...]]
) -> list[Json]:
    """The windows of one kind of day, mostly under one rule."""
    random = setting.random
    rule = random.choice(rules)
    bounds: Json = {}
    if setting.chance(0.2):
        bounds["effectiveFrom"] = str(setting.first_day + timedelta(days=random.randint(-20, 2)))
        if setting.chance(0.2):
            rule = f"FREQ=DAILY;COUNT={random.randint(2, 25)}"
    if setting.chance(0.15):
        bounds["effectiveTo"] = str(setting.first_day + timedelta(days=random.randint(2, 6)))
    elif setting.chance(0.05):
        last = setting.first_day + timedelta(days=random.randint(0, 4))
        rule = f"FREQ=DAILY;UNTIL={last:%Y%m%d}"
    return [
        {"resource": resource, "rrule": rule, "startTime": start, "endTime": end, **bounds}
        for start, end in random.choice(days)
    ]


def random_exceptions(setting: Setting, clinic_file: Json) -> list[Json]:
    random = setting.random
    resources = ["clinic", "clinic"]
    for kind in ("locations", "locations", "rooms", "equipment"):
        resources += [f"{kind}/{entity['id']}" for entity in clinic_file[kind]]
    resources += 2 * [f"providers/{provider['id']}" for provider in clinic_file["providers"]]
    exceptions = []
    for _ in range(random.choice((0, 1, 2, 4, 6))):
        start = setting.minute()
        length = random.choice((15, 30, 47, 60, 120, 240, 480, 720))
        kind = random.choice(("available", "unavailable"))
        exceptions.append(an_exception(setting, random.choice(resources), start, start + length, kind))
    if setting.chance(0.4):
        places = ["clinic", *(f"locations/{location['id']}" for location in clinic_file["locations"])]
        start = setting.minute()
        end = start + random.choice((62, 90, 121, 243, 720))
        exceptions.append(an_exception(setting, random.choice(places), start, end, "unavailable"))
    for provider in clinic_file["providers"]:
        hours = {row["resource"] for row in clinic_file["availability"]}
        if f"providers/{provider['id']}" not in hours and setting.chance(0.8):
            start = setting.minute()
            exceptions.append(
                an_exception(setting, f"providers/{provider['id']}", start, start + 300, "available")
            )
    if setting.extreme == "closed":
        start = rounded_down(on_the_clock(datetime.combine(setting.first_day, time()), setting.zone))
        whole = start - 1440, start + (setting.days + 1) * 1440
        exceptions.append(an_exception(setting, random.choice(resources), *whole, "unavailable"))
    return exceptions


def an_exception(setting: Setting, resource: str, start: int, end: int, kind: str) -> Json:
    exception: Json = {
        "resource": resource,
        "start": told(setting, start),
        "end": told(setting, end),
        "kind": kind,
    }
    if setting.chance(0.3):
        exception["reason"] = "planned"
    return exception
