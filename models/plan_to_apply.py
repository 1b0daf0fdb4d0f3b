"""A plan that is to become true, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from models.plan import Plan
from models.records import Actor
from models.scenario import ScenarioChange, WantedVisit
from models.stored_appointment import StoredAppointment
from models.unplaced import KEEP_ALL, UnplacedChoices


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanToApply:
    """A plan, what it has to know of visits that are not booked yet, and what becomes of those left out.

    `changes` are those of the setup that the plan relies on and that nobody has stored yet. `seen_at` is when
    the calendar was read for which it was made.
    """

    clinic_id: str
    plan: Plan
    actor: Actor
    wanted: Mapping[str, WantedVisit] = field(default_factory=dict)
    changes: tuple[ScenarioChange, ...] = ()
    choices: UnplacedChoices = KEEP_ALL
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedPlan:
    """What has become of the appointments: moved, newly booked, given up (`listed` among them), kept."""

    moved: tuple[StoredAppointment, ...]
    booked: tuple[StoredAppointment, ...]
    canceled: tuple[StoredAppointment, ...]
    listed: tuple[str, ...]
    kept: tuple[str, ...]
