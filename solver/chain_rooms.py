"""One small solve for a chain: the rooms in which its visits earn most together."""

from typing import NamedTuple

from ortools.sat.python.cp_model import CpSolver, LinearExpr

from models.clinic import Room
from models.snapshot import ClinicSnapshot
from solver.chain_rules import CHAIN_RULES
from solver.chain_variables import Contender, VisitVariables, create_chain_variables
from solver.lean_model import LeanModel
from solver.search import SearchSettings, found_one, run


class ChosenRooms(NamedTuple):
    """The room of each visit, and the most hundredths of a point that any choice of rooms could earn."""

    rooms: tuple[Room | None, ...]
    bound: int


def best_rooms(
    chain: tuple[Contender, ...], snapshot: ClinicSnapshot, settings: SearchSettings
) -> ChosenRooms | None:
    """The best rooms for visits that compete for rooms or equipment; None if the solver finds none."""
    model = LeanModel()
    variables = create_chain_variables(model, chain, snapshot)
    for rule in CHAIN_RULES:
        rule(model, variables)
    chosen = [pair for one in variables.visits for pair in one.rooms]
    without_room = sum(one.points for one in chain if not one.rooms)
    points = [choice.points for choice, _ in chosen]
    model.maximize(LinearExpr.weighted_sum([literal for _, literal in chosen], points))
    solver, status = run(model, settings)
    if not found_one(status):
        return None
    rooms = tuple(_room(solver, one) for one in variables.visits)
    return ChosenRooms(rooms, without_room + round(solver.best_objective_bound))


def _room(solver: CpSolver, visit: VisitVariables) -> Room | None:
    return next((choice.room for choice, chosen in visit.rooms if solver.boolean_value(chosen)), None)
