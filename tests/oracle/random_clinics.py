"""Small random clinics that are valid files, and searches to try on them; the same seed gives the same."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from tests.oracle.brute_force import minutes_of_range
from tests.oracle.clock import Json, is_aligned, minutes_touched, on_the_clock, on_the_wall, rounded_down
from tests.oracle.opening import by_id
from tests.oracle.random_appointments import add_appointments
from tests.oracle.random_setting import CLOCK_CHANGES, EXTREMES, Setting, told
from tests.oracle.random_setup import clinic_without_appointments
from tests.oracle.taken import is_for_groups
from tests.oracle.world import Ask, step_of


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
    """Anything on some day, or what is booked already on the day for which it is booked."""
    random = setting.random
    visit = a_visit(setting, clinic_file) if setting.chance(0.65) else None
    usual = 0.3 if visit else 1.0
    offered = sorted({service for provider in clinic_file["providers"] for service in provider["serviceIds"]})
    query: Json = {"serviceId": visit["serviceId"] if visit else random.choice(offered)}
    zone = setting.zone
    if setting.chance(0.4 * usual):
        location = random.choice(clinic_file["locations"])
        query["locationId"] = location["id"]
        zone = location.get("timezone", setting.zone)
    if visit:
        first = on_the_wall(minutes_touched(visit)[0], zone).date()
    else:
        first = setting.first_day + timedelta(days=random.choice((0, 0, 0, setting.days - 1)))
    last = first + timedelta(days=random.randint(0, max(0, setting.days - 1)))
    query["start"] = a_bound(setting, first, zone)
    query["end"] = a_bound(setting, last, zone)
    spans = [*clinic_file["exceptions"], *clinic_file["appointments"]]
    if spans and setting.chance(0.25 * usual):
        query["start"] = a_minute_within(setting, random.choice(spans))
    if edge(query["start"], zone) >= edge(query["end"], zone):
        query["end"] = told(setting, rounded_down(edge(query["start"], zone)) + 60 * random.randint(3, 30))
    if setting.chance(0.25 * usual):
        query["providerIds"] = setting.some([provider["id"] for provider in clinic_file["providers"]], 1, 2)
    if setting.chance(0.5):
        query["patientId"] = random.choice(clinic_file["patients"])["id"]
    if setting.chance(0.15 * usual):
        query["durationMinutes"] = random.choice((10, 20, 35, 50, 75))
    query["now"] = a_now(setting, first)
    return query


def a_visit(setting: Setting, clinic_file: Json) -> Json | None:
    """Something booked, more often for a group or on top of another visit than not."""
    services = by_id(clinic_file["services"])
    visits = clinic_file["appointments"]
    special = [
        visit for visit in visits if visit.get("overbook") or is_for_groups(services[visit["serviceId"]])
    ]
    choices = special if special and setting.chance(0.8) else visits
    return setting.random.choice(choices) if choices else None


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
    elif setting.chance(0.12):
        now = midnight + timedelta(minutes=random.randrange(0, setting.days * 720, random.choice((1, 15))))
    else:
        now = midnight - timedelta(minutes=random.choice((0, 0, 600, 600, 600, 1500, 9000)))
    if setting.chance(0.25):
        now += timedelta(seconds=random.randrange(1, 60))
    return now.isoformat().replace("+00:00", "Z") if setting.chance(0.5) else now.isoformat()


# single placements


def random_asks(seed: int, clinic_file: Json, query: Json, count: int) -> list[Ask]:
    """Placements of the query's service, near the range and near what is booked; few of them can be."""
    random = Random(f"{seed} {query}")
    return [random_ask(random, clinic_file, query) for _ in range(count)]


def random_ask(random: Random, clinic_file: Json, query: Json) -> Ask:
    """As something is booked, or next to it, or at any time at which the service might start."""
    service = by_id(clinic_file["services"])[query["serviceId"]]
    rooms, locations = by_id(clinic_file["rooms"]), by_id(clinic_file["locations"])
    in_person = service["modality"] == "in_person"
    alike = [visit for visit in clinic_file["appointments"] if visit["serviceId"] == service["id"]]
    provider_id = random.choice(clinic_file["providers"])["id"]
    place = random.choice(sorted(locations)) if in_person else None
    duration = random.choice((service["durationMinutes"], service["durationMinutes"], 10, 45))
    first, beyond = minutes_of_range(clinic_file, query)
    start = random.randrange(first - 60, max(beyond, first + 1440))
    kind = random.random()
    if alike and kind < 0.4:
        visit = random.choice(alike)
        start, end = minutes_touched(visit)
        provider_id = visit["providerId"] if kind < 0.3 else provider_id
        place = rooms[visit["roomId"]]["locationId"] if in_person and "roomId" in visit else place
        if kind < 0.2:
            duration = end - start
        else:
            start = random.choice((start - duration, start - 5, start + 5, end, start))
    elif kind < 0.9:
        zone = (locations[place].get("timezone") if place else None) or clinic_file["clinic"]["timezone"]
        while not is_aligned(start, step_of(service), zone):
            start += 1
    elif kind < 0.92:
        start += random.choice((-400, 400)) * 1440
    return Ask(
        service_id=service["id"],
        provider_id=provider_id,
        location_id=place,
        start=start,
        end=start + duration,
        patient_id=random.choice([None, *(patient["id"] for patient in clinic_file["patients"])]),
    )
