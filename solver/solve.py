"""One solve, as its table of contents: variables, hard rules, preferences, search, extraction."""

from ortools.sat.python.cp_model import CpModel, IntVar, LinearExpr

from solver.hard_rules import HARD_RULES
from solver.lean_model import LeanModel
from solver.options import Option
from solver.outcome import NoScheduleExists, Outcome, RanOutOfTime, Solved
from solver.preferences import PREFERENCES, ties_break_by_start_then_name
from solver.problem import SearchProblem
from solver.search import SearchSettings, found_one, is_infeasible, run
from solver.variables import Variables, create_variables


def solve(problem: SearchProblem, options: tuple[Option, ...], settings: SearchSettings) -> Outcome:
    """The best menu of at most `limit` of the options; options in the order that breaks ties."""
    model = LeanModel()
    variables = create_variables(model, options, problem)
    for rule in HARD_RULES:
        rule(model, variables, problem)
    the_menu_has_at_most_limit_slots(model, variables)
    scale = (len(options) + 1) ** 2  # all tie-breakers together stay below one hundredth of a point
    model.minimize(_points_lost(variables, scale))
    solver, status = run(model, settings)
    if is_infeasible(status):
        return NoScheduleExists()
    if not found_one(status):
        return RanOutOfTime()
    offered = tuple(one.option for one in variables.of_options if solver.boolean_value(one.offered))
    return Solved(offered, int(-solver.best_objective_bound // scale))


def the_menu_has_at_most_limit_slots(model: CpModel, variables: Variables) -> None:
    """A menu offers no more slots than were asked for."""
    model.add(LinearExpr.sum([one.offered for one in variables.of_options]) <= variables.limit)


def _points_lost(variables: Variables, scale: int) -> LinearExpr:
    """What a menu earns, negated: hundredths of a point times `scale`, plus what breaks ties.

    The library copies an objective to be minimised in one go, and one to be maximised term by term.
    """
    literals: dict[int, IntVar] = {}
    weights: dict[int, int] = {}
    for preference in PREFERENCES:
        for literal, points in preference(variables):
            index = literal.index
            literals[index] = literal
            weights[index] = weights.get(index, 0) - points * scale
    for literal, worth in ties_break_by_start_then_name(variables):
        weights[literal.index] -= worth
    return LinearExpr.weighted_sum(list(literals.values()), list(weights.values()))
