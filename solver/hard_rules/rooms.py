"""Which room, when it is open, and that nobody else is in it."""

from ortools.sat.python.cp_model import CpModel

from models.claims import room_hold_of
from models.clinic import Modality, suits
from models.refs import room_ref
from solver.hard_rules.phrases import (
    at_most,
    forbid_unless,
    held_in,
    open_through,
)
from solver.problem import SearchProblem
from solver.variables import Variables


def room_suits_the_service(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A visit in person has one room at its location, of a type and with the features that it needs."""
    service = problem.request.service
    for one in variables.undecided:
        in_person = service.modality is Modality.IN_PERSON
        forbid_unless(model, one.offered, bool(one.rooms) if in_person else one.option.site is None)
        for choice, chosen in one.rooms:
            site = one.option.site
            fits = all(
                site is not None and room.location_id == site.id and suits(room, service)
                for room in choice.rooms
            )
            forbid_unless(model, chosen, fits and service.needs_room)


def room_is_open(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """The whole visit lies inside the room's opening hours, where it has any."""
    for one in variables.undecided:
        for choice, chosen in one.rooms:
            for room in choice.rooms:
                forbid_unless(model, chosen, open_through(one.option, room_ref(room.id), problem))


def room_is_never_double_booked(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A room holds no more visits at once than it has places; buffers and turnaround count as busy."""
    for one in variables.opening:
        for choice, chosen in one.rooms:
            for room in choice.rooms:
                hold = room_hold_of(problem.request.service, room, one.option.start, one.option.end)
                at_most(model, hold, chosen, held_in(problem, room_ref(room.id), hold), room.capacity)
