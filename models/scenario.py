"""A "what if" about a clinic: changes over a horizon, what may move for them, and at what price."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from models.clinic import EquipmentPool, Provider, WorkingHours
from models.clinic_rules import ServiceRules
from models.hours import Window
from models.planning import (
    NOBODY_ELSE,
    REPAIR_PRICES,
    USUAL_LIMITS,
    Allowance,
    Assignment,
    PlanLimits,
    PlanOrder,
    PlanPrices,
)
from models.wall_clock import Minute

MAX_HORIZON_DAYS = 92
"""How many days a plan may span: from now, or the start of its horizon, to its end."""


class ScenarioStatus(StrEnum):
    """Where a scenario stands."""

    QUEUED = "queued"
    SOLVING = "solving"
    SOLVED = "solved"
    STOPPED = "stopped"
    FAILED = "failed"
    COMMITTED = "committed"

    @property
    def is_over(self) -> bool:
        """Whether nobody works on it any more."""
        return self not in (ScenarioStatus.QUEUED, ScenarioStatus.SOLVING)


class ScenarioMode(StrEnum):
    """How much is planned anew."""

    REPAIR = "repair"
    """Only what the changes displace."""
    REBUILD = "rebuild"
    """Everything in the horizon that is not frozen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceAbsent:
    """A provider, a room or an equipment pool (`resource`, as in `models.refs`) is gone for a time."""

    resource: str
    starts_at: datetime
    ends_at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAdded:
    """Somebody new, with their weekly hours."""

    provider: Provider
    hours: tuple[WorkingHours, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursChanged:
    """The weekly hours of a resource are these from now on; exceptions stay."""

    resource: str
    hours: tuple[WorkingHours, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentAdded:
    """A new pool."""

    pool: EquipmentPool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRuleChanged:
    """A service has these rules from now on."""

    rules: ServiceRules


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedVisit:
    """A visit that is to be placed: with any of `provider_ids`, or whoever gives the service.

    It starts in `[earliest, latest)`; None is the scenario's own horizon. `id` is the appointment's.
    """

    id: str
    patient_id: str
    service_id: str
    provider_ids: frozenset[str] | None = None
    location_id: str | None = None
    earliest: Minute | None = None
    latest: Minute | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentsAdded:
    """More visits than there are."""

    wanted: tuple[WantedVisit, ...]


ScenarioChange: TypeAlias = (
    ResourceAbsent | ProviderAdded | HoursChanged | EquipmentAdded | ServiceRuleChanged | AppointmentsAdded
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """What must not move: whatever starts before `until`, and these appointments."""

    until: Minute | None = None
    appointment_ids: frozenset[str] = frozenset()


NOTHING_FROZEN = Freeze()


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Everything about a scenario but the clinic itself.

    Starts lie in `[earliest, latest)`, never before now. `not_then` has, for each appointment, when its
    patient cannot come; `hint` where an earlier plan put it. Of a plan that is mended, `keep` names those who
    go where `hint` puts them; then whoever it left where they were stays there.
    """

    name: str
    mode: ScenarioMode
    earliest: Minute
    latest: Minute
    changes: tuple[ScenarioChange, ...] = ()
    prices: PlanPrices = REPAIR_PRICES
    allowance: Allowance = NOBODY_ELSE
    order: PlanOrder = PlanOrder.PRICES
    freeze: Freeze = NOTHING_FROZEN
    not_then: Mapping[str, tuple[Window, ...]] = field(default_factory=dict)
    hint: Mapping[str, Assignment] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()
    limits: PlanLimits = USUAL_LIMITS
