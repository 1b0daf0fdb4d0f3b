"""Rules never depend on the order in which they are stated."""

from dataclasses import replace
from itertools import islice
from random import Random

import pytest
from ortools.sat.python.cp_model import CpModel

from models.slot import ScoreBreakdown
from solver import solve as solving
from solver.hard_rules import HARD_RULES, HardRule
from solver.options import Option, RoomChoice
from solver.outcome import Solved
from solver.problem import SearchProblem
from solver.search import SearchSettings
from solver.solve import solve
from solver.variables import create_variables
from tests.builders import (
    a_clinic,
    a_patient,
    a_pool,
    a_provider,
    a_request,
    a_room,
    a_snapshot,
    an_appointment,
    an_ecg,
    at,
    closed,
    hours,
    moment,
    overbooking,
    units,
)
from tests.solver.random_questions import KINDS, every_option, questions_of

PATIENT = SearchSettings(time_limit_seconds=60.0)


def a_problem_with_every_rule(limit: int) -> SearchProblem:
    """Something is closed, taken, too soon or unsuitable at some time of the day for each rule."""
    ecg = an_ecg(
        2,
        min_notice_minutes=150,
        buffer_after_minutes=5,
        room_types=frozenset({"exam"}),
        allowed_provider_ids=frozenset({"okoro", "lind", "zhou", "adeyemi"}),
        min_gap_minutes=20,
        max_per_day=4,
        seats=2,
    )
    clinic = a_clinic(
        services=(ecg,),
        providers=(
            a_provider(),
            a_provider("lind"),
            a_provider("zhou", service_ids=()),
            a_provider("vale"),
            a_provider("adeyemi", max_visits_per_day=0),
        ),
        rooms=(a_room(turnaround_minutes=10), a_room("room-2", capacity=2), a_room("gym", type="gym")),
        equipment=(a_pool("one"), a_pool("two", quantity=1)),
        working_hours=[
            hours("providers/okoro", "08:00", "12:00"),
            hours("providers/lind", "10:00", "16:00"),
            hours("providers/vale", "08:00", "16:00"),
            hours("providers/adeyemi", "08:00", "16:00"),
            hours("rooms/room-1", "08:00", "14:00"),
            hours("equipment/two", "09:00", "15:00"),
        ],
        overbooking=(overbooking("12:00", "14:00", provider_id="lind", max_per_day=2),),
        exceptions=(closed("locations/main", moment("11:00"), moment("11:30")),),
    )
    visits = (
        an_appointment("09:00", "09:30", id="1", equipment=(units("one"),)),
        an_appointment("12:00", "12:30", id="2", provider_id="lind", room_id="room-2", patient_id="ada"),
        an_appointment("13:00", "13:30", id="3", provider_id="lind", equipment=(units("one", 2),)),
    )
    request = a_request(ecg, patient=a_patient(), limit=limit)
    return SearchProblem(snapshot=a_snapshot(clinic, *visits), request=request)


def undecided_options(problem: SearchProblem) -> tuple[Option, ...]:
    """Each provider at each quarter of an hour from seven to four, in any room; worth more or less."""
    random = Random(7)
    setup = problem.setup
    return tuple(
        Option(
            provider=provider,
            site=setup.locations[0],
            start=start,
            end=start + problem.request.duration_minutes,
            base=ScoreBreakdown(random.randrange(0, 5000, 500), 0, 0, 0),
            room_choices=tuple(
                RoomChoice(points=random.randrange(0, 1500, 100), rooms=(room,)) for room in setup.rooms
            ),
            decided=False,
        )
        for start in range(at("07:00"), at("16:00"), 15)
        for provider in setup.providers
    )


@pytest.mark.parametrize("limit", [3, 500])
def test_shuffled_rules_give_the_same_menu(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    problem = a_problem_with_every_rule(limit)
    options = undecided_options(problem)
    in_order = solve(problem, options, SearchSettings())
    assert isinstance(in_order, Solved)
    assert 3 <= len(in_order.offered) < len(options) / 2
    for seed in range(6):
        shuffled = list(HARD_RULES)
        Random(seed).shuffle(shuffled)
        monkeypatch.setattr(solving, "HARD_RULES", tuple(shuffled))
        assert solve(problem, options, SearchSettings(seed=seed)) == in_order, [r.__name__ for r in shuffled]
        assert solve(problem, options, SearchSettings(seed=seed, workers=2)) == in_order


@pytest.mark.parametrize("kind", KINDS)
def test_shuffled_rules_give_the_same_menu_in_random_clinics(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """With caps, lanes, gaps, seats and all: a few of the best options, and as many as there are."""
    for number, question in enumerate(islice(questions_of(kind), 3)):
        random = Random(number)
        options = tuple(
            option._replace(base=ScoreBreakdown(random.randrange(0, 5000, 500), 0, 0, 0))
            for option in every_option(question.problem, question.raster)
        )
        for limit in (3, 500):
            problem = replace(question.problem, request=replace(question.problem.request, limit=limit))
            monkeypatch.setattr(solving, "HARD_RULES", HARD_RULES)
            in_order = solve(problem, options, PATIENT)
            assert isinstance(in_order, Solved)
            shuffled = list(HARD_RULES)
            random.shuffle(shuffled)
            monkeypatch.setattr(solving, "HARD_RULES", tuple(shuffled))
            assert solve(problem, options, PATIENT) == in_order, [rule.__name__ for rule in shuffled]


def test_of_equal_options_the_first_in_order_are_offered() -> None:
    """The order of the options breaks ties, and a hundredth of a point outweighs every tie."""
    problem = a_problem_with_every_rule(limit=2)
    provider, site = problem.setup.providers[0], problem.setup.locations[0]

    def decided(start: str, points: int) -> Option:
        return Option(
            provider=provider,
            site=site,
            start=at(start),
            end=at(start) + 30,
            base=ScoreBreakdown(points, 0, 0, 0),
            room_choices=(),
        )

    alike = tuple(decided(clock, 100) for clock in ("09:00", "09:15", "09:30", "09:45"))
    assert solve(problem, alike, SearchSettings()) == Solved(alike[:2], 200)
    better_last = (*alike, decided("10:00", 101))
    assert solve(problem, better_last, SearchSettings()) == Solved((alike[0], better_last[-1]), 201)


@pytest.mark.parametrize("rule", HARD_RULES, ids=lambda rule: rule.__name__)
def test_no_rule_creates_a_variable(rule: HardRule) -> None:
    """All that is decided exists before the first rule, so none can depend on another."""
    problem = a_problem_with_every_rule(limit=3)
    model = CpModel()
    variables = create_variables(model, undecided_options(problem)[:60], problem)
    before = len(model.proto.variables)
    rule(model, variables, problem)
    assert len(model.proto.variables) == before
