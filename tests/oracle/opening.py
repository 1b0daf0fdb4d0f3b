"""Who is open when: sets of open minutes, from weekly rules and exceptions."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache

from dateutil.rrule import rrulestr

from tests.oracle.clock import EPOCH, ONE_MINUTE, Json, minutes_filled, minutes_touched, window_on

ANCHOR_OF_RULES = date(2001, 1, 1)  # a Monday


class Opening:
    """The hours of one clinic file between two minutes."""

    def __init__(self, clinic_file: Json, first: int, beyond: int) -> None:
        self.file = clinic_file
        self.first = first
        self.beyond = max(first, beyond)
        self.locations = by_id(clinic_file["locations"])
        self.entities = {
            f"{kind}/{entity['id']}": entity
            for kind in ("providers", "rooms", "equipment")
            for entity in clinic_file.get(kind, [])
        }
        self._open: dict[str, set[int] | None] = {}
        self._closed: dict[str, set[int]] = {}

    def zone_of_place(self, location_id: str | None) -> str:
        clinic_zone: str = self.file["clinic"]["timezone"]
        if location_id is None:
            return clinic_zone
        return self.locations[location_id].get("timezone") or clinic_zone

    def zone_of_resource(self, resource: str) -> str:
        entity = self.entities[resource]
        if resource.startswith("providers/"):
            places = entity["locationIds"]
            return self.zone_of_place(places[0] if len(places) == 1 else None)
        return self.zone_of_place(entity["locationId"])

    def is_open(self, resource: str, start: int, end: int) -> bool:
        """Whether every single minute of the visit is open."""
        self._learn(resource)
        opened = self._open[resource]
        visit = range(start, end)
        return (opened is None or opened.issuperset(visit)) and self._closed[resource].isdisjoint(visit)

    def open_minutes(self, resource: str) -> set[int]:
        """Every minute at which a provider works."""
        self._learn(resource)
        return (self._open[resource] or set()) - self._closed[resource]

    def _learn(self, resource: str) -> None:
        if resource not in self._closed:
            self._open[resource] = self._open_minutes(resource)
            self._closed[resource] = self._minutes_of_exceptions(resource, "unavailable")

    def _open_minutes(self, resource: str) -> set[int] | None:
        """Minutes of the weekly rules and of the extra hours; none at all means always open."""
        if resource not in self.entities:
            return None
        rows = [row for row in self.file.get("availability", []) if row["resource"] == resource]
        if not rows and not resource.startswith("providers/"):
            return None
        minutes = self._minutes_of_exceptions(resource, "available")
        zone = self.zone_of_resource(resource)
        first_day = (EPOCH + self.first * ONE_MINUTE).date() - timedelta(days=2)
        last_day = (EPOCH + self.beyond * ONE_MINUTE).date() + timedelta(days=2)
        for row in rows:
            day = first_day
            while day <= last_day:
                if row_applies(row, day):
                    start, end = window_on(row, day, zone)
                    minutes.update(range(start, end))
                day += timedelta(days=1)
        return minutes

    def _minutes_of_exceptions(self, resource: str, kind: str) -> set[int]:
        minutes: set[int] = set()
        for exception in self.file.get("exceptions", []):
            if exception["resource"] == resource and exception["kind"] == kind:
                if kind == "available":
                    start, end = minutes_filled(exception)
                else:
                    start, end = minutes_touched(exception)
                minutes.update(range(max(start, self.first), min(end, self.beyond)))
        return minutes


def by_id(entities: Iterable[Json]) -> dict[str, Json]:
    return {entity["id"]: entity for entity in entities}


def row_applies(row: Json, day: date) -> bool:
    """Whether the row's recurrence falls on this local date, between its own first and last date."""
    effective_from, effective_to = row.get("effectiveFrom"), row.get("effectiveTo")
    if effective_from and day < date.fromisoformat(effective_from):
        return False
    if effective_to and day > date.fromisoformat(effective_to):
        return False
    anchor = date.fromisoformat(effective_from) if effective_from else ANCHOR_OF_RULES
    return day in dates_of_rule(row["rrule"], anchor, date(day.year + 1, 12, 31))


@cache
def dates_of_rule(rule: str, anchor: date, last: date) -> frozenset[date]:
    """All local dates of a recurrence, from its anchor on; a date as UNTIL includes that date."""
    text = re.sub(r"UNTIL=(\d{8})(T\d{6}Z?)?", r"UNTIL=\1T235959", rule.removeprefix("RRULE:"))
    dates = set()
    for occurrence in rrulestr(text, dtstart=datetime.combine(anchor, time())):
        if occurrence.date() > last:
            break
        dates.add(occurrence.date())
    return frozenset(dates)
