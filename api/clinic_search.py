"""A question about slots of any clinic as a client words it, and what it means for each of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from api.slot_query import first_minute
from models.between_clinics import Point, Wishes
from models.clinic import Provider, Service
from models.errors import InvalidRequest, NonexistentLocalTime
from models.setup import ClinicSetup
from models.slot import SlotRequest, TimeOfDay
from models.wall_clock import MINUTES_PER_DAY, Minute, ceil_minute, zone_named
from solver.between_clinics import Race
from solver.clinic_offers import Offer, best_case

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
        services = self._services(setup)
        earliest, latest = self.range_in(setup.zone)
        if services and earliest < latest:
            bound = best_case(setup, services, earliest, max(earliest, ceil_minute(now)), wishes)
            race.enter_clinic(bound, partial(self.offers, setup, wishes, now))

    def offers(self, setup: ClinicSetup, wishes: Wishes, now: datetime) -> Iterator[Offer]:
        """What a clinic has for this question: each service that is wanted, by those who are."""
        earliest, latest = self.range_in(setup.zone)
        if latest <= earliest:
            return
        specialists = self._specialists(setup)
        for service in self._services(setup):
            request = SlotRequest(
                service=service,
                earliest=earliest,
                latest=latest,
                duration_minutes=service.duration_minutes,
                provider_ids=None if specialists is None else specialists.provider_ids,
                preferred=self.preferred,
            )
            yield Offer(setup=setup, request=request, wishes=wishes, now=now)

    def _specialists(self, setup: ClinicSetup) -> "_Specialists | None":
        return _by_specialty(setup).get(self._specialty, _NOBODY) if self._specialty else None

    def _services(self, setup: ClinicSetup) -> tuple[Service, ...]:
        wanted, specialists = self._service, self._specialists(setup)
        if not wanted:
            return setup.services if specialists is None else specialists.services
        by_id = setup.service_by_id.get(wanted)
        services = (by_id,) if by_id else _by_name(setup).get(wanted, ())
        if specialists is None:
            return services
        return tuple(one for one in services if one in specialists.services)


class _Specialists(NamedTuple):
    """The providers of one specialty, and what they offer."""

    provider_ids: frozenset[str] = frozenset()
    services: tuple[Service, ...] = ()


_NOBODY = _Specialists()


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


def _by_specialty(setup: ClinicSetup) -> Mapping[str, _Specialists]:
    def made() -> dict[str, _Specialists]:
        found: dict[str, list[Provider]] = {}
        for provider in setup.providers:
            found.setdefault(_name(provider.specialty), []).append(provider)
        return {name: _specialists(setup, providers) for name, providers in found.items()}

    return setup.derived(("providers by specialty",), made)


def _specialists(setup: ClinicSetup, providers: Iterable[Provider]) -> _Specialists:
    offered = {service_id for one in providers for service_id in one.service_ids}
    services = tuple(one for one in setup.services if one.id in offered)
    return _Specialists(frozenset(one.id for one in providers), services)


def _minute(text: str, zone: ZoneInfo, field: str, days_later: int = 0) -> Minute:
    """As `first_minute`; a time that the clocks of some clinic skip is the next one there.

    Other clinics have that time, so it is no reason to refuse.
    """
    try:
        return first_minute(text, zone, field, days_later)
    except NonexistentLocalTime as skipped:
        return first_minute(skipped.next_valid, zone, field, days_later)
