"""Scenarios about the small clinic of the builders, and what is booked in it."""

from datetime import date, datetime, timedelta
from typing import Any

from models.appointment import Appointment
from models.clinic import Service
from models.clinic_rules import ServiceRules
from models.plan import Optimality, Plan, PlanMove
from models.planning import Assignment
from models.scenario import (
    AppointmentsAdded,
    ResourceAbsent,
    Scenario,
    ScenarioChange,
    ScenarioMode,
    ServiceRuleChanged,
    WantedVisit,
)
from models.setup import ClinicSetup
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute
from scenarios.displaced import displaced_by
from tests.builders import MONDAY, a_patient, a_snapshot, an_appointment, at, moment

PEOPLE = tuple(a_patient(name) for name in ("ada", "bela", "cleo", "dora", "emil", "fay"))
WEEK = timedelta(days=7)
UNKNOWN = Optimality(objective=0, bound=0)


def booked(identifier: str, clock: str, day: date = MONDAY, minutes: int = 30, **changes: Any) -> Appointment:
    """A check-up of the patient of that name, unless another is named; times are UTC."""
    begins = moment(clock, day)
    usual = {"id": identifier, "patient_id": identifier}
    return an_appointment(begins, begins + timedelta(minutes=minutes), **{**usual, **changes})


def asked_of(
    setup: ClinicSetup | None, *appointments: Appointment, now: datetime | None = None
) -> ClinicSnapshot:
    """The clinic with these appointments; everybody named in this file is its patient."""
    return a_snapshot(setup, *appointments, patients=PEOPLE, **({} if now is None else {"now": now}))


def absence(
    start: str = "08:00",
    end: str = "12:00",
    resource: str = "providers/okoro",
    day: date = MONDAY,
    **changes: Any,
) -> ResourceAbsent:
    """Dr Okoro is gone on Monday morning."""
    usual: dict[str, Any] = {"starts_at": moment(start, day), "ends_at": moment(end, day)}
    return ResourceAbsent(resource=resource, **{**usual, **changes})


def a_scenario(*changes: ScenarioChange, **settings: Any) -> Scenario:
    """A repair of the week from Monday on."""
    usual: dict[str, Any] = {
        "name": "what if",
        "mode": ScenarioMode.REPAIR,
        "earliest": at("00:00"),
        "latest": at("00:00", MONDAY + WEEK),
    }
    return Scenario(changes=changes, **{**usual, **settings})


def rules_of(service: Service, **changes: Any) -> ServiceRuleChanged:
    """A service under other rules."""
    present = {name: getattr(service, name) for name in ServiceRules.__slots__}
    return ServiceRuleChanged(rules=ServiceRules(**{**present, **changes}))


def wanted(identifier: str = "new", **changes: Any) -> AppointmentsAdded:
    """A check-up for Ada."""
    usual: dict[str, Any] = {"id": identifier, "patient_id": "ada", "service_id": "checkup"}
    return AppointmentsAdded(wanted=(WantedVisit(**{**usual, **changes}),))


def displaced_ids(scenario: Scenario, snapshot: ClinicSnapshot) -> list[str]:
    return [one.id for one in displaced_by(scenario, snapshot)]


# plans by hand


def place(start: Minute, minutes: int = 30, **changes: Any) -> Assignment:
    """With Dr Okoro in the only room."""
    usual: dict[str, Any] = {"provider_id": "okoro", "room_id": "room-1"}
    return Assignment(start=start, end=start + minutes, **{**usual, **changes})


def a_move(before: Appointment | None, after: Assignment, **parts: int) -> PlanMove:
    """A move that pays these parts and nothing else."""
    return PlanMove(
        appointment_id="new" if before is None else before.id,
        before=None if before is None else Assignment.of(before),
        after=after,
        price=sum(parts.values()),
        parts=parts,
    )


def a_plan(*moves: PlanMove, unplaced: tuple[str, ...] = (), optimality: Optimality = UNKNOWN) -> Plan:
    """A plan of these moves."""
    return Plan(moves=moves, unplaced=unplaced, optimality=optimality)
