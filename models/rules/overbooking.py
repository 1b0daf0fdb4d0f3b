"""How far a provider may be overbooked."""

from models.refs import provider_ref
from models.rules.evidence import has_some_left, overbooking_rules, provider_peak
from models.rules.violation import Violation, taken
from models.slot import Placement
from models.snapshot import ClinicSnapshot


def overbooking_stays_within_its_daily_limit(
    placement: Placement, snapshot: ClinicSnapshot
) -> Violation | None:
    """An overbooking rule lets a provider take no more visits of a day on top than it says."""
    if placement.joins is not None or not snapshot.setup.overbooking:
        return None
    peak = provider_peak(placement, snapshot)
    rules = [rule for rule in overbooking_rules(placement, snapshot) if rule.lanes >= peak] if peak else []
    if not rules or any(has_some_left(rule, placement, snapshot) for rule in rules):
        return None
    provider = placement.provider
    message = f"{provider.name} takes no more visits on top of others on that day"
    return taken(overbooking_stays_within_its_daily_limit, provider_ref(provider.id), message)
