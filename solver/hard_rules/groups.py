"""Visits that several patients share."""

from ortools.sat.python.cp_model import CpModel

from models.counters import seats_ref
from models.group_visit import GroupKey
from solver.hard_rules.phrases import counts, forbid_unless
from solver.problem import SearchProblem
from solver.variables import Variables


def group_visit_has_a_seat_left(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A provider has no more patients of a service for groups at one time than it has seats."""
    for one in variables.undecided:
        ref = seats_ref(one.option.provider.id, problem.request.service.id)
        counts(model, one.offered, ref, (one.option.start, one.option.end), problem)


def group_visit_is_shared_whole(model: CpModel, variables: Variables, problem: SearchProblem) -> None:
    """A group visit is joined whole: its provider, room, equipment and time; none is held beside it."""
    for one in variables.undecided:
        joined, option = one.option.joins, one.option
        if joined is None:
            key = GroupKey(problem.request.service.id, option.provider.id, option.start, option.end, None)
            beside = problem.request.service.is_for_groups and problem.snapshot.has_group_visit_like(key)
            forbid_unless(model, one.offered, not beside)
            continue
        same = joined.key[:4] == (problem.request.service.id, option.provider.id, option.start, option.end)
        same &= bool(one.rooms) == (joined.key.room_id is not None)
        forbid_unless(model, one.offered, same)
        for choice, chosen in one.rooms:
            forbid_unless(model, chosen, all(room.id == joined.key.room_id for room in choice.rooms))
        units = {use.id: use.units for use in joined.equipment}
        for _, lent in one.equipment:
            for pool, amount in lent:
                model.add(amount == units.get(pool.id, 0)).only_enforce_if(one.offered)
