"""Scenarios solved from end to end, with a planner that is slow and plain."""

from dataclasses import replace

import pytest

from models.appointment import Appointment
from models.errors import ChangesContradict, FrozenIsDisplaced, NotFound
from models.plan import Optimality, Plan, PlanProgress
from models.plan_checks import PlannedVisit, lifted, objections
from models.planning import Assignment, PlanLimits, PlanPrices, PlanQuestion
from models.scenario import EquipmentAdded, Freeze, HoursChanged, ProviderAdded, Scenario, ScenarioMode
from models.setup import ClinicSetup
from scenarios import unplaced_closings
from scenarios.absence import scenario_of_absence
from scenarios.plan_document import plan_document, plan_of_document, progress_document
from scenarios.questions import question_of
from scenarios.report import PlanReport
from scenarios.solving import solve_scenario
from scenarios.what_if import refuse_impossible
from solver.planning.planner import Report
from tests.builders import (
    MONDAY,
    TUESDAY,
    a_call,
    a_class,
    a_clinic,
    a_pool,
    a_provider,
    a_room,
    a_service,
    an_ecg,
    at,
    closed,
    hours,
    moment,
    units,
)
from tests.scenarios.asking import PEOPLE, a_scenario, absence, asked_of, booked, rules_of, wanted
from tests.scenarios.greedy_planner import greedy_plan

ONE_DAY = {"earliest": at("00:00"), "latest": at("00:00", TUESDAY)}
TWO = a_clinic(providers=[a_provider(), a_provider("lee")], rooms=[a_room(), a_room("room-2")])


def solved(
    scenario: Scenario,
    setup: ClinicSetup,
    *appointments: Appointment,
    heard: list[PlanProgress] | None = None,
) -> PlanReport:
    """The report; what the plan moves has been judged by the plain rules, move by move."""
    snapshot = asked_of(setup, *appointments)
    reports: list[PlanProgress] = [] if heard is None else heard
    found = solve_scenario(scenario, snapshot, reports.append, planner=greedy_plan)
    question = question_of(scenario, snapshot)
    tasks = {task.id: task for task in question.tasks}
    visits = [
        PlannedVisit(
            appointment_id=move.appointment_id,
            service_id=tasks[move.appointment_id].service_id,
            patient_id=tasks[move.appointment_id].patient_id,
            at=move.after,
        )
        for move in found.plan.moves
    ]
    gone = {*(visit.appointment_id for visit in visits), *found.plan.unplaced}
    assert objections(visits, lifted(question.snapshot, gone)) == []
    return found


def places(report: PlanReport) -> dict[str, tuple[str, str | None, int]]:
    """Who goes to whom, where and when."""
    return {
        move.appointment_id: (move.after.provider_id, move.after.room_id, move.after.start)
        for move in report.plan.moves
    }


def test_a_displaced_visit_goes_to_somebody_who_is_there() -> None:
    report = solved(a_scenario(absence(), **ONE_DAY), TWO, booked("bela", "08:00"))
    assert places(report) == {"bela": ("lee", "room-1", at("08:00"))}
    assert report.why == {
        "bela": "Dr Okoro is absent from Mon 2026-06-01 08:00 to 12:00; at the same time, with Dr Lee; "
        "costs 30: 30 for another provider"
    }
    assert report.closed_by == {}
    assert (report.before.overtime_minutes, report.after.overtime_minutes) == (30, 0)
    assert report.after.patients_disturbed == 1


def test_each_better_plan_is_heard_of_and_can_be_kept() -> None:
    heard: list[PlanProgress] = []
    report = solved(a_scenario(absence(), **ONE_DAY), TWO, booked("bela", "10:00"), heard=heard)
    (progress,) = heard
    assert plan_of_document(progress_document(progress, TWO)) == report.plan


def test_a_report_is_stored_and_read_back() -> None:
    report = solved(a_scenario(absence(), **ONE_DAY), TWO, booked("bela", "10:00"), booked("ada", "09:00"))
    assert plan_of_document(plan_document(report, TWO)) == report.plan


def test_the_limits_of_the_scenario_are_those_of_the_planner() -> None:
    heard: list[PlanLimits] = []

    def planner(question: PlanQuestion, limits: PlanLimits, report: Report) -> Plan:
        heard.append(limits)
        return Plan(moves=(), unplaced=(), optimality=Optimality(objective=0, bound=0))

    scenario = a_scenario(limits=PlanLimits(seconds=2.5, workers=1))
    solve_scenario(scenario, asked_of(TWO), lambda _: None, planner=planner)
    assert heard == [PlanLimits(seconds=2.5, workers=1)]


@pytest.mark.parametrize(
    ("scenario", "refusal"),
    [
        (a_scenario(absence(), absence()), ChangesContradict),
        (a_scenario(absence(), freeze=Freeze(until=at("12:00"))), FrozenIsDisplaced),
    ],
)
def test_what_cannot_be_asked_is_never_planned(scenario: Scenario, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        solved(scenario, TWO, booked("bela", "10:00"))


def test_what_was_frozen_and_is_given_up_by_now_is_no_obstacle() -> None:
    scenario = a_scenario(absence(), freeze=Freeze(appointment_ids=frozenset({"ada"})), **ONE_DAY)
    with pytest.raises(NotFound):
        refuse_impossible(scenario, asked_of(TWO, booked("bela", "08:00")))
    assert list(places(solved(scenario, TWO, booked("bela", "08:00")))) == ["bela"]


def test_an_absence_of_nobody_needed_moves_nobody() -> None:
    report = solved(a_scenario(absence(), **ONE_DAY), TWO, booked("bela", "13:00"))
    assert (report.plan.moves, report.plan.unplaced) == ((), ())
    assert report.before == report.after


def test_a_repair_of_an_absence_from_its_report_to_its_plan() -> None:
    snapshot = asked_of(a_clinic(), booked("bela", "10:00"), booked("ada", "12:00"))
    scenario = scenario_of_absence(snapshot, "providers/okoro", moment("08:00"), moment("12:00"))
    report = solve_scenario(scenario, snapshot, lambda _: None, planner=greedy_plan)
    assert places(report) == {"bela": ("okoro", "room-1", at("12:30"))}
    assert report.why["bela"].endswith("; 150 minutes later in the day; costs 30: 30 for 150 minutes")


def test_no_notice_is_asked_for() -> None:
    setup = a_clinic(services=[a_service(min_notice_minutes=10_000)])
    report = solved(a_scenario(absence(), **ONE_DAY), setup, booked("bela", "10:00"))
    assert places(report) == {"bela": ("okoro", "room-1", at("12:00"))}


def test_a_closed_room_sends_its_visits_next_door_for_nothing() -> None:
    report = solved(a_scenario(absence(resource="rooms/room-1"), **ONE_DAY), TWO, booked("bela", "10:00"))
    assert places(report) == {"bela": ("okoro", "room-2", at("10:00"))}
    assert report.plan.optimality.objective == 0
    assert report.after.patients_disturbed == 0


def test_a_pool_that_is_gone_is_replaced_by_another() -> None:
    setup = a_clinic(services=[an_ecg()], equipment=[a_pool(), a_pool("ecg-2")])
    visit = booked("bela", "10:00", equipment=(units(),))
    report = solved(a_scenario(absence(resource="equipment/ecg-1"), **ONE_DAY), setup, visit)
    assert report.plan.moves[0].after == replace(Assignment.of(visit), equipment=(units("ecg-2"),))


def test_a_group_goes_together_where_that_is_cheapest() -> None:
    setup = a_clinic(services=[a_class(3)])
    report = solved(a_scenario(absence(), **ONE_DAY), setup, booked("ada", "10:00"), booked("bela", "10:00"))
    assert set(places(report).values()) == {("okoro", "room-1", at("12:00"))}


def test_a_locum_takes_over() -> None:
    locum = ProviderAdded(provider=a_provider("adams"), hours=(hours("", "08:00", "16:00"),))
    report = solved(a_scenario(absence(), locum, **ONE_DAY), a_clinic(), booked("bela", "08:00"))
    assert places(report) == {"bela": ("adams", "room-1", at("08:00"))}
    assert report.after.utilisation_by_provider["adams"] == 30 / 480


def test_longer_buffers_move_one_of_two_neighbours() -> None:
    change = rules_of(TWO.service("checkup"), buffer_after_minutes=15)
    report = solved(
        a_scenario(change, **ONE_DAY), a_clinic(), booked("ada", "10:00"), booked("bela", "10:30")
    )
    assert places(report) == {"bela": ("okoro", "room-1", at("10:45"))}


def test_wanted_visits_find_their_place_beside_what_is_there() -> None:
    report = solved(a_scenario(wanted(), wanted("later"), **ONE_DAY), a_clinic(), booked("bela", "08:00"))
    assert sorted(start for _, _, start in places(report).values()) == [at("08:30"), at("09:00")]
    assert report.after.patients_disturbed == 0


def test_a_rebuild_moves_only_what_it_must() -> None:
    scenario = a_scenario(absence(end="09:00"), mode=ScenarioMode.REBUILD, **ONE_DAY)
    report = solved(scenario, a_clinic(), booked("ada", "08:30"), booked("bela", "10:00"))
    assert places(report) == {"ada": ("okoro", "room-1", at("09:00"))}


class TestWhatClosesTheRest:
    def closings(self, report: PlanReport, identifier: str = "bela") -> list[tuple[str, str, str]]:
        return [(one.rule, one.resource, one.message) for one in report.closed_by[identifier]]

    def test_nobody_else_is_there(self) -> None:
        report = solved(a_scenario(absence(end="16:00"), **ONE_DAY), a_clinic(), booked("bela", "10:00"))
        assert report.plan.unplaced == ("bela",)
        assert self.closings(report) == [
            ("provider_is_working", "providers/okoro", "Dr Okoro does not work then")
        ]

    def test_what_the_plan_has_taken_closes_it(self) -> None:
        """One half-hour is left, and Ada has it."""
        scenario = a_scenario(absence(end="15:30"), earliest=at("15:29"), latest=at("15:31"))
        report = solved(scenario, a_clinic(), booked("ada", "10:00"), booked("bela", "11:00"))
        assert places(report) == {"ada": ("okoro", "room-1", at("15:30"))}
        assert self.closings(report) == [
            ("room_is_never_double_booked", "rooms/room-1", "Room-1 is taken then"),
            ("provider_is_never_double_booked", "providers/okoro", "Dr Okoro is taken then"),
        ]

    def test_what_is_unplaced_is_in_nobodys_way(self) -> None:
        scenario = a_scenario(absence(end="16:00"), **ONE_DAY)
        report = solved(scenario, a_clinic(), booked("ada", "10:00"), booked("bela", "10:30"))
        assert report.plan.unplaced == ("ada", "bela")
        assert {rule for one in ("ada", "bela") for rule, _, _ in self.closings(report, one)} == {
            "provider_is_working"
        }

    def test_a_patient_who_cannot_come_closes_it(self) -> None:
        refused = {"bela": ((at("12:00"), at("16:00")),)}
        report = solved(
            a_scenario(absence(), **ONE_DAY, not_then=refused), a_clinic(), booked("bela", "10:00")
        )
        message = "the patient has another visit then, or cannot come"
        assert self.closings(report) == [("patient_is_never_in_two_places", "patients/bela", message)]

    def test_notice_closes_nothing(self) -> None:
        setup = a_clinic(services=[a_service(min_notice_minutes=10_000)])
        report = solved(a_scenario(absence(end="16:00"), **ONE_DAY), setup, booked("bela", "10:00"))
        assert [rule for rule, _, _ in self.closings(report)] == ["provider_is_working"]

    def test_a_closed_clinic_closes_it(self) -> None:
        setup = a_clinic(exceptions=[closed("clinic", moment("12:00"), moment("18:00"))])
        report = solved(a_scenario(absence(), **ONE_DAY), setup, booked("bela", "10:00"))
        assert self.closings(report) == [("location_is_open", "locations/main", "the clinic is closed then")]

    def test_a_wanted_visit_is_told_what_closes_its_own_range(self) -> None:
        change = wanted(earliest=at("17:00"), latest=at("19:00"))
        report = solved(a_scenario(change, **ONE_DAY), a_clinic())
        assert [rule for rule, _, _ in self.closings(report, "new")] == ["provider_is_working"]

    def test_a_visit_without_a_room_is_told_too(self) -> None:
        setup = a_clinic(services=[a_call()])
        visit = booked("bela", "10:00", room_id=None)
        report = solved(a_scenario(absence(end="16:00"), **ONE_DAY), setup, visit)
        assert [rule for rule, _, _ in self.closings(report)] == ["provider_is_working"]

    def test_each_patient_of_a_group_without_a_place_is_told(self) -> None:
        setup = a_clinic(services=[a_class(3)])
        visits = booked("ada", "10:00"), booked("bela", "10:00")
        report = solved(a_scenario(absence(end="16:00"), **ONE_DAY), setup, *visits)
        assert set(report.closed_by) == {"ada", "bela"}

    def test_many_of_a_kind_are_told_what_closes_the_first_of_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(unplaced_closings, "MOST_ONE_BY_ONE", 2)
        visits = [booked(one.id, f"{8 + number}:00") for number, one in enumerate(PEOPLE)]
        scan = booked("scan", "15:00", patient_id="ada", service_id="scan")
        setup = a_clinic(services=[a_service(), a_service("scan", name="Scan")])
        refused = {"ada": ((at("00:00"), at("24:00")),)}
        scenario = a_scenario(absence(end="16:00"), **ONE_DAY, not_then=refused)
        report = solved(scenario, setup, *visits, scan)
        rules = {one: [rule for rule, _, _ in self.closings(report, one)] for one in report.closed_by}
        assert "patient_is_never_in_two_places" in rules.pop("ada")
        assert "provider_offers_the_service" in rules.pop("scan")
        assert list(rules.values()) == [["provider_is_working"]] * 5

    def left_out(self, *, proven: bool) -> list[tuple[str, str, str]]:
        """Of a plan that leaves somebody out though there is a place."""

        def planner(question: PlanQuestion, limits: PlanLimits, report: Report) -> Plan:
            bound = 50 if proven else 0
            return Plan(moves=(), unplaced=("bela",), optimality=Optimality(objective=50, bound=bound))

        scenario = a_scenario(absence(), **ONE_DAY, prices=PlanPrices(unplaced=50))
        snapshot = asked_of(a_clinic(), booked("bela", "10:00"))
        return self.closings(solve_scenario(scenario, snapshot, lambda _: None, planner=planner))

    def test_a_price_can_close_it_too(self) -> None:
        message = "every place that is free costs more than leaving it without one"
        assert self.left_out(proven=True) == [("plan_leaves_it_out", "clinic", message)]

    def test_so_can_time(self) -> None:
        message = "a place is free, but no better plan was found in time"
        assert self.left_out(proven=False) == [("plan_leaves_it_out", "clinic", message)]


def test_no_word_of_a_report_names_a_patient() -> None:
    changes = (
        absence(end="15:30"),
        HoursChanged(resource="rooms/room-1", hours=(hours("", "06:00", "20:00"),)),
        EquipmentAdded(pool=a_pool()),
        rules_of(TWO.service("checkup"), buffer_after_minutes=5),
        wanted(),
    )
    visits = [booked(one.id, f"{8 + number}:00") for number, one in enumerate(PEOPLE)]
    report = solved(a_scenario(*changes, **ONE_DAY), a_clinic(), *visits)
    assert report.plan.moves
    assert report.plan.unplaced
    messages = [one.message for closings in report.closed_by.values() for one in closings]
    for text in (*report.why.values(), *messages):
        for person in PEOPLE:
            assert person.name not in text.split()
    assert MONDAY.isoformat() in next(iter(report.why.values()))
