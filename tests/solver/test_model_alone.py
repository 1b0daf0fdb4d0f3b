"""The model without any pruning: every provider, place, start and room is left for CP-SAT to judge.

What it offers must be what the pruned search offers, and what the independent brute force finds.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from ortools.sat.python.cp_model import CpModel

from api.clinic_file import parse_clinic
from api.slot_query import SlotQuery
from models.clinic import Location, Provider
from models.score import room_points
from models.slot import SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute, floor_minute, instant_of
from solver.offers import offer_slots
from solver.options import Option, RoomChoice
from solver.outcome import Solved
from solver.problem import SearchProblem
from solver.search import SearchSettings, found_one, run
from solver.solve import solve
from tests.oracle.brute_force import Expected, SlotKey, every_slot
from tests.oracle.clock import Json, utc_text
from tests.oracle.random_clinics import random_clinic

MOST = 500
PATIENT = SearchSettings(time_limit_seconds=60.0)


def problem_of(clinic_file: Json, asked: Json) -> SearchProblem:
    """The question as the product understands it."""
    parsed = parse_clinic(clinic_file)
    now = datetime.fromisoformat(asked["now"])
    snapshot = ClinicSnapshot.of(
        parsed.setup, appointments=parsed.appointments, patients=parsed.patients, now=now
    )
    query = SlotQuery(
        service_id=asked["serviceId"],
        start=asked["start"],
        end=asked["end"],
        location_id=asked.get("locationId"),
        provider_ids=tuple(asked.get("providerIds", ())),
        patient_id=asked.get("patientId"),
        duration_minutes=asked.get("durationMinutes"),
        limit=MOST,
    )
    patient = snapshot.patient(query.patient_id) if query.patient_id else None
    return SearchProblem(snapshot=snapshot, request=query.request(parsed.setup, patient))


def every_option(problem: SearchProblem, raster: int) -> list[Option]:
    """Every provider asked for, at every place, at every minute of the raster, in any room of the clinic."""
    request, setup = problem.request, problem.setup
    providers = [
        one for one in setup.providers if request.provider_ids is None or one.id in request.provider_ids
    ]
    first = -(-request.earliest // raster) * raster
    return [
        option_of(problem, provider, site, start)
        for start in range(first, request.latest, raster)
        for provider in providers
        for site in problem.sites
    ]


def option_of(problem: SearchProblem, provider: Provider, site: Location | None, start: Minute) -> Option:
    setup, service = problem.setup, problem.request.service
    rooms = setup.rooms if service.needs_room else ()
    return Option(
        provider=provider,
        site=site,
        start=start,
        end=start + problem.request.duration_minutes,
        base_points=1,
        room_choices=tuple(
            RoomChoice(points=room_points(setup, service, room), rooms=(room,)) for room in rooms
        ),
        decided=False,
    )


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


KINDS: dict[str, Callable[[SlotRequest], bool]] = {
    "in person": lambda asked: asked.service.needs_room and not asked.service.equipment,
    "in person, with equipment": lambda asked: asked.service.needs_room and bool(asked.service.equipment),
    "from afar": lambda asked: not asked.service.needs_room,
    "for a patient": lambda asked: asked.patient is not None,
}


def small_questions(kind: str, count: int) -> Iterator[tuple[SearchProblem, Expected, int]]:
    """The first random questions of a kind with few options and something to offer, and a raster for each."""
    for seed in range(200):
        clinic_file, queries = random_clinic(seed)
        for asked in queries:
            problem = problem_of(clinic_file, asked)
            for raster in (5, 15):
                options = every_option(problem, raster)
                literals = sum(1 + len(option.room_choices) for option in options)
                if not KINDS[kind](problem.request) or not 100 < literals < 1500:
                    continue
                expected = every_slot(clinic_file, asked)
                if 5 <= len(expected.slots) < MOST and count:
                    count -= 1
                    yield problem, expected, raster
                    break
        if not count:
            return


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_offers_what_pruning_leaves_and_what_brute_force_finds(kind: str) -> None:
    judged = 0
    for problem, expected, raster in small_questions(kind, count=4):
        by_the_model = keys_of(offered(problem, every_option(problem, raster)))
        slots = {key: slot for key, slot in expected.slots.items() if on_raster(slot.start, raster)}
        assert by_the_model == slots.keys()
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
    for problem, expected, _ in small_questions("in person", count=4):
        slots = dict(sorted(expected.slots.items())[:20])
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
    for problem, _, _ in small_questions("in person", count=2):
        answer = offer_slots(problem.snapshot, replace(problem.request, limit=5))
        options = [
            option_of(problem, slot.provider, slot.location, slot.start)._replace(
                base_points=slot.score.total - slot.score.room
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
