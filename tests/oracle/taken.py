"""What is in use when, and what is counted: units per minute, visits per date, patients per group visit."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from tests.oracle.clock import Json, instant, minutes_touched, on_the_wall, window_on
from tests.oracle.opening import Opening, by_id

HOLDING = frozenset({"pending", "scheduled", "confirmed", "checked_in", "in_progress", "completed"})
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

GroupKey = tuple[str, str, int, int, str | None]
"""Service, provider, start, end and room: what the patients of one group visit share."""


@dataclass(frozen=True)
class Booked:
    """An appointment that holds what it takes; `day` is the clinic's date of its start."""

    appointment: Json
    start: int
    end: int
    location_id: str | None
    day: date

    @property
    def key(self) -> GroupKey:
        told = self.appointment
        return told["serviceId"], told["providerId"], self.start, self.end, told.get("roomId")


def holds(appointment: Json, now: datetime | None) -> bool:
    """Whether it takes anything: not once it is over, nor when it was never confirmed in time."""
    if appointment["status"] == "pending" and now is not None and "expiresAt" in appointment:
        return instant(appointment["expiresAt"]) > now
    return appointment["status"] in HOLDING


def is_for_groups(service: Json) -> bool:
    return bool(service.get("seats", 1) > 1)


class Taken:
    """The appointments of one clinic file that hold something at `now` (all that could, without one)."""

    def __init__(self, opening: Opening, now: datetime | None) -> None:
        self.opening = opening
        self.now = now
        self.services = by_id(opening.file["services"])
        self.count_again()

    def count_again(self) -> None:
        """Begin with the file as it stands now."""
        self.in_use: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self.booked: list[Booked] = []
        for appointment in self.opening.file.get("appointments", []):
            self.hold(appointment)

    def hold(self, appointment: Json) -> None:
        """Count the units that an appointment holds, minute by minute; what a group shares only once."""
        if not holds(appointment, self.now):
            return
        start, end = minutes_touched(appointment)
        room = self.opening.entities.get(f"rooms/{appointment.get('roomId')}")
        place = room["locationId"] if room else None
        day = on_the_wall(start, self.opening.zone_of_place(None)).date()
        new = Booked(appointment, start, end, place, day)
        service = self.services[appointment["serviceId"]]
        self._use(f"patients/{appointment['patientId']}", start, end, 1)
        is_shared = False
        if is_for_groups(service):
            self._use(f"seats/{appointment['providerId']}/{service['id']}", start, end, 1)
            is_shared = any(one.key == new.key for one in self.booked)
        self.booked.append(new)
        if is_shared:
            return
        hold_start = start - service.get("bufferBeforeMinutes", 0)
        hold_end = end + service.get("bufferAfterMinutes", 0)
        self._use(f"providers/{appointment['providerId']}", hold_start, hold_end, 1)
        if room is not None:
            self._use(f"rooms/{room['id']}", hold_start, hold_end + room.get("turnaroundMinutes", 0), 1)
        for used in appointment.get("equipment", []):
            self._use(f"equipment/{used['id']}", hold_start, hold_end, used["units"])

    def _use(self, resource: str, start: int, end: int, units: int) -> None:
        for minute in range(start, end):
            self.in_use[resource][minute] += units

    def peak(self, resource: str, start: int, end: int) -> int:
        """The most units in use at any one minute."""
        if resource not in self.in_use:
            return 0
        used = self.in_use[resource]
        return max((used.get(minute, 0) for minute in range(start, end)), default=0)

    # what is counted

    def visits_on(self, day: date, kind: str, identifier: str) -> int:
        """Appointments of a provider or a service (`providerId`, `serviceId`) that start on a date."""
        return sum(1 for one in self.booked if one.day == day and one.appointment[kind] == identifier)

    def overbooked_on(self, day: date, rule: Json, provider_id: str) -> int:
        """Visits of a date for which an overbooking rule has let this provider be overbooked."""
        found: set[object] = set()
        for one in self.booked:
            told = one.appointment
            if one.day != day or told["providerId"] != provider_id or not told.get("overbook"):
                continue
            if self.rule_applies(rule, provider_id, told["serviceId"], one.location_id, one.start, one.end):
                alone = not is_for_groups(self.services[told["serviceId"]])
                found.add(told["id"] if alone else one.key)
        return len(found)

    def rule_applies(
        self, rule: Json, provider_id: str, service_id: str, location_id: str | None, start: int, end: int
    ) -> bool:
        """Whether an overbooking rule speaks of a visit: its names, its weekday, its window around it."""
        if rule.get("providerId") != provider_id and rule.get("serviceId") != service_id:
            return False
        zone = self.opening.zone_of_place(location_id)
        day = on_the_wall(start, zone).date()
        if WEEKDAYS[day.weekday()] not in rule["weekdays"]:
            return False
        opens, closes = window_on(rule, day, zone)
        return opens <= start and end <= closes

    def others_within(self, gap: int, service_id: str, provider_id: str, start: int, end: int) -> bool:
        """Whether a visit of the service at the provider lies nearer than so many minutes."""
        return any(
            start < one.end + gap and one.start < end + gap
            for one in self.booked
            if one.appointment["serviceId"] == service_id and one.appointment["providerId"] == provider_id
        )

    def group_visits(
        self, service_id: str, provider_id: str, location_id: str | None, start: int, end: int
    ) -> Iterator[Json]:
        """The first appointment of each group visit that takes place just then and there."""
        seen: set[GroupKey] = set()
        if not is_for_groups(self.services[service_id]):
            return
        for one in self.booked:
            just_then = one.key[:4] == (service_id, provider_id, start, end)
            if just_then and one.location_id == location_id and one.key not in seen:
                seen.add(one.key)
                yield one.appointment
