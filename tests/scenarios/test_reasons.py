"""Why each appointment moves, in words."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from models.appointment import Appointment
from models.plan import Plan, PlanMove
from models.planning import Assignment
from models.scenario import HoursChanged, ProviderAdded, ResourceAbsent, Scenario, ScenarioMode
from models.setup import ClinicSetup
from scenarios.questions import question_of
from scenarios.reasons import reasons_of
from tests.builders import (
    MONDAY,
    TUESDAY,
    a_class,
    a_clinic,
    a_pool,
    a_provider,
    a_room,
    a_service,
    an_ecg,
    at,
    hours,
    moment,
    units,
)
from tests.scenarios.asking import (
    a_move,
    a_plan,
    a_scenario,
    absence,
    asked_of,
    booked,
    place,
    rules_of,
    wanted,
)

TWO = a_clinic(
    providers=[a_provider(), a_provider("lee")],
    rooms=[a_room(), a_room("room-3", name="Room 3")],
    equipment=[a_pool()],
)
REBUILD = a_scenario(mode=ScenarioMode.REBUILD)


def why(
    scenario: Scenario, plan: Plan, *appointments: Appointment, setup: ClinicSetup = TWO
) -> list[tuple[str, ...]]:
    """The parts of each sentence: cause, what changes, what it costs."""
    question = question_of(scenario, asked_of(setup, *appointments))
    return [tuple(text.split("; ")) for text in reasons_of(scenario, question, plan).values()]


def of_one(scenario: Scenario, before: Appointment, after: Assignment, **parts: int) -> tuple[str, ...]:
    return why(scenario, a_plan(a_move(before, after, **parts)), before)[0]


def test_a_whole_sentence() -> None:
    bela = booked("bela", "10:00")
    to_lee = place(at("09:45", MONDAY + timedelta(days=2)), provider_id="lee", room_id="room-3")
    move = a_move(bela, to_lee, day=200, five_minutes=3, provider=30)
    scenario = a_scenario(absence())
    found = reasons_of(scenario, question_of(scenario, asked_of(TWO, bela)), a_plan(move))
    assert found == {
        "bela": "Dr Okoro is absent from Mon 2026-06-01 08:00 to 12:00; "
        "2 days later, 15 minutes earlier in the day, with Dr Lee, in Room 3; "
        "costs 233: 200 for 2 days, 3 for 15 minutes, 30 for another provider"
    }


class TestCauses:
    def test_an_absence_over_days_is_told_with_both_dates(self) -> None:
        change = replace(absence(), ends_at=moment("12:00", TUESDAY))
        cause = of_one(a_scenario(change), booked("bela", "10:00"), place(at("13:00", TUESDAY)))[0]
        assert cause == "Dr Okoro is absent from Mon 2026-06-01 08:00 to Tue 2026-06-02 12:00"

    def test_an_absence_is_told_by_the_clock_of_who_is_absent(self) -> None:
        setup = replace(TWO, clinic=replace(TWO.clinic, timezone="Europe/Berlin"))
        bela = booked("bela", "10:00")
        (found,) = why(a_scenario(absence()), a_plan(a_move(bela, place(at("13:00")))), bela, setup=setup)
        assert found[0] == "Dr Okoro is absent from Mon 2026-06-01 10:00 to 14:00"

    def test_rooms_and_equipment_are_not_available(self) -> None:
        after = place(at("10:00"), room_id="room-3")
        room = of_one(a_scenario(absence(resource="rooms/room-1")), booked("bela", "10:00"), after)
        assert room[0] == "Room-1 is not available from Mon 2026-06-01 08:00 to 12:00"
        setup = replace(TWO, services=(an_ecg(),), equipment=(a_pool(), a_pool("ecg-2")))
        bela = booked("bela", "10:00", equipment=(units(),))
        move = a_move(bela, place(at("10:00"), equipment=(units("ecg-2"),)))
        (pool,) = why(a_scenario(absence(resource="equipment/ecg-1")), a_plan(move), bela, setup=setup)
        assert pool == (
            "Ecg-1 is not available from Mon 2026-06-01 08:00 to 12:00",
            "at the same time, with Ecg-2",
            "costs nothing",
        )

    def test_the_absence_that_hits_is_named_of_several(self) -> None:
        scenario = a_scenario(absence("13:00", "14:00"), absence("09:00", "11:00"))
        cause = of_one(scenario, booked("bela", "10:00"), place(at("14:00")))[0]
        assert cause == "Dr Okoro is absent from Mon 2026-06-01 09:00 to 11:00"

    def test_new_hours(self) -> None:
        change = HoursChanged(resource="providers/okoro", hours=(hours("", "12:00", "16:00"),))
        cause = of_one(a_scenario(change), booked("bela", "10:00"), place(at("12:00")))[0]
        assert cause == "outside the new hours of Dr Okoro"

    def test_new_rules_and_those_whom_they_put_in_the_way(self) -> None:
        setup = replace(TWO, services=(a_service(), a_service("scan")))
        change = rules_of(setup.service("checkup"), buffer_after_minutes=5)
        ada, bela = booked("ada", "10:00"), booked("bela", "10:30", service_id="scan")
        plan = a_plan(a_move(ada, place(at("09:30"))), a_move(bela, place(at("11:00"))))
        first, second = why(a_scenario(change), plan, ada, bela, setup=setup)
        assert first[0] == "breaks the new rules of Check-up"
        assert second[0] == "in the way of others under the changes"

    def test_an_absence_is_named_before_new_rules(self) -> None:
        scenario = a_scenario(rules_of(TWO.service("checkup"), buffer_after_minutes=5), absence())
        cause = of_one(scenario, booked("bela", "10:00"), place(at("13:00")))[0]
        assert cause.startswith("Dr Okoro is absent")

    def test_each_patient_of_a_group_is_told_the_same(self) -> None:
        setup = replace(TWO, services=(a_class(3),))
        visits = booked("ada", "10:00"), booked("bela", "10:00")
        plan = a_plan(*(a_move(one, place(at("13:00")), five_minutes=36) for one in visits))
        first, second = why(a_scenario(absence()), plan, *visits, setup=setup)
        assert first == second
        assert first[1:] == ("180 minutes later in the day", "costs 36: 36 for 180 minutes")

    def test_whoever_goes_where_another_comes_makes_room(self) -> None:
        ada, bela = booked("ada", "09:00"), booked("bela", "13:00")
        plan = a_plan(a_move(bela, place(at("14:00")), told=1000), a_move(ada, place(at("13:15"))))
        found = why(a_scenario(absence()), plan, ada, bela)
        assert found[0][0] == "makes room for others"

    def test_whoever_only_changes_rooms_for_others_makes_room(self) -> None:
        ada, bela = booked("ada", "09:00"), booked("bela", "13:00", provider_id="lee")
        plan = a_plan(
            a_move(bela, place(at("13:00"), provider_id="lee", room_id="room-3")),
            a_move(ada, place(at("13:00")), five_minutes=48),
        )
        found = why(a_scenario(absence()), plan, ada, bela)
        assert found[0] == ("makes room for others", "at the same time, in Room 3", "costs nothing")

    def test_a_rebuild_shortens_days(self) -> None:
        ada, bela = booked("ada", "08:00"), booked("bela", "09:15")
        move = a_move(bela, place(at("08:30")), told=100, five_minutes=9)
        (found,) = why(REBUILD, a_plan(move), ada, bela)
        assert found == (
            "shortens the day of Dr Okoro by 45 minutes of idle time",
            "45 minutes earlier in the day",
            "costs 109: 100 for a patient who has to be told though nothing displaced them, 9 for 45 minutes",
        )

    def test_idle_minutes_that_somebody_else_gets_are_set_off(self) -> None:
        """Dr Okoro wins an hour and a half, and Dr Lee loses two and a half."""
        visits = booked("ada", "08:00"), booked("bela", "10:00"), booked("cleo", "08:00", provider_id="lee")
        move = a_move(visits[1], place(at("11:00"), provider_id="lee", room_id="room-3"), told=100)
        assert why(REBUILD, a_plan(move), *visits)[0][0] == "part of a better schedule for all"

    def test_a_new_visit(self) -> None:
        move = a_move(None, place(at("10:00", TUESDAY)), day=100)
        (found,) = why(a_scenario(wanted()), a_plan(move))
        assert found == (
            "new visit",
            "Tue 2026-06-02 10:00, with Dr Okoro, in Room-1",
            "costs 100: 100 for 1 day of waiting",
        )

    def test_a_new_visit_at_once(self) -> None:
        locum = ProviderAdded(provider=a_provider("adams"), hours=(hours("", "08:00", "16:00"),))
        move = a_move(None, place(at("10:00"), provider_id="adams", room_id=None))
        (found,) = why(a_scenario(locum, wanted()), a_plan(move))
        assert found == ("new visit", "Mon 2026-06-01 10:00, with Dr Adams", "costs nothing")


class TestWhatChanges:
    @pytest.mark.parametrize(
        ("after", "text"),
        [
            (place(at("10:00", TUESDAY)), "1 day later"),
            (place(at("11:00")), "60 minutes later in the day"),
            (place(at("10:01")), "1 minute later in the day"),
            (place(at("10:00"), provider_id="lee"), "at the same time, with Dr Lee"),
            (place(at("10:00"), room_id="room-3"), "at the same time, in Room 3"),
            (
                place(at("09:00", TUESDAY), room_id="room-3"),
                "1 day later, 60 minutes earlier in the day, in Room 3",
            ),
            (place(at("10:00"), equipment=(units(count=2),)), "at the same time, with 2 of Ecg-1"),
        ],
    )
    def test_is_told_in_words(self, after: Assignment, text: str) -> None:
        assert of_one(a_scenario(absence()), booked("bela", "10:00"), after)[1] == text

    def test_minutes_that_are_rounded_up_are_told_so(self) -> None:
        found = of_one(a_scenario(absence()), booked("bela", "10:00"), place(at("10:07")), five_minutes=2)
        assert found[2] == "costs 2: 2 for 7 minutes, rounded up to 10"

    def test_thousands_are_told_apart(self) -> None:
        found = of_one(REBUILD, booked("bela", "10:00"), place(at("11:00")), told=1000)
        assert found[2].startswith("costs 1,000: 1,000 for a patient")

    def test_a_price_without_a_name_is_told_as_what_is_left(self) -> None:
        bela = booked("bela", "10:00")
        move: PlanMove = replace(a_move(bela, place(at("11:00")), five_minutes=12), price=20)
        assert (
            why(REBUILD, a_plan(move), bela)[0][2] == "costs 20: 12 for 60 minutes, 8 for what else it causes"
        )


class TestWhenTheClocksChange:
    """In Berlin they are set forward on 29 March 2026, and back on 25 October."""

    SPRING, AUTUMN = date(2026, 3, 28), date(2026, 10, 24)
    BERLIN = a_clinic(timezone="Europe/Berlin", working_hours=[hours("providers/okoro", "00:00", "24:00")])

    def change(self, day: date, before: str, after: str, *, fold: int = 0, later: int = 1) -> str:
        """What is told of a move by so many days between two times of day in Berlin."""
        zone = "Europe/Berlin"
        begins = moment(before, day, zone)
        bela = booked("bela", "00:00", starts_at=begins, ends_at=begins + timedelta(minutes=30))
        to = at(after, day + timedelta(days=later), zone, fold=fold)
        change = ResourceAbsent(
            resource="providers/okoro", starts_at=begins, ends_at=begins + timedelta(hours=1)
        )
        scenario = a_scenario(change, earliest=to - 9999, latest=to + 9999)
        snapshot = asked_of(self.BERLIN, bela, now=begins - timedelta(days=1))
        found = reasons_of(scenario, question_of(scenario, snapshot), a_plan(a_move(bela, place(to))))
        return found["bela"].split("; ")[1]

    def test_the_same_time_of_day_is_the_same_though_a_day_has_23_hours(self) -> None:
        assert self.change(self.SPRING, "10:00", "10:00") == "1 day later"
        assert self.change(self.AUTUMN, "10:00", "10:00") == "1 day later"

    def test_days_are_those_of_the_calendar(self) -> None:
        assert self.change(self.SPRING, "23:30", "00:15") == "1 day later, 1,395 minutes earlier in the day"

    def test_a_doubled_time_is_told(self) -> None:
        again = self.change(self.AUTUMN + timedelta(days=1), "02:30", "02:30", fold=1, later=0)
        assert again == "at the same time on the clock, which is set back in between"
