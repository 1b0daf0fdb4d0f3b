"""The rules of a clinic in one piece: weights, rules of services, caps of providers, overbooking."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Protocol

from models.clinic import EquipmentNeed, OverbookingRule, Provider, Service, Weights
from models.errors import Fault, InvalidRules
from models.setup import ClinicSetup

NEW = ""
"""The id of an overbooking rule that the clinic does not have yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRules:
    """Everything of a service but what it is: its name, its length and how people meet."""

    id: str
    buffer_before_minutes: int
    buffer_after_minutes: int
    min_notice_minutes: int
    max_future_days: int
    slot_step_minutes: int
    max_per_day: int | None
    min_gap_minutes: int
    seats: int
    blackout_dates: tuple[date, ...]
    allowed_provider_ids: frozenset[str] | None
    room_types: frozenset[str]
    room_features: frozenset[str]
    equipment: tuple[EquipmentNeed, ...]

    @staticmethod
    def of(service: Service) -> "ServiceRules":
        """The rules that a service has."""
        return ServiceRules(**{one.name: getattr(service, one.name) for one in fields(ServiceRules)})

    def applied_to(self, service: Service) -> Service:
        """The service under these rules; ValueError where they make no sense together."""
        return replace(service, **{one.name: getattr(self, one.name) for one in fields(ServiceRules)})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRules:
    """How many visits a provider takes in a day; None for as many as come."""

    id: str
    max_visits_per_day: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicRules:
    """All rules of a clinic: each service and each provider once, and every overbooking rule there is."""

    weights: Weights
    services: tuple[ServiceRules, ...]
    providers: tuple[ProviderRules, ...]
    overbooking: tuple[OverbookingRule, ...]

    @staticmethod
    def of(setup: ClinicSetup) -> "ClinicRules":
        """The rules that a clinic has."""
        return ClinicRules(
            weights=setup.clinic.weights,
            services=tuple(ServiceRules.of(one) for one in setup.services),
            providers=tuple(
                ProviderRules(id=one.id, max_visits_per_day=one.max_visits_per_day) for one in setup.providers
            ),
            overbooking=setup.overbooking,
        )


def with_rules(setup: ClinicSetup, rules: ClinicRules, new_id: Callable[[], str]) -> ClinicSetup:
    """The same clinic under other rules; InvalidRules with every fault found, as JSON pointers.

    Overbooking rules that the clinic has keep their order, and new ones follow.
    """
    faults = list(_faults(setup, rules))
    services: dict[str, Service] = {}
    for index, one in enumerate(rules.services):
        known = setup.service_by_id.get(one.id)
        if known is not None:
            try:
                services[one.id] = one.applied_to(known)
            except ValueError as nonsense:
                faults.append(Fault(f"/services/{index}", str(nonsense)))
    if faults:
        raise InvalidRules(faults)
    caps = {one.id: one.max_visits_per_day for one in rules.providers}
    return replace(
        setup,
        clinic=replace(setup.clinic, weights=rules.weights),
        services=tuple(services[one.id] for one in setup.services),
        providers=tuple(_capped(one, caps[one.id]) for one in setup.providers),
        overbooking=_in_order(setup.overbooking, rules.overbooking, new_id),
    )


def _capped(provider: Provider, most: int | None) -> Provider:
    return replace(provider, max_visits_per_day=most)


def _in_order(
    before: Sequence[OverbookingRule], after: Iterable[OverbookingRule], new_id: Callable[[], str]
) -> tuple[OverbookingRule, ...]:
    kept = {rule.id: rule for rule in after if rule.id != NEW}
    added = [replace(rule, id=new_id()) for rule in after if rule.id == NEW]
    return (*(kept[rule.id] for rule in before if rule.id in kept), *added)


class _Named(Protocol):
    @property
    def id(self) -> str: ...


def _faults(setup: ClinicSetup, rules: ClinicRules) -> Iterator[Fault]:
    yield from _each_once("service", "/services", rules.services, setup.services)
    yield from _each_once("provider", "/providers", rules.providers, setup.providers)
    for index, service in enumerate(rules.services):
        path = f"/services/{index}/allowedProviderIds"
        for allowed in sorted(service.allowed_provider_ids or ()):
            yield from _unknown("provider", allowed, setup.provider_by_id, path)
    known = {rule.id for rule in setup.overbooking}
    seen: set[str] = set()
    for index, rule in enumerate(rules.overbooking):
        path = f"/overbooking/{index}"
        if rule.id != NEW:
            yield from _unknown("overbooking rule", rule.id, known, f"{path}/id")
            yield from _repeated("overbooking rule", rule.id, seen, f"{path}/id")
            seen.add(rule.id)
        yield from _unknown("provider", rule.provider_id, setup.provider_by_id, f"{path}/providerId")
        yield from _unknown("service", rule.service_id, setup.service_by_id, f"{path}/serviceId")


def _each_once(
    kind: str, path: str, listed: Sequence[_Named], existing: Sequence[Service] | Sequence[Provider]
) -> Iterator[Fault]:
    """A fault for each thing that is listed twice or does not exist, and each that is not listed."""
    names = {one.id: one.name for one in existing}
    seen: set[str] = set()
    for index, one in enumerate(listed):
        yield from _unknown(kind, one.id, names, f"{path}/{index}/id")
        yield from _repeated(kind, one.id, seen, f"{path}/{index}/id")
        seen.add(one.id)
    for identifier, name in names.items():
        if identifier not in seen:
            yield Fault(path, f"the {kind} {identifier} ({name}) is missing")


def _unknown(kind: str, identifier: str | None, known: Collection[str], path: str) -> Iterator[Fault]:
    if identifier is not None and identifier not in known:
        yield Fault(path, f"there is no {kind} {identifier}")


def _repeated(kind: str, identifier: str, seen: Collection[str], path: str) -> Iterator[Fault]:
    if identifier in seen:
        yield Fault(path, f"the {kind} {identifier} is listed twice")
