"""Every hard rule as constraints, under the names of `models.rules`.

A rule says only what pruning has left open (`variables.undecided`): without pruning it says
everything, and the tests hold both against brute force. Holds are intervals; what is booked is
pinned; providers and patients are no-overlaps, rooms and pools cumulatives.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from ortools.sat.python.cp_model import CpModel, IntervalVar, IntVar, LinearExpr

from models.calendar import BusyTimes
from models.claims import day_of, gap_hold_of, hold_of, room_hold_of
from models.clinic import Modality, OverbookingRule, suits
from models.counters import gap_ref, overbooking_ref, provider_day_ref, seats_ref, service_day_ref
from models.hours import Window
from models.overbooking import rules_at
from models.refs import CLINIC, equipment_ref, location_ref, provider_ref, room_ref
from models.wall_clock import MINUTES_PER_DAY, local_date, minute_of_day
from solver.options import Option
from solver.problem import SearchProblem
from solver.variables import Variables

HardRule: TypeAlias = Callable[[CpModel, Variables, SearchProblem], None]


def provider_offers_the_service(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A provider is booked only for services that they offer."""
    for one in variables.undecided:
        _forbid_unless(model, one.offered, problem.request.service.id in one.option.provider.service_ids)


def service_allows_the_provider(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A service that names its providers is given by nobody else."""
    allowed = problem.request.service.allowed_provider_ids
    for one in variables.undecided:
        _forbid_unless(model, one.offered, allowed is None or one.option.provider.id in allowed)


def provider_works_at_the_location(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A visit takes place where its provider works."""
    for one in variables.undecided:
        place = one.option.site or problem.request.location
        _forbid_unless(model, one.offered, place is None or place.id in one.option.provider.location_ids)


def provider_is_not_blocked_for_the_patient(
    model: CpModel, variables: Variables, problem: SearchProblem
) -> None:
    """A provider whom the patient must not see is never offered to them."""
    patient = problem.request.patient
    for one in variables.undecided:
        _forbid_unless(
            model, one.offered, patient is None or one.option.provider.id not in patient.blocked_provider_ids
        )


def start_is_aligned(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A visit starts a whole number of the service's steps after local midnight."""
    step = problem.request.service.slot_step_minutes
    for one in variables.undecided:
        shown = minute_of_day(one.option.start, problem.setup.zone_of(one.option.site))
        _forbid_unless(model, one.offered, shown % step == 0)


def start_respects_notice(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A visit starts neither in the past nor sooner than the service's minimum notice."""
    earliest = problem.snapshot.first_minute_from_now + problem.request.service.min_notice_minutes
    for one in variables.undecided:
        _forbid_unless(model, one.offered, one.option.start >= earliest)


def start_is_within_the_booking_horizon(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A visit starts no further in the future than the service allows."""
    days = problem.request.service.max_future_days
    latest = problem.snapshot.last_minute_until_now + days * MINUTES_PER_DAY
    for one in variables.undecided:
        _forbid_unless(model, one.offered, one.option.start <= latest)


def service_is_not_blacked_out(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A service is not given on its blackout dates, as the calendar on the wall of the place shows them."""
    dates = problem.request.service.blackout_dates
    for one in variables.undecided:
        day = local_date(one.option.start, problem.setup.zone_of(one.option.site))
        _forbid_unless(model, one.offered, day not in dates)


def location_is_open(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """No visit takes place while the clinic or its location is closed."""
    for one in variables.undecided:
        ref = CLINIC if one.option.site is None else location_ref(one.option.site.id)
        _forbid_unless(model, one.offered, _open_through(one.option, ref, problem))


def provider_is_working(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """The whole visit lies inside the provider's working hours."""
    for one in variables.undecided:
        ref = provider_ref(one.option.provider.id)
        _forbid_unless(model, one.offered, _open_through(one.option, ref, problem))


def room_suits_the_service(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A visit in person has one room at its location, of a type and with the features that it needs."""
    service = problem.request.service
    for one in variables.undecided:
        in_person = service.modality is Modality.IN_PERSON
        _forbid_unless(model, one.offered, bool(one.rooms) if in_person else one.option.site is None)
        for choice, chosen in one.rooms:
            site = one.option.site
            fits = all(
                site is not None and room.location_id == site.id and suits(room, service)
                for room in choice.rooms
            )
            _forbid_unless(model, chosen, fits and service.needs_room)


def room_is_open(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """The whole visit lies inside the room's opening hours, where it has any."""
    for one in variables.undecided:
        for choice, chosen in one.rooms:
            for room in choice.rooms:
                _forbid_unless(model, chosen, _open_through(one.option, room_ref(room.id), problem))


def room_is_never_double_booked(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A room holds no more visits at once than it has places; buffers and turnaround count as busy."""
    for one in variables.opening:
        for choice, chosen in one.rooms:
            for room in choice.rooms:
                hold = room_hold_of(problem.request.service, room, one.option.start, one.option.end)
                _at_most(model, hold, chosen, _held(problem, room_ref(room.id), hold), room.capacity)


def equipment_is_what_the_service_needs(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A visit takes exactly the units of each type that its service needs, from pools at its location."""
    for one in variables.undecided:
        site = one.option.site
        for need, lent in one.equipment:
            for pool, units in lent:
                if site is not None and pool.location_id != site.id:
                    model.add(units == 0)
            needed = LinearExpr.sum([units for _, units in lent]) == need.units
            model.add(needed).only_enforce_if(one.offered)


def equipment_is_open(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """The whole visit lies inside the hours of its equipment, where that has any."""
    for one in variables.undecided:
        for _, lent in one.equipment:
            for pool, units in lent:
                if not _open_through(one.option, equipment_ref(pool.id), problem):
                    model.add(units == 0)


def equipment_is_never_overbooked(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A pool never lends more units at once than it has; buffers count as busy."""
    for one in variables.opening:
        hold = hold_of(problem.request.service, one.option.start, one.option.end)
        for _, lent in one.equipment:
            for pool, units in lent:
                held = _held(problem, equipment_ref(pool.id), hold)
                _at_most(model, hold, one.offered, held, pool.quantity, units=units)


def provider_is_never_double_booked(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """No provider holds two visits at once, but where a rule adds lanes; buffers count as busy."""
    for one in variables.opening:
        hold = hold_of(problem.request.service, one.option.start, one.option.end)
        held = _held(problem, provider_ref(one.option.provider.id), hold)
        lanes = max((rule.lanes for rule in _overbooking_rules(one.option, problem)), default=0)
        _at_most(model, hold, one.offered, held, 1 + lanes)


def overbooking_stays_within_its_daily_limit(
    model: CpModel, variables: Variables, problem: SearchProblem
) -> None:
    """An overbooking rule lets a provider take no more visits of a day on top than it says."""
    for one in variables.opening:
        hold = hold_of(problem.request.service, one.option.start, one.option.end)
        pins = _held(problem, provider_ref(one.option.provider.id), hold)
        peak = BusyTimes.of(pins).peak(*hold)
        rules = [rule for rule in _overbooking_rules(one.option, problem) if rule.lanes >= peak]
        if not peak or not rules:
            continue
        let_in = [model.new_bool_var("") for _ in rules]
        model.add_bool_or([*let_in, one.offered.negated()])
        for rule, literal in zip(rules, let_in, strict=True):
            ref = overbooking_ref(rule.id, one.option.provider.id)
            _counts(model, literal, ref, day_of(problem.setup, one.option.start), problem)


def provider_has_visits_left_that_day(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A provider sees at most so many patients on one day of the clinic; what was completed counts."""
    for one in variables.undecided:
        ref = provider_day_ref(one.option.provider.id)
        _counts(model, one.offered, ref, day_of(problem.setup, one.option.start), problem)


def service_has_visits_left_that_day(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A service is given at most so many times on one day of the clinic; what was completed counts."""
    for one in variables.undecided:
        ref = service_day_ref(problem.request.service.id)
        _counts(model, one.offered, ref, day_of(problem.setup, one.option.start), problem)


def visits_of_a_service_keep_their_gap(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """Between two visits of a service at one provider lies its minimum gap; buffers do not count."""
    service = problem.request.service
    for one in variables.opening:
        ref = gap_ref(one.option.provider.id, service.id)
        hold = gap_hold_of(service, one.option.start, one.option.end)
        _counts(model, one.offered, ref, hold, problem)


def group_visit_has_a_seat_left(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A provider has no more patients of a service for groups at one time than it has seats."""
    for one in variables.undecided:
        ref = seats_ref(one.option.provider.id, problem.request.service.id)
        _counts(model, one.offered, ref, (one.option.start, one.option.end), problem)


def group_visit_is_shared_whole(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """Who takes a seat in a group visit shares its provider, room, equipment and time."""
    for one in variables.undecided:
        joined, option = one.option.joins, one.option
        if joined is None:
            continue
        same = joined.key[:4] == (problem.request.service.id, option.provider.id, option.start, option.end)
        _forbid_unless(model, one.offered, same)
        for choice, chosen in one.rooms:
            _forbid_unless(model, chosen, all(room.id == joined.key.room_id for room in choice.rooms))
        units = {use.id: use.units for use in joined.equipment}
        for _, lent in one.equipment:
            for pool, amount in lent:
                model.add(amount == units.get(pool.id, 0)).only_enforce_if(one.offered)


def patient_is_never_in_two_places(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A patient has one visit at a time; buffers do not count."""
    patient = problem.request.patient
    if patient is None:
        return
    for one in variables.undecided:
        visit = (one.option.start, one.option.end)
        pins = _pins(model, problem.snapshot.calendar.visits_of(patient.id).overlapping(*visit))
        model.add_no_overlap([_optional_interval(model, visit, one.offered), *pins])


HARD_RULES: tuple[HardRule, ...] = (
    provider_offers_the_service,
    service_allows_the_provider,
    provider_works_at_the_location,
    provider_is_not_blocked_for_the_patient,
    start_is_aligned,
    start_respects_notice,
    start_is_within_the_booking_horizon,
    service_is_not_blacked_out,
    location_is_open,
    provider_is_working,
    room_suits_the_service,
    room_is_open,
    room_is_never_double_booked,
    equipment_is_what_the_service_needs,
    equipment_is_open,
    equipment_is_never_overbooked,
    provider_is_never_double_booked,
    overbooking_stays_within_its_daily_limit,
    provider_has_visits_left_that_day,
    service_has_visits_left_that_day,
    visits_of_a_service_keep_their_gap,
    group_visit_has_a_seat_left,
    group_visit_is_shared_whole,
    patient_is_never_in_two_places,
)


def _forbid_unless(model: CpModel, literal: IntVar, allowed: bool) -> None:
    if not allowed:
        model.add_bool_and(literal.negated())


def _open_through(option: Option, ref: str, problem: SearchProblem) -> bool:
    windows = problem.setup.open_windows(ref, option.start, option.end)
    return windows.contain(option.start, option.end)


def _held(problem: SearchProblem, ref: str, hold: Window) -> list[Window]:
    """What is booked of a resource and could meet a hold."""
    return problem.snapshot.calendar.busy(problem.setup.resource_index[ref]).overlapping(*hold)


def _optional_interval(model: CpModel, window: Window, presence: IntVar) -> IntervalVar:
    start, end = window
    return model.new_optional_fixed_size_interval_var(start, end - start, presence, "")


def _pins(model: CpModel, windows: Iterable[Window]) -> list[IntervalVar]:
    return [model.new_fixed_size_interval_var(start, end - start, "") for start, end in windows]


def _at_most(
    model: CpModel,
    hold: Window,
    presence: IntVar,
    held: list[Window],
    capacity: int,
    *,
    units: IntVar | int = 1,
) -> None:
    """The visit takes its units beside what is held, or is not there.

    What is booked stays, even where there is more of it than the capacity: then it is the capacity, and
    leaves no room for the visit.
    """
    start, end = hold
    inside = [(max(held_from, start), min(held_until, end)) for held_from, held_until in held]
    most = max(capacity, BusyTimes.of(inside).peak(*hold))
    visit = _optional_interval(model, hold, presence)
    pins = _pins(model, inside)
    model.add_cumulative([visit, *pins], [units, *[1] * len(pins)], most)


def _counts(model: CpModel, presence: IntVar, ref: str, window: Window, problem: SearchProblem) -> None:
    """One more of what is counted, if it is counted, over a window, or not there."""
    most = problem.setup.counters.get(ref)
    if most == 0:
        model.add_bool_and(presence.negated())
    elif most is not None:
        _at_most(model, window, presence, _held(problem, ref, window), most)


def _overbooking_rules(option: Option, problem: SearchProblem) -> list[OverbookingRule]:
    service = problem.request.service
    return rules_at(problem.setup, option.provider, service, option.site, option.start, option.end)
