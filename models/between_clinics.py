"""How slots of several clinics compare: by what a patient notices of them.

How well a visit fits into a provider's day is the clinic's own business. Between clinics count the days
that a patient waits, the way to go, and the part of the day. Points are whole hundredths, and every
division rounds down.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from models.clinic import Location, Service
from models.liking import FULL, patient_liking
from models.score import HUNDREDTHS
from models.setup import ClinicSetup
from models.slot import TimeOfDay
from models.wall_clock import Minute, at_wall_clock, local_date, minute_of_day, tomorrow

SOONNESS, NEARNESS, PART_OF_DAY = 50, 30, 20
"""How many points each of them earns at most; together 100."""

MOST_FOR_PART_OF_DAY = PART_OF_DAY * HUNDREDTHS

FARTHEST_METRES = 50_000
"""From here on, being near earns nothing."""

EARTH_RADIUS_METRES = 6_371_009
UNKNOWN_METRES = 1 << 40


class Point(NamedTuple):
    """A place on the globe in degrees, north and east positive."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is asked of every clinic alike: within how many `days`, near what, at which part of the day."""

    days: int
    near: Point | None = None
    preferred: TimeOfDay | None = None

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError("a range covers at least one day")


class PatientPoints(NamedTuple):
    """The points of a slot by what earned them, in hundredths."""

    soonness: int
    nearness: int
    part_of_day: int

    @property
    def total(self) -> int:
        """The score in hundredths of a point."""
        return self.soonness + self.nearness + self.part_of_day


def points_of(
    start: Minute, site: Location | None, *, since: Minute, setup: ClinicSetup, wishes: Wishes
) -> PatientPoints:
    """What a visit that starts then and there earns, when the patient would come from `since` on.

    Days are counted on the clinic's calendar, the part of the day on the wall clock of the place.
    """
    shown = minute_of_day(start, setup.zone_of(site))
    return PatientPoints(
        soonness=soonness_points(days_waited(start, since, setup.zone), wishes.days),
        nearness=nearness_points(site, wishes.near),
        part_of_day=MOST_FOR_PART_OF_DAY * patient_liking(wishes.preferred, shown) // FULL,
    )


@lru_cache(maxsize=4096)
def days_waited(start: Minute, since: Minute, zone: ZoneInfo) -> int:
    """From one minute to another, in days of the calendar."""
    return (day_begun(start, zone) - day_begun(since, zone)).days


def day_begun(minute: Minute, zone: ZoneInfo) -> date:
    """The last day whose midnight has passed, even where clocks set back show the day before again."""
    day = local_date(minute, zone)
    following = tomorrow(day)
    return following if minute >= at_wall_clock(following, 0, zone) else day


def soonness_points(waited_days: int, days: int) -> int:
    """All points on the first day, and less by equal steps until the range ends.

    >>> [soonness_points(waited, 5) for waited in (0, 1, 4, 5)]
    [5000, 4000, 1000, 0]
    """
    return SOONNESS * HUNDREDTHS * max(0, days - waited_days) // days


def nearness_points(site: Location | None, near: Point | None) -> int:
    """All points on the spot, none from 50 km on, nor where nobody knows how far it is.

    Where nobody asked, or a visit has no place to go to, all of them.
    """
    if near is None or site is None:
        return NEARNESS * HUNDREDTHS
    left = FARTHEST_METRES - min(metres_from(near, site), FARTHEST_METRES)
    return NEARNESS * HUNDREDTHS * left // FARTHEST_METRES


def metres_from(near: Point | None, site: Location | None) -> int:
    """How far a patient has to go: nothing to a visit without a place, or where nobody asked."""
    if near is None or site is None:
        return 0
    if site.latitude is None or site.longitude is None:
        return UNKNOWN_METRES
    return metres_between(near, Point(site.latitude, site.longitude))


@lru_cache(maxsize=65_536)
def metres_between(one: Point, other: Point) -> int:
    """The great-circle distance, by the haversine formula (R. W. Sinnott, Sky and Telescope 68, 1984).

    >>> metres_between(Point(52.52, 13.405), Point(48.137, 11.575)) // 1000  # Berlin to Munich
    504
    """
    latitude, other_latitude = radians(one.latitude), radians(other.latitude)
    half_up = sin((other_latitude - latitude) / 2) ** 2
    half_along = sin(radians(other.longitude - one.longitude) / 2) ** 2
    share = min(1.0, half_up + cos(latitude) * cos(other_latitude) * half_along)
    return round(2 * EARTH_RADIUS_METRES * asin(sqrt(share)))


class Bound(NamedTuple):
    """The best that a clinic could offer; smaller is better. A `Rank` without what only a slot has."""

    points_lost: int
    """The points, negated."""
    start: Minute
    metres: int
    clinic_name: str
    clinic_id: str


Visit: TypeAlias = tuple[str, str, str, Minute]
"""Clinic, provider and location by their ids, and the start."""

Kind: TypeAlias = tuple[int, str, str]
"""How long a visit lasts, and its service by name and id."""


def kind_of(service: Service) -> Kind:
    """The kind of a service's visits: of several that start together the least is told."""
    return service.duration_minutes, service.name, service.id


class Rank(NamedTuple):
    """The place of a slot among those of all clinics; smaller is better, and no two slots share one."""

    points_lost: int
    start: Minute
    metres: int
    clinic_name: str
    clinic_id: str
    provider_name: str
    provider_id: str
    location_id: str
    minutes: int
    """How long the visit lasts."""
    service_name: str
    service_id: str

    @property
    def visit(self) -> Visit:
        """When, where and with whom: of several services then and there only the first is told."""
        return self.clinic_id, self.provider_id, self.location_id, self.start

    @property
    def kind(self) -> Kind:
        """Of several services of one visit the shortest one comes first: see `kind_of`."""
        return self[-3:]

    @property
    def bound(self) -> Bound:
        """What it says of its clinic: a clinic whose bound is greater has nothing better."""
        return Bound(*self[:5])
