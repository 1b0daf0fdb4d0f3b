"""What a plan changes, in numbers.

All are counted over the horizon under the changes: once with everything where it is, so that whoever is
displaced stays inside the absence, and once with the plan.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.appointment import Appointment
from models.plan import Plan
from models.planning import PlanQuestion
from models.scenario import Scenario
from scenarios.horizons import first_start
from scenarios.occupation import Occupation
from scenarios.planned import appointments_after

DECIMALS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpis:
    """A calendar in numbers; utilisation from 0 to 1, by the id of the provider or room.

    `patients_disturbed` counts booked appointments whose patient has to be told, those without a place
    included; `unplaced` counts what is wanted as well. `minutes_shifted` adds up how far each start moves.
    """

    patients_disturbed: int
    minutes_shifted: int
    unplaced: int
    idle_minutes: int
    overtime_minutes: int
    utilisation_by_provider: Mapping[str, float]
    utilisation_by_room: Mapping[str, float]


def before_and_after(scenario: Scenario, question: PlanQuestion, plan: Plan) -> tuple[Kpis, Kpis]:
    """Today's calendar under the changes with nothing moved, and the calendar with the plan."""
    nothing = Plan(moves=(), unplaced=(), optimality=plan.optimality)
    return (
        _kpis(scenario, question, nothing, question.snapshot.appointments),
        _kpis(scenario, question, plan, appointments_after(question, plan)),
    )


def _kpis(
    scenario: Scenario, question: PlanQuestion, plan: Plan, appointments: Iterable[Appointment]
) -> Kpis:
    setup = question.snapshot.setup
    horizon = first_start(scenario, question.snapshot), scenario.latest
    occupation = Occupation.of(appointments, setup, horizon)
    people = [one.id for one in setup.providers]
    booked = {one.id for one in question.snapshot.appointments}
    told = sum(move.before is not None and move.tells_the_patient for move in plan.moves)
    return Kpis(
        patients_disturbed=told + sum(one in booked for one in plan.unplaced),
        minutes_shifted=sum(abs(one.after.start - one.before.start) for one in plan.moves if one.before),
        unplaced=len(plan.unplaced),
        idle_minutes=sum(map(occupation.idle_minutes, people)),
        overtime_minutes=sum(map(occupation.overtime_minutes, people)),
        utilisation_by_provider={one: round(occupation.share_of_provider(one), DECIMALS) for one in people},
        utilisation_by_room={one.id: round(occupation.share_of_room(one), DECIMALS) for one in setup.rooms},
    )
