"""One rule on one placement, judged twice: by the plain check and by the solver's function of its name."""

from collections import Counter

from ortools.sat.python.cp_model import CpModel

from models.rules import Rule, Violation
from models.slot import Placement, ScoreBreakdown, SlotRequest
from models.snapshot import ClinicSnapshot
from solver import hard_rules
from solver.options import Option, RoomChoice
from solver.problem import SearchProblem
from solver.search import SearchSettings, found_one, is_infeasible, run
from solver.variables import OptionVariables, create_variables

LENDING = frozenset({hard_rules.equipment_is_what_the_service_needs, hard_rules.group_visit_is_shared_whole})
"""The rules that say what is lent."""


def verdict(rule: Rule, placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """Why the rule refuses the placement, or None; fails when check and solver do not agree."""
    violation = rule(placement, snapshot)
    in_the_model = is_feasible(placement, snapshot, getattr(hard_rules, rule.__name__))
    assert in_the_model == (violation is None), (
        f"{rule.__name__}: the model {'allows' if in_the_model else 'forbids'} it, the check says {violation}"
    )
    assert violation is None or violation.rule == rule.__name__
    return violation


def fits(rule: Rule, placement: Placement, snapshot: ClinicSnapshot) -> bool:
    """Whether check and solver both let the placement pass."""
    return verdict(rule, placement, snapshot) is None


def refusal(rule: Rule, placement: Placement, snapshot: ClinicSnapshot) -> Violation:
    """Why check and solver both refuse the placement."""
    violation = verdict(rule, placement, snapshot)
    assert violation is not None, f"{rule.__name__} lets it pass"
    return violation


def is_feasible(placement: Placement, snapshot: ClinicSnapshot, *rules: hard_rules.HardRule) -> bool:
    """Whether the placement may be offered in a model that has only these rules, and nothing was pruned."""
    problem = SearchProblem(snapshot=snapshot, request=request_for(placement))
    model = CpModel()
    variables = create_variables(model, (undecided(placement),), problem)
    (one,) = variables.of_options
    for rule in rules:
        rule(model, variables, problem)
    model.add(one.offered == 1)
    unknown = _lend_what_the_placement_takes(model, one, placement)
    if unknown and not LENDING.isdisjoint(rules):
        return False  # a pool of a type that nobody needs has no variable, so the model cannot lend from it
    _, status = run(model, SearchSettings())
    assert found_one(status) or is_infeasible(status)
    return found_one(status)


def request_for(placement: Placement) -> SlotRequest:
    """The question that only this start answers."""
    return SlotRequest(
        service=placement.service,
        earliest=placement.start,
        latest=placement.start + 1,
        duration_minutes=placement.end - placement.start,
        patient=placement.patient,
        limit=1,
    )


def undecided(placement: Placement) -> Option:
    """The placement as an option about which nothing has been settled."""
    rooms = () if placement.room is None else (placement.room,)
    return Option(
        provider=placement.provider,
        site=placement.location,
        start=placement.start,
        end=placement.end,
        base=ScoreBreakdown(0, 0, 0, 0),
        room_choices=tuple(RoomChoice(points=0, rooms=(room,)) for room in rooms),
        decided=False,
        joins=placement.joins,
    )


def _lend_what_the_placement_takes(model: CpModel, one: OptionVariables, placement: Placement) -> set[str]:
    """Fix the units of each pool; returns the pools for which the model has no variable."""
    taken = Counter[str]()
    for use in placement.equipment:
        taken[use.id] += use.units
    for _, lent in one.equipment:
        for pool, units in lent:
            model.add(units == taken.pop(pool.id, 0))
    return set(taken)
