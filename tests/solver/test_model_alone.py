"""The model without any pruning: every provider, place, start and room is left for CP-SAT to judge.

What it offers must be what the pruned search offers, and what the independent brute force finds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

import pytest
from ortools.sat.python.cp_model import CpModel

from models.clinic import Location, Provider
from models.wall_clock import Minute, floor_minute, instant_of
from solver.offers import offer_slots
from solver.options import Option
from solver.outcome import Solved
from solver.problem import SearchProblem
from solver.search import SearchSettings, found_one, run
from solver.solve import solve
from tests.oracle.brute_force import Expected, every_slot
from tests.oracle.clock import utc_text
from tests.oracle.world import SlotKey
from tests.solver.random_questions import KINDS, MOST, every_option, option_of, questions_of

PATIENT = SearchSettings(time_limit_seconds=60.0)


def offered(problem: SearchProblem, options: Sequence[Option]) -> list[Option]:
    """What the model offers of them. Options do not compete, so they may be solved in portions."""
    found: list[Option] = []
    for first in range(0, len(options), MOST):
        outcome = solve(problem, tuple(options[first : first + MOST]), PATIENT)
        assert isinstance(outcome, Solved)
        found += outcome.offered
    return found


def key_of(provider: Provider, site: Location | None, start: Minute) -> SlotKey:
    return provider.id, site.id if site else None, utc_text(instant_of(start))


def keys_of(options: Sequence[Option]) -> set[SlotKey]:
    return {key_of(option.provider, option.site, option.start) for option in options}


def on_raster(start: datetime, raster: int) -> bool:
    return start.timestamp() % (60 * raster) == 0


def answered(kind: str, count: int) -> Iterator[tuple[SearchProblem, Expected, int]]:
    """The first questions of a kind that offer something on their rasters, what they have, and these."""
    for problem, clinic_file, asked, raster in questions_of(kind):
        expected = every_slot(clinic_file, asked)
        seen = sum(on_raster(slot.start, raster) for slot in expected.slots.values())
        if len(expected.slots) < MOST and seen > 5:
            yield problem, expected, raster
            count -= 1
        if not count:
            return


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_offers_what_pruning_leaves_and_what_brute_force_finds(kind: str) -> None:
    judged = 0
    for problem, expected, raster in answered(kind, count=4):
        found = offered(problem, every_option(problem, raster))
        by_the_model = keys_of(found)
        slots = {key: slot for key, slot in expected.slots.items() if on_raster(slot.start, raster)}
        assert by_the_model == slots.keys()
        joining = keys_of([option for option in found if option.joins])
        assert joining == {key for key, slot in slots.items() if slot.joins}
        answer = offer_slots(problem.snapshot, problem.request)
        by_the_search = {
            key_of(slot.provider, slot.location, slot.start)
            for slot in answer.slots
            if on_raster(instant_of(slot.start), raster)
        }
        assert by_the_search == by_the_model
        judged += len(slots)
    assert judged > 20


def test_the_model_leaves_the_rooms_that_brute_force_finds() -> None:
    """Each room as an option of its own, at every start that has a slot."""
    judged = 0
    for problem, expected, _ in answered("in person", count=4):
        alone = (item for item in sorted(expected.slots.items()) if item[1].joins is None)
        slots = dict(islice(alone, 20))
        providers, places = problem.setup.provider_by_id, problem.setup.location_by_id
        options = [
            option._replace(room_choices=(choice,))
            for (provider, place, _), slot in slots.items()
            for option in [
                option_of(problem, providers[provider], places[place or ""], floor_minute(slot.start))
            ]
            for choice in option.room_choices
        ]
        found: dict[SlotKey, set[str]] = {key: set() for key in slots}
        for option in offered(problem, options):
            found[key_of(option.provider, option.site, option.start)].add(option.room_choices[0].rooms[0].id)
        assert found == {key: set(slot.room_ids) for key, slot in slots.items()}
        judged += len(options)
    assert judged > 40


def test_the_best_free_room_is_chosen() -> None:
    """Where rooms of unequal fit are free, the objective counts the better one."""
    for problem, _, _ in answered("in person", count=2):
        answer = offer_slots(problem.snapshot, replace(problem.request, limit=5))
        options = [
            option_of(problem, slot.provider, slot.location, slot.start)._replace(
                base=slot.score._replace(room=0)
            )
            for slot in answer.slots
        ]
        outcome = solve(problem, tuple(options), PATIENT)
        assert isinstance(outcome, Solved)
        assert outcome.bound == sum(slot.score.total for slot in answer.slots) == answer.bound


@pytest.mark.parametrize("workers", [1, 2])
def test_a_gap_too_small_between_two_bookings_does_not_deny_that_nothing_can_be_offered(workers: int) -> None:
    """An empty menu is feasible; with probing switched off, this version of the solver denies it."""
    model = CpModel()
    offered_here = model.new_bool_var("")
    wanted = model.new_optional_fixed_size_interval_var(750, 35, offered_here, "")
    booked = [model.new_fixed_size_interval_var(start, 35, "") for start in (720, 780)]
    model.add_no_overlap([wanted, *booked])
    model.maximize(offered_here)
    solver, status = run(model, SearchSettings(workers=workers))
    assert found_one(status)
    assert not solver.boolean_value(offered_here)
