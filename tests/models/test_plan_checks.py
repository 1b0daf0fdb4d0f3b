"""A whole plan judged by the plain rules, piece by piece."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from random import Random
from typing import Any

import pytest

from models.appointment import Appointment
from models.calendar import Calendar
from models.errors import NotFound
from models.plan_checks import (
    RESOURCE_IS_THERE,
    PlannedVisit,
    in_bookable_order,
    lifted,
    objections,
    placement_of,
)
from models.planning import Assignment
from models.setup import ClinicSetup
from models.snapshot import ClinicSnapshot
from tests.builders import (
    NOW,
    a_class,
    a_clinic,
    a_group_visit,
    a_patient,
    a_pool,
    a_provider,
    a_room,
    a_service,
    a_snapshot,
    an_appointment,
    an_ecg,
    at,
    moment,
    overbooking,
    units,
)
from tests.solver.random_practices import practice_of, with_appointments

PEOPLE = [a_patient(), a_patient("bela"), a_patient("cleo"), *(a_patient(f"p{n}") for n in range(8))]


def snapshot_of(setup: ClinicSetup | None = None, *appointments: Appointment) -> ClinicSnapshot:
    return a_snapshot(setup, *appointments, patients=PEOPLE)


def booked(identifier: str, start: str, **changes: Any) -> Appointment:
    """Half an hour of a patient of that name."""
    begins = moment(start)
    changes = {"patient_id": identifier, **changes}
    return an_appointment(begins, begins + timedelta(minutes=30), id=identifier, **changes)


def to(identifier: str, start: str, minutes: int = 30, **changes: Any) -> PlannedVisit:
    """The visit of a patient of that name, planned for a time on Monday."""
    usual: dict[str, Any] = {"provider_id": "okoro", "room_id": "room-1"}
    service = changes.pop("service", "checkup")
    place = Assignment(start=at(start), end=at(start) + minutes, **{**usual, **changes})
    return PlannedVisit(appointment_id=identifier, service_id=service, patient_id=identifier, at=place)


def rules_broken(snapshot: ClinicSnapshot, *visits: PlannedVisit) -> list[tuple[str, str]]:
    return [(one.appointment_id, one.rule) for one in objections(visits, snapshot)]


def held(calendar: Calendar) -> list[tuple[int, int, int]]:
    return list(zip(calendar.resources, calendar.starts, calendar.ends, strict=True))


class TestLifted:
    @pytest.mark.parametrize("seed", range(60))
    def test_is_the_clinic_as_if_they_had_never_been_booked(self, seed: int) -> None:
        practice, random = practice_of(seed, visits=12, closes=16 * 60), Random(seed)
        gone = [one.id for one in practice.appointments if random.random() < 0.5]
        found = lifted(practice.snapshot, gone)
        left = tuple(one for one in practice.appointments if one.id not in gone)
        wanted = with_appointments(practice, left)
        assert held(found.calendar) == held(wanted.calendar)
        for resource in range(len(practice.setup.resource_index)):
            assert found.calendar.busy(resource) == wanted.calendar.busy(resource)
        for patient_id in practice.snapshot.patients:
            assert found.calendar.visits_of(patient_id) == wanted.calendar.visits_of(patient_id)
            assert list(found.visits_with.get(patient_id, ())) == list(wanted.visits_with.get(patient_id, ()))
        assert found.appointments == wanted.appointments
        assert [replace(one, id="") for one in found.group_visits] == [
            replace(one, id="") for one in wanted.group_visits
        ]

    def test_leaves_a_group_visit_to_those_who_still_come(self) -> None:
        setup = a_clinic(services=[a_class(4)])
        snapshot = snapshot_of(
            setup, booked("ada", "10:00"), booked("bela", "10:00"), booked("cleo", "10:00")
        )
        found = lifted(snapshot, {"ada", "bela"})
        assert [(one.id, one.patients) for one in found.group_visits] == [("ada", 1)]
        assert held(found.calendar) == held(snapshot_of(setup, booked("cleo", "10:00")).calendar)

    def test_ends_a_group_visit_to_which_nobody_comes_any_more(self) -> None:
        setup = a_clinic(services=[a_class(4)])
        found = lifted(snapshot_of(setup, booked("ada", "10:00"), booked("bela", "10:00")), {"ada", "bela"})
        assert found.group_visits == ()
        assert held(found.calendar) == []

    def test_of_nothing_is_the_clinic_itself(self) -> None:
        snapshot = snapshot_of(None, booked("ada", "10:00"))
        assert lifted(snapshot, ()) is snapshot

    def test_leaves_those_who_came_twice_at_the_same_time_once(self) -> None:
        """Two visits of a patient with one window: nothing but the one that moves is let go."""
        pair = booked("ada", "10:00"), booked("twin", "10:00", patient_id="ada", room_id="room-2")
        snapshot = snapshot_of(a_clinic(rooms=[a_room(), a_room("room-2")]), *pair)
        assert lifted(snapshot, {"ada"}).calendar.visits_of("ada").starts == [at("10:00")]

    def test_is_refused_where_the_calendar_knows_nothing_of_it(self) -> None:
        snapshot = replace(snapshot_of(None, booked("ada", "10:00")), calendar=Calendar.of(()))
        with pytest.raises(ValueError, match="does not hold"):
            lifted(snapshot, {"ada"})


class TestPlacementOf:
    def test_joins_the_group_visit_that_takes_place_there_and_then(self) -> None:
        snapshot = snapshot_of(a_clinic(services=[a_class()]), booked("ada", "10:00"))
        placement = placement_of(to("cleo", "10:00").at, "checkup", "cleo", snapshot)
        assert placement.joins == a_group_visit(id="ada")

    def test_does_not_join_what_nobody_shares(self) -> None:
        snapshot = snapshot_of(None, booked("ada", "10:00"))
        assert placement_of(to("cleo", "10:00").at, "checkup", "cleo", snapshot).joins is None

    def test_knows_its_patient(self) -> None:
        with pytest.raises(NotFound):
            placement_of(to("nobody", "10:00").at, "checkup", "nobody", snapshot_of())


class TestObjections:
    def test_there_are_none_to_two_who_swap_their_times(self) -> None:
        snapshot = snapshot_of(None, booked("ada", "10:00"), booked("bela", "10:30"))
        swap = to("ada", "10:30"), to("bela", "10:00")
        assert rules_broken(lifted(snapshot, {"ada", "bela"}), *swap) == []
        assert rules_broken(snapshot, *swap) == [
            ("ada", "room_is_never_double_booked"),
            ("bela", "room_is_never_double_booked"),
        ]

    def test_there_are_none_to_three_who_change_in_a_circle(self) -> None:
        snapshot = snapshot_of(None, booked("ada", "10:00"), booked("bela", "10:30"), booked("cleo", "11:00"))
        circle = to("ada", "10:30"), to("bela", "11:00"), to("cleo", "10:00")
        assert rules_broken(lifted(snapshot, {"ada", "bela", "cleo"}), *circle) == []

    def test_name_each_visit_and_leave_it_out_for_those_behind_it(self) -> None:
        snapshot = snapshot_of(None, booked("bela", "10:00"))
        visits = to("ada", "10:15"), to("cleo", "10:30"), to("p0", "10:30"), to("p1", "20:00")
        assert rules_broken(snapshot, *visits) == [
            ("ada", "room_is_never_double_booked"),
            ("p0", "room_is_never_double_booked"),
            ("p1", "provider_is_working"),
        ]

    def test_notice_is_not_asked_for_but_nobody_is_sent_into_the_past(self) -> None:
        setup = a_clinic(services=[a_service(min_notice_minutes=24 * 60)])
        now = NOW + timedelta(hours=3)
        snapshot = a_snapshot(setup, now=now, patients=PEOPLE)
        assert rules_broken(snapshot, to("ada", "09:00"), to("bela", "08:45")) == [
            ("bela", "start_respects_notice")
        ]

    def test_a_group_visit_opened_by_one_can_be_joined_by_the_next(self) -> None:
        snapshot = snapshot_of(a_clinic(services=[a_class(2)]))
        visits = to("ada", "10:00"), to("bela", "10:00"), to("cleo", "10:00")
        assert rules_broken(snapshot, *visits) == [("cleo", "group_visit_has_a_seat_left")]

    def test_a_group_visit_opened_in_one_room_is_not_held_in_another(self) -> None:
        rooms = [a_room(), a_room("room-2")]
        snapshot = snapshot_of(a_clinic(services=[a_class()], rooms=rooms, overbooking=[overbooking()]))
        visits = to("ada", "10:00"), to("bela", "10:00", room_id="room-2")
        assert rules_broken(snapshot, *visits) == [("bela", "group_visit_is_shared_whole")]

    def test_who_comes_on_top_of_others_is_counted(self) -> None:
        setup = a_clinic(rooms=[a_room(capacity=9)], overbooking=[overbooking(lanes=2, max_per_day=1)])
        visits = to("ada", "10:00"), to("bela", "10:00"), to("cleo", "10:00")
        assert rules_broken(snapshot_of(setup), *visits) == [
            ("cleo", "overbooking_stays_within_its_daily_limit")
        ]

    @pytest.mark.parametrize(
        ("changes", "missing"),
        [
            ({"room_id": "gone"}, "rooms/gone"),
            ({"provider_id": "gone"}, "providers/gone"),
            ({"equipment": (units("gone"),)}, "equipment/gone"),
            ({"service": "gone"}, "services/gone"),
        ],
    )
    def test_what_is_not_there_any_more_is_named(self, changes: dict[str, Any], missing: str) -> None:
        (found,) = objections([to("ada", "10:00", **changes)], snapshot_of())
        assert (found.rule, found.resource) == (RESOURCE_IS_THERE, missing)

    def test_machines_are_counted_over_all_that_moves(self) -> None:
        setup = a_clinic(
            providers=[a_provider(f"dr{n}") for n in range(3)],
            rooms=[a_room(f"room-{n}") for n in range(3)],
            services=[an_ecg()],
            equipment=[a_pool()],
        )
        visits = [
            to(f"p{n}", "10:00", provider_id=f"dr{n}", room_id=f"room-{n}", equipment=(units(),))
            for n in range(3)
        ]
        assert rules_broken(snapshot_of(setup), *visits) == [("p2", "equipment_is_never_overbooked")]

    def test_thousands_can_be_judged_one_on_top_of_the_other(self) -> None:
        setup = a_clinic(services=[a_service(slot_step_minutes=5, duration_minutes=5)])
        start = at("08:00")
        visits = [
            PlannedVisit(
                appointment_id=str(number),
                service_id="checkup",
                patient_id="ada",
                at=Assignment(
                    provider_id="okoro",
                    room_id="room-1",
                    start=start + number // 96 * 1440 + number % 96 * 5,
                    end=start + number // 96 * 1440 + number % 96 * 5 + 5,
                ),
            )
            for number in range(2_000)
        ]
        assert objections(visits, snapshot_of(setup)) == []


class TestInBookableOrder:
    @pytest.mark.parametrize("seed", range(150))
    def test_whatever_can_be_booked_in_some_order_can_be_booked_in_this(self, seed: int) -> None:
        random = Random(seed)
        setup = a_clinic(
            providers=[a_provider(service_ids=("checkup", "long"))],
            rooms=[a_room(capacity=9)],
            services=[a_service(buffer_after_minutes=15), a_service("long", duration_minutes=60)],
            overbooking=[
                overbooking("09:00", "11:00", lanes=random.choice((1, 2)), id="one"),
                overbooking("10:00", "12:00", lanes=random.choice((1, 3)), id="two", service_id="long"),
            ],
        )
        snapshot = snapshot_of(setup, *([booked("ada", "10:00")] if random.random() < 0.5 else []))
        starts = [f"{hour:02}:{minute:02}" for hour in (9, 10, 11) for minute in (0, 15, 30, 45)]
        visits = []
        for number in range(random.choice((3, 4, 5))):
            service, minutes = random.choice((("checkup", 30), ("long", 60)))
            visits.append(to(f"p{number}", random.choice(starts), minutes, service=service))
        possible = any(not objections(order, snapshot) for order in permutations(visits))
        found = in_bookable_order(visits, snapshot)
        assert sorted(found, key=visits.index) == visits
        assert (objections(found, snapshot) == []) is possible

    def test_those_who_meet_nobody_come_before_those_on_top(self) -> None:
        setup = a_clinic(
            services=[a_service(), a_service("long", duration_minutes=60)],
            providers=[a_provider(service_ids=("checkup", "long"))],
            rooms=[a_room(capacity=9)],
            overbooking=[overbooking(max_per_day=1)],
        )
        visits = to("p0", "10:00", 60, service="long"), to("p1", "10:00"), to("p2", "10:30")
        order = in_bookable_order(visits, snapshot_of(setup))
        assert [one.appointment_id for one in order] == ["p1", "p2", "p0"]
        assert objections(order, snapshot_of(setup)) == []

    def test_where_nobody_may_be_on_top_the_order_stays(self) -> None:
        visits = [to("cleo", "11:00"), to("ada", "10:00"), to("bela", "10:30")]
        assert in_bookable_order(visits, snapshot_of()) == visits
