"""Which horizons can be planned."""

from datetime import timedelta

from models.errors import HorizonTooLong, InvalidScenario
from models.hours import Window
from models.scenario import MAX_HORIZON_DAYS, Scenario, WantedVisit
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute, local_of


def first_start(scenario: Scenario, snapshot: ClinicSnapshot) -> Minute:
    """The first minute at which anything planned may start: nothing is planned for the past."""
    return max(scenario.earliest, snapshot.first_minute_from_now)


def starts_of(visit: WantedVisit, scenario: Scenario, snapshot: ClinicSnapshot) -> Window:
    """When a wanted visit may start, inside the horizon; it may be at no time at all."""
    earliest, latest = first_start(scenario, snapshot), scenario.latest
    if visit.earliest is not None:
        earliest = max(earliest, visit.earliest)
    return earliest, latest if visit.latest is None else min(latest, visit.latest)


def refuse_horizon(scenario: Scenario, snapshot: ClinicSnapshot) -> None:
    """InvalidScenario for a horizon without a future minute, HorizonTooLong for one of too many days.

    Days are those of the clinic's wall clock, so that no change of the clock makes a horizon too long.
    """
    if scenario.latest <= snapshot.first_minute_from_now:
        raise InvalidScenario("the horizon lies in the past")
    if scenario.latest <= scenario.earliest:
        raise InvalidScenario("the horizon ends before it starts")
    zone = snapshot.setup.zone
    begins = local_of(first_start(scenario, snapshot), zone).replace(tzinfo=None)
    ends = local_of(scenario.latest, zone).replace(tzinfo=None)
    if ends - begins > timedelta(days=MAX_HORIZON_DAYS):
        raise HorizonTooLong(f"a plan spans at most {MAX_HORIZON_DAYS} days, not {(ends - begins).days}")
