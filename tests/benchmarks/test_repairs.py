"""Whoever repairs a calendar beside us does it by the rules, or says where not."""

from collections.abc import Iterable

import pytest

from api.clinic_file import dump_clinic
from models.planning import Assignment, PlanLimits, PlanQuestion
from models.refs import provider_ref
from models.wall_clock import instant_of
from scenarios.full_calendar import full_calendar
from solver.planning.planner import make_plan
from tests.benchmarks.absences import MONDAY, absence_in_a_small_clinic
from tests.benchmarks.clerk import by_hand
from tests.benchmarks.highs_peer import peer_plan
from tests.benchmarks.rebuild import rebuild_question
from tests.planning.asked import asked_about_absence, asked_in_question
from tests.planning.plan_checker import verdict_on, verdict_on_peer, verdict_on_plan

LIMITS = PlanLimits(seconds=4, workers=1, seed=1)


def nobody_listens(_: object) -> None:
    """Reports go nowhere."""


@pytest.mark.parametrize("seed", [1, 2])
def test_the_question_of_a_benchmark_is_that_of_its_absence(seed: int) -> None:
    absence = absence_in_a_small_clinic(seed)
    asked = asked_in_question(absence.question())
    start, end = (instant_of(minute) for minute in absence.window)
    expected = asked_about_absence(
        dump_clinic(absence.file),
        provider_ref(absence.provider_id),
        start,
        end,
        now=absence.now,
        until=absence.latest,
    )
    assert len(asked.errands) > 10
    assert asked.errands == expected.errands


@pytest.mark.parametrize("real_rooms", [True, False])
def test_what_highs_finds_keeps_the_rules_and_costs_what_ours_does(real_rooms: bool) -> None:
    question = absence_in_a_small_clinic(1).question()
    found = peer_plan(question, None, 30.0, real_rooms=real_rooms)
    homes = {task.id: task.home for task in question.tasks}
    placed = {
        one: Assignment(
            provider_id=who, room_id=where, start=start, end=end, equipment=home.equipment if home else ()
        )
        for one, home in homes.items()
        if one in found["plan"]
        for who, where, start, end in [found["plan"][one]]
    }
    verdict = verdict_on_peer(question, placed, missing(question, placed))
    ours = verdict_on_plan(question, make_plan(question, LIMITS, nobody_listens))
    assert verdict.faults == ours.faults == ()
    assert found["proven"]
    if real_rooms:
        assert found["objective"] == ours.bill.objective
    else:
        assert found["objective"] <= ours.bill.objective
    assert len(found["without_a_room"]) + found["unplaced"] == verdict.bill.unplaced


def missing(question: PlanQuestion, placed: Iterable[str]) -> list[str]:
    return sorted({task.id for task in question.tasks} - set(placed))


def test_what_a_clerk_does_keeps_the_rules_and_costs_more() -> None:
    for seed in (1, 2, 3):
        question = absence_in_a_small_clinic(seed).question()
        clerk = by_hand(asked_in_question(question))
        ours = verdict_on_plan(question, make_plan(question, LIMITS, nobody_listens))
        assert clerk.verdict.faults == ours.faults == ()
        assert ours.bill.objective <= clerk.verdict.bill.objective


def test_a_calendar_that_stays_as_it_is_is_a_rebuild_that_costs_its_idle_minutes() -> None:
    file = full_calendar(1, start=MONDAY, providers=3, rooms=4, cancelled=(0.2,))
    verdict = verdict_on(asked_in_question(rebuild_question(file, days=7)), [], [])
    assert verdict.faults == ()
    assert verdict.bill.told == 0
    assert verdict.bill.objective == verdict.bill.shift > 0
