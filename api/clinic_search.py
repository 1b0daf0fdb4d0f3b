"""A question about slots of any clinic as a client words it, and what it means for each of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from api.slot_query import first_minute
from models.between_clinics import Point, Wishes
from models.clinic import Service
from models.errors import InvalidRequest, NonexistentLocalTime
from models.setup import ClinicSetup
from models.slot import SlotRequest, TimeOfDay
from models.wall_clock import MINUTES_PER_DAY, Minute, zone_named
from solver.between_clinics import Race
from solver.clinic_offers import Offer, best_case
from solver.leading_services import Leading, leading_services

MAX_DAYS = 31
"""The longest range that is searched across clinics."""

MAX_SLOTS_OF_CLINICS = 100

MOST_WANTED = 64
"""Kept per setup: services and specialties of which it is known what they mean."""

Range = tuple[Minute, Minute]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicSearch:
    """The parts of a question; `start` and `end` are dates or date-times as text.

    A service is wanted by its id or its name, a specialty by its name; capitals do not matter.
    """

    start: str
    end: str
    service: str | None = None
    specialty: str | None = None
    near: Point | None = None
    preferred: TimeOfDay | None = None
    limit: int = 20
    _ranges: dict[str, Range] = field(default_factory=dict, init=False, repr=False, compare=False)
    _service: str = field(default="", init=False, repr=False, compare=False)
    _specialty: str = field(default="", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_service", _name(self.service))
        object.__setattr__(self, "_specialty", _name(self.specialty))
        if not (self._service or self._specialty):
            raise InvalidRequest("name a service, a specialty, or both", field="service")

    def wishes(self) -> Wishes:
        """What is asked of every clinic alike. Raises InvalidRequest for a range that is empty or too long.

        The days are those of the range as read in UTC, so that a day of waiting costs the same everywhere.
        """
        earliest, latest = self.range_in(zone_named("UTC"))
        if latest <= earliest:
            raise InvalidRequest("to must be after from", field="to")
        if latest - earliest > MAX_DAYS * MINUTES_PER_DAY:
            raise InvalidRequest(f"a search across clinics covers at most {MAX_DAYS} days", field="to")
        days = (latest - 1) // MINUTES_PER_DAY - earliest // MINUTES_PER_DAY + 1
        return Wishes(days=days, near=self.near, preferred=self.preferred)

    def range_in(self, zone: ZoneInfo) -> Range:
        """The minutes `[earliest, latest)` on the clock of a zone."""
        known = self._ranges.get(zone.key)
        if known is None:
            known = _minute(self.start, zone, "from"), _minute(self.end, zone, "to", days_later=1)
            self._ranges[zone.key] = known
        return known

    def enter(self, race: Race, setup: ClinicSetup, wishes: Wishes, now: datetime) -> None:
        """A clinic enters the race if it has what is asked for; what exactly, only its turn will tell."""
        wanted = self._wanted(setup)
        earliest, latest = self.range_in(setup.zone)
        if wanted.services and earliest < latest:
            bound = best_case(setup, wanted.services, earliest, wishes, now)
            race.enter_clinic(bound, partial(self._leading_offers, wanted, setup, wishes, now))

    def offers(self, setup: ClinicSetup, wishes: Wishes, now: datetime) -> list[Offer]:
        """What a clinic has for this question: each service that is wanted, by those who are."""
        wanted = self._wanted(setup)
        earliest, latest = self.range_in(setup.zone)
        if latest <= earliest:
            return []
        return [self._offer(one, wanted, setup, wishes, now) for one in wanted.services]

    def _leading_offers(
        self, wanted: "_Wanted", setup: ClinicSetup, wishes: Wishes, now: datetime
    ) -> list[Offer]:
        def following(followers: Sequence[Service]) -> list[Offer]:
            return [self._offer(one, wanted, setup, wishes, now) for one in followers]

        return [
            self._offer(service, wanted, setup, wishes, now, partial(following, followers))
            for service, followers in wanted.leading
        ]

    def _offer(
        self,
        service: Service,
        wanted: "_Wanted",
        setup: ClinicSetup,
        wishes: Wishes,
        now: datetime,
        followers: Callable[[], Iterable[Offer]] = tuple,
    ) -> Offer:
        earliest, latest = self.range_in(setup.zone)
        request = SlotRequest(
            service=service,
            earliest=earliest,
            latest=latest,
            duration_minutes=service.duration_minutes,
            provider_ids=wanted.provider_ids,
            preferred=self.preferred,
        )
        return Offer(setup=setup, request=request, wishes=wishes, now=now, followers=followers)

    def _wanted(self, setup: ClinicSetup) -> "_Wanted":
        known: dict[tuple[str, str], _Wanted] = setup.derived(("wanted",), dict)
        found = known.get((self._service, self._specialty))
        if found is None:
            if len(known) > MOST_WANTED:
                known.clear()
            found = known[self._service, self._specialty] = _wanted(setup, self._service, self._specialty)
        return found


class _Wanted(NamedTuple):
    """What a question means for one clinic: services, and the providers who matter, if not all of them."""

    services: tuple[Service, ...]
    leading: tuple[Leading, ...]
    provider_ids: frozenset[str] | None


def _wanted(setup: ClinicSetup, service: str, specialty: str) -> _Wanted:
    services, provider_ids = setup.services, None
    if service:
        by_id = setup.service_by_id.get(service)
        services = (by_id,) if by_id else tuple(one for one in services if _name(one.name) == service)
    if specialty:
        specialists = [one for one in setup.providers if _name(one.specialty) == specialty]
        offered = {service_id for one in specialists for service_id in one.service_ids}
        services = tuple(one for one in services if one.id in offered)
        provider_ids = frozenset(one.id for one in specialists)
    return _Wanted(services, leading_services(setup, services, provider_ids), provider_ids)


def _name(text: str | None) -> str:
    """A name as names are compared: capitals and extra spaces do not matter."""
    return " ".join((text or "").split()).casefold()


def _minute(text: str, zone: ZoneInfo, field: str, days_later: int = 0) -> Minute:
    """As `first_minute`; a time that the clocks of some clinic skip is the next one there.

    Other clinics have that time, so it is no reason to refuse.
    """
    try:
        return first_minute(text, zone, field, days_later)
    except NonexistentLocalTime as skipped:
        return first_minute(skipped.next_valid, zone, field, days_later)
