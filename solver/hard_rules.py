"""Every hard rule as constraints, under the names of `models.rules`.

A rule says only what pruning has left open (`variables.undecided`): without pruning it says
everything, and the tests hold both against brute force. Holds are intervals; what is booked is
pinned; providers and patients are no-overlaps, rooms and pools cumulatives.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from ortools.sat.python.cp_model import CpModel, IntervalVar, IntVar, LinearExpr

from models.claims import hold_of, room_hold_of
from models.clinic import Modality
from models.hours import Window
from models.score import suits
from models.setup import CLINIC, equipment_ref, location_ref, provider_ref, room_ref
from models.wall_clock import MINUTES_PER_DAY, minute_of_day
from solver.options import Option
from solver.problem import SearchProblem
from solver.variables import Variables

HardRule: TypeAlias = Callable[[CpModel, Variables, SearchProblem], None]


def provider_offers_the_service(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A provider is booked only for services that they offer."""
    for one in variables.undecided:
        _forbid_unless(model, one.offered, problem.request.service.id in one.option.provider.service_ids)


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
    for one in variables.undecided:
        for choice, chosen in one.rooms:
            for room in choice.rooms:
                hold = room_hold_of(problem.request.service, room, one.option.start, one.option.end)
                visit = _optional_interval(model, hold, chosen)
                pins = _pins(model, _held(problem, room_ref(room.id), hold))
                model.add_cumulative([visit, *pins], [1] * (len(pins) + 1), room.capacity)


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
    for one in variables.undecided:
        hold = hold_of(problem.request.service, one.option.start, one.option.end)
        for _, lent in one.equipment:
            for pool, units in lent:
                pins = _pins(model, _held(problem, equipment_ref(pool.id), hold))
                visit = _optional_interval(model, hold, one.offered)
                model.add_cumulative([visit, *pins], [units, *[1] * len(pins)], pool.quantity)


def provider_is_never_double_booked(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """No provider holds two visits at once; buffers count as busy."""
    for one in variables.undecided:
        hold = hold_of(problem.request.service, one.option.start, one.option.end)
        pins = _pins(model, _held(problem, provider_ref(one.option.provider.id), hold))
        model.add_no_overlap([_optional_interval(model, hold, one.offered), *pins])


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
    provider_works_at_the_location,
    provider_is_not_blocked_for_the_patient,
    start_is_aligned,
    start_respects_notice,
    start_is_within_the_booking_horizon,
    location_is_open,
    provider_is_working,
    room_suits_the_service,
    room_is_open,
    room_is_never_double_booked,
    equipment_is_what_the_service_needs,
    equipment_is_open,
    equipment_is_never_overbooked,
    provider_is_never_double_booked,
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
