"""Overbooking for many placements at once: where a rule lets a provider take one visit more."""

import numpy as np

from models.clinic import Location, OverbookingRule, Provider
from models.counters import overbooking_ref
from models.overbooking import windows_of
from models.refs import provider_ref
from solver.counting import Counting
from solver.intervals import Intervals, Mask, Minutes, Rows, full_times
from solver.problem import SearchProblem


def on_top_of_others(
    problem: SearchProblem,
    site: Location | None,
    providers: list[Provider],
    rows: Rows,
    starts: Minutes,
    hold: tuple[Minutes, Minutes],
    taken: Mask,
    *,
    counting: Counting | None = None,
    heeding_limits: bool = True,
) -> Mask:
    """Which of the `taken` placements an overbooking rule allows nevertheless.

    Unless limits are heeded, however many it has let in on that day.
    """
    allowed = np.zeros(len(rows), dtype=np.bool_)
    counting = counting or Counting(problem)
    for rule in problem.setup.overbooking:
        mine = np.flatnonzero(taken & _concerned(rule, problem, providers)[rows])
        if len(mine):
            mine = mine[_within(rule, problem, site, starts[mine])]
        if len(mine):
            held = (hold[0][mine], hold[1][mine])
            mine = mine[_has_a_lane(rule, problem, counting, providers, rows[mine], held)]
        if heeding_limits and rule.max_per_day is not None and len(mine):
            mine = mine[_has_some_left(rule, counting, providers, rows[mine], starts[mine])]
        allowed[mine] = True
    return allowed


def _concerned(rule: OverbookingRule, problem: SearchProblem, providers: list[Provider]) -> Mask:
    """Which providers, by row, the rule lets take more of the service asked for."""
    if rule.service_id == problem.request.service.id:
        return np.ones(len(providers), dtype=np.bool_)
    return np.array([provider.id == rule.provider_id for provider in providers], dtype=np.bool_)


def _within(rule: OverbookingRule, problem: SearchProblem, site: Location | None, starts: Minutes) -> Mask:
    """Whether a window of the rule contains the whole visit."""
    windows = list(windows_of(rule, problem.setup, site, int(starts.min()), int(starts.max()) + 1))
    one_row = np.zeros(len(windows), dtype=np.int64)
    opens = np.array([start for start, _ in windows], dtype=np.int64)
    closes = np.array([end for _, end in windows], dtype=np.int64)
    opening = Intervals.of(one_row, opens, closes)
    row = np.zeros(len(starts), dtype=np.int64)
    return opening.cover(row, starts, starts + problem.request.duration_minutes)


def _has_a_lane(
    rule: OverbookingRule,
    problem: SearchProblem,
    counting: Counting,
    providers: list[Provider],
    rows: Rows,
    hold: tuple[Minutes, Minutes],
) -> Mask:
    """Whether at no minute of the hold more others are there than the rule has lanes."""
    index = problem.setup.resource_index
    resources = np.array([index[provider_ref(provider.id)] for provider in providers], dtype=np.int64)
    units = np.zeros(len(index), dtype=np.int64)
    units[resources[np.unique(rows)]] = rule.lanes + 1
    held, starts, ends = counting.holds
    mine = units[held] > 0
    full = full_times((held[mine], starts[mine], ends[mine]), units)
    return full.clear(resources[rows], *hold)


def _has_some_left(
    rule: OverbookingRule, counting: Counting, providers: list[Provider], rows: Rows, starts: Minutes
) -> Mask:
    def ref_of(provider_id: str) -> str:
        return overbooking_ref(rule.id, provider_id)

    who = [provider.id for provider in providers]
    return counting.of_providers(ref_of, who, rows, *counting.days_of(starts))
