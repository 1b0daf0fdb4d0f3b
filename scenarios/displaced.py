"""Which appointments the changes of a scenario displace.

What an absence takes its provider, room or equipment from cannot stay. Other changes displace what would
break a hard rule under them, and breaks none today: what is overbooked and legal stays legal. Nobody asks
again whether what is booked was booked in time, or starts on a step.
"""

from collections.abc import Iterable, Iterator, Sequence

from models.appointment import Appointment
from models.claims import holds_of
from models.plan_checks import placement_of
from models.planning import Assignment
from models.refs import equipment_ref, provider_ref, room_ref
from models.rules import (
    Rule,
    equipment_is_never_overbooked,
    equipment_is_open,
    equipment_is_what_the_service_needs,
    group_visit_has_a_seat_left,
    group_visit_is_shared_whole,
    overbooking_stays_within_its_daily_limit,
    provider_has_visits_left_that_day,
    provider_is_never_double_booked,
    provider_is_working,
    room_is_never_double_booked,
    room_is_open,
    room_suits_the_service,
    service_allows_the_provider,
    service_has_visits_left_that_day,
    service_is_not_blacked_out,
    visits_of_a_service_keep_their_gap,
)
from models.scenario import HoursChanged, ResourceAbsent, Scenario, ServiceRuleChanged
from models.setup import ClinicSetup
from models.snapshot import ClinicSnapshot
from models.wall_clock import floor_minute
from scenarios.changing import changed_setup
from scenarios.horizons import first_start
from scenarios.lifting import beside

RULES_OF_ONE: tuple[Rule, ...] = (
    service_allows_the_provider,
    service_is_not_blacked_out,
    provider_is_working,
    room_suits_the_service,
    room_is_open,
    equipment_is_what_the_service_needs,
    equipment_is_open,
)
"""What a change can make wrong with a visit whatever else is booked."""

RULES_OF_SEVERAL: tuple[Rule, ...] = (
    room_is_never_double_booked,
    equipment_is_never_overbooked,
    provider_is_never_double_booked,
    overbooking_stays_within_its_daily_limit,
    provider_has_visits_left_that_day,
    service_has_visits_left_that_day,
    visits_of_a_service_keep_their_gap,
    group_visit_has_a_seat_left,
    group_visit_is_shared_whole,
)
"""What other rules of a service can make wrong between visits: all that meet are in each other's way."""


def displaced_by(scenario: Scenario, before: ClinicSnapshot) -> tuple[Appointment, ...]:
    """The appointments that cannot stay, or cannot all stay, where they are; by start, then id.

    Only those that have not begun and may still move; but for an absence, only those in the horizon.
    """
    may_move = [one for one in before.appointments if may_still_move(one, before)]
    found: dict[str, Appointment] = {}
    for change in scenario.changes:
        if isinstance(change, ResourceAbsent):
            found |= {one.id: one for one in may_move if is_hit(one, change)}
    first = first_start(scenario, before)
    within = [
        one
        for one in may_move
        if one.id not in found and first <= floor_minute(one.starts_at) < scenario.latest
    ]
    found |= {one.id: one for one in _by_rules(scenario, before, within)}
    return tuple(sorted(found.values(), key=lambda one: (one.starts_at, one.id)))


def may_still_move(appointment: Appointment, snapshot: ClinicSnapshot) -> bool:
    """Whether it holds anything, has not begun, and nobody has arrived for it."""
    return (
        appointment.status.may_move
        and appointment.starts_at >= snapshot.now
        and appointment.holds_at(snapshot.now)
    )


def resources_of(appointment: Appointment) -> Iterator[str]:
    """Its provider, its room and its equipment, as `models.refs` refers to them."""
    yield provider_ref(appointment.provider_id)
    if appointment.room_id is not None:
        yield room_ref(appointment.room_id)
    yield from (equipment_ref(use.id) for use in appointment.equipment)


def is_hit(appointment: Appointment, absence: ResourceAbsent) -> bool:
    """Whether the visit itself, buffers aside, meets the absence of something that it uses."""
    return (
        appointment.starts_at < absence.ends_at
        and absence.starts_at < appointment.ends_at
        and absence.resource in resources_of(appointment)
    )


# by the rules


def _by_rules(
    scenario: Scenario, before: ClinicSnapshot, booked: Iterable[Appointment]
) -> Iterator[Appointment]:
    """Those that break a rule under the changes, and do not break it today."""
    changed_hours = {one.resource for one in scenario.changes if isinstance(one, HoursChanged)}
    changed_rules = {one.rules.id for one in scenario.changes if isinstance(one, ServiceRuleChanged)}
    if not changed_hours and not changed_rules:
        return
    setup = changed_setup(before.setup, scenario.changes)
    today, after = _of_all(before, before.setup), _of_all(before, setup)
    units = _units_without_asking(setup)
    for one in booked:
        rules: tuple[Rule, ...] = ()
        if one.service_id in changed_rules or not changed_hours.isdisjoint(resources_of(one)):
            rules += RULES_OF_ONE
        if changed_rules and _is_crowded(one, after, units):
            rules += RULES_OF_SEVERAL
        broken = _breaks(one, after, rules) if rules else set()
        if broken and broken - _breaks(one, today, rules):
            yield one


def _of_all(snapshot: ClinicSnapshot, setup: ClinicSetup) -> ClinicSnapshot:
    """The clinic as what is booked fills it under a setup; read from a database it may know less."""
    return ClinicSnapshot.of(
        setup, appointments=snapshot.appointments, patients=snapshot.patients.values(), now=snapshot.now
    )


def _units_without_asking(setup: ClinicSetup) -> list[int]:
    """By row of the calendar, how many units may be held whatever the rules say: of a provider, one."""
    lanes = {provider_ref(one.id) for one in setup.providers}
    return [1 if ref in lanes else setup.capacities.get(ref, 1) for ref in setup.resource_index]


def _is_crowded(appointment: Appointment, snapshot: ClinicSnapshot, units: Sequence[int]) -> bool:
    """Whether more units of anything that it holds are held than may be without asking."""
    holds = holds_of(appointment, snapshot.setup)
    return any(snapshot.calendar.busy(one).peak(start, end) > units[one] for one, start, end in holds)


def _breaks(
    appointment: Appointment, snapshot: ClinicSnapshot, rules: Iterable[Rule]
) -> set[tuple[str, str]]:
    """The rules that an appointment breaks where it is, each with the resource on which it does."""
    others = beside(appointment, snapshot)
    placement = placement_of(
        Assignment.of(appointment), appointment.service_id, appointment.patient_id, others
    )
    violations = (rule(placement, others) for rule in rules)
    return {(one.rule, one.resource) for one in violations if one is not None}
