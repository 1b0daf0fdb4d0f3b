"""Overbooking for many placements at once: where a rule lets a provider take one visit more."""

from dataclasses import replace

import numpy as np

from models.clinic import Location, OverbookingRule, Provider
from models.counters import overbooking_ref
from models.overbooking import rules_for, windows_of
from models.refs import provider_ref
from solver.counting import Counting
from solver.intervals import Intervals, Mask, Minutes, Rows, full_times, hold_arrays
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
    heeding_limits: bool = True,
) -> Mask:
    """Which of the `taken` placements an overbooking rule allows nevertheless.

    Unless limits are heeded, however many it has let in on that day.
    """
    allowed = np.zeros(len(rows), dtype=np.bool_)
    for row, provider in enumerate(providers):
        rules = rules_for(problem.setup, provider, problem.request.service)
        if not rules:
            continue
        mine = np.flatnonzero(taken & (rows == row))
        held = (hold[0][mine], hold[1][mine])
        for rule in rules:
            allowed[mine] |= _allowed_by(
                rule if heeding_limits else replace(rule, max_per_day=None),
                problem,
                site,
                provider,
                starts[mine],
                held,
            )
    return allowed


def _allowed_by(
    rule: OverbookingRule,
    problem: SearchProblem,
    site: Location | None,
    provider: Provider,
    starts: Minutes,
    hold: tuple[Minutes, Minutes],
) -> Mask:
    setup = problem.setup
    row = np.zeros(len(starts), dtype=np.int64)
    windows = list(windows_of(rule, setup, site, *problem.span))
    opening = Intervals.of(
        np.zeros(len(windows), dtype=np.int64),
        np.array([start for start, _ in windows], dtype=np.int64),
        np.array([end for _, end in windows], dtype=np.int64),
    )
    allowed = opening.cover(row, starts, starts + problem.request.duration_minutes)
    allowed &= _has_a_lane(problem, provider, rule.lanes, hold)
    if rule.max_per_day is not None and allowed.any():
        counting = Counting(problem)
        allowed &= counting.of_service(overbooking_ref(rule.id, provider.id), *counting.days_of(starts))
    return allowed


def _has_a_lane(
    problem: SearchProblem, provider: Provider, lanes: int, hold: tuple[Minutes, Minutes]
) -> Mask:
    """Whether at no minute of the hold more than `lanes` others are there."""
    resource = problem.setup.resource_index[provider_ref(provider.id)]
    units = np.zeros(len(problem.setup.resource_index), dtype=np.int64)
    units[resource] = lanes + 1
    resources, starts, ends = hold_arrays(problem.snapshot.calendar)
    mine = resources == resource
    full = full_times((resources[mine], starts[mine], ends[mine]), units)
    return full.clear(np.full(len(hold[0]), resource, dtype=np.int64), *hold)
