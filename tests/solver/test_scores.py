"""The model's points against the plain ones: every candidate, every room, every term."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python.cp_model import CpModel

from models.calendar import BusyTimes
from models.clinic import ProviderPreferences, Service, Weights
from models.clinic_file import ClinicFile
from models.gaps import cost_of_hold, rest_prices
from models.hours import OpenWindows, Window, merged
from models.score import rooms_best_first, score_of
from models.slot import Placement, ScoreBreakdown, SlotRequest, TimeOfDay
from models.snapshot import ClinicSnapshot
from models.wall_clock import floor_minute
from scenarios.synthetic import synthetic_clinic
from solver.candidates import candidates
from solver.intervals import Intervals
from solver.offers import offer_slots
from solver.options import Option, menu_of
from solver.preferences import (
    PREFERENCES,
    Preference,
    days_keep_rests_that_can_be_booked,
    patients_see_whom_they_know_when_both_like_it,
    providers_work_in_rooms_they_like,
    scarce_rooms_are_kept_for_those_who_need_them,
    visits_do_not_overlap,
    work_is_shared_between_providers,
)
from solver.problem import SearchProblem
from solver.rests import Rests
from solver.score_tables import rest_table
from solver.variables import create_variables
from tests.builders import a_clinic, a_provider, a_request, a_room, a_service, a_snapshot, an_appointment

START = date(2027, 3, 1)
NOW = datetime(2027, 3, 2, tzinfo=UTC)
SEEDS = range(8)


def a_small_clinic(seed: int) -> ClinicFile:
    """With preferences, buffers and weights of its own."""
    random = Random(seed)
    file = synthetic_clinic(
        seed,
        providers=random.randint(2, 5),
        rooms=random.randint(3, 7),
        days=4,
        start=START,
        locations=random.choice((1, 2)),
        utilisation=random.uniform(0.2, 0.9),
        patients=12,
        timezone=random.choice(("Europe/Berlin", "Asia/Kolkata", "UTC")),
    )
    weights = Weights(fairness=random.choice((0, 7)), room=random.randint(0, 40), gap=random.randint(0, 50))
    clinic = replace(file.setup.clinic, weights=weights)
    return replace(file, setup=replace(file.setup, clinic=clinic))


def problems(seeds: range) -> Iterator[SearchProblem]:
    """Questions about several clinics."""
    for seed in seeds:
        yield from problems_of(a_small_clinic(seed), Random(seed))


def problems_of(file: ClinicFile, random: Random) -> Iterator[SearchProblem]:
    """A question for each service, by a patient who may have been there before."""
    snapshot = ClinicSnapshot.of(file.setup, appointments=file.appointments, patients=file.patients, now=NOW)
    for service in file.setup.services:
        yield SearchProblem(snapshot=snapshot, request=a_question(service, file, random))


def a_question(service: Service, file: ClinicFile, random: Random) -> SlotRequest:
    first = floor_minute(NOW)
    return SlotRequest(
        service=service,
        earliest=first + random.randint(0, 1440),
        latest=first + random.randint(1441, 3 * 1440),
        duration_minutes=random.choice((service.duration_minutes, 35)),
        patient=random.choice((None, *file.patients)),
        preferred=random.choice((None, *TimeOfDay)),
        limit=random.choice((5, 50)),
    )


def every_option(problem: SearchProblem) -> tuple[Option, ...]:
    return menu_of(candidates(problem), problem.request, 1_000_000).options


def placement_of(option: Option, problem: SearchProblem) -> Placement:
    """In the best room; equipment earns nothing."""
    rooms = option.room_choices[0].rooms if option.room_choices else (None,)
    return Placement(
        service=problem.request.service,
        provider=option.provider,
        location=option.site,
        room=rooms[0],
        start=option.start,
        end=option.end,
        patient=problem.request.patient,
        joins=option.joins,
    )


def test_every_candidate_earns_what_the_plain_score_says_term_by_term() -> None:
    judged = 0
    for problem in problems(SEEDS):
        for option in every_option(problem)[::3]:
            plain = score_of(placement_of(option, problem), problem.basis)
            base, choice = option.base, option.room_choices[0] if option.room_choices else None
            told = ScoreBreakdown(
                preference=base.preference + (choice.liking if choice else 0),
                gap=base.gap,
                room=base.room + (choice.fit if choice else 0),
                overbook=base.overbook,
                fairness=base.fairness,
            )
            assert told == plain, (problem.request, option)
            judged += 1
    assert judged > 500


def test_rooms_stand_best_first_for_each_provider() -> None:
    """By the points of the whole placement; no free room would earn more than the first."""
    judged = 0
    for problem in problems(SEEDS):
        for option in every_option(problem)[::7]:
            placement = placement_of(option, problem)
            for choice in option.room_choices:
                assert list(choice.rooms) == rooms_best_first(placement, choice.rooms, problem.basis)
                totals = [score_of(placement.in_room(one), problem.basis).total for one in choice.rooms]
                assert totals[0] == max(totals) == option.best_points
                judged += len(totals) > 1
    assert judged > 150


def test_bounds_are_what_the_best_room_earns() -> None:
    for problem in problems(SEEDS):
        sites = candidates(problem)
        bounds = sorted(bound for site in sites for bound in site.bounds.tolist())
        assert bounds == sorted(option.best_points for option in every_option(problem))


TERMS: dict[Preference, Callable[[ScoreBreakdown], int]] = {
    days_keep_rests_that_can_be_booked: lambda score: score.gap,
    scarce_rooms_are_kept_for_those_who_need_them: lambda score: score.room,
    visits_do_not_overlap: lambda score: score.overbook,
    work_is_shared_between_providers: lambda score: score.fairness,
}
PARTS_OF_PREFERENCE = (patients_see_whom_they_know_when_both_like_it, providers_work_in_rooms_they_like)


def test_the_objective_adds_up_to_the_breakdowns_of_the_slots() -> None:
    """Term by term, for all slots that are listed."""
    assert set(PREFERENCES) == {*TERMS, *PARTS_OF_PREFERENCE}
    listed = 0
    for problem in problems(SEEDS):
        answer = offer_slots(problem.snapshot, problem.request)
        assert answer.proven
        options = menu_of(candidates(problem), problem.request, max(1, len(answer.slots))).options
        variables = create_variables(CpModel(), options, problem)
        earned = {term: sum(points for _, points in term(variables)) for term in PREFERENCES}
        scores = [slot.score for slot in answer.slots]
        for term, part in TERMS.items():
            assert earned[term] == sum(map(part, scores)), term
        assert sum(earned[part] for part in PARTS_OF_PREFERENCE) == sum(one.preference for one in scores)
        assert sum(earned.values()) == sum(one.total for one in scores) == answer.bound
        listed += len(scores)
    assert listed > 500


STRETCHES = st.lists(st.tuples(st.integers(100, 900), st.integers(1, 200)), max_size=5).map(
    lambda pairs: merged((start, start + length) for start, length in pairs)
)
PEOPLE = st.lists(st.tuples(STRETCHES, STRETCHES), min_size=1, max_size=3)
HOLDS = st.lists(st.tuples(st.integers(0, 2), st.integers(50, 1000), st.integers(1, 150)), max_size=20)


@settings(deadline=None)
@given(PEOPLE, HOLDS)
def test_rests_of_many_providers_cost_what_those_of_each_do(
    people: list[tuple[list[Window], list[Window]]], holds: list[tuple[int, int, int]]
) -> None:
    """Each provider gives other services."""
    staff = [
        a_provider(str(number), service_ids=("checkup", "long", "short")[number:])
        for number in range(len(people))
    ]
    services = (
        a_service(),
        a_service("long", duration_minutes=80, buffer_after_minutes=5),
        a_service("short", duration_minutes=10),
    )
    clinic = a_clinic(providers=staff, services=services)
    rows = np.arange(len(people), dtype=np.int64)
    rests = Rests.of(
        side_by_side([working for working, _ in people]),
        side_by_side([busy for _, busy in people]),
        rows,
        rest_table(clinic),
    )
    asked = [(row, start, start + length) for row, start, length in holds if row < len(people)]
    if not asked:
        return
    table = np.array(asked, dtype=np.int64)
    expected = [
        cost_of_hold(
            (start, end),
            rest_prices(clinic, str(row)),
            OpenWindows(0, 2000, tuple(people[row][0])),
            BusyTimes.of(people[row][1]),
        )
        for row, start, end in asked
    ]
    assert rests.costs(table[:, 0], table[:, 1], table[:, 2]).tolist() == expected


def side_by_side(of_rows: list[list[Window]]) -> Intervals:
    flat = [(row, start, end) for row, windows in enumerate(of_rows) for start, end in windows]
    rows, starts, ends = np.array(flat, dtype=np.int64).reshape(-1, 3).T
    return Intervals.of(rows, starts, ends)


class TestRanking:
    def clocks(self, *visits: tuple[str, str]) -> list[str]:
        """Starts of half an hour, best first, with a provider who gives nothing else."""
        booked = [an_appointment(start, end, id=start) for start, end in visits]
        answer = offer_slots(a_snapshot(None, *booked), a_request())
        midnight = a_request().earliest
        return ["{:02d}:{:02d}".format(*divmod(slot.start - midnight, 60)) for slot in answer.slots]

    def test_a_gap_that_a_visit_closes_comes_first(self) -> None:
        assert self.clocks(("09:00", "10:00"), ("10:30", "11:00"))[0] == "10:00"

    def test_starts_that_strand_a_quarter_of_an_hour_come_last(self) -> None:
        assert set(self.clocks(("10:00", "11:00"))[-4:]) == {"08:15", "09:15", "11:15", "15:15"}

    def test_calendars_far_outside_the_span_do_not_matter(self) -> None:
        """What a database loads, holds that meet the span, is enough for the same scores."""
        for problem in problems(range(1)):
            low, high = problem.span
            snapshot, calendar = problem.snapshot, problem.snapshot.calendar
            held = zip(calendar.resources, calendar.starts, calendar.ends, strict=True)
            near = [hold for hold in held if hold[1] < high and low < hold[2]]
            narrow = snapshot.replace_calendar(type(calendar).of(near))
            wide = snapshot.replace_calendar(replace(calendar, patient_visits={}))
            request = replace(problem.request, patient=None)
            assert offer_slots(narrow, request) == offer_slots(wide, request)


class TestRoomsThatOthersLeave:
    def test_a_room_for_which_somebody_has_to_change_pleases_nobody(self) -> None:
        """A dressing needs the sink, which the nurse likes; somebody's check-up would do with the couch."""
        nurse = a_provider(
            "lind",
            service_ids=("dressing",),
            preferences=ProviderPreferences(room_ids=("sink",), weight=100),
        )
        dressing = a_service("dressing", room_features=frozenset({"sink"}))
        clinic = a_clinic(
            providers=(a_provider(), nurse),
            services=(a_service(), dressing),
            rooms=(
                a_room("sink", features=frozenset({"sink"})),
                a_room("couch", features=frozenset({"couch"})),
            ),
        )
        snapshot = a_snapshot(clinic, an_appointment("10:00", "10:30", room_id="sink"))
        answer = offer_slots(snapshot, a_request(dressing, start="09:30", end="10:15", rearrange_rooms=True))
        midnight = a_request().earliest
        found = {(slot.start - midnight, len(slot.rearranges)): slot.score for slot in answer.slots}
        assert answer.proven
        assert {key: score.preference for key, score in found.items()} == {
            (9 * 60 + 30, 0): 4000,
            (9 * 60 + 45, 1): 2666,
            (10 * 60, 1): 2666,
        }
        assert {score.room for (_, changes), score in found.items() if changes} == {750}
