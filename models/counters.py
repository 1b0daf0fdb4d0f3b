"""What can be counted beside people, rooms and things, as resources with units: visits of a day, gaps, seats.

A counter is held like a room. A cap of eight a day is a resource with eight units, of which each visit
holds one over the whole local day; a gap is a resource with one unit that a visit holds a while longer.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote

from models.clinic import OverbookingRule, Provider, Service

_KINDS_THAT_RUN_OUT = ("seats/", "regular/")


def _named(kind: str, *identifiers: str) -> str:
    """One name for each; ids in a clinic file may have slashes of their own."""
    return "/".join((kind, *(quote(identifier, safe="") for identifier in identifiers)))


@lru_cache(maxsize=65_536)
def provider_day_ref(provider_id: str) -> str:
    """The visits of a provider on one day."""
    return _named("provider-days", provider_id)


@lru_cache(maxsize=65_536)
def service_day_ref(service_id: str) -> str:
    """The visits of a service on one day."""
    return _named("service-days", service_id)


@lru_cache(maxsize=65_536)
def gap_ref(provider_id: str, service_id: str) -> str:
    """The visits of a service at a provider, each with the gap behind it."""
    return _named("gaps", provider_id, service_id)


@lru_cache(maxsize=65_536)
def seats_ref(provider_id: str, service_id: str) -> str:
    """The patients of a service for groups at a provider, at one time."""
    return _named("seats", provider_id, service_id)


@lru_cache(maxsize=65_536)
def regular_ref(provider_id: str) -> str:
    """The visits of a provider that were not overbooked: no two at once, however many lanes there are."""
    return _named("regular", provider_id)


@lru_cache(maxsize=65_536)
def overbooking_ref(rule_id: str, provider_id: str) -> str:
    """The visits of a day that an overbooking rule has let a provider take on top."""
    return _named("overbooking", rule_id, provider_id)


def is_overbooking(ref: str) -> bool:
    """Whether it counts visits on top of others."""
    return ref.startswith("overbooking/")


def is_hard(ref: str) -> bool:
    """Whether more than the units can never have been booked: caps and gaps may be set afterwards."""
    return ref.startswith(_KINDS_THAT_RUN_OUT)


def lanes_of_providers(providers: Iterable[Provider], rules: Iterable[OverbookingRule]) -> Mapping[str, int]:
    """For each provider who may be overbooked at all, by how many visits at most."""
    lanes: dict[str, int] = {}
    rules = tuple(rules)
    for provider in providers:
        most = max((rule.lanes for rule in rules if concerns(rule, provider)), default=0)
        if most:
            lanes[provider.id] = most
    return lanes


def concerns(rule: OverbookingRule, provider: Provider) -> bool:
    """Whether an overbooking rule could ever let this provider take more."""
    return rule.provider_id == provider.id or rule.service_id in provider.service_ids


def counters_of(
    providers: Iterable[Provider], services: Iterable[Service], rules: Iterable[OverbookingRule]
) -> Mapping[str, int]:
    """Every counter of a clinic with its units, in a fixed order."""
    providers, services, rules = tuple(providers), tuple(services), tuple(rules)
    lanes = lanes_of_providers(providers, rules)
    counters: dict[str, int] = {}
    for service in services:
        if service.max_per_day is not None:
            counters[service_day_ref(service.id)] = service.max_per_day
    for provider in providers:
        if provider.max_visits_per_day is not None:
            counters[provider_day_ref(provider.id)] = provider.max_visits_per_day
        if provider.id in lanes:
            counters[regular_ref(provider.id)] = 1
        for service in services:
            if service.min_gap_minutes:
                counters[gap_ref(provider.id, service.id)] = 1
            if service.is_for_groups:
                counters[seats_ref(provider.id, service.id)] = service.seats
        for rule in rules:
            if rule.max_per_day is not None and concerns(rule, provider):
                counters[overbooking_ref(rule.id, provider.id)] = rule.max_per_day
    return counters
