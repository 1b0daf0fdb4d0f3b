"""How far a provider may be overbooked."""

from ortools.sat.python.cp_model import CpModel

from models.calendar import BusyTimes
from models.claims import day_of, hold_of
from models.clinic import OverbookingRule
from models.counters import overbooking_ref
from models.refs import provider_ref
from solver.hard_rules.phrases import held_in, overbooking_rules
from solver.options import Option
from solver.problem import SearchProblem
from solver.variables import Variables


def overbooking_stays_within_its_daily_limit(
    model: CpModel, variables: Variables, problem: SearchProblem
) -> None:
    """An overbooking rule lets a provider take no more visits of a day on top than it says."""
    for one in variables.opening:
        hold = hold_of(problem.request.service, one.option.start, one.option.end)
        held = held_in(problem, provider_ref(one.option.provider.id), hold)
        peak = BusyTimes.of(held).peak(*hold)
        rules = [rule for rule in overbooking_rules(one.option, problem) if rule.lanes >= peak]
        if not peak or not rules:
            continue
        left = sum(_has_some_left(rule, one.option, problem) for rule in rules)
        model.add(one.offered <= left)


def _has_some_left(rule: OverbookingRule, option: Option, problem: SearchProblem) -> bool:
    ref = overbooking_ref(rule.id, option.provider.id)
    most = problem.setup.counters.get(ref)
    if most is None:
        return True
    day = day_of(problem.setup, option.start)
    return BusyTimes.of(held_in(problem, ref, day)).peak(*day) < most
