"""Which appointments changes displace, and which stay."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from models.appointment import Appointment, AppointmentStatus
from models.plan_checks import lifted, placement_of
from models.planning import Assignment
from models.rules import violations
from models.scenario import EquipmentAdded, HoursChanged, ProviderAdded
from models.snapshot import ClinicSnapshot
from scenarios.changing import changed_setup
from scenarios.displaced import may_still_move
from tests.builders import (
    MONDAY,
    NOW,
    TUESDAY,
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
    overbooking,
    units,
)
from tests.scenarios.asking import a_scenario, absence, asked_of, booked, displaced_ids, rules_of, wanted
from tests.solver.random_practices import practice_of, with_appointments

TWO = a_clinic(
    providers=[a_provider(), a_provider("lee")],
    rooms=[a_room(), a_room("room-2")],
    equipment=[a_pool()],
)
CHECKUP = TWO.service("checkup")
CLEANING = rules_of(CHECKUP, buffer_after_minutes=5)


def with_lee(clock: str, identifier: str = "cleo") -> Appointment:
    return booked(identifier, clock, provider_id="lee", room_id="room-2")


class TestAbsence:
    def test_of_a_provider_displaces_their_visits_and_nobody_elses(self) -> None:
        snapshot = asked_of(TWO, booked("bela", "10:00"), with_lee("10:00"))
        assert displaced_ids(a_scenario(absence()), snapshot) == ["bela"]

    def test_displaces_what_it_meets_by_a_minute_and_not_what_it_touches(self) -> None:
        snapshot = asked_of(
            TWO,
            booked("ada", "07:30"),
            booked("bela", "07:31"),
            booked("cleo", "11:59"),
            booked("dora", "12:00"),
        )
        assert displaced_ids(a_scenario(absence()), snapshot) == ["bela", "cleo"]

    def test_leaves_what_only_its_buffers_reach_into(self) -> None:
        setup = a_clinic(services=[a_service(buffer_before_minutes=15, buffer_after_minutes=15)])
        snapshot = asked_of(setup, booked("bela", "12:00"))
        assert displaced_ids(a_scenario(absence()), snapshot) == []

    def test_of_a_room_displaces_whoever_is_in_it(self) -> None:
        snapshot = asked_of(TWO, booked("bela", "10:00"), with_lee("10:00"))
        assert displaced_ids(a_scenario(absence(resource="rooms/room-2")), snapshot) == ["cleo"]

    def test_of_an_equipment_pool_displaces_whoever_uses_it(self) -> None:
        setup = a_clinic(services=[an_ecg()], equipment=[a_pool(), a_pool("ecg-2")])
        snapshot = asked_of(
            setup,
            booked("bela", "10:00", equipment=(units(),)),
            booked("cleo", "11:00", equipment=(units("ecg-2"),)),
        )
        assert displaced_ids(a_scenario(absence(resource="equipment/ecg-1")), snapshot) == ["bela"]

    def test_displaces_each_patient_of_a_group_visit(self) -> None:
        setup = a_clinic(services=[a_class(3)])
        snapshot = asked_of(setup, booked("bela", "10:00"), booked("ada", "10:00"), booked("cleo", "13:00"))
        assert displaced_ids(a_scenario(absence()), snapshot) == ["ada", "bela"]

    @pytest.mark.parametrize("status", AppointmentStatus)
    def test_displaces_whoever_has_not_come_yet(self, status: AppointmentStatus) -> None:
        snapshot = asked_of(TWO, booked("bela", "10:00", status=status))
        expected = ["bela"] if status in ("pending", "scheduled", "confirmed") else []
        assert displaced_ids(a_scenario(absence()), snapshot) == expected

    def test_leaves_a_hold_that_has_run_out(self) -> None:
        expires_at = NOW + timedelta(minutes=5)
        pending = booked("bela", "10:00", status=AppointmentStatus.PENDING, expires_at=expires_at)
        snapshot = asked_of(TWO, pending)
        assert displaced_ids(a_scenario(absence()), snapshot) == ["bela"]
        later = replace(snapshot, now=expires_at)
        assert displaced_ids(a_scenario(absence()), later) == []

    def test_leaves_what_has_begun(self) -> None:
        snapshot = asked_of(TWO, booked("ada", "08:30"), booked("bela", "09:00"), now=moment("09:00"))
        assert displaced_ids(a_scenario(absence()), snapshot) == ["bela"]

    def test_displaces_what_lies_outside_the_horizon_as_well(self) -> None:
        snapshot = asked_of(TWO, booked("bela", "10:00"))
        assert displaced_ids(a_scenario(absence(), latest=at("09:00")), snapshot) == ["bela"]

    def test_displaces_from_hours_in_which_nobody_worked_anyway(self) -> None:
        """An absence that is recorded already still asks for the repair."""
        setup = replace(TWO, exceptions=(closed("providers/okoro", moment("08:00"), moment("12:00")),))
        snapshot = asked_of(setup, booked("bela", "10:00"))
        assert displaced_ids(a_scenario(absence()), snapshot) == ["bela"]


class TestChangedHours:
    SHORTER = HoursChanged(resource="providers/okoro", hours=(hours("providers/okoro", "10:00", "12:00"),))

    def test_displace_what_lies_outside_them(self) -> None:
        snapshot = asked_of(
            TWO,
            booked("ada", "09:30"),
            booked("bela", "10:00"),
            booked("cleo", "11:30"),
            booked("dora", "11:45", day=TUESDAY),
            with_lee("09:00", "emil"),
        )
        assert displaced_ids(a_scenario(self.SHORTER), snapshot) == ["ada", "dora"]

    def test_leave_what_lay_outside_the_old_ones_too(self) -> None:
        snapshot = asked_of(TWO, booked("ada", "07:00"))
        assert displaced_ids(a_scenario(self.SHORTER), snapshot) == []

    def test_leave_what_starts_outside_the_horizon(self) -> None:
        snapshot = asked_of(TWO, booked("ada", "09:00"), booked("bela", "09:30"), booked("cleo", "13:00"))
        scenario = a_scenario(self.SHORTER, earliest=at("09:30"), latest=at("13:00"))
        assert displaced_ids(scenario, snapshot) == ["bela"]

    def test_of_a_room_displace_whoever_is_in_it(self) -> None:
        change = HoursChanged(resource="rooms/room-2", hours=(hours("", "12:00", "14:00"),))
        snapshot = asked_of(TWO, booked("bela", "09:00"), with_lee("09:00"), with_lee("12:00", "dora"))
        assert displaced_ids(a_scenario(change), snapshot) == ["cleo"]

    def test_of_a_pool_displace_whoever_uses_it(self) -> None:
        setup = a_clinic(services=[an_ecg()], equipment=[a_pool()])
        change = HoursChanged(resource="equipment/ecg-1", hours=(hours("", "12:00", "14:00"),))
        snapshot = asked_of(setup, booked("bela", "09:00", equipment=(units(),)))
        assert displaced_ids(a_scenario(change), snapshot) == ["bela"]


class TestChangedRulesAboutOneVisit:
    def test_displace_visits_with_those_who_may_not_give_it_any_more(self) -> None:
        snapshot = asked_of(TWO, booked("bela", "10:00"), with_lee("10:00"))
        change = rules_of(CHECKUP, allowed_provider_ids=frozenset({"okoro"}))
        assert displaced_ids(a_scenario(change), snapshot) == ["cleo"]

    def test_displace_visits_in_rooms_that_do_not_suit_any_more(self) -> None:
        setup = replace(TWO, rooms=(a_room(), a_room("room-2", features=frozenset({"sink"}))))
        snapshot = asked_of(setup, booked("bela", "10:00"), with_lee("10:00"))
        change = rules_of(CHECKUP, room_features=frozenset({"sink"}))
        assert displaced_ids(a_scenario(change), snapshot) == ["bela"]

    def test_displace_visits_without_what_is_needed_from_now_on(self) -> None:
        snapshot = asked_of(TWO, booked("bela", "10:00"), booked("ada", "11:00", equipment=(units(),)))
        change = rules_of(CHECKUP, equipment=an_ecg().equipment)
        assert displaced_ids(a_scenario(change), snapshot) == ["bela"]

    def test_displace_visits_on_dates_on_which_it_is_not_given_any_more(self) -> None:
        snapshot = asked_of(TWO, booked("ada", "10:00"), booked("bela", "10:00", day=TUESDAY))
        change = rules_of(CHECKUP, blackout_dates=(TUESDAY,))
        assert displaced_ids(a_scenario(change), snapshot) == ["bela"]

    def test_do_not_ask_again_whether_it_was_booked_in_time_or_on_a_step(self) -> None:
        snapshot = asked_of(TWO, booked("ada", "10:15"), booked("bela", "10:45", day=TUESDAY))
        change = rules_of(CHECKUP, slot_step_minutes=60, min_notice_minutes=20_000, max_future_days=0)
        assert displaced_ids(a_scenario(change), snapshot) == []

    def test_leave_other_services(self) -> None:
        setup = replace(TWO, services=(CHECKUP, a_service("scan")))
        snapshot = asked_of(setup, booked("bela", "10:00", service_id="scan"))
        change = rules_of(CHECKUP, blackout_dates=(MONDAY,))
        assert displaced_ids(a_scenario(change), snapshot) == []


class TestChangedRulesBetweenVisits:
    def test_longer_buffers_displace_all_that_get_in_each_others_way(self) -> None:
        snapshot = asked_of(TWO, booked("ada", "10:00"), booked("bela", "10:30"), booked("cleo", "11:15"))
        change = rules_of(CHECKUP, buffer_after_minutes=15)
        assert displaced_ids(a_scenario(change), snapshot) == ["ada", "bela"]

    def test_longer_buffers_displace_neighbours_of_other_services(self) -> None:
        setup = replace(TWO, services=(CHECKUP, a_service("scan")))
        snapshot = asked_of(setup, booked("ada", "10:00"), booked("bela", "10:30", service_id="scan"))
        assert displaced_ids(a_scenario(CLEANING), snapshot) == [
            "ada",
            "bela",
        ]

    def test_longer_buffers_displace_those_who_share_a_room_only(self) -> None:
        snapshot = asked_of(TWO, booked("ada", "10:00"), booked("bela", "10:30", provider_id="lee"))
        assert displaced_ids(a_scenario(CLEANING), snapshot) == [
            "ada",
            "bela",
        ]

    def test_longer_buffers_displace_those_who_share_too_few_machines(self) -> None:
        setup = a_clinic(
            providers=[a_provider(), a_provider("lee")],
            rooms=[a_room(), a_room("room-2")],
            services=[an_ecg()],
            equipment=[a_pool(quantity=1)],
        )
        first = booked("ada", "10:00", equipment=(units(),))
        second = booked("bela", "10:30", provider_id="lee", room_id="room-2", equipment=(units(),))
        change = rules_of(setup.service("checkup"), buffer_before_minutes=5)
        assert displaced_ids(a_scenario(change), asked_of(setup, first, second)) == ["ada", "bela"]
        roomy = replace(setup, equipment=(a_pool(quantity=2),))
        assert displaced_ids(a_scenario(change), asked_of(roomy, first, second)) == []

    def test_who_has_arrived_is_in_the_way_and_stays(self) -> None:
        arrived = booked("ada", "10:00", status=AppointmentStatus.CHECKED_IN)
        snapshot = asked_of(TWO, arrived, booked("bela", "10:30"))
        assert displaced_ids(a_scenario(CLEANING), snapshot) == ["bela"]

    def test_a_lower_cap_displaces_all_that_it_counts(self) -> None:
        snapshot = asked_of(
            TWO, booked("ada", "10:00"), with_lee("11:00"), booked("bela", "10:00", day=TUESDAY)
        )
        assert displaced_ids(a_scenario(rules_of(CHECKUP, max_per_day=1)), snapshot) == ["ada", "cleo"]
        assert displaced_ids(a_scenario(rules_of(CHECKUP, max_per_day=2)), snapshot) == []

    def test_a_longer_gap_displaces_those_who_are_closer(self) -> None:
        snapshot = asked_of(TWO, booked("ada", "10:00"), booked("bela", "11:00"), booked("cleo", "12:30"))
        assert displaced_ids(a_scenario(rules_of(CHECKUP, min_gap_minutes=31)), snapshot) == ["ada", "bela"]
        assert displaced_ids(a_scenario(rules_of(CHECKUP, min_gap_minutes=30)), snapshot) == []

    def test_fewer_seats_displace_everybody_in_a_fuller_group(self) -> None:
        setup = a_clinic(services=[a_class(3)])
        members = [booked(name, "10:00") for name in ("ada", "bela", "cleo")]
        snapshot = asked_of(setup, *members, booked("dora", "13:00"))
        change = rules_of(setup.service("checkup"), seats=2)
        assert displaced_ids(a_scenario(change), snapshot) == ["ada", "bela", "cleo"]
        assert displaced_ids(a_scenario(rules_of(setup.service("checkup"), seats=4)), snapshot) == []

    def test_a_service_that_is_for_groups_no_more_displaces_those_who_came_together(self) -> None:
        setup = a_clinic(services=[a_class(3)])
        snapshot = asked_of(setup, booked("ada", "10:00"), booked("bela", "10:00"), booked("cleo", "13:00"))
        change = rules_of(setup.service("checkup"), seats=1)
        assert displaced_ids(a_scenario(change), snapshot) == ["ada", "bela"]

    def test_a_service_that_is_for_groups_from_now_on_displaces_nobody(self) -> None:
        snapshot = asked_of(TWO, booked("ada", "10:00"), booked("bela", "10:30"))
        assert displaced_ids(a_scenario(rules_of(CHECKUP, seats=3)), snapshot) == []

    def test_longer_buffers_displace_a_whole_group_and_its_neighbour(self) -> None:
        setup = a_clinic(services=[a_class(3), a_service("scan")])
        group = [booked(name, "10:00") for name in ("ada", "bela")]
        snapshot = asked_of(setup, *group, booked("cleo", "10:30", service_id="scan"))
        change = rules_of(setup.service("checkup"), buffer_after_minutes=5)
        assert displaced_ids(a_scenario(change), snapshot) == ["ada", "bela", "cleo"]

    def test_what_is_overbooked_and_legal_stays(self) -> None:
        setup = replace(TWO, overbooking=(overbooking(),))
        on_top = booked("bela", "10:00", room_id="room-2", overbook=True)
        snapshot = asked_of(setup, booked("ada", "10:00"), on_top)
        assert displaced_ids(a_scenario(CLEANING), snapshot) == []

    def test_what_was_in_each_others_way_before_stays(self) -> None:
        second = booked("bela", "10:15", room_id="room-2")
        snapshot = asked_of(TWO, booked("ada", "10:00"), second)
        assert displaced_ids(a_scenario(CLEANING), snapshot) == []

    def test_a_looser_rule_displaces_nobody(self) -> None:
        setup = a_clinic(services=[a_service(buffer_after_minutes=15, min_gap_minutes=15, max_per_day=2)])
        snapshot = asked_of(setup, booked("ada", "10:00"), booked("bela", "10:45"))
        change = rules_of(
            setup.service("checkup"), buffer_after_minutes=0, min_gap_minutes=0, max_per_day=None
        )
        assert displaced_ids(a_scenario(change), snapshot) == []


def test_more_people_things_and_visits_displace_nobody() -> None:
    snapshot = asked_of(TWO, booked("ada", "10:00"), booked("bela", "10:30"))
    scenario = a_scenario(
        ProviderAdded(provider=a_provider("adams"), hours=()), EquipmentAdded(pool=a_pool("ecg-2")), wanted()
    )
    assert displaced_ids(scenario, snapshot) == []


def test_several_changes_displace_each_appointment_once_by_start() -> None:
    snapshot = asked_of(TWO, booked("ada", "14:00"), booked("bela", "10:00"), with_lee("09:00"))
    scenario = a_scenario(
        rules_of(CHECKUP, allowed_provider_ids=frozenset({"lee"})),
        absence(),
        absence(resource="rooms/room-2"),
    )
    assert displaced_ids(scenario, snapshot) == ["cleo", "bela", "ada"]


RULES_NOT_ASKED_AGAIN = {
    "start_is_aligned",
    "start_respects_notice",
    "start_is_within_the_booking_horizon",
    "group_visit_is_shared_whole",
}


def rules_broken(appointment: Appointment, snapshot: ClinicSnapshot) -> set[tuple[str, str]]:
    """Beside all others, as if it were booked anew."""
    others = lifted(snapshot, {appointment.id})
    at_home = Assignment.of(appointment)
    placement = placement_of(at_home, appointment.service_id, appointment.patient_id, others)
    return {
        (one.rule, one.resource)
        for one in violations(placement, others)
        if one.rule not in RULES_NOT_ASKED_AGAIN
    }


@pytest.mark.parametrize("seed", range(60))
def test_exactly_those_are_displaced_who_could_not_be_booked_there_any_more(seed: int) -> None:
    """In random practices under other rules of one service; groups are judged as a whole, and not here."""
    random = Random(seed)
    practice = practice_of(seed, visits=14, closes=16 * 60)
    service = random.choice(practice.setup.services)
    change = rules_of(
        service,
        buffer_before_minutes=random.choice([0, 5, 20]),
        buffer_after_minutes=random.choice([0, 10, 30]),
        min_gap_minutes=random.choice([0, 15, 60]),
        max_per_day=random.choice([None, 0, 1, 3]),
        blackout_dates=random.choice([(), (practice.first,)]),
        equipment=random.choice([(), service.equipment]),
    )
    snapshot = practice.snapshot
    setup = changed_setup(practice.setup, [change])
    after = with_appointments(replace(practice, setup=setup), practice.appointments)
    scenario = a_scenario(change, earliest=practice.minute(0, 0), latest=practice.minute(practice.days, 0))
    single = [
        one
        for one in snapshot.appointments
        if not practice.setup.service_by_id[one.service_id].is_for_groups
        and may_still_move(one, snapshot)
        and scenario.earliest <= Assignment.of(one).start < scenario.latest
    ]
    expected = {one.id for one in single if rules_broken(one, after) - rules_broken(one, snapshot)}
    found = set(displaced_ids(scenario, snapshot))
    assert found & {one.id for one in single} == expected
