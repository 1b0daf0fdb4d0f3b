"""Services of one clinic of which another one tells how good they could be: they need no bound of their own.

Whenever a follow-up of an hour is possible, so is a check-up of half an hour by the same provider, as far as
bounds know: working hours, closures, and when providers are held.
"""

from collections.abc import Iterable
from typing import NamedTuple

from models.between_clinics import kind_of
from models.clinic import Provider, Service
from models.setup import ClinicSetup


class Leading(NamedTuple):
    """A service, and those whose bounds are never better than its own."""

    service: Service
    followers: tuple[Service, ...]


def leading_services(
    setup: ClinicSetup, services: Iterable[Service], provider_ids: frozenset[str] | None
) -> tuple[Leading, ...]:
    """The services in groups, where only these providers matter if they are given."""
    groups: list[tuple[Service, list[Service]]] = []
    providers = [one for one in setup.providers if provider_ids is None or one.id in provider_ids]
    for service in sorted(
        services, key=lambda one: (one.duration_minutes, one.slot_step_minutes, one.name, one.id)
    ):
        for first, followers in groups:
            if _leads(first, service, providers):
                followers.append(service)
                break
        else:
            groups.append((service, []))
    return tuple(Leading(first, tuple(followers)) for first, followers in groups)


def _leads(first: Service, other: Service, providers: Iterable[Provider]) -> bool:
    """Whether every start of the other one is one of the first, by all that bounds are made from.

    Of two that start together the first is told: what stands before it in that order stands before both.
    """
    return (
        kind_of(first) < kind_of(other)
        and first.needs_room == other.needs_room
        and first.buffer_before_minutes <= other.buffer_before_minutes
        and _after_start(first) <= _after_start(other)
        and other.slot_step_minutes % first.slot_step_minutes == 0
        and first.min_notice_minutes <= other.min_notice_minutes
        and first.max_future_days >= other.max_future_days
        and (first.is_for_groups or not other.is_for_groups)  # groups can be joined while they are held
        and all(_gives(one, first) for one in providers if _gives(one, other))
    )


def _after_start(service: Service) -> int:
    return service.duration_minutes + service.buffer_after_minutes


def _gives(provider: Provider, service: Service) -> bool:
    allowed = service.allowed_provider_ids
    return service.id in provider.service_ids and (allowed is None or provider.id in allowed)
