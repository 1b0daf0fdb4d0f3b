"""The repair that an absence asks for."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from models.errors import AbsenceInThePast, ChangesContradict
from models.hours import Window
from models.planning import (
    NOBODY_ELSE,
    REPAIR_PRICES,
    USUAL_LIMITS,
    Allowance,
    PlanLimits,
    PlanOrder,
    PlanPrices,
)
from models.scenario import NOTHING_FROZEN, Freeze, ResourceAbsent, Scenario, ScenarioMode
from models.setup import ClinicSetup
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute, after_gap, ceil_minute
from scenarios.horizons import refuse_horizon
from scenarios.naming import name_of, site_of

DAYS_AFTER = 14
"""For how many local days after an absence its appointments are placed, unless asked otherwise."""


def scenario_of_absence(
    snapshot: ClinicSnapshot,
    resource: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    until: Minute | None = None,
    name: str | None = None,
    reason: str | None = None,
    prices: PlanPrices = REPAIR_PRICES,
    allowance: Allowance = NOBODY_ELSE,
    order: PlanOrder = PlanOrder.PRICES,
    freeze: Freeze = NOTHING_FROZEN,
    not_then: Mapping[str, tuple[Window, ...]] | None = None,
    limits: PlanLimits = USUAL_LIMITS,
) -> Scenario:
    """The repair of a calendar in which a provider, room or pool (`resource`) is gone for a time.

    Whoever it displaces may start from now, before `until`. NotFound for a resource that the clinic does
    not have, otherwise InvalidScenario, by kind. Of the snapshot only the setup and the time are read.
    """
    called = name_of(resource, snapshot.setup)
    if ends_at <= starts_at:
        raise ChangesContradict(0, "the absence ends before it starts")
    if ends_at <= snapshot.now:
        raise AbsenceInThePast(f"the absence of {called} is over")
    latest = until if until is not None else _days_after(ends_at, zone_of_resource(resource, snapshot.setup))
    scenario = Scenario(
        name=name or f"Absence of {called}",
        mode=ScenarioMode.REPAIR,
        earliest=snapshot.first_minute_from_now,
        latest=latest,
        changes=(ResourceAbsent(resource=resource, starts_at=starts_at, ends_at=ends_at, reason=reason),),
        prices=prices,
        allowance=allowance,
        order=order,
        freeze=freeze,
        not_then=not_then or {},
        limits=limits,
    )
    refuse_horizon(scenario, snapshot)
    return scenario


def zone_of_resource(resource: str, setup: ClinicSetup) -> ZoneInfo:
    """Whose clock a resource goes by: that of its only site, else the clinic's."""
    return setup.zone_of(site_of(resource, setup))


def _days_after(ends_at: datetime, zone: ZoneInfo) -> Minute:
    """The same time of day as many local days later; the end of the gap where the clock skips it."""
    local = ends_at.astimezone(zone).replace(tzinfo=None)
    return ceil_minute(after_gap(local + timedelta(days=DAYS_AFTER), zone))
