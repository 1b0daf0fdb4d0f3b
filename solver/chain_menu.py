"""One solve: which chains are on the menu, and in which rooms."""

from dataclasses import dataclass
from typing import TypeAlias

from ortools.sat.python.cp_model import CpSolver, IntVar, LinearExpr

from models.clinic import Room
from models.snapshot import ClinicSnapshot
from solver.chain_rules import CHAIN_RULES
from solver.chain_variables import ChainVariables, Contender, VisitVariables, create_chain_variables
from solver.lean_model import LeanModel
from solver.search import SearchSettings, found_one, run

Chosen: TypeAlias = tuple[Room | None, ...]
"""The room of each visit of a chain."""


@dataclass(frozen=True, slots=True)
class MenuOfChains:
    """Which chains are offered, by their number, with the rooms of their visits; and the proof.

    `bound` is the most hundredths of a point that any such menu could add up to.
    """

    offered: dict[int, Chosen]
    bound: int


def best_menu(
    chains: list[tuple[Contender, ...]],
    limit: int,
    snapshot: ClinicSnapshot,
    settings: SearchSettings,
) -> MenuOfChains | None:
    """The best menu of at most `limit` chains, given in the order that breaks ties; None without one."""
    model = LeanModel()
    variables = [create_chain_variables(model, chain, snapshot) for chain in chains]
    for chain in variables:
        for rule in CHAIN_RULES:
            rule(model, chain)
    model.add(LinearExpr.sum([chain.offered for chain in variables]) <= limit)
    scale = (len(chains) + 1) ** 2  # all tie-breakers together stay below one hundredth of a point
    model.minimize(_points_lost(variables, scale))
    solver, status = run(model, settings)
    if not found_one(status):
        return None
    offered = {
        number: tuple(_room(solver, one) for one in chain.visits)
        for number, chain in enumerate(variables)
        if solver.boolean_value(chain.offered)
    }
    return MenuOfChains(offered, int(-solver.best_objective_bound // scale))


def _points_lost(chains: list[ChainVariables], scale: int) -> LinearExpr:
    """What a menu earns, negated: hundredths of a point times `scale`, plus what breaks ties."""
    literals: dict[int, IntVar] = {}
    weights: dict[int, int] = {}

    def earn(literal: IntVar, worth: int) -> None:
        literals[literal.index] = literal
        weights[literal.index] = weights.get(literal.index, 0) - worth

    for place, chain in enumerate(chains):
        earn(chain.offered, len(chains) - place)
        for one in chain.visits:
            if not one.rooms:
                earn(chain.offered, one.contender.points * scale)
            for choice, chosen in one.rooms:
                earn(chosen, choice.points * scale)
    return LinearExpr.weighted_sum(list(literals.values()), list(weights.values()))


def _room(solver: CpSolver, visit: VisitVariables) -> Room | None:
    return next((choice.room for choice, chosen in visit.rooms if solver.boolean_value(chosen)), None)
