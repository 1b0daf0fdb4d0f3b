"""A change of a clinic's rules, and what is held after it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from api.workflows.clinic_rules import read_rules, replace_rules
from models.clinic import OverbookingRule, Weekday, Weights
from models.clinic_rules import NEW, ClinicRules, ProviderRules
from models.setup import ClinicSetup
from tests.workflows.desk import STAFF, Desk

ALL_DAY = OverbookingRule(
    id=NEW, service_id=None, provider_id="?", weekdays=tuple(Weekday), start=0, end=1440, lanes=1
)


async def change(
    desk: Desk,
    service: dict[str, Any] | None = None,
    *,
    cap: int | None = None,
    lanes: Iterable[OverbookingRule] | None = None,
    weights: Weights | None = None,
    version: int | None = None,
) -> ClinicSetup:
    """Change the rules of all services, the cap of all providers, all overbooking rules, or the weights."""
    rules = ClinicRules.of(await read_rules(desk.runtime, desk.clinic_id))
    rules = replace(rules, services=tuple(replace(one, **(service or {})) for one in rules.services))
    if cap is not None:
        capped = (ProviderRules(id=one.id, max_visits_per_day=cap) for one in rules.providers)
        rules = replace(rules, providers=tuple(capped))
    if lanes is not None:
        rules = replace(rules, overbooking=tuple(lanes))
    rules = replace(rules, weights=weights or rules.weights)
    return await replace_rules(desk.runtime, desk.clinic_id, rules, STAFF, version=version)


def a_lane(desk: Desk, **changes: Any) -> OverbookingRule:
    """Dr Okoro may be overbooked at any time."""
    return replace(ALL_DAY, provider_id=desk.id_of("provider", "okoro"), **changes)


async def held(desk: Desk) -> list[tuple[str, datetime, datetime]]:
    """What is held, by what it is called and when."""
    query = (
        "SELECT coalesce(counter, kind::text), claim.starts_at, claim.ends_at FROM claim"
        " JOIN resource ON resource.clinic_id = claim.clinic_id AND resource_no = unit_id >> 10"
        " WHERE claim.{here}"
    )
    kinds = {"0": "patient", "1": "provider", "2": "room", "3": "equipment"}
    rows = await desk.rows(query)
    return sorted((kinds.get(name) or _without_ids(name), start, end) for name, start, end in rows)


def _without_ids(counter: str) -> str:
    """`service-days`, whichever service."""
    return "/".join(part for part in counter.split("/") if len(part) != 36)
