"""What a plan is asked for, in terms of a clinic file: the clinic under the changes, and each errand."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.clinic_file import dump_clinic
from models.clinic_file import ClinicFile
from models.planning import Assignment, PlanQuestion, TaskKind
from tests.oracle.clock import Json, instant, minutes_touched, on_the_wall, rounded_up, utc_text
from tests.oracle.opening import by_id
from tests.oracle.taken import holds

PRICES: Mapping[str, int] = {
    "unplaced": 100_000,
    "told": 1_000,
    "day": 100,
    "five_minutes": 1,
    "provider": 30,
    "wait_day": 100,
    "idle_minute": 0,
}
"""As the contract has them."""
MAY_MOVE = frozenset({"pending", "scheduled", "confirmed"})


@dataclass(frozen=True, kw_only=True)
class Place:
    """Who, in which room, with how many units of which pools, from when to when."""

    provider_id: str
    room_id: str | None
    units: Mapping[str, int] = field(default_factory=dict)
    start: int
    end: int

    @staticmethod
    def of(appointment: Json) -> "Place":
        """Where an appointment of a clinic file is."""
        start, end = minutes_touched(appointment)
        return Place(
            provider_id=appointment["providerId"],
            room_id=appointment.get("roomId"),
            units={used["id"]: used["units"] for used in appointment.get("equipment", [])},
            start=start,
            end=end,
        )

    @staticmethod
    def of_assignment(at: Assignment) -> "Place":
        """The product's word for the same."""
        return Place(
            provider_id=at.provider_id,
            room_id=at.room_id,
            units={use.id: use.units for use in at.equipment},
            start=at.start,
            end=at.end,
        )

    @property
    def meeting(self) -> tuple[str, int, int]:
        """What the patient has to know."""
        return self.provider_id, self.start, self.end


@dataclass(frozen=True, kw_only=True)
class Errand:
    """One appointment that is planned: what stays of it, where it was, and where it may go."""

    id: str
    kind: str
    """`displaced`, `movable` or `wanted`."""
    service_id: str
    patient_id: str
    duration: int
    home: Place | None
    location_id: str | None
    earliest: int
    latest: int
    provider_ids: frozenset[str] | None = None
    excluded: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A clinic file under the changes, with everything where it was, and all errands."""

    file: Json
    now: datetime
    errands: tuple[Errand, ...]
    prices: Mapping[str, int] = field(default_factory=lambda: PRICES)
    movable_pay_for_distance: bool = False
    frozen: frozenset[str] = frozenset()
    others: str = "none"
    most_moved: int = 5
    within_days: int = 1
    lexicographic: bool = False

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(errand.id for errand in self.errands)

    def zone(self, location_id: str | None) -> str:
        """The clock that a visit at a location is told by."""
        place = by_id(self.file["locations"]).get(location_id or "", {})
        zone: str = place.get("timezone") or self.file["clinic"]["timezone"]
        return zone

    def place_of(self, room_id: str | None) -> str | None:
        """Where a room stands."""
        if room_id is None:
            return None
        location: str = by_id(self.file["rooms"])[room_id]["locationId"]
        return location


def asked_about_absence(
    clinic_file: Json,
    resource: str,
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    until: int,
    not_then: Mapping[str, tuple[tuple[int, int], ...]] | None = None,
    **more: Any,
) -> Asked:
    """A repair: whoever meets the absence of a provider, room or pool, may still move, and has not begun."""
    away = {"resource": resource, "start": utc_text(start), "end": utc_text(end), "kind": "unavailable"}
    if start.second or end.second:
        away |= {"start": start.isoformat(), "end": end.isoformat()}
    changed = {**clinic_file, "exceptions": [*clinic_file.get("exceptions", []), away]}
    rooms = by_id(clinic_file.get("rooms", []))
    errands = []
    for visit in clinic_file["appointments"]:
        if not is_displaced(visit, resource, start, end, now):
            continue
        place = Place.of(visit)
        errands.append(
            Errand(
                id=visit["id"],
                kind="displaced",
                service_id=visit["serviceId"],
                patient_id=visit["patientId"],
                duration=place.end - place.start,
                home=place,
                location_id=rooms[place.room_id]["locationId"] if place.room_id else None,
                earliest=rounded_up(now),
                latest=until,
                excluded=tuple((not_then or {}).get(visit["id"], ())),
            )
        )
    return Asked(file=changed, now=now, errands=tuple(errands), **more)


def is_displaced(visit: Json, resource: str, start: datetime, end: datetime, now: datetime) -> bool:
    """Whether an absence takes away what an appointment uses, and nobody has come for it yet."""
    kind, _, identifier = resource.partition("/")
    uses = {
        "providers": [visit["providerId"]],
        "rooms": [visit.get("roomId")],
        "equipment": [used["id"] for used in visit.get("equipment", [])],
    }[kind]
    begins, ends = instant(visit["start"]), instant(visit["end"])
    return (
        identifier in uses
        and visit["status"] in MAY_MOVE
        and holds(visit, now)
        and begins >= now
        and begins < end
        and start < ends
    )


def asked_in_question(question: PlanQuestion) -> Asked:
    """What the planner was asked, as a clinic file; only facts are taken over, no judgement."""
    snapshot, prices, allowance = question.snapshot, question.prices, question.allowance
    document = dump_clinic(
        ClinicFile(
            setup=snapshot.setup,
            patients=tuple(snapshot.patients.values()),
            appointments=tuple(snapshot.appointments),
        )
    )
    errands = (
        Errand(
            id=task.id,
            kind={
                TaskKind.DISPLACED: "displaced",
                TaskKind.MOVABLE: "movable",
                TaskKind.WANTED: "wanted",
            }[task.kind],
            service_id=task.service_id,
            patient_id=task.patient_id,
            duration=task.duration_minutes,
            home=Place.of_assignment(task.home) if task.home else None,
            location_id=task.location_id,
            earliest=task.earliest,
            latest=task.latest,
            provider_ids=task.provider_ids,
            excluded=task.excluded,
        )
        for task in question.tasks
    )
    return Asked(
        file=document,
        now=snapshot.now,
        errands=tuple(errands),
        prices={name: int(getattr(prices, name)) for name in PRICES},
        movable_pay_for_distance=prices.movable_pay_for_distance,
        frozen=question.frozen,
        others=allowance.others.value,
        most_moved=allowance.most_moved,
        within_days=allowance.within_days,
        lexicographic=question.order.value == "lexicographic",
    )


def others_of(asked: Asked, among: Container[str] | None = None) -> Iterator[Errand]:
    """The booked visits that nothing displaced and that could be asked, group visits aside."""
    services = by_id(asked.file["services"])
    for visit in asked.file["appointments"]:
        if (
            visit["id"] not in asked.ids | asked.frozen
            and (among is None or visit["id"] in among)
            and visit["status"] in MAY_MOVE
            and holds(visit, asked.now)
            and instant(visit["start"]) >= asked.now
            and services[visit["serviceId"]].get("seats", 1) == 1
        ):
            yield _other(asked, visit)


def _other(asked: Asked, visit: Json) -> Errand:
    """It may move so many local days to either side, not into the past."""
    home = Place.of(visit)
    location_id = asked.place_of(home.room_id)
    zone = asked.zone(location_id)
    today = on_the_wall(home.start, zone).date()
    reach = (asked.within_days + 1) * 1440 + 180
    near = [
        minute
        for minute in range(home.start - reach, home.start + reach, 5)
        if abs((on_the_wall(minute, zone).date() - today).days) <= asked.within_days
    ]
    first, last = near[0], near[-1]
    while abs((on_the_wall(first - 1, zone).date() - today).days) <= asked.within_days:
        first -= 1
    while abs((on_the_wall(last + 1, zone).date() - today).days) <= asked.within_days:
        last += 1
    return Errand(
        id=visit["id"],
        kind="movable",
        service_id=visit["serviceId"],
        patient_id=visit["patientId"],
        duration=home.end - home.start,
        home=home,
        location_id=location_id,
        earliest=max(first, rounded_up(asked.now)),
        latest=last + 1,
    )
