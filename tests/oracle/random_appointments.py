"""Random appointments that a clinic file may hold: by the rules, against most of them, or over."""

from datetime import datetime, time

from tests.oracle.brute_force import places_of
from tests.oracle.clock import Json, is_aligned, on_the_clock, rounded_down
from tests.oracle.random_setting import Setting, told
from tests.oracle.taken import is_for_groups
from tests.oracle.world import Ask, Slot, World, step_of, units_needed

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


def add_appointments(setting: Setting, clinic_file: Json) -> None:
    """Place visits that fit beside those already there; some ignore whatever a file may ignore."""
    first = rounded_down(on_the_clock(datetime.combine(setting.first_day, time()), setting.zone))
    reach = first - 2 * 1440, first + (setting.days + 3) * 1440
    booking = Booking(setting, World(clinic_file, *reach), World(without_rules(clinic_file), *reach))
    for _ in range(setting.random.choice((0, 40, 80, 80, 160, 160, 240, 240))):
        if len(clinic_file["appointments"]) < 25:
            booking.try_anywhere(setting.minute())
    if setting.extreme == "full":
        for minute in range(first - 60, first + setting.days * 1440, 15):
            if len(clinic_file["appointments"]) < 150:
                booking.try_anywhere(minute)


def without_rules(clinic_file: Json) -> Json:
    """The same clinic, and the same list of appointments, always open and with overbooking at any time."""
    limits = ("maxVisitsPerDay", "maxPerDay", "minGapMinutes", "blackoutDates", "allowedProviderIds")

    def unlimited(entities: list[Json]) -> list[Json]:
        return [{name: entity[name] for name in entity if name not in limits} for entity in entities]

    always = {"startTime": "00:00", "endTime": "24:00"}
    weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    return {
        **clinic_file,
        "providers": unlimited(clinic_file["providers"]),
        "services": unlimited(clinic_file["services"]),
        "exceptions": [],
        "availability": [
            {"resource": f"providers/{provider['id']}", "rrule": "FREQ=DAILY", **always}
            for provider in clinic_file["providers"]
        ],
        "overbooking": [
            {**rule, **always, "weekdays": weekdays} for rule in unlimited(clinic_file["overbooking"])
        ],
    }


class Booking:
    """Books into one clinic file, which two worlds look at: one with its rules and one with hardly any."""

    def __init__(self, setting: Setting, world: World, lawless: World) -> None:
        self.setting, self.world, self.lawless = setting, world, lawless
        self.appointments: list[Json] = world.file["appointments"]

    def try_anywhere(self, minute: int) -> None:
        """Somebody, somewhere, about then; often on top of another visit, and several for a group."""
        setting, random = self.setting, self.setting.random
        provider = random.choice(self.world.file["providers"])
        if self.appointments and self.world.file["overbooking"] and setting.chance(0.5):
            other = random.choice(self.appointments)
            provider = self.world.providers[other["providerId"]]
            minute = rounded_down(datetime.fromisoformat(other["start"])) + random.choice((-20, -5, 0, 0, 10))
        service = self.world.services[random.choice(provider["serviceIds"])]
        location_id = random.choice(places_of(provider, service, None))
        if is_for_groups(service) and setting.chance(0.7):
            zone = self.world.opening.zone_of_place(location_id)
            step = step_of(service)
            minute = next(one for one in range(minute, minute + 2000) if is_aligned(one, step, zone))
        duration = service["durationMinutes"] if setting.chance(0.8) else random.choice((10, 33, 75))
        visits = random.randint(1, 3) if is_for_groups(service) else 1
        for _ in range(visits):
            ask = Ask(
                service_id=service["id"],
                provider_id=provider["id"],
                location_id=location_id,
                start=minute,
                end=minute + duration,
                patient_id=random.choice(self.world.file["patients"])["id"],
            )
            slot = self.slot_for(ask)
            if slot is not None:
                self.book(ask, slot)

    def slot_for(self, ask: Ask) -> Slot | None:
        """By the rules, mostly; now and then a second group visit beside one that could be joined."""
        place = ask.service_id, ask.provider_id, ask.location_id
        if any(self.world.taken.group_visits(*place, ask.start, ask.end)) and self.setting.chance(0.3):
            return self.lawless.slot_alone(ask)
        world = self.lawless if self.setting.chance(0.05) else self.world
        return world.slot_at(ask)

    def book(self, ask: Ask, slot: Slot) -> None:
        """Write down one appointment; now and then it is called off, or there is one that was."""
        setting, random = self.setting, self.setting.random
        appointment = self.appointment(ask, slot)
        self.appointments.append(appointment)
        over = None
        if setting.chance(0.15):
            shift = random.choice((0, 0, 5, 30))
            over = {**appointment, "id": self._next_id(), "status": random.choice(OVER)}
            over["start"], over["end"] = told(setting, ask.start + shift), told(setting, ask.end + shift)
            self.appointments.append(over)
        if setting.chance(0.12):
            appointment["status"] = random.choice(OVER)
        for world in (self.world, self.lawless):
            world.taken.hold(appointment)

    def appointment(self, ask: Ask, slot: Slot) -> Json:
        """The slot as an appointment: of a group visit that it joins, or in some room with some units."""
        setting, random = self.setting, self.setting.random
        found: Json = {
            "id": self._next_id(),
            "patientId": ask.patient_id,
            "providerId": ask.provider_id,
            "serviceId": ask.service_id,
            "equipment": self.units_taken(slot, units_needed(self.world.services[ask.service_id])),
            "start": told(setting, ask.start),
            "end": told(setting, ask.end),
            "status": random.choice(LIVE),
        }
        if slot.room_ids:
            found["roomId"] = random.choice(sorted(slot.room_ids))
        alone = slot.joins is None
        if slot.overbook or (alone and setting.chance(0.04)):
            found["overbook"] = True
        elif setting.chance(0.2):
            found["overbook"] = False
        if alone and setting.chance(0.03):
            found["equipment"] = []
        if found["status"] == "pending" and setting.chance(0.6):
            found["expiresAt"] = told(setting, setting.minute() - random.choice((0, 1440)))
        return found

    def _next_id(self) -> str:
        return f"v{len(self.appointments) + 1}"

    def units_taken(self, slot: Slot, needed: dict[str, int]) -> list[Json]:
        """Units from the pools that have them free, one at a time, from any pool of the type."""
        pools = self.world.pools
        taken: dict[str, int] = {}
        for equipment_type, units in needed.items():
            for _ in range(units):
                choices = [
                    pool_id
                    for pool_id, free in slot.free_units.items()
                    if pools[pool_id]["type"] == equipment_type and free > taken.get(pool_id, 0)
                ]
                pool_id = self.setting.random.choice(choices)
                taken[pool_id] = taken.get(pool_id, 0) + 1
        return [{"id": pool_id, "units": units} for pool_id, units in sorted(taken.items())]
