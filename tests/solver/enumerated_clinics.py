"""The best slots of many clinics by opening each of them, to compare the search across clinics with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from math import acos, cos, radians, sin
from random import Random
from zoneinfo import ZoneInfo

from api.clinic_file import parse_clinic
from api.clinic_search import ClinicSearch
from models.appointment import Appointment
from models.between_clinics import Point
from models.clinic import Location
from models.hours import Window
from models.refs import provider_ref
from models.setup import ClinicSetup
from models.slot import MAX_SLOTS, Slot, SlotRequest, TimeOfDay
from models.snapshot import ClinicSnapshot
from models.wall_clock import instant_of
from scenarios.synthetic import small_clinics
from solver.between_clinics import Race
from solver.clinic_offers import Offer
from solver.closer_bounds import Contender, closer_bounds, decisive_providers, span_of
from solver.offers import offer_slots
from solver.opened_clinics import RankedSlot
from solver.problem import SearchProblem
from tests.builders import (
    MONDAY,
)
from tests.oracle.random_clinics import random_clinic

BERLIN = Point(52.52, 13.405)
EARTH_KM = 6371.009

Told = tuple[float, datetime, float, str, str, str, str, str, int, str, str]


@dataclass(frozen=True)
class Booked:
    """A clinic and what is booked in it."""

    setup: ClinicSetup
    appointments: Sequence[Appointment] = ()

    def snapshot(self, now: datetime) -> ClinicSnapshot:
        return ClinicSnapshot.of(self.setup, appointments=self.appointments, now=now)


@dataclass(frozen=True)
class How:
    """The ways to the same answer: clinics opened at once, how many are too many for that without a closer
    look, and at how many to look at once."""

    at_once: int = 1
    too_many: int = 1000
    looked_at_once: int = 1000


CLOSER = How(too_many=0)
"""Nothing is opened before a closer look."""


def searched(
    clinics: Sequence[Booked], search: ClinicSearch, now: datetime, how: How = How()
) -> tuple[list[RankedSlot], list[Offer]]:
    """The best slots, and the offers that were opened for them."""
    race, opened = Race(search.limit), []
    booked = {one.setup.clinic.id: one.snapshot(now) for one in clinics}
    for one in clinics:
        search.enter(race, one.setup, search.wishes(), now)
    while True:
        if tied := race.tied(how.too_many, how.looked_at_once):
            race.enter_closer(closer_bounds(tied, holds_of(tied, booked), race.listed))
        elif chosen := race.next(how.at_once):
            for offer, question in chosen:
                opened.append(offer)
                snapshot = booked[offer.setup.clinic.id]
                race.opened(offer, SearchProblem(snapshot=snapshot, request=question.request))
        else:
            return race.slots(), opened


def holds_of(
    tied: Sequence[Contender], booked: Mapping[str, ClinicSnapshot]
) -> Mapping[tuple[str, str], Sequence[Window]]:
    low, high = span_of(tied)
    holds = {}
    for clinic_id, provider_ids in decisive_providers(tied).items():
        snapshot = booked[clinic_id]
        for provider_id in provider_ids:
            busy = snapshot.calendar.busy(snapshot.setup.resource_index[provider_ref(provider_id)])
            holds[clinic_id, provider_id] = busy.overlapping(low, high)
    return holds


# -- the same by plain enumeration, with arithmetic of its own -------------------------------------


def every_slot(clinics: Sequence[Booked], search: ClinicSearch, now: datetime) -> list[Told]:
    """All slots of all clinics, in the order in which the search should tell them; of several services at one
    time with one provider at one location only the shortest."""
    wishes = search.wishes()
    found = []
    for one in clinics:
        for offer in search.offers(one.setup, wishes, now):
            slots = slots_of(one.snapshot(now), replace(offer.request, limit=MAX_SLOTS))
            found += [told(slot, offer, search, wishes.days) for slot in slots]
    first: dict[tuple[object, ...], Told] = {}
    for slot in sorted(found):
        first.setdefault((*slot[1:2], *slot[4:5], *slot[6:8]), slot)  # start, clinic, provider, location
    return list(first.values())


def slots_of(snapshot: ClinicSnapshot, request: SlotRequest) -> list[Slot]:
    """All slots of one clinic, by halves where there are more than it tells at once."""
    answer = offer_slots(snapshot, request)
    if answer.count <= MAX_SLOTS:
        return list(answer.slots)
    middle = (request.earliest + request.latest) // 2
    halves = replace(request, latest=middle), replace(request, earliest=middle)
    return [slot for half in halves for slot in slots_of(snapshot, half)]


def told(slot: Slot, offer: Offer, search: ClinicSearch, days: int) -> Told:
    start = instant_of(slot.start)
    kilometres = distance(search.near, slot.location)
    clinic, service = offer.setup.clinic, offer.request.service
    return (
        -score(slot, offer, search, days),
        start,
        kilometres,
        clinic.name,
        clinic.id,
        slot.provider.name,
        slot.provider.id,
        slot.location.id if slot.location else "",
        slot.end - slot.start,
        service.name,
        service.id,
    )


def score(slot: Slot, offer: Offer, search: ClinicSearch, days: int) -> float:
    zone = ZoneInfo(offer.setup.clinic.timezone)
    waited = midnights_until(slot.start, zone) - midnights_until(offer.request.earliest, zone)
    soonness = 5000 * max(0, days - waited) // days
    kilometres = distance(search.near, slot.location)
    nearness = int(3000 * max(0, 50_000 - kilometres * 1000) // 50_000)
    place = slot.location.timezone if slot.location and slot.location.timezone else zone.key
    hour = instant_of(slot.start).astimezone(ZoneInfo(place)).hour
    part = "morning" if hour < 12 else "afternoon" if hour < 17 else "evening"
    liked = search.preferred is None or search.preferred == part
    return (soonness + nearness + (2000 if liked else 0)) / 100


def midnights_until(minute: int, zone: ZoneInfo) -> int:
    """Midnights since 1970; one that a clock shows twice, being set back, counts once."""
    instant = instant_of(minute)
    days = [instant.date() + timedelta(days=days) for days in range(-2, 3)]
    passed = [day for day in days if datetime.combine(day, time(), zone).astimezone(UTC) <= instant]
    return (max(passed) - date(1970, 1, 1)).days


def distance(near: Point | None, location: Location | None) -> float:
    """By the spherical law of cosines, in whole metres."""
    if near is None or location is None:
        return 0.0
    if location.latitude is None or location.longitude is None:
        return float("inf")
    one, other = radians(near.latitude), radians(location.latitude)
    along = radians(location.longitude - near.longitude)
    share = sin(one) * sin(other) + cos(one) * cos(other) * cos(along)
    return round(EARTH_KM * 1000 * acos(max(-1.0, min(1.0, share)))) / 1000


# -- random sets of clinics ------------------------------------------------------------------------


def somewhere_near(random: Random, near: Point) -> tuple[float, float]:
    """Up to some 70 km away."""
    north, east = random.uniform(-0.45, 0.45), random.uniform(-0.45, 0.45)
    return near.latitude + north, near.longitude + east / cos(radians(near.latitude))


def on_the_map(setup: ClinicSetup, random: Random, number: int) -> ClinicSetup:
    """Under a name that others may have too, its places mostly near Berlin, some of them nowhere."""
    clinic = replace(setup.clinic, id=f"clinic-{number}", name=random.choice(("Elm", "Oak", f"Fir {number}")))
    locations = []
    for location in setup.locations:
        latitude, longitude = somewhere_near(random, BERLIN)
        known = random.random() < 0.8
        locations.append(
            replace(location, latitude=latitude if known else None, longitude=longitude if known else None)
        )
    return replace(setup, clinic=clinic, locations=tuple(locations))


def practices(random: Random) -> Iterator[Booked]:
    """Small practices of one kind, whose services and specialties have the same names."""
    files = small_clinics(random.randrange(2**31), random.randint(2, 6), start=MONDAY, days=4)
    for number, file in enumerate(files):
        yield Booked(on_the_map(file.setup, random, number), file.appointments)


def strange_clinics(random: Random) -> tuple[list[Booked], datetime]:
    """Clinics around one change of the clocks, with everything that can be odd about a clinic."""
    found: list[Booked] = []
    now = None
    while len(found) < 3:
        document, queries = random_clinic(random.randrange(2**31))
        if now is not None and abs(datetime.fromisoformat(queries[0]["now"]) - now) > timedelta(days=3):
            continue
        now = now or datetime.fromisoformat(queries[0]["now"])
        parsed = parse_clinic(document)
        found.append(Booked(on_the_map(parsed.setup, random, len(found)), parsed.appointments))
    assert now is not None
    return found, now


def random_search(random: Random, clinics: Sequence[Booked], first_day: datetime) -> ClinicSearch:
    services = [service.name for one in clinics for service in one.setup.services]
    specialties = [one.specialty for each in clinics for one in each.setup.providers if one.specialty]
    by_specialty = bool(specialties) and random.random() < 0.4
    start = first_day.date() + timedelta(days=random.randint(0, 1))
    days = random.randint(0, 2)
    return ClinicSearch(
        start=start.isoformat() + random.choice(("", "", "T10:20", "T02:30")),
        end=(start + timedelta(days=days)).isoformat() + random.choice(("", "", "T22:00")),
        service=None if by_specialty and random.random() < 0.5 else random.choice(services).upper(),
        specialty=random.choice(specialties) if by_specialty else None,
        near=BERLIN if random.random() < 0.7 else None,
        preferred=random.choice((None, None, *TimeOfDay)),
        limit=random.choice((1, 3, 20, 100)),
    )


def judge(clinics: Sequence[Booked], search: ClinicSearch, now: datetime, how: How) -> None:
    """Compare with enumeration."""
    days = search.wishes().days
    found, _ = searched(clinics, search, now, how)
    assert [told(one.slot, one.offer, search, days) for one in found] == (
        every_slot(clinics, search, now)[: search.limit]
    )
    for one in found:
        assert one.points.total / 100 == score(one.slot, one.offer, search, days)


def some_way(random: Random) -> How:
    return How(
        at_once=random.choice((1, 2, 8)),
        too_many=random.choice((0, 0, 2, 1000)),
        looked_at_once=random.choice((1, 3, 1000)),
    )
