"""What a solved scenario comes to: the plan, why each move, what closes the rest, and what it changes."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.explanation import Closing
from models.plan import Plan
from scenarios.kpis import Kpis


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """A plan, explained.

    `why` has a sentence for each move, `closed_by` what closes the range of each appointment without
    a place, both by the appointment's id. `before` is the calendar as it is under the changes.
    """

    plan: Plan
    why: Mapping[str, str]
    closed_by: Mapping[str, tuple[Closing, ...]]
    before: Kpis
    after: Kpis
