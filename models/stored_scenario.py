"""A scenario as the database keeps it, and the list of those who are to be given a new time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from models.scenario import ScenarioMode, ScenarioStatus


class ScenarioKind(StrEnum):
    """What made somebody ask."""

    ABSENCE = "absence"
    WHAT_IF = "what_if"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScenario:
    """A scenario: what was asked, what came of it so far, and who works on it.

    `request` and `answers` are as they were sent, `plan` and `hint` are plan documents. `objective`, `bound`
    and `seconds` tell how far the run has come that was asked for last, whose limit is `time_limit_seconds`.
    `version` counts what others can see change, from 1; `run` counts who has taken it up, and `deaths` how
    many of them since it was asked for were not heard of again.
    """

    id: str
    clinic_id: str
    name: str
    kind: ScenarioKind
    mode: ScenarioMode
    status: ScenarioStatus
    request: Mapping[str, Any]
    answers: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] | None = None
    hint: Mapping[str, Any] | None = None
    objective: int | None = None
    bound: int | None = None
    seconds: float = 0.0
    failure: str | None = None
    time_limit_seconds: int
    stop_asked: bool = False
    run: int = 0
    deaths: int = 0
    version: int = 1
    exception_id: str | None = None
    created_by: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    committed_at: datetime | None = None
    calendar_seen_at: datetime | None = None

    @property
    def gap(self) -> float | None:
        """How much less another plan could cost at most, as a share of this one; None while unknown."""
        if self.objective is None or self.bound is None:
            return None
        return 0.0 if self.objective <= self.bound else (self.objective - self.bound) / self.objective

    @property
    def start_from(self) -> Mapping[str, Any] | None:
        """The plan document to start from: the best so far, else one from before the last answers."""
        return self.hint if self.plan is None else self.plan


class ScenarioMark(NamedTuple):
    """A place in the list of scenarios, which begins with the latest: behind this one."""

    created_at: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPlan:
    """A plan document, what it costs, the least that any could cost, and the calendar it is made for."""

    document: Mapping[str, Any]
    objective: int
    bound: int
    calendar_seen_at: datetime


class RunState(StrEnum):
    """What somebody at work on a scenario hears when they write down how far they have come."""

    GOES_ON = "goes_on"
    STOP_ASKED = "stop_asked"
    NOT_OURS = "not_ours"
    """Somebody else has taken it up, or it is gone: nothing was written."""


class ReschedulingMark(NamedTuple):
    """A place in the list of those to be given a new time, which begins with who waits longest."""

    added_at: datetime
    appointment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReschedulingEntry:
    """A canceled appointment whose patient is to be given a new time."""

    appointment_id: str
    scenario_id: str
    added_at: datetime
    added_by: str
    taken_off_at: datetime | None = None
