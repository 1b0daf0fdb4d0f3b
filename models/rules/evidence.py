"""What several rules, and whoever asks beside them, read off a calendar."""

from models.claims import day_of, hold_of
from models.clinic import OverbookingRule
from models.counters import overbooking_ref
from models.overbooking import rules_at
from models.refs import provider_ref
from models.slot import Placement
from models.snapshot import ClinicSnapshot


def provider_peak(placement: Placement, snapshot: ClinicSnapshot) -> int:
    """How many visits the provider holds at most at any one minute of the hold."""
    hold = hold_of(placement.service, placement.start, placement.end)
    ref = provider_ref(placement.provider.id)
    return snapshot.calendar.busy(snapshot.setup.resource_index[ref]).peak(*hold)


def is_overbooked(placement: Placement, snapshot: ClinicSnapshot) -> bool:
    """Whether the visit overlaps another hold of its provider, or joins a group visit that does."""
    if placement.joins is not None:
        return placement.joins.overbook
    return provider_peak(placement, snapshot) > 0


def overbooking_rules(placement: Placement, snapshot: ClinicSnapshot) -> list[OverbookingRule]:
    """The overbooking rules that apply to the visit."""
    service, provider, location = placement.service, placement.provider, placement.location
    return rules_at(snapshot.setup, provider, service, location, placement.start, placement.end)


def has_some_left(rule: OverbookingRule, placement: Placement, snapshot: ClinicSnapshot) -> bool:
    """Whether an overbooking rule lets the provider take one more on top on the day of the visit."""
    if rule.max_per_day is None:
        return True
    ref = overbooking_ref(rule.id, placement.provider.id)
    return ref not in snapshot.setup.counters or counted_that_day(ref, placement, snapshot) < rule.max_per_day


def counted_that_day(ref: str, placement: Placement, snapshot: ClinicSnapshot) -> int:
    """How many units of a counter are held on the clinic-local day on which the visit starts."""
    day = day_of(snapshot.setup, placement.start)
    return snapshot.calendar.busy(snapshot.setup.resource_index[ref]).peak(*day)
