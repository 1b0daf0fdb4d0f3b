"""The columns that are left as a CP-SAT model: a literal each, time-indexed, a clique per crowded minute.

A column stands for an interval on its provider, its room and its equipment. Where one unit is left, the
columns over a minute exclude each other (a clique); where several are, they take no more than there are.
Providers who may be overbooked keep their lanes by what lies under each visit.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from time import monotonic

from ortools.sat.python.cp_model import CpModel, IntVar, LinearExpr

from models.hours import Window, merged
from models.refs import provider_ref
from solver.lean_model import LeanModel
from solver.planning.choices import Choices
from solver.planning.columns import Column, Use
from solver.planning.crowds import crowds
from solver.planning.greedy import Solution
from solver.planning.occupancy import Carrier, carrier_of
from solver.planning.pricing import Budget
from solver.search import LongSearchSettings, found_one, is_optimal, run_long

PROVING = ("max_lp", "reduced_costs")
"""What proved fastest with two workers: both lean on the linear relaxation, which is strong here."""
IMPROVING = ("reduced_costs",)
"""The second worker then searches the neighbourhood of the best solution."""

ROUNDING = 1e-6
"""Prices are whole, but the solver gives its bound as a float."""


@dataclass(frozen=True, slots=True)
class Exact:
    """The best choice among the columns, what it costs to the model, and the least that any choice costs."""

    solution: Solution
    value: int
    bound: int
    optimal: bool


@dataclass(frozen=True, kw_only=True)
class ExactLimits:
    """How long, on how many cores, from which seed."""

    seconds: float
    workers: int
    seed: int
    subsolvers: tuple[str, ...] = PROVING


Found = Callable[[Solution], object]
"""Called with each better solution, from a thread of the solver."""


def choose(
    choices: Choices,
    columns: Sequence[Column],
    incumbent: Solution,
    limits: ExactLimits,
    *,
    budgets: Sequence[Budget] = (),
    forbidden: Sequence[frozenset[Column]] = (),
    fixed: Sequence[Column] = (),
    found: Found | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Exact | None:
    """The cheapest choice of one column for each task; None where nothing was found in time.

    Of `forbidden` no set may be chosen whole: the plain rules have refused it. What is `fixed` is there in
    any case; idle minutes count in the working windows that the columns touch. `incumbent` is a choice to
    start from, for the tasks of the columns.
    """
    began = monotonic()
    model = LeanModel()
    literals = {column: model.new_bool_var("") for column in dict.fromkeys((*columns, *incumbent.values()))}
    by_task: dict[int, list[Column]] = defaultdict(list)
    for column in literals:
        by_task[column.task].append(column)
    for mine in by_task.values():
        model.add_exactly_one([literals[column] for column in mine])
    carriers = _carriers(model, choices, literals)
    resources_are_never_overused(model, choices, literals, carriers, fixed)
    lanes_are_kept(model, choices, carriers)
    for budget in budgets:
        counted = [(literals[column], choices.price_under(budget.goal, column)) for column in literals]
        model.add(_sum(counted) <= budget.most)
    there = set(fixed)
    for refused in forbidden:
        if all(column in literals or column in there for column in refused):
            model.add_bool_or([literals[column].negated() for column in refused if column in literals])
    costs = _sum([(literal, choices.price(column)) for column, literal in literals.items()])
    model.minimize(costs + idle_minutes_cost(model, choices, literals, carriers, fixed))
    for column, literal in literals.items():
        model.add_hint(literal, incumbent.get(column.task) == column)
    limits = replace(limits, seconds=limits.seconds - (monotonic() - began))
    return _solved(model, literals, limits, found, stopped)


def _sum(weighted: Iterable[tuple[IntVar, int]]) -> LinearExpr:
    kept = [(literal, weight) for literal, weight in weighted if weight]
    return LinearExpr.weighted_sum([literal for literal, _ in kept], [weight for _, weight in kept])


Shared = Mapping[Column, IntVar]


def _carriers(model: CpModel, choices: Choices, literals: Mapping[Column, IntVar]) -> Shared:
    """For each column the literal of whoever holds what its patients share: itself, or its group visit.

    At one provider and start there is one group visit of a service, in one room with the same equipment.
    """
    held_by: dict[Column, IntVar] = {}
    visits: dict[Carrier, dict[tuple[object, ...], IntVar]] = defaultdict(dict)
    for column, literal in literals.items():
        if not choices.is_shared(column):
            held_by[column] = literal
            continue
        way = (column.room, column.equipment, column.lanes)
        there = visits[carrier_of(choices, column)]
        if way not in there:
            there[way] = model.new_bool_var("")
        held_by[column] = there[way]
        model.add_implication(literal, there[way])
    for there in visits.values():
        model.add_at_most_one(there.values())
    return held_by


def resources_are_never_overused(
    model: CpModel,
    choices: Choices,
    literals: Mapping[Column, IntVar],
    carriers: Shared,
    fixed: Sequence[Column] = (),
) -> None:
    """At no minute more units of a resource are taken than what stays leaves."""
    ahead: dict[int, list[Use]] = defaultdict(list)
    for column in fixed:
        for use in choices.uses(column):
            ahead[use.resource].append(use)
    setup = choices.problem.setup
    laned = {setup.resource_index[provider_ref(one)] for one in setup.lanes}
    taken: dict[int, dict[tuple[Use, int], IntVar]] = defaultdict(dict)
    for column, literal in literals.items():
        if not column.is_placed:
            continue
        carrier = carriers[column]
        for use in choices.shared_uses(column):
            if use.resource not in laned:
                taken[use.resource][use, carrier.index] = carrier
        for use in choices.own_uses(column):
            taken[use.resource][use, literal.index] = literal
    for resource, uses in taken.items():
        flat = [(use, literal) for (use, _), literal in uses.items()]
        before = _meeting(ahead[resource], flat)
        falls = [*_falls(choices, resource, flat), *(use.start for use in before)]
        for minute, over in crowds(flat, falls):
            left = choices.left_at(resource, minute)
            left -= sum(use.units for use in before if use.start <= minute < use.end)
            if left == 1 and all(use.units == 1 for use, _ in over):
                model.add_at_most_one([literal for _, literal in over])
            elif sum(use.units for use, _ in over) > left:
                model.add(_sum([(literal, use.units) for use, literal in over]) <= max(0, left))


def _meeting(ahead: Sequence[Use], uses: Sequence[tuple[Use, IntVar]]) -> list[Use]:
    """Those that could meet any of some uses."""
    low, high = min(use.start for use, _ in uses), max(use.end for use, _ in uses)
    return [use for use in ahead if use.start < high and low < use.end]


def _falls(choices: Choices, resource: int, uses: Sequence[tuple[Use, IntVar]]) -> list[int]:
    low, high = min(use.start for use, _ in uses), max(use.end for use, _ in uses)
    return choices.falls(resource, low, high)


def idle_minutes_cost(
    model: CpModel,
    choices: Choices,
    literals: Mapping[Column, IntVar],
    carriers: Shared,
    fixed: Sequence[Column] = (),
) -> LinearExpr | int:
    """What waiting costs: for each working window its span less what is held, none below zero.

    A hold that is there for certain bounds the span on both sides; one that may be there stretches it.
    """
    idleness = choices.idleness
    if idleness is None or not choices.goal.counts_idle_minutes:
        return 0
    held: dict[int, dict[tuple[int, int, int], IntVar]] = defaultdict(dict)
    for column in literals:
        carrier = carriers[column]
        for number, (start, end) in idleness.held_by(choices.shared_uses(column)):
            held[number][start, end, carrier.index] = carrier
    certain: dict[int, list[Window]] = defaultdict(list)
    for column in fixed:
        for number, part in idleness.held_by(choices.shared_uses(column)):
            certain[number].append(part)
    waits: list[IntVar] = []
    for number, parts in held.items():
        window = idleness.windows[number]
        pins = [*window.pinned, *certain[number]]
        earliest = min((start for start, _ in pins), default=window.end)
        latest = max((end for _, end in pins), default=window.start)
        first = model.new_int_var(window.start, earliest, "")
        last = model.new_int_var(latest, window.end, "")
        busy: list[tuple[IntVar, int]] = []
        for (start, end, _), literal in parts.items():
            busy.append((literal, end - start))
            if start < earliest:
                model.add(first <= earliest - (earliest - start) * literal)
            if end > latest:
                model.add(last >= latest + (end - latest) * literal)
        pinned = sum(end - start for start, end in merged(pins))
        wait = model.new_int_var(0, window.end - window.start, "")
        model.add(wait >= last - first - pinned - _sum(busy))
        waits.append(wait)
    return idleness.price * LinearExpr.sum(waits)


def lanes_are_kept(model: CpModel, choices: Choices, carriers: Shared) -> None:
    """Who overlaps others finds no more of them than its lanes, once those with fewer lanes are booked.

    A group visit is one of them, however many share it: it does not overlap itself.
    """
    setup = choices.problem.setup
    for provider_id in setup.lanes:
        resource = setup.resource_index[provider_ref(provider_id)]
        held_by = {
            (column.lanes, use, carrier.index): carrier
            for column, carrier in carriers.items()
            for use in choices.shared_uses(column)
            if use.resource == resource
        }
        uses = [(lanes, use, carrier) for (lanes, use, _), carrier in held_by.items()]
        held = choices.problem.held(resource)
        for lanes, use, carrier in uses:
            others = [
                (low, other, one)
                for low, other, one in uses
                if low <= lanes and one is not carrier and other.start < use.end and use.start < other.end
            ]
            minutes = {use.start, *(other.start for _, other, _ in others if other.start > use.start)}
            minutes.update(start for start, _ in held.overlapping(use.start, use.end) if start > use.start)
            for minute in minutes:
                there = [one for _, other, one in others if other.start <= minute < other.end]
                left = lanes - held.peak(minute, minute + 1)
                if left < len(there):
                    model.add(sum(there) <= left).only_enforce_if(carrier)


def _solved(
    model: CpModel,
    literals: Mapping[Column, IntVar],
    limits: ExactLimits,
    found: Found | None,
    stopped: Callable[[], bool],
) -> Exact | None:
    def chosen(is_true: Callable[[IntVar], bool]) -> Solution:
        return {column.task: column for column, one in literals.items() if is_true(one)}

    settings = LongSearchSettings(
        time_limit_seconds=limits.seconds,
        workers=limits.workers,
        seed=limits.seed,
        subsolvers=limits.subsolvers if limits.workers == len(PROVING) else (),
    )
    better = None if found is None else lambda is_true: found(chosen(is_true))
    solver, status = run_long(model, settings, better, stopped)
    if not found_one(status):
        return None
    value = round(solver.objective_value)
    bound = min(value, ceil(solver.best_objective_bound - ROUNDING))
    return Exact(chosen(solver.boolean_value), value, bound, is_optimal(status))
