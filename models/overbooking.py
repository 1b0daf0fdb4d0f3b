"""Where a provider may be overbooked: which rule lets a visit overlap others, and how far."""

from collections.abc import Iterator
from datetime import date, timedelta

from models.clinic import Location, OverbookingRule, Provider, Service, Weekday
from models.hours import Window
from models.setup import ClinicSetup
from models.wall_clock import Minute, at_wall_clock, local_date

_WEEKDAYS = tuple(Weekday)


def rules_for(setup: ClinicSetup, provider: Provider, service: Service) -> tuple[OverbookingRule, ...]:
    """The overbooking rules that name a provider or a service."""

    def found() -> tuple[OverbookingRule, ...]:
        return tuple(
            rule
            for rule in setup.overbooking
            if rule.provider_id == provider.id or rule.service_id == service.id
        )

    return setup.derived(("overbooking rules", provider.id, service.id), found)


def window_on(rule: OverbookingRule, day: date, setup: ClinicSetup, place: Location | None) -> Window | None:
    """The window of a rule on a local date of a place; None on other weekdays."""
    if _WEEKDAYS[day.weekday()] not in rule.weekdays:
        return None
    zone = setup.zone_of(place)
    return at_wall_clock(day, rule.start, zone), at_wall_clock(day, rule.end, zone)


def windows_of(
    rule: OverbookingRule, setup: ClinicSetup, place: Location | None, low: Minute, high: Minute
) -> Iterator[Window]:
    """The windows of a rule that could contain a minute of `[low, high)`, in order."""
    zone = setup.zone_of(place)
    day, last = local_date(low, zone), local_date(high, zone)
    while day <= last:
        window = window_on(rule, day, setup, place)
        if window is not None and window[0] < window[1]:
            yield window
        day += timedelta(days=1)


def rules_at(
    setup: ClinicSetup,
    provider: Provider,
    service: Service,
    place: Location | None,
    start: Minute,
    end: Minute,
) -> list[OverbookingRule]:
    """The rules whose window contains the whole visit, on a weekday of theirs."""
    rules = rules_for(setup, provider, service)
    if not rules:
        return []
    day = local_date(start, setup.zone_of(place))
    windows = ((rule, window_on(rule, day, setup, place)) for rule in rules)
    return [rule for rule, window in windows if window and window[0] <= start and end <= window[1]]
