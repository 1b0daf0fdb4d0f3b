"""A clinic under the changes of a scenario, and which scenarios cannot be asked."""

from collections.abc import Iterable

from models.appointment import Appointment
from models.errors import FrozenIsDisplaced, InvalidScenario, NotFound
from models.planning import PlanOrder
from models.scenario import Freeze, Scenario, ScenarioMode
from models.snapshot import ClinicSnapshot
from models.wall_clock import floor_minute
from scenarios.changing import changed_setup
from scenarios.contradictions import refuse_contradictions
from scenarios.displaced import displaced_by
from scenarios.horizons import refuse_horizon

__all__ = ["changed_setup", "is_frozen", "possible_displaced", "refuse_impossible"]


def refuse_impossible(scenario: Scenario, snapshot: ClinicSnapshot) -> None:
    """InvalidScenario, by kind, or NotFound for a scenario that cannot be asked of this clinic.

    `snapshot` is the clinic as it is, with all `appointments` that hold anything.
    """
    possible_displaced(scenario, snapshot)
    booked = {one.id for one in snapshot.appointments}
    for identifier in sorted(scenario.freeze.appointment_ids):
        if identifier not in booked:
            raise NotFound("appointment", identifier)


def possible_displaced(scenario: Scenario, snapshot: ClinicSnapshot) -> tuple[Appointment, ...]:
    """Whom the changes displace in a scenario that can be asked; otherwise as `refuse_impossible`.

    What was frozen and has been given up since is no obstacle.
    """
    if scenario.mode is ScenarioMode.REBUILD and scenario.order is PlanOrder.LEXICOGRAPHIC:
        raise InvalidScenario("a rebuild counts by prices; only a repair can count level by level")
    refuse_horizon(scenario, snapshot)
    refuse_contradictions(scenario, snapshot)
    displaced = displaced_by(scenario, snapshot)
    _refuse_frozen(displaced, scenario.freeze)
    return displaced


def is_frozen(appointment: Appointment, freeze: Freeze) -> bool:
    """Whether an appointment must not move."""
    if appointment.id in freeze.appointment_ids:
        return True
    return freeze.until is not None and floor_minute(appointment.starts_at) < freeze.until


def _refuse_frozen(displaced: Iterable[Appointment], freeze: Freeze) -> None:
    frozen = [one.id for one in displaced if is_frozen(one, freeze)]
    if frozen:
        raise FrozenIsDisplaced(frozen)
