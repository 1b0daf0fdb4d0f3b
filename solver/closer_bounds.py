"""Closer bounds for many clinics at once: the best start at which a provider is free.

Where many clinics are equally good by their setups, say all that open at nine, only calendars can tell
them apart. When providers are held is the cheapest part of a calendar, and can be read for all in one go,
for the first hour at first, since an early start anywhere spares all that comes later everywhere.
Rooms, equipment and counts may still forbid what this leaves, so it is a bound and no more.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from models.between_clinics import Bound, Rank
from models.hours import Window
from models.wall_clock import Minute
from solver.clinic_offers import Listed, Offer, nobody_is_busy

ProviderKey: TypeAlias = tuple[str, str]
"""Clinic and provider, by their ids."""

FIRST_LOOK_MINUTES = 60
WIDER_EACH_TIME = 4


class Contender(NamedTuple):
    """An offer at which to look more closely: at its starts before `beyond`."""

    offer: Offer
    bound: Bound
    beyond: Minute
    looks: int

    @staticmethod
    def of(offer: Offer, bound: Bound, worst: Rank | None, looks: int = 0) -> "Contender":
        """The first starts from its bound on, as far as they could be better than the worst slot listed; more
        of them where earlier `looks` have found nobody free."""
        beyond = bound.start + FIRST_LOOK_MINUTES * WIDER_EACH_TIME**looks
        if worst is not None:
            beyond = min(beyond, offer.after_last_winner(worst))
        return Contender(offer, bound, min(beyond, offer.after_last_start), looks)


class Closer(NamedTuple):
    """What a closer look has found of an offer: a bound, and whether it is that of a start.

    Otherwise what comes later than was looked could be better, and the bound is for that.
    """

    offer: Offer
    bound: Bound
    looks: int
    is_close: bool


def decisive_providers(contenders: Iterable[Contender]) -> Mapping[str, Collection[str]]:
    """The providers of each clinic who cannot take a visit while they are held, by their ids."""
    found: dict[str, dict[str, None]] = {}
    for contender in contenders:
        clinic = found.setdefault(contender.offer.setup.clinic.id, {})
        clinic.update(dict.fromkeys(contender.offer.decisive))
    return found


def span_of(contenders: Sequence[Contender]) -> Window:
    """The minutes whose holds are looked at: from the best start of a first look on, and from the first
    start of all afterwards. Whoever is held earlier counts as free."""
    lows, highs = [], []
    for offer, bound, beyond, looks in contenders:
        service, duration = offer.request.service, offer.request.duration_minutes
        first = offer.first_start if looks else bound.start
        lows.append(first - service.buffer_before_minutes)
        highs.append(max(first, beyond) + duration + service.buffer_after_minutes)
    return min(lows), max(highs)


def closer_bounds(
    contenders: Iterable[Contender], holds: Mapping[ProviderKey, Sequence[Window]], listed: Listed
) -> Iterator[Closer]:
    """A bound for each offer that may have a slot left: that of its best start with a free provider, or else
    of whatever starts later than was looked. `holds` tell when decisive providers are held, and `listed`
    which visits are no news."""

    def busy(clinic_id: str, provider_id: str) -> Sequence[Window]:
        return holds.get((clinic_id, provider_id), ())

    for offer, known, beyond, looks in contenders:
        for_groups = offer.request.service.is_for_groups
        bound = offer.bound_until(beyond, nobody_is_busy if for_groups else busy, listed)
        if bound is not None and bound.points_lost == known.points_lost:
            # What comes later has no more points.
            yield Closer(offer, max(known, bound), looks, is_close=True)
            continue
        later = offer.ideal_from(beyond) if beyond < offer.after_last_start else None
        if bound is not None and (later is None or bound <= later):
            yield Closer(offer, max(known, bound), looks, is_close=True)
        elif later is not None:
            yield Closer(offer, max(known, later), looks + 1, is_close=False)
