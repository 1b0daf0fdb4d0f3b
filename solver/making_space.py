"""The joint model of many worlds: who changes room or pool so that the wanted visit fits.

All times are fixed, so whoever shares a minute is known beforehand: at each minute at which somebody
could arrive, a place is taken at most as often as it has units. That says the same as no-overlap and
cumulative over optional intervals, and needs neither.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple, TypeAlias

from ortools.sat.python.cp_model import OPTIMAL, CpModel, IntVar, LinearExpr
from ortools.sat.python.cp_model_helper import Literal

from models.wall_clock import Minute
from solver.board import Board, Part, Place
from solver.lean_model import LeanModel
from solver.search import SearchSettings, run
from solver.worlds import PossibleRoom, World

Price: TypeAlias = tuple[Literal, int]


class Solution(NamedTuple):
    """The room for the wanted visit, and where each part goes that moves; all others stay."""

    room: PossibleRoom | None
    moves: tuple[tuple[Part, Place], ...]

    @property
    def changes(self) -> int:
        """How many visits change."""
        return len({part.visit for part, _ in self.moves})


class Arrival(NamedTuple):
    """Units that come to a place if the literal is true; `lent`, where it is a matter of choice how many."""

    place: Place
    units: int
    comes: IntVar
    lent: IntVar | None = None


@dataclass(slots=True)
class WorldVariables:
    """The variables of one world: is the wanted visit offered, in which room, who stays, who goes where.

    `stays[part]` is false for what moves; then exactly one of `goes[part]` is true.
    """

    world: World
    offered: IntVar
    rooms: list[tuple[PossibleRoom, IntVar]] = field(default_factory=list)
    lent: list[tuple[Place, IntVar, IntVar]] = field(default_factory=list)
    stays: dict[Part, IntVar] = field(default_factory=dict)
    goes: dict[Part, list[tuple[Place, IntVar]]] = field(default_factory=dict)
    changes: list[Literal] = field(default_factory=list)

    def arrivals(self) -> Iterator[Arrival]:
        """Whatever could come to a place."""
        yield from (Arrival(room.place, 1, chosen) for room, chosen in self.rooms)
        yield from (Arrival(place, place.capacity, lends, units) for place, units, lends in self.lent)
        for part, going in self.goes.items():
            yield from (Arrival(place, part.units, goes) for place, goes in going)


def make_space(
    worlds: list[World], board: Board, settings: SearchSettings
) -> tuple[Solution | None, ...] | None:
    """For each world its best solution, None where the solver claims that there is none.

    None for all of them if time ran out. Best is in the room that earns most. Not to offer the wanted
    visit is always possible, so no world makes the model infeasible.
    """
    model = LeanModel()
    variables = [_variables_of(model, world) for world in worlds]
    for one in variables:
        no_place_is_taken_more_often_than_it_has_units(model, one, board)
        no_more_visits_change_than_were_looked_at(model, one)
    model.minimize(_total(chain.from_iterable(_prices(one) for one in variables)))
    solver, status = run(model, replace(settings, linearization_level=2))
    if status != OPTIMAL:
        return None
    return tuple(_solution(one, solver.boolean_value) for one in variables)


def _variables_of(model: CpModel, world: World) -> WorldVariables:
    made = WorldVariables(world, model.new_bool_var(""))
    made.rooms = [(room, model.new_bool_var("")) for room in world.rooms]
    if made.rooms:
        model.add_exactly_one([*(chosen for _, chosen in made.rooms), made.offered.negated()])
    for need in world.needs:
        lent = []
        for pool, most in need.pools:
            units, lends = model.new_int_var(0, most, ""), model.new_bool_var("")
            model.add(units == 0).only_enforce_if(lends.negated())
            model.add_implication(lends, made.offered)
            lent.append((pool, units, lends))
        enough = LinearExpr.sum([units for _, units, _ in lent]) == need.units
        model.add(enough).only_enforce_if(made.offered)
        made.lent += lent
    for part, places in world.moves.items():
        stays = model.new_bool_var("")
        made.goes[part] = [(place, model.new_bool_var("")) for place in places]
        made.stays[part] = stays
        model.add_exactly_one([stays, *(goes for _, goes in made.goes[part])])
    made.changes = list(_changes(model, made))
    return made


def _changes(model: CpModel, made: WorldVariables) -> Iterator[Literal]:
    """A literal per visit: true if any part of it moves."""
    stays_of: dict[int, list[IntVar]] = {}
    for part, stays in made.stays.items():
        stays_of.setdefault(part.visit, []).append(stays)
    for stays_together in stays_of.values():
        if len(stays_together) == 1:
            yield stays_together[0].negated()
        else:
            changes = model.new_bool_var("")
            for stays in stays_together:
                model.add_bool_or([stays, changes])
            yield changes


def no_place_is_taken_more_often_than_it_has_units(
    model: CpModel, variables: WorldVariables, board: Board
) -> None:
    """Wherever somebody arrives, there is space at every minute of the stay; who stays put is not asked."""
    arrivals: dict[int, list[Arrival]] = {}
    for arrival in variables.arrivals():
        arrivals.setdefault(arrival.place.resource, []).append(arrival)
    for coming in arrivals.values():
        place = coming[0].place
        for minute in _telling_minutes(coming, board):
            here = [one for one in coming if one.place.window[0] <= minute < one.place.window[1]]
            _fits(model, variables, here, place._replace(window=(minute, minute + 1)), board)


def _telling_minutes(coming: list[Arrival], board: Board) -> list[Minute]:
    """Every minute of a stay at which a stay begins: in between nobody comes."""
    windows = {one.place.window: one.place for one in coming}
    starts = {start for start, _ in windows}
    starts |= {start for place in windows.values() for start, _ in board.held(place)}
    return [minute for minute in sorted(starts) if any(low <= minute < high for low, high in windows)]


def _fits(model: CpModel, variables: WorldVariables, here: list[Arrival], place: Place, board: Board) -> None:
    staying = [part for part in board.parts_over(place) if part in variables.stays]
    left = place.capacity - len(board.fixed(place, staying))
    if sum(one.units for one in here) + sum(part.units for part in staying) <= left:
        return
    terms: list[IntVar] = [one.comes if one.lent is None else one.lent for one in here]
    terms += [variables.stays[part] for part in staying]
    units = [1 if one.lent is not None else one.units for one in here] + [part.units for part in staying]
    if sum(part.units for part in staying) > left:  # too many are there already: only who comes is asked
        for one in here:
            taken = LinearExpr.weighted_sum(terms, units) <= left
            model.add(taken).only_enforce_if(one.comes)
    elif left == 1 and all(one.lent is None for one in here):
        model.add_at_most_one(terms)
    else:
        model.add(LinearExpr.weighted_sum(terms, units) <= left)


def no_more_visits_change_than_were_looked_at(model: CpModel, variables: WorldVariables) -> None:
    """With more changes a visit further away might do better, which this world does not have."""
    most = variables.world.layers
    if most < len(variables.changes):
        model.add(LinearExpr.sum(variables.changes) <= most)


def _prices(variables: WorldVariables) -> Iterator[Price]:
    """To offer is worth any room, a room any order of the changes, of which the earlier come first.

    How many change is not asked: with fewer than were looked at there is no way, with more none here.
    """
    order = [
        (goes, number) for number, (_, goes) in enumerate(chain.from_iterable(variables.goes.values()), 1)
    ]
    ranks = {points: rank for rank, points in enumerate(sorted({-one.points for one, _ in variables.rooms}))}
    room = 1 + sum(number for _, number in order)
    yield variables.offered, -room * (1 + len(ranks))
    yield from ((chosen, room * ranks[-one.points]) for one, chosen in variables.rooms)
    yield from order


def _total(prices: Iterable[Price]) -> LinearExpr:
    literals, weights = zip(*prices, strict=True)
    return LinearExpr.weighted_sum(list(literals), list(weights))


def _solution(variables: WorldVariables, is_true: Callable[[IntVar], bool]) -> Solution | None:
    if not is_true(variables.offered):
        return None
    return Solution(
        room=next((room for room, chosen in variables.rooms if is_true(chosen)), None),
        moves=tuple(
            (part, place) for part, going in variables.goes.items() for place, goes in going if is_true(goes)
        ),
    )
