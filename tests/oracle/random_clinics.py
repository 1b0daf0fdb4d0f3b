"""Small random clinics that are valid files, and searches to try on them; the same seed gives the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.oracle.brute_force import (
    EPOCH,
    ONE_MINUTE,
    Json,
    Slot,
    World,
    minutes_touched,
    on_the_clock,
    places_of,
    rounded_down,
    units_needed,
)

# A zone, a local date on which its clocks change (or, in the last ones, never do), and a time of that day
# which does not exist or comes twice.
CLOCK_CHANGES: tuple[tuple[str, date, str], ...] = (
    ("Europe/Berlin", date(2026, 3, 29), "02:20"),
    ("Europe/Berlin", date(2026, 10, 25), "02:20"),
    ("Europe/London", date(2026, 3, 29), "01:40"),
    ("Europe/London", date(2026, 10, 25), "01:40"),
    ("America/New_York", date(2026, 3, 8), "02:25"),
    ("America/New_York", date(2026, 11, 1), "01:25"),
    ("America/St_Johns", date(2026, 3, 8), "02:10"),
    ("America/St_Johns", date(2026, 11, 1), "01:10"),
    ("America/Havana", date(2026, 3, 8), "00:35"),  # midnight does not exist
    ("America/Havana", date(2026, 11, 1), "00:35"),  # the hour after midnight comes twice
    ("America/Sao_Paulo", date(2018, 11, 4), "00:20"),  # midnight does not exist
    ("America/Sao_Paulo", date(2019, 2, 16), "23:20"),  # the hour before midnight comes twice
    ("Australia/Lord_Howe", date(2026, 4, 5), "01:40"),  # by half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4), "02:10"),
    ("Australia/Adelaide", date(2026, 4, 5), "02:50"),
    ("Australia/Adelaide", date(2026, 10, 4), "02:50"),
    ("Pacific/Chatham", date(2026, 4, 5), "03:05"),
    ("Pacific/Chatham", date(2026, 9, 27), "03:05"),
    ("Africa/Cairo", date(2026, 4, 24), "00:25"),  # midnight does not exist
    ("Asia/Kathmandu", date(2026, 5, 13), "02:30"),
    ("Asia/Kolkata", date(2026, 1, 1), "05:45"),
    ("America/Sao_Paulo", date(2026, 6, 30), "07:10"),
)
ZONES = tuple(sorted({zone for zone, _, _ in CLOCK_CHANGES}))

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

ROOM_TYPES = ("exam", "procedure", "imaging")
FEATURES = ("sink", "couch", "monitor")
EQUIPMENT_TYPES = ("ecg", "laser", "ultrasound")
LIVE = (
    "scheduled",
    "scheduled",
    "confirmed",
    "confirmed",
    "pending",
    "checked_in",
    "in_progress",
    "completed",
)
OVER = ("canceled", "no_show", "expired")
EXTREMES = ("full", "no rooms", "past", "closed", "no hours", "no pools")


@dataclass(frozen=True)
class Setting:
    """What one clinic's parts have in common: its random source and the days that matter."""

    random: Random
    zone: str
    first_day: date
    days: int
    changing_day: date
    odd_time: str
    extreme: str | None

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def some(self, choices: Sequence[str], at_least: int, at_most: int) -> list[str]:
        count = self.random.randint(min(at_least, len(choices)), min(at_most, len(choices)))
        return sorted(self.random.sample(list(choices), count))

    def minute(self) -> int:
        """Any minute of the days that matter, more often on the grid than off it."""
        start = rounded_down(on_the_clock(datetime.combine(self.first_day, time()), self.zone))
        minute = start + self.random.randrange(self.days * 24 * 60)
        return minute if self.chance(0.4) else minute - minute % 15


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


# the clinic


def clinic_without_appointments(setting: Setting) -> Json:
    clinic: Json = {"name": "Clinic", "timezone": setting.zone}
    if setting.chance(0.2):
        clinic["gridMinutes"] = 5
    if setting.chance(0.2):
        clinic["weights"] = {"preference": 20, "gap": 30, "room": 40, "overbook": 10}
    locations = random_locations(setting)
    rooms = random_rooms(setting, locations)
    pools = random_pools(setting, locations)
    services = random_services(setting, rooms, pools)
    providers = random_providers(setting, locations, services)
    clinic_file = {
        "schemaVersion": 1,
        "clinic": clinic,
        "locations": locations,
        "providers": providers,
        "rooms": rooms,
        "equipment": pools,
        "services": services,
        "availability": [],
        "exceptions": [],
        "overbooking": [],
        "patients": random_patients(setting, providers),
        "appointments": [],
    }
    clinic_file["availability"] = random_availability(setting, clinic_file)
    clinic_file["exceptions"] = random_exceptions(setting, clinic_file)
    return clinic_file


def random_locations(setting: Setting) -> list[Json]:
    locations = []
    for number in range(1, setting.random.choice((1, 1, 1, 2, 2, 3)) + 1):
        location: Json = {"id": f"l{number}", "name": f"Location {number}"}
        if setting.chance(0.5):
            location["timezone"] = setting.random.choice((setting.zone, *ZONES))
        locations.append(location)
    return locations


def random_services(setting: Setting, rooms: list[Json], pools: list[Json]) -> list[Json]:
    """Services that mostly ask for what stands somewhere in the clinic."""
    random = setting.random
    services = []
    for number in range(1, random.randint(2, 4) + 1):
        service: Json = {
            "id": f"s{number}",
            "name": f"Service {number}",
            "durationMinutes": random.choice((5, 15, 20, 25, 30, 30, 40, 45, 60, 90, 22)),
            "modality": random.choice(("in_person", "in_person", "in_person", "telehealth", "phone")),
        }
        optional: Json = {
            "bufferBeforeMinutes": random.choice((0, 0, 5, 7, 10, 15)),
            "bufferAfterMinutes": random.choice((0, 0, 3, 5, 7, 10, 20)),
            "slotStepMinutes": random.choice((15, 15, 10, 20, 30, 45, 60)),
            "minNoticeMinutes": random.choice((0, 0, 0, 0, 0, 60, 95, 24 * 60)),
            "maxFutureDays": random.choice((365, 365, 365, 365, 1, 2, 30)),
        }
        if service["modality"] == "in_person":
            model = random.choice(rooms) if rooms and setting.chance(0.9) else None
            types = [model["type"]] if model else list(ROOM_TYPES)
            features = model.get("features", []) if model else list(FEATURES)
            if setting.chance(0.6):
                optional["roomTypes"] = sorted({*types, *setting.some(ROOM_TYPES, 0, 1)})
            if setting.chance(0.4):
                optional["roomFeatures"] = setting.some(features, 0, 1)
        if setting.chance(0.5):
            optional["equipment"] = equipment_lines(setting, pools)
        service.update({name: value for name, value in optional.items() if value or setting.chance(0.3)})
        services.append(service)
    return services


def equipment_lines(setting: Setting, pools: list[Json]) -> list[Json]:
    """One type or two; mostly no more units than all its pools have."""
    types = sorted({pool["type"] for pool in pools}) if setting.chance(0.95) else list(EQUIPMENT_TYPES)
    lines = []
    for equipment_type in setting.some(types, 1, setting.random.choice((1, 1, 2))):
        quantity = sum(pool.get("quantity", 1) for pool in pools if pool["type"] == equipment_type)
        most = max(1, quantity if setting.chance(0.9) else 3)
        units = min(setting.random.randint(1, most), setting.random.randint(1, most))
        lines.append({"type": equipment_type, "units": units})
    return lines


def random_providers(setting: Setting, locations: list[Json], services: list[Json]) -> list[Json]:
    location_ids = [location["id"] for location in locations]
    service_ids = [service["id"] for service in services]
    names = ["Okoro", "Abel", "Zhou", "Lind"]
    setting.random.shuffle(names)
    providers = []
    for number in range(1, setting.random.choice((1, 2, 2, 3, 4)) + 1):
        provider: Json = {
            "id": f"p{number}",
            "name": names[number - 1],
            "locationIds": setting.some(location_ids, 1 if setting.chance(0.5) else 2, 3),
            "serviceIds": setting.some(service_ids, 2 if setting.chance(0.4) else 3, 4),
        }
        if setting.chance(0.5):
            provider["specialty"] = setting.random.choice(("cardiology", "dermatology"))
        providers.append(provider)
    return providers


def random_rooms(setting: Setting, locations: list[Json]) -> list[Json]:
    if setting.extreme == "no rooms":
        return []
    random = setting.random
    rooms = []
    for number in range(1, random.choice((1, 2, 3, 4, 5, 5)) + 1):
        room: Json = {
            "id": f"r{number}",
            "locationId": random.choice(locations)["id"],
            "name": f"Room {number}",
            "type": random.choice(ROOM_TYPES),
        }
        optional: Json = {
            "features": setting.some(FEATURES, 0, 3),
            "capacity": random.choice((1, 1, 1, 2, 3)),
            "turnaroundMinutes": random.choice((0, 0, 5, 7, 10, 15)),
        }
        defaults: Json = {"features": [], "capacity": 1, "turnaroundMinutes": 0}
        for name, value in optional.items():
            if value != defaults[name] or setting.chance(0.3):
                room[name] = value
        rooms.append(room)
    return rooms


def random_pools(setting: Setting, locations: list[Json]) -> list[Json]:
    if setting.extreme == "no pools":
        return []
    random = setting.random
    pools = []
    for number in range(1, random.choice((0, 1, 2, 3, 3)) + 1):
        pool: Json = {
            "id": f"e{number}",
            "locationId": random.choice(locations)["id"],
            "type": random.choice((*EQUIPMENT_TYPES[:2], EQUIPMENT_TYPES[0], EQUIPMENT_TYPES[2])),
            "name": f"Pool {number}",
        }
        quantity = random.choice((1, 1, 2, 2, 3))
        if quantity != 1 or setting.chance(0.5):
            pool["quantity"] = quantity
        pools.append(pool)
    return pools


def random_patients(setting: Setting, providers: list[Json]) -> list[Json]:
    patients = []
    for number in range(1, setting.random.randint(2, 5) + 1):
        patient: Json = {"id": f"a{number}", "name": f"Patient {number}"}
        if setting.chance(0.3):
            patient["dob"] = "1980-02-29"
        if setting.chance(0.2):
            patient["blockedProviderIds"] = setting.some([provider["id"] for provider in providers], 1, 1)
        patients.append(patient)
    return patients


# hours


def random_availability(setting: Setting, clinic_file: Json) -> list[Json]:
    rows = []
    for position, provider in enumerate(clinic_file["providers"]):
        resource = f"providers/{provider['id']}"
        if setting.extreme == "no hours" or (position and setting.chance(0.1)):
            continue
        if setting.chance(0.35):
            rows += rows_of(setting, resource, WEEKLY_RULES[:2], days_cut_at(setting.odd_time))
        elif position == 0 or setting.chance(0.5):
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


# appointments


def add_appointments(setting: Setting, clinic_file: Json) -> None:
    """Place visits that fit beside those already there; some ignore hours, those that are over ignore all."""
    random = setting.random
    first = rounded_down(on_the_clock(datetime.combine(setting.first_day, time()), setting.zone))
    world = World(clinic_file, first - 2 * 1440, first + (setting.days + 3) * 1440)
    attempts = random.choice((0, 20, 40, 80, 120))
    for _ in range(attempts):
        if len(clinic_file["appointments"]) < 20:
            try_to_place(setting, world, setting.minute(), outside_hours=setting.chance(0.15))
    if setting.extreme == "full":
        for minute in range(first - 60, first + setting.days * 1440, 15):
            if len(clinic_file["appointments"]) < 150:
                try_to_place(setting, world, minute, outside_hours=False)


def try_to_place(setting: Setting, world: World, minute: int, *, outside_hours: bool) -> None:
    random = setting.random
    provider = random.choice(world.file["providers"])
    service = world.services[random.choice(provider["serviceIds"])]
    location_id = random.choice(places_of(provider, service, None))
    patient_id = random.choice(world.file["patients"])["id"]
    duration = service["durationMinutes"] if setting.chance(0.8) else random.choice((10, 33, 75))
    slot = world.slot_at(
        minute=minute,
        duration=duration,
        service_id=service["id"],
        provider_id=provider["id"],
        location_id=location_id,
        patient_id=patient_id,
        outside_hours=outside_hours,
    )
    if slot is None:
        return
    appointment: Json = {
        "id": f"v{len(world.file['appointments']) + 1}",
        "patientId": patient_id,
        "providerId": provider["id"],
        "serviceId": service["id"],
        "equipment": units_taken(setting, world, slot, units_needed(service)),
        "start": told(setting, minute),
        "end": told(setting, minute + duration),
        "status": random.choice(LIVE),
    }
    if slot.room_ids:
        appointment["roomId"] = random.choice(sorted(slot.room_ids))
    if setting.chance(0.2):
        appointment["overbook"] = False
    world.file["appointments"].append(appointment)
    world.hold(appointment)
    if setting.chance(0.15):
        shift = random.choice((0, 0, 5, 30))
        over = dict(appointment)
        over["id"] = f"v{len(world.file['appointments']) + 1}"
        over["status"] = random.choice(OVER)
        over["start"], over["end"] = told(setting, minute + shift), told(setting, minute + shift + duration)
        world.file["appointments"].append(over)
    if setting.chance(0.15):
        appointment["status"] = random.choice(OVER)
        forget(world)


def forget(world: World) -> None:
    """Count what is held again, after an appointment has ended."""
    world.in_use.clear()
    for appointment in world.file["appointments"]:
        world.hold(appointment)


def units_taken(setting: Setting, world: World, slot: Slot, needed: dict[str, int]) -> list[Json]:
    """Units from the pools that have them free, one at a time, from any pool of the type."""
    taken: dict[str, int] = {}
    for equipment_type, units in needed.items():
        for _ in range(units):
            choices = [
                pool_id
                for pool_id, free in slot.free_units.items()
                if world.pools[pool_id]["type"] == equipment_type and free > taken.get(pool_id, 0)
            ]
            pool_id = setting.random.choice(choices)
            taken[pool_id] = taken.get(pool_id, 0) + 1
    return [{"id": pool_id, "units": units} for pool_id, units in sorted(taken.items())]


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
        return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(timespec="minutes")
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


def told(setting: Setting, minute: int) -> str:
    """One instant in one of the spellings a file may use: in UTC, or in some zone's offset."""
    moment = EPOCH + minute * ONE_MINUTE
    if setting.chance(0.3):
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    zone = setting.zone if setting.chance(0.7) else setting.random.choice(ZONES)
    return moment.astimezone(ZoneInfo(zone)).isoformat()
