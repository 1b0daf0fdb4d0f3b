"""What a plan changes in numbers, on days that are small enough to count by hand."""

from dataclasses import replace

import pytest

from models.appointment import Appointment
from models.plan import Plan
from models.scenario import Scenario
from models.setup import ClinicSetup
from scenarios.kpis import Kpis, before_and_after
from scenarios.questions import question_of
from tests.builders import (
    MONDAY,
    TUESDAY,
    a_class,
    a_clinic,
    a_location,
    a_provider,
    a_room,
    a_service,
    at,
    closed,
    hours,
    moment,
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

ONE_DAY = {"earliest": at("00:00"), "latest": at("00:00", TUESDAY)}
TWO = a_clinic(providers=[a_provider(), a_provider("lee")], rooms=[a_room(), a_room("room-2")])


def counted(
    setup: ClinicSetup, scenario: Scenario, plan: Plan, *appointments: Appointment
) -> tuple[Kpis, Kpis]:
    return before_and_after(scenario, question_of(scenario, asked_of(setup, *appointments)), plan)


def test_a_day_counted_by_hand() -> None:
    """Dr Okoro, who works from 8 to 16, is absent until 12; Dr Lee takes one of two visits."""
    ada, bela, cleo = booked("ada", "09:00"), booked("bela", "10:00"), booked("cleo", "13:00")
    dora = booked("dora", "08:00", provider_id="lee", room_id="room-2")
    to_lee = a_move(bela, place(at("10:00"), provider_id="lee", room_id="room-2"), provider=30)
    before, after = counted(
        TWO, a_scenario(absence(), **ONE_DAY), a_plan(to_lee, unplaced=("ada",)), ada, bela, cleo, dora
    )
    assert before == Kpis(
        patients_disturbed=0,
        minutes_shifted=0,
        unplaced=0,
        idle_minutes=0,
        overtime_minutes=60,
        utilisation_by_provider={"okoro": round(30 / 240, 4), "lee": round(30 / 480, 4)},
        utilisation_by_room={"room-1": round(90 / 480, 4), "room-2": round(30 / 480, 4)},
    )
    assert after == Kpis(
        patients_disturbed=2,
        minutes_shifted=0,
        unplaced=1,
        idle_minutes=90,  # Dr Lee's, from 8:30 to 10:00
        overtime_minutes=0,
        utilisation_by_provider={"okoro": round(30 / 240, 4), "lee": round(60 / 480, 4)},
        utilisation_by_room={"room-1": round(30 / 480, 4), "room-2": round(60 / 480, 4)},
    )


def test_shifts_add_up_in_both_directions() -> None:
    ada, bela = booked("ada", "09:00"), booked("bela", "10:00")
    plan = a_plan(a_move(ada, place(at("13:00"))), a_move(bela, place(at("08:30"))))
    _, after = counted(TWO, a_scenario(**ONE_DAY), plan, ada, bela)
    assert after.minutes_shifted == 240 + 90


def test_who_only_changes_rooms_is_not_disturbed() -> None:
    ada = booked("ada", "09:00")
    _, after = counted(TWO, a_scenario(), a_plan(a_move(ada, place(at("09:00"), room_id="room-2"))), ada)
    assert after.patients_disturbed == 0


def test_who_gets_a_new_visit_is_not_disturbed_and_one_without_a_place_counts() -> None:
    plan = a_plan(a_move(None, place(at("09:00"))), unplaced=("other",))
    scenario = a_scenario(wanted(), wanted("other"), **ONE_DAY)
    before, after = counted(TWO, scenario, plan)
    assert (after.patients_disturbed, after.unplaced, after.minutes_shifted) == (0, 1, 0)
    assert (before.utilisation_by_provider["okoro"], after.utilisation_by_provider["okoro"]) == (0, 30 / 480)


class TestIdleMinutes:
    def idle(self, setup: ClinicSetup, *appointments: Appointment) -> int:
        return counted(setup, a_scenario(**ONE_DAY), a_plan(), *appointments)[0].idle_minutes

    def test_lie_between_the_first_and_the_last_hold_of_a_window(self) -> None:
        setup = a_clinic(
            services=[a_service(buffer_before_minutes=5, buffer_after_minutes=10)],
            working_hours=[
                hours("providers/okoro", "08:00", "12:00"),
                hours("providers/okoro", "13:00", "16:00"),
            ],
        )
        visits = (
            booked("ada", "08:00"),
            booked("bela", "09:00"),
            booked("cleo", "11:45"),
            booked("dora", "15:00"),
        )
        # from 8:40 to 8:55 and from 9:40 to 11:40; what reaches beyond a window ends with it
        assert self.idle(setup, *visits) == 15 + 120

    def test_are_none_where_one_hold_follows_another(self) -> None:
        assert self.idle(a_clinic(), booked("ada", "09:00"), booked("bela", "09:30")) == 0

    def test_count_a_group_visit_once(self) -> None:
        visits = booked("ada", "09:00"), booked("bela", "09:00"), booked("cleo", "10:00")
        assert self.idle(a_clinic(services=[a_class(3)]), *visits) == 30

    def test_are_those_of_days_in_the_horizon(self) -> None:
        visits = booked("ada", "09:00", TUESDAY), booked("bela", "11:00", TUESDAY)
        assert self.idle(a_clinic(), *visits) == 0

    def test_are_counted_over_whole_windows(self) -> None:
        scenario = a_scenario(earliest=at("10:00"), latest=at("11:00"))
        visits = booked("ada", "09:00"), booked("bela", "14:00")
        assert counted(a_clinic(), scenario, a_plan(), *visits)[0].idle_minutes == 270


class TestOvertime:
    def test_is_what_visits_last_beyond_working_hours(self) -> None:
        setup = a_clinic(services=[a_service(buffer_after_minutes=30)])
        visits = booked("ada", "07:45"), booked("bela", "15:45"), booked("cleo", "15:00")
        assert counted(setup, a_scenario(**ONE_DAY), a_plan(), *visits)[0].overtime_minutes == 15 + 15

    def test_is_counted_within_the_horizon(self) -> None:
        scenario = a_scenario(earliest=at("07:00"), latest=at("07:40"))
        assert counted(a_clinic(), scenario, a_plan(), booked("ada", "07:30"))[0].overtime_minutes == 10

    def test_counts_a_group_visit_once(self) -> None:
        visits = booked("ada", "15:45"), booked("bela", "15:45")
        setup = a_clinic(services=[a_class(3)])
        assert counted(setup, a_scenario(**ONE_DAY), a_plan(), *visits)[0].overtime_minutes == 15


class TestUtilisation:
    def of_rooms(self, setup: ClinicSetup, *appointments: Appointment) -> dict[str, float]:
        return dict(counted(setup, a_scenario(**ONE_DAY), a_plan(), *appointments)[0].utilisation_by_room)

    def of_providers(self, setup: ClinicSetup, *appointments: Appointment) -> dict[str, float]:
        kpis = counted(setup, a_scenario(**ONE_DAY), a_plan(), *appointments)[0]
        return dict(kpis.utilisation_by_provider)

    def test_counts_buffers_inside_working_hours(self) -> None:
        setup = a_clinic(services=[a_service(buffer_before_minutes=10, buffer_after_minutes=20)])
        assert self.of_providers(setup, booked("ada", "08:00")) == {"okoro": round(50 / 480, 4)}

    def test_counts_a_provider_once_however_many_they_see(self) -> None:
        visits = booked("ada", "09:00"), booked("bela", "09:15", room_id="room-2")
        assert self.of_providers(TWO, *visits)["okoro"] == round(45 / 480, 4)

    def test_of_somebody_who_never_works_is_nothing(self) -> None:
        assert self.of_providers(a_clinic(working_hours=[]), booked("ada", "09:00")) == {"okoro": 0}

    def test_leaves_out_what_is_closed(self) -> None:
        for resource in ("clinic", "locations/main"):
            setup = a_clinic(exceptions=[closed(resource, moment("12:00"), moment("16:00"))])
            assert self.of_providers(setup, booked("ada", "09:00")) == {"okoro": 30 / 240}
            assert self.of_rooms(setup, booked("ada", "09:00")) == {"room-1": 30 / 240}

    def test_of_a_room_counts_its_turnaround(self) -> None:
        setup = a_clinic(rooms=[a_room(turnaround_minutes=15)])
        assert self.of_rooms(setup, booked("ada", "09:00")) == {"room-1": round(45 / 480, 4)}

    def test_of_a_room_is_of_the_time_in_which_somebody_works_there(self) -> None:
        setup = a_clinic(
            locations=[a_location(), a_location("far")],
            providers=[a_provider(), a_provider("lee"), a_provider("ann", location_ids=("far",))],
            working_hours=[
                hours("providers/okoro", "08:00", "11:00"),
                hours("providers/lee", "10:00", "12:00"),
                hours("providers/ann", "00:00", "24:00"),
            ],
        )
        assert self.of_rooms(setup, booked("ada", "09:00")) == {"room-1": 30 / 240}

    def test_of_a_room_with_hours_is_of_these(self) -> None:
        rows = [hours("providers/okoro", "08:00", "16:00"), hours("rooms/room-1", "08:30", "09:30")]
        assert self.of_rooms(a_clinic(working_hours=rows), booked("ada", "08:45")) == {"room-1": 0.5}

    @pytest.mark.parametrize(("second", "share"), [("09:00", 0.0625), ("09:15", 0.0625), ("12:00", 0.0625)])
    def test_of_a_room_with_two_places_counts_both(self, second: str, share: float) -> None:
        setup = a_clinic(providers=[a_provider(), a_provider("lee")], rooms=[a_room(capacity=2)])
        visits = booked("ada", "09:00"), booked("bela", second, provider_id="lee")
        assert self.of_rooms(setup, *visits) == {"room-1": share}

    def test_never_exceeds_the_whole(self) -> None:
        scenario = a_scenario(rules_of(TWO.service("checkup"), buffer_after_minutes=120), **ONE_DAY)
        visits = [
            booked(name, clock) for name, clock in (("ada", "08:00"), ("bela", "08:30"), ("cleo", "15:30"))
        ]
        before, _ = counted(replace(TWO, rooms=(a_room(),)), scenario, a_plan(), *visits)
        assert before.utilisation_by_room == {"room-1": round((180 + 30) / 480, 4)}


def test_a_day_on_which_the_clock_changes_has_the_hours_that_it_has() -> None:
    """In Berlin, on 29 March, the hour from 2 to 3 does not exist."""
    sunday = MONDAY.replace(month=3, day=29)
    setup = a_clinic(timezone="Europe/Berlin", working_hours=[hours("providers/okoro", "00:00", "06:00")])
    start, end = at("00:00", sunday, "Europe/Berlin"), at("24:00", sunday, "Europe/Berlin")
    visit = booked("ada", "00:30", day=sunday)  # 1:30 in Berlin
    scenario = a_scenario(earliest=start, latest=end)
    snapshot = asked_of(setup, visit, now=moment("00:00", sunday, "Europe/Berlin"))
    before, _ = before_and_after(scenario, question_of(scenario, snapshot), a_plan())
    assert end - start == 23 * 60
    assert before.utilisation_by_provider == {"okoro": 30 / 300}
