"""An absence as it is reported, and the scenario that repairs it.

Used by the HTTP call and by the command line alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from api.slot_query import first_minute
from models.errors import InvalidRequest, NotFound
from models.hours import Window
from models.planning import NOBODY_ELSE, REPAIR_PRICES, Allowance, PlanLimits, PlanOrder, PlanPrices
from models.scenario import AppointmentsAdded, Freeze, Scenario
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute, instant_of
from scenarios.absence import scenario_of_absence, zone_of_resource


class NotThen(NamedTuple):
    """A time, unread, at which the patient of an appointment cannot come."""

    appointment_id: str
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceOrder:
    """Who or what is gone, and how to plan around it; times are dates or date-times as text."""

    resource: str
    start: str
    end: str
    until: str | None = None
    reason: str | None = None
    prices: PlanPrices = REPAIR_PRICES
    allowance: Allowance = NOBODY_ELSE
    order: PlanOrder = PlanOrder.PRICES
    not_then: Sequence[NotThen] = ()
    frozen_until: str | None = None
    frozen_ids: Sequence[str] = ()
    seconds: float = 30

    def scenario(self, snapshot: ClinicSnapshot) -> Scenario:
        """What it asks of this clinic; of the snapshot only the setup and the time are read.

        InvalidRequest for times that make no sense, and whatever `scenario_of_absence` refuses.
        """
        zone = zone_of_resource(self.resource, snapshot.setup)
        start, end = read_window(self.start, self.end, zone)
        return scenario_of_absence(
            snapshot,
            self.resource,
            instant_of(start),
            instant_of(end),
            until=None if self.until is None else first_minute(self.until, zone, "until", days_later=1),
            reason=self.reason,
            prices=self.prices,
            allowance=self.allowance,
            order=self.order,
            freeze=frozen(self.frozen_until, self.frozen_ids, zone),
            not_then=refused_times(self.not_then, zone),
            limits=PlanLimits(seconds=self.seconds),
        )


def read_window(start: str, end: str, zone: ZoneInfo, at: str = "") -> Window:
    """The minutes `[start, end)`; a date as end includes its day. `at` is where in the request they are."""
    first = first_minute(start, zone, f"{at}start")
    last = first_minute(end, zone, f"{at}end", days_later=1)
    if last <= first:
        raise InvalidRequest(f"{at}end must be after {at}start", field=f"{at}end")
    return first, last


def refused_times(refusals: Sequence[NotThen], zone: ZoneInfo) -> Mapping[str, tuple[Window, ...]]:
    """When the patient of each appointment cannot come."""
    found: dict[str, tuple[Window, ...]] = {}
    for index, one in enumerate(refusals):
        window = read_window(one.start, one.end, zone, f"/notThen/{index}/")
        found[one.appointment_id] = (*found.get(one.appointment_id, ()), window)
    return found


def frozen(until: str | None, appointment_ids: Iterable[str], zone: ZoneInfo) -> Freeze:
    """What must not move; a date includes its day."""
    minute: Minute | None = None
    if until is not None:
        minute = first_minute(until, zone, "/freeze/until", days_later=1)
    return Freeze(until=minute, appointment_ids=frozenset(appointment_ids))


def refuse_unknown_answers(scenario: Scenario, snapshot: ClinicSnapshot) -> None:
    """NotFound where somebody says when the patient of an appointment cannot come that there is not."""
    added = (change for change in scenario.changes if isinstance(change, AppointmentsAdded))
    wanted = {visit.id for change in added for visit in change.wanted}
    known = wanted.union(one.id for one in snapshot.appointments)
    for appointment_id in scenario.not_then:
        if appointment_id not in known:
            raise NotFound("appointment", appointment_id)
