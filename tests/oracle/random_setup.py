"""A random clinic without hours and appointments: places, people, things, services and the rules they set."""

from tests.oracle.clock import Json
from tests.oracle.random_hours import random_availability, random_exceptions
from tests.oracle.random_limits import add_limits
from tests.oracle.random_setting import ZONES, Setting

ROOM_TYPES = ("exam", "procedure", "imaging")
FEATURES = ("sink", "couch", "monitor")
EQUIPMENT_TYPES = ("ecg", "laser", "ultrasound")


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
    add_limits(setting, clinic_file)
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
            "slotStepMinutes": random.choice((15, 15, 10, 20, 30, 45, 60, 7, 50)),
            "minNoticeMinutes": random.choice((0, 0, 0, 0, 0, 0, 0, 60, 95, 24 * 60)),
            "maxFutureDays": random.choice((365, 365, 365, 365, 365, 365, 365, 1, 2, 30)),
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
    for number in range(1, setting.random.randint(3, 6) + 1):
        patient: Json = {"id": f"a{number}", "name": f"Patient {number}"}
        if setting.chance(0.3):
            patient["dob"] = "1980-02-29"
        if setting.chance(0.2):
            patient["blockedProviderIds"] = setting.some([provider["id"] for provider in providers], 1, 1)
        patients.append(patient)
    return patients
