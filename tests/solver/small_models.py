"""Small random models of the shapes that our rules have, and their optima by trying everything.

A model is a handful of literals with points. Each is an optional hold on a resource beside pinned ones;
some are choices of which exactly one is made if another literal is true, and some lend units from pools.
"""

from dataclasses import dataclass
from itertools import product
from random import Random

from ortools.sat.python.cp_model import CpModel, CpSolver, IntVar, LinearExpr

from models.hours import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Literal `literal` holds `units` (or as many as are lent by `pool`) of a resource over a window."""

    literal: int
    resource: int
    window: Window
    pool: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallModel:
    """Literals worth `points`, resources with `capacities` and pins, choices and pools that lend.

    At most so many literals are true, those that are `wanted` among them and those `forbidden` not.
    """

    points: tuple[int, ...]
    most: int
    capacities: tuple[int, ...]
    pins: tuple[tuple[int, Window], ...]
    holds: tuple[Hold, ...]
    choices: tuple[tuple[int, tuple[int, ...]], ...]
    pools: tuple[int, ...]
    needs: tuple[tuple[int, tuple[int, ...], int], ...]
    forbidden: frozenset[int]
    wanted: frozenset[int]


def random_model(seed: int) -> SmallModel:
    """Two to six literals, up to two of them with rooms to choose from, up to two with units to borrow."""
    random = Random(seed)
    count = random.randint(2, 6)
    capacities = tuple(random.choice((1, 1, 1, 2, 3)) for _ in range(3))
    pins: list[tuple[int, Window]] = []
    for _ in range(random.randint(0, 8)):
        resource, window = random.randrange(3), _window(random)
        beside = [one for held, one in pins if held == resource]
        if _peak([*beside, window]) <= capacities[resource]:
            pins.append((resource, window))
    holds = [Hold(literal=one, resource=random.randrange(3), window=_window(random)) for one in range(count)]
    choices: list[tuple[int, tuple[int, ...]]] = []
    if count >= 4 and random.random() < 0.7:
        choices.append((0, (1, 2)))
    pools: list[int] = []
    needs: list[tuple[int, tuple[int, ...], int]] = []
    for literal in range(min(2, count)):
        if random.random() < 0.5:
            lending = []
            for _ in range(random.randint(1, 2)):
                lending.append(len(pools))
                pools.append(random.randint(1, 2))
                place = random.randrange(3)
                holds.append(Hold(literal=literal, resource=place, window=_window(random), pool=lending[-1]))
            needs.append((literal, tuple(lending), random.randint(1, 3)))
    return SmallModel(
        points=tuple(random.randint(1, 9_999) for _ in range(count)),
        most=random.randint(1, count),
        capacities=capacities,
        pins=tuple(pins),
        holds=tuple(holds),
        choices=tuple(choices),
        pools=tuple(pools),
        needs=tuple(needs),
        forbidden=frozenset(one for one in range(count) if random.random() < 0.1),
        wanted=frozenset(one for one in range(count) if random.random() < 0.1),
    )


def _window(random: Random) -> Window:
    start = random.randrange(29_000_000, 29_000_090)
    return start, start + random.choice((10, 15, 30, 35, 45))


def _peak(windows: list[Window]) -> int:
    return max((sum(start <= at < end for start, end in windows) for at, _ in windows), default=0)


def is_allowed(model: SmallModel, chosen: tuple[int, ...], lent: tuple[int, ...]) -> bool:
    """Whether these literals and units keep every promise of the model."""
    if sum(chosen) > model.most or any(chosen[one] for one in model.forbidden):
        return False
    if not all(chosen[one] for one in model.wanted):
        return False
    if any(sum(chosen[one] for one in options) != chosen[owner] for owner, options in model.choices):
        return False
    if any(chosen[owner] and sum(lent[one] for one in pools) != units for owner, pools, units in model.needs):
        return False
    return all(_fits(model, resource, chosen, lent) for resource in range(len(model.capacities)))


def _fits(model: SmallModel, resource: int, chosen: tuple[int, ...], lent: tuple[int, ...]) -> bool:
    windows = [window for held, window in model.pins if held == resource]
    for hold in model.holds:
        if hold.resource == resource and chosen[hold.literal]:
            windows += [hold.window] * (1 if hold.pool is None else lent[hold.pool])
    return _peak(windows) <= model.capacities[resource]


def best_by_trying(model: SmallModel) -> int | None:
    """The most points of any choice of literals and units; None where nothing at all is allowed."""
    worths = [
        sum(points for points, one in zip(model.points, chosen, strict=True) if one)
        for chosen in product((0, 1), repeat=len(model.points))
        for lent in product(*(range(units + 1) for units in model.pools))
        if is_allowed(model, chosen, lent)
    ]
    return max(worths, default=None)


@dataclass(frozen=True, slots=True)
class Built:
    """The model for the solver, and its variables."""

    model: CpModel
    literals: list[IntVar]
    units: list[IntVar]

    def values(self, solver: CpSolver) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What the solver has chosen."""
        return (
            tuple(int(solver.boolean_value(one)) for one in self.literals),
            tuple(solver.value(one) for one in self.units),
        )


def built(small: SmallModel) -> Built:
    """With the very constraints that our rules use."""
    model = CpModel()
    literals = [model.new_bool_var("") for _ in small.points]
    units = [model.new_int_var(0, most, "") for most in small.pools]
    for one in small.forbidden:
        model.add_bool_and(literals[one].negated())
    for one in small.wanted:
        model.add(literals[one] == 1)
    for owner, options in small.choices:
        model.add_exactly_one([*(literals[one] for one in options), literals[owner].negated()])
    for owner, pools, needed in small.needs:
        model.add(LinearExpr.sum([units[one] for one in pools]) == needed).only_enforce_if(literals[owner])
    for resource, capacity in enumerate(small.capacities):
        _state_holds(model, small, resource, capacity, literals, units)
    model.add(LinearExpr.sum(literals) <= small.most)
    model.minimize(LinearExpr.weighted_sum(literals, [-points for points in small.points]))
    return Built(model, literals, units)


def _state_holds(
    model: CpModel,
    small: SmallModel,
    resource: int,
    capacity: int,
    literals: list[IntVar],
    units: list[IntVar],
) -> None:
    pins = [
        model.new_fixed_size_interval_var(start, end - start, "")
        for held, (start, end) in small.pins
        if held == resource
    ]
    mine = [hold for hold in small.holds if hold.resource == resource]
    intervals = [
        model.new_optional_fixed_size_interval_var(
            hold.window[0], hold.window[1] - hold.window[0], literals[hold.literal], ""
        )
        for hold in mine
    ]
    if capacity == 1 and all(hold.pool is None for hold in mine):
        model.add_no_overlap([*intervals, *pins])
    else:
        demands = [1 if hold.pool is None else units[hold.pool] for hold in mine]
        model.add_cumulative([*intervals, *pins], [*demands, *[1] * len(pins)], capacity)
