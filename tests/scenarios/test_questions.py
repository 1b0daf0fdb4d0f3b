"""What the planner is asked for a scenario."""

from dataclasses import replace
from datetime import timedelta

from models.appointment import AppointmentStatus
from models.planning import REBUILD_PRICES, Allowance, Assignment, Others, PlanOrder, Task, TaskKind
from models.scenario import Freeze, Scenario, ScenarioMode
from models.snapshot import ClinicSnapshot
from scenarios.questions import question_of
from tests.builders import (
    MONDAY,
    TUESDAY,
    a_call,
    a_class,
    a_clinic,
    a_location,
    a_provider,
    a_room,
    a_service,
    at,
    moment,
)
from tests.scenarios.asking import a_scenario, absence, asked_of, booked, place, rules_of, wanted

TWO = a_clinic(providers=[a_provider(), a_provider("lee")], rooms=[a_room(), a_room("room-2")])


def tasks_of(scenario: Scenario, snapshot: ClinicSnapshot) -> dict[str, Task]:
    return {task.id: task for task in question_of(scenario, snapshot).tasks}


def test_a_displaced_appointment_keeps_service_length_patient_and_location() -> None:
    longer = booked("bela", "10:00", minutes=40)
    question = question_of(a_scenario(absence()), asked_of(TWO, longer, booked("ada", "13:00")))
    assert question.tasks == (
        Task(
            id="bela",
            kind=TaskKind.DISPLACED,
            service_id="checkup",
            patient_id="bela",
            duration_minutes=40,
            home=Assignment.of(longer),
            location_id="main",
            earliest=at("06:00"),
            latest=at("00:00", MONDAY + timedelta(days=7)),
        ),
    )


def test_a_visit_without_a_room_has_no_location() -> None:
    snapshot = asked_of(a_clinic(services=[a_call()]), booked("bela", "10:00", room_id=None))
    assert tasks_of(a_scenario(absence()), snapshot)["bela"].location_id is None


def test_an_appointment_stays_at_the_location_of_its_room() -> None:
    setup = a_clinic(
        locations=[a_location(), a_location("far")],
        providers=[a_provider(location_ids=("main", "far"))],
        rooms=[a_room(location_id="far")],
    )
    assert (
        tasks_of(a_scenario(absence()), asked_of(setup, booked("bela", "10:00")))["bela"].location_id == "far"
    )


def test_starts_lie_in_the_horizon_and_not_in_the_past() -> None:
    scenario = a_scenario(absence(), earliest=at("09:00"), latest=at("18:00"))
    task = tasks_of(scenario, asked_of(TWO, booked("bela", "10:00")))["bela"]
    assert (task.earliest, task.latest) == (at("09:00"), at("18:00"))
    later = asked_of(TWO, booked("bela", "10:00"), now=moment("09:30"))
    assert tasks_of(scenario, later)["bela"].earliest == at("09:30")


def test_when_a_patient_cannot_come_is_passed_on() -> None:
    evening = (at("16:00"), at("24:00"))
    scenario = a_scenario(
        absence(), wanted(), not_then={"bela": (evening,), "new": (evening,), "gone": (evening,)}
    )
    tasks = tasks_of(scenario, asked_of(TWO, booked("bela", "10:00"), booked("cleo", "11:00")))
    assert [tasks[one].excluded for one in ("bela", "cleo", "new")] == [(evening,), (), (evening,)]


def test_the_clinic_is_the_one_under_the_changes_with_all_that_is_booked() -> None:
    snapshot = asked_of(TWO, booked("bela", "10:00"), booked("ada", "13:00"))
    changes = absence(), rules_of(TWO.service("checkup"), buffer_after_minutes=10)
    changed = question_of(a_scenario(*changes), snapshot).snapshot
    assert changed.setup.service("checkup").buffer_after_minutes == 10
    assert changed.appointments == snapshot.appointments
    assert changed.patients == snapshot.patients
    assert changed.now == snapshot.now
    okoro = changed.setup.resource_index["providers/okoro"]
    assert changed.calendar.busy(okoro).ends == [at("10:40"), at("13:40")]


def test_prices_order_allowance_and_hint_are_passed_on() -> None:
    scenario = a_scenario(
        absence(),
        prices=REBUILD_PRICES,
        order=PlanOrder.LEXICOGRAPHIC,
        allowance=Allowance(others=Others.MOVE),
        hint={"bela": place(at("13:00"))},
    )
    question = question_of(scenario, asked_of(TWO, booked("bela", "10:00")))
    assert question.prices == REBUILD_PRICES
    assert question.order is PlanOrder.LEXICOGRAPHIC
    assert question.allowance == Allowance(others=Others.MOVE)
    assert question.hint == {"bela": place(at("13:00"))}


class TestRebuild:
    REBUILD = replace(a_scenario(absence(end="09:00")), mode=ScenarioMode.REBUILD)

    def kinds(self, scenario: Scenario, snapshot: ClinicSnapshot) -> dict[str, str]:
        return {name: task.kind.value for name, task in tasks_of(scenario, snapshot).items()}

    def test_asks_for_everything_that_may_move(self) -> None:
        snapshot = asked_of(
            TWO,
            booked("ada", "08:30"),
            booked("bela", "10:00"),
            booked("cleo", "11:00", status=AppointmentStatus.CHECKED_IN),
            booked("dora", "09:00", provider_id="lee", room_id="room-2"),
        )
        assert self.kinds(self.REBUILD, snapshot) == {
            "ada": "displaced",
            "bela": "movable",
            "dora": "movable",
        }

    def test_asks_for_what_starts_in_the_horizon(self) -> None:
        scenario = replace(self.REBUILD, earliest=at("08:30"), latest=at("00:00", TUESDAY))
        snapshot = asked_of(
            TWO, booked("ada", "08:00"), booked("bela", "08:30"), booked("dora", "10:00", day=TUESDAY)
        )
        assert self.kinds(scenario, snapshot) == {"ada": "displaced", "bela": "displaced"}
        assert self.kinds(replace(scenario, changes=()), snapshot) == {"bela": "movable"}

    def test_leaves_what_is_frozen(self) -> None:
        freeze = Freeze(until=at("11:00"), appointment_ids=frozenset({"cleo"}))
        snapshot = asked_of(TWO, booked("bela", "10:00"), booked("cleo", "12:00"), booked("dora", "11:00"))
        assert self.kinds(replace(self.REBUILD, freeze=freeze), snapshot) == {"dora": "movable"}

    def test_leaves_group_visits_where_they_are_unless_they_cannot_stay(self) -> None:
        setup = a_clinic(services=[a_class(3)])
        snapshot = asked_of(setup, booked("ada", "08:30"), booked("bela", "08:30"), booked("cleo", "10:00"))
        assert self.kinds(self.REBUILD, snapshot) == {"ada": "displaced", "bela": "displaced"}

    def test_moves_nobody_else_in_a_repair(self) -> None:
        snapshot = asked_of(TWO, booked("ada", "08:30"), booked("bela", "10:00"))
        repair = replace(self.REBUILD, mode=ScenarioMode.REPAIR)
        assert self.kinds(repair, snapshot) == {"ada": "displaced"}


class TestWantedVisits:
    def test_have_no_home_and_the_length_of_their_service(self) -> None:
        task = tasks_of(a_scenario(wanted()), asked_of(TWO))["new"]
        assert task == Task(
            id="new",
            kind=TaskKind.WANTED,
            service_id="checkup",
            patient_id="ada",
            duration_minutes=30,
            home=None,
            earliest=at("06:00"),
            latest=at("00:00", MONDAY + timedelta(days=7)),
        )

    def test_take_place_where_with_whom_and_when_they_are_wanted(self) -> None:
        change = wanted(
            location_id="main",
            provider_ids=frozenset({"lee"}),
            earliest=at("08:00", TUESDAY),
            latest=at("12:00", TUESDAY),
        )
        task = tasks_of(a_scenario(change), asked_of(TWO))["new"]
        assert (task.location_id, task.provider_ids) == ("main", frozenset({"lee"}))
        assert (task.earliest, task.latest) == (at("08:00", TUESDAY), at("12:00", TUESDAY))

    def test_stay_within_the_horizon(self) -> None:
        change = wanted(earliest=at("00:00"), latest=at("00:00", MONDAY + timedelta(days=99)))
        task = tasks_of(a_scenario(change), asked_of(TWO))["new"]
        assert (task.earliest, task.latest) == (at("06:00"), at("00:00", MONDAY + timedelta(days=7)))

    def test_without_a_room_have_no_location(self) -> None:
        setup = a_clinic(services=[a_call(), a_service("scan")])
        assert tasks_of(a_scenario(wanted(location_id="main")), asked_of(setup))["new"].location_id is None
