"""Small random clinics that are valid files, and searches to try on them; the same seed gives the same."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from tests.oracle.clock import Json, minutes_touched, on_the_clock, on_the_wall, rounded_down
from tests.oracle.random_appointments import add_appointments
from tests.oracle.random_setting import CLOCK_CHANGES, EXTREMES, Setting, told
from tests.oracle.random_setup import clinic_without_appointments


def random_clinic(seed: int) -> tuple[Json, list[Json]]:
    """A valid clinic file, and searches on it; every seventh seed or so is an extreme one."""
    random = Random(seed)
    zone, changing_day, odd_time = random.choice(CLOCK_CHANGES)
    days = random.randint(1, 4)
    setting = Setting(
        random=random,
        zone=zone,
        first_day=changing_day - timedelta(days=random.choice((0, 0, 1, 1, 2, 3))),
        days=days,
        changing_day=changing_day,
        odd_time=odd_time,
        extreme=random.choice(EXTREMES) if random.random() < 0.15 else None,
    )
    clinic_file = clinic_without_appointments(setting)
    add_appointments(setting, clinic_file)
    queries = [random_query(setting, clinic_file) for _ in range(random.randint(2, 4))]
    return clinic_file, queries


# searches


def random_query(setting: Setting, clinic_file: Json) -> Json:
    random = setting.random
    offered = sorted({service for provider in clinic_file["providers"] for service in provider["serviceIds"]})
    query: Json = {"serviceId": random.choice(offered)}
    zone = setting.zone
    if setting.chance(0.4):
        location = random.choice(clinic_file["locations"])
        query["locationId"] = location["id"]
        zone = location.get("timezone", setting.zone)
    first = setting.first_day + timedelta(days=random.choice((0, 0, 0, setting.days - 1)))
    last = first + timedelta(days=random.randint(0, max(0, setting.days - 1)))
    query["start"] = a_bound(setting, first, zone)
    query["end"] = a_bound(setting, last, zone)
    spans = [*clinic_file["exceptions"], *clinic_file["appointments"]]
    if spans and setting.chance(0.25):
        query["start"] = a_minute_within(setting, random.choice(spans))
    if edge(query["start"], zone) >= edge(query["end"], zone):
        query["end"] = told(setting, rounded_down(edge(query["start"], zone)) + 60 * random.randint(3, 30))
    if setting.chance(0.25):
        query["providerIds"] = setting.some([provider["id"] for provider in clinic_file["providers"]], 1, 2)
    if setting.chance(0.5):
        query["patientId"] = random.choice(clinic_file["patients"])["id"]
    if setting.chance(0.15):
        query["durationMinutes"] = random.choice((10, 20, 35, 50, 75))
    query["now"] = a_now(setting, first)
    return query


def a_bound(setting: Setting, day: date, zone: str) -> str:
    """A date, a local date-time that exists, or a date-time with an offset."""
    kind = setting.random.random()
    if kind < 0.5:
        return str(day)
    clock_time = time(setting.random.randrange(24), setting.random.choice((0, 0, 0, 15, 30, 7, 52)))
    if day == setting.changing_day and setting.chance(0.4):
        clock_time = time.fromisoformat(setting.odd_time)
    wall_clock = datetime.combine(day, clock_time)
    moment = on_the_clock(wall_clock, zone)
    if kind < 0.75:
        local = on_the_wall(rounded_down(moment), zone)
        return local.replace(tzinfo=None).isoformat(timespec="minutes")
    return told(setting, rounded_down(moment))


def a_minute_within(setting: Setting, span: Json) -> str:
    """A moment while this exception or appointment has begun and not ended."""
    start, end = minutes_touched(span)
    return told(setting, setting.random.randrange(start, end))


def edge(text: str, zone: str) -> datetime:
    """A query's edge as an instant; a date counts as its first one."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else on_the_clock(moment, zone)


def a_now(setting: Setting, day: date) -> str:
    random = setting.random
    midnight = on_the_clock(datetime.combine(day, time()), setting.zone)
    if setting.extreme == "past":
        now = midnight + timedelta(days=setting.days + 5, hours=3)
    elif setting.chance(0.2):
        now = midnight + timedelta(minutes=random.randrange(0, setting.days * 720, random.choice((1, 15))))
    else:
        now = midnight - timedelta(minutes=random.choice((0, 0, 600, 600, 1500, 1500, 9000)))
    if setting.chance(0.25):
        now += timedelta(seconds=random.randrange(1, 60))
    return now.isoformat().replace("+00:00", "Z") if setting.chance(0.5) else now.isoformat()
