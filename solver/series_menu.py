"""One solve: which pattern a series follows, and which slot each of its visits takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ortools.sat.python.cp_model import CpModel, IntVar, LinearExpr

from solver.lean_model import LeanModel
from solver.search import SearchSettings, found_one, run

Meeting = tuple[int, int, int]
"""The number of a visit, its candidate, and the candidate of the next visit that it gets close to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternOption:
    """A pattern, what a series that follows it loses against the best of all, and its visits.

    `losses` has for each visit the candidates to choose from, with what they lose against the best one.
    """

    loss: int
    losses: tuple[Mapping[int, int], ...]


@dataclass(frozen=True, slots=True)
class ChosenSeries:
    """The number of the pattern, the candidate of each visit, and the proof: no series loses less."""

    pattern: int
    candidates: tuple[int, ...]
    loss: int
    bound: int


@dataclass(frozen=True, slots=True)
class _World:
    """The variables of one pattern: a literal for it, and for each candidate of each visit."""

    followed: IntVar
    taken: tuple[dict[int, IntVar], ...]


def best_series(
    options: Sequence[PatternOption], meetings: Mapping[Meeting, int | None], settings: SearchSettings
) -> ChosenSeries | None:
    """The series that loses least; None if the solver finds none.

    `meetings` has what two candidates of neighbouring visits lose together, None where they cannot be.
    """
    model = LeanModel()
    worlds = [_world(model, option) for option in options]
    model.add_exactly_one([world.followed for world in worlds])
    terms: list[tuple[IntVar, int]] = []
    for option, world in zip(options, worlds, strict=True):
        terms.append((world.followed, option.loss))
        for losses, taken in zip(option.losses, world.taken, strict=True):
            terms += [(taken[candidate], loss) for candidate, loss in losses.items()]
        terms += _visits_get_out_of_each_others_way(model, world, meetings)
    model.minimize(LinearExpr.weighted_sum([one for one, _ in terms], [loss for _, loss in terms]))
    solver, status = run(model, settings)
    if not found_one(status):
        return None
    followed = next(number for number, world in enumerate(worlds) if solver.boolean_value(world.followed))
    candidates = tuple(
        next(candidate for candidate, literal in taken.items() if solver.boolean_value(literal))
        for taken in worlds[followed].taken
    )
    return ChosenSeries(
        followed, candidates, round(solver.objective_value), round(solver.best_objective_bound)
    )


def _world(model: CpModel, option: PatternOption) -> _World:
    followed = model.new_bool_var("")
    taken = tuple({candidate: model.new_bool_var("") for candidate in losses} for losses in option.losses)
    for literals in taken:
        model.add_exactly_one([*literals.values(), followed.negated()])
    return _World(followed, taken)


def _visits_get_out_of_each_others_way(
    model: CpModel, world: _World, meetings: Mapping[Meeting, int | None]
) -> list[tuple[IntVar, int]]:
    """Neighbouring visits that cannot both be are not both taken; what others lose together is a term."""
    terms: list[tuple[IntVar, int]] = []
    for (visit, one, other), loss in meetings.items():
        before, after = world.taken[visit].get(one), world.taken[visit + 1].get(other)
        if before is None or after is None:
            continue
        if loss is None:
            model.add_bool_or([before.negated(), after.negated()])
            continue
        both = model.new_bool_var("")
        model.add_bool_or([before.negated(), after.negated(), both])
        terms.append((both, loss))
    return terms
