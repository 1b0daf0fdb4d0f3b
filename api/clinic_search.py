"""A question about slots of any clinic as a client words it, and what it means for each of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from api.slot_query import first_minute
from models.between_clinics import Point, Wishes
from models.clinic import Service
from models.errors import InvalidRequest, NonexistentLocalTime
from models.setup import ClinicSetup
from models.slot import SlotRequest, TimeOfDay
from models.wall_clock import MINUTES_PER_DAY, Minute, zone_named
from solver.between_clinics import Offer, Race, best_case

MAX_DAYS = 31
"""The longest range that is searched across clinics."""

MAX_SLOTS_OF_CLINICS = 100

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

    def __post_init__(self) -> None:
        if not (_name(self.service) or _name(self.specialty)):
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
        services = self._services(setup)
        earliest, latest = self.range_in(setup.zone)
        if services and earliest < latest:
            bound = best_case(setup, services, earliest, wishes, now)
            race.enter_clinic(bound, partial(self.offers, setup, wishes, now))

    def offers(self, setup: ClinicSetup, wishes: Wishes, now: datetime) -> Iterator[Offer]:
        """What a clinic has for this question: each service that is wanted, by those who are."""
        earliest, latest = self.range_in(setup.zone)
        if latest <= earliest:
            return
        providers = self._providers(setup)
        for service in self._services(setup):
            request = SlotRequest(
                service=service,
                earliest=earliest,
                latest=latest,
                duration_minutes=service.duration_minutes,
                provider_ids=providers,
                preferred=self.preferred,
            )
            yield Offer(setup=setup, request=request, wishes=wishes, now=now)

    def _providers(self, setup: ClinicSetup) -> frozenset[str] | None:
        wanted = _name(self.specialty)
        return _with_specialty(setup).get(wanted, frozenset()) if wanted else None

    def _services(self, setup: ClinicSetup) -> tuple[Service, ...]:
        wanted, providers = _name(self.service), self._providers(setup)
        services = setup.services
        if wanted:
            by_id = setup.service_by_id.get(wanted)
            services = (by_id,) if by_id else _by_name(setup).get(wanted, ())
        if providers is None:
            return services
        offered = {one for each in providers for one in setup.provider_by_id[each].service_ids}
        return tuple(service for service in services if service.id in offered)


def _name(text: str | None) -> str:
    """A name as names are compared: capitals and extra spaces do not matter."""
    return " ".join((text or "").split()).casefold()


def _by_name(setup: ClinicSetup) -> Mapping[str, tuple[Service, ...]]:
    def made() -> dict[str, tuple[Service, ...]]:
        found: dict[str, tuple[Service, ...]] = {}
        for service in setup.services:
            name = _name(service.name)
            found[name] = (*found.get(name, ()), service)
        return found

    return setup.derived(("services by name",), made)


def _with_specialty(setup: ClinicSetup) -> Mapping[str, frozenset[str]]:
    def made() -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for provider in setup.providers:
            name = _name(provider.specialty)
            found[name] = found.get(name, frozenset()) | {provider.id}
        return found

    return setup.derived(("providers by specialty",), made)


def _minute(text: str, zone: ZoneInfo, field: str, days_later: int = 0) -> Minute:
    """As `first_minute`; a time that the clocks of some clinic skip is the next one there.

    Other clinics have that time, so it is no reason to refuse.
    """
    try:
        return first_minute(text, zone, field, days_later)
    except NonexistentLocalTime as skipped:
        return first_minute(skipped.next_valid, zone, field, days_later)
