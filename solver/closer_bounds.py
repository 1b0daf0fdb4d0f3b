"""Closer bounds for many clinics at once: the best start at which a provider is free.

Where many clinics are equally good by their setups, say all that open at nine, only calendars can tell
them apart. When providers are held is the cheapest part of a calendar, and can be read for all in one go.
Rooms, equipment and counts may still forbid what this leaves, so it is a bound and no more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from models.between_clinics import Bound, Rank
from models.hours import Window
from models.wall_clock import Minute
from solver.between_clinics import Offer, nobody_is_busy

ProviderKey: TypeAlias = tuple[str, str]
"""Clinic and provider, by their ids."""


class Contender(NamedTuple):
    """An offer that could have a better slot than the worst one listed, if it starts before `beyond`."""

    offer: Offer
    beyond: Minute

    @staticmethod
    def of(offer: Offer, worst: Rank) -> "Contender":
        """Which of its starts could still win."""
        return Contender(offer, min(offer.problem.after_last_start, offer.after_last_winner(worst)))


def decisive_providers(contenders: Iterable[Contender]) -> list[ProviderKey]:
    """The providers who cannot take a visit while they are held.

    Who may take one on top of others can, and so can whoever gives a service for groups.
    """
    found: dict[ProviderKey, None] = {}
    for offer, _ in contenders:
        clinic_id, lanes = offer.setup.clinic.id, offer.setup.lanes
        if offer.request.service.is_for_groups:
            continue
        for site in offer.problem.sites:
            for provider in offer.problem.providers_at(site):
                if provider.id not in lanes:
                    found[clinic_id, provider.id] = None
    return list(found)


def span_of(contenders: Sequence[Contender]) -> Window:
    """All minutes whose holds can forbid a start that could still win."""
    lows, highs = [], []
    for offer, beyond in contenders:
        service, duration = offer.request.service, offer.request.duration_minutes
        lows.append(offer.problem.first_start - service.buffer_before_minutes)
        highs.append(beyond + duration + service.buffer_after_minutes)
    return min(lows), max(highs)


def closer_bounds(
    contenders: Iterable[Contender], holds: Mapping[ProviderKey, Sequence[Window]]
) -> Iterator[tuple[Offer, Bound]]:
    """A bound for each offer that may have a slot left: that of its best start with a free provider, or else
    of whatever starts too late to win. `holds` tell when decisive providers are held."""

    def busy(clinic_id: str, provider_id: str) -> Sequence[Window]:
        return holds.get((clinic_id, provider_id), ())

    for offer, beyond in contenders:
        for_groups = offer.request.service.is_for_groups
        bound = offer.bound_until(beyond, nobody_is_busy if for_groups else busy)
        if bound is not None:
            yield offer, bound
        elif beyond < offer.problem.after_last_start:
            yield offer, offer.ideal_from(beyond)
