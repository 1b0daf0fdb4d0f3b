"""What fits together where several are seen at once: group visits, and visits on top of others."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.appointment import Appointment, AppointmentStatus
from models.clinic import OverbookingRule, Weekday
from models.clinic_file import ClinicFile
from models.errors import Fault
from models.integrity import faults_of
from models.setup import ClinicSetup
from tests.builders import (
    a_clinic,
    a_patient,
    a_pool,
    a_provider,
    a_room,
    a_service,
    an_appointment,
    moment,
    units,
)


def a_file(*appointments: Appointment, setup: ClinicSetup) -> ClinicFile:
    """These visits; Ada, Bela and Chen are the patients."""
    patients = (a_patient(), a_patient("bela"), a_patient("chen"))
    return ClinicFile(setup=setup, patients=patients, appointments=appointments)


def of_ada(start: str, end: str, **changes: object) -> Appointment:
    """A second visit, by another patient than the first."""
    return an_appointment(start, end, id="second", patient_id="ada", **changes)


class TestOverbooking:
    lane = OverbookingRule(
        id="rush", provider_id="okoro", weekdays=(Weekday.MONDAY,), start=480, end=720, lanes=1
    )
    setup = a_clinic(rooms=[a_room(capacity=3)], overbooking=[lane])

    def test_a_lane_takes_a_visit_that_says_so(self) -> None:
        assert (
            faults_of(a_file(an_appointment(), of_ada("10:15", "10:45", overbook=True), setup=self.setup))
            == []
        )

    def test_and_none_that_does_not(self) -> None:
        (fault,) = faults_of(a_file(an_appointment(), of_ada("10:15", "10:45"), setup=self.setup))
        assert fault.message == "overlaps appointment 'booked', which also takes providers/okoro"

    def test_two_in_a_lane_fit_where_nobody_is_seen_regularly(self) -> None:
        both = an_appointment(overbook=True), of_ada("10:15", "10:45", overbook=True)
        assert faults_of(a_file(*both, setup=self.setup)) == []

    def test_there_are_so_many_lanes_and_no_more(self) -> None:
        third = an_appointment("10:15", "10:45", id="third", patient_id="chen", overbook=True)
        file = a_file(an_appointment(), of_ada("10:00", "10:30", overbook=True), third, setup=self.setup)
        (fault,) = faults_of(file)
        assert fault.path == "$.appointments[2]"

    def test_a_room_has_no_lanes(self) -> None:
        setup = a_clinic(overbooking=[self.lane])
        (fault,) = faults_of(a_file(an_appointment(), of_ada("10:00", "10:30", overbook=True), setup=setup))
        assert fault.message == "overlaps appointment 'booked', which also takes rooms/room-1"

    def test_more_than_the_rule_lets_in_a_day_may_have_been_booked_before(self) -> None:
        setup = a_clinic(rooms=[a_room(capacity=2)], overbooking=[replace(self.lane, max_per_day=0)])
        assert faults_of(a_file(an_appointment(), of_ada("10:00", "10:30", overbook=True), setup=setup)) == []


class TestCapsAndGaps:
    @pytest.mark.parametrize("changes", [{"max_per_day": 1}, {"min_gap_minutes": 60}])
    def test_more_may_have_been_booked_than_a_rule_now_lets_in(self, changes: dict[str, Any]) -> None:
        setup = a_clinic(services=[a_service(**changes)], providers=[a_provider(max_visits_per_day=1)])
        assert faults_of(a_file(an_appointment(), of_ada("10:30", "11:00"), setup=setup)) == []


class TestGroupVisits:
    setup = a_clinic(
        providers=[a_provider(), a_provider("lind")],
        services=[a_service(seats=2, buffer_before_minutes=5, buffer_after_minutes=5)],
        rooms=[a_room(), a_room("room-2")],
        equipment=[a_pool(quantity=1)],
    )

    def faults(self, *visits: Appointment, setup: ClinicSetup | None = None) -> list[Fault]:
        return faults_of(a_file(*visits, setup=setup or self.setup))

    def test_patients_share_provider_room_and_equipment(self) -> None:
        first = an_appointment(equipment=(units(),))
        assert self.faults(first, of_ada("10:00", "10:30", equipment=(units(),))) == []

    def test_there_is_a_seat_for_each_and_no_more(self) -> None:
        third = an_appointment(id="third", patient_id="chen")
        assert self.faults(an_appointment(), of_ada("10:00", "10:30"), third) == [
            Fault("$.appointments[2]", "Check-up has 2 seats, and appointment 'booked' takes the last one")
        ]

    def test_who_left_takes_no_seat(self) -> None:
        left = an_appointment(id="third", patient_id="chen", status=AppointmentStatus.CANCELED)
        assert self.faults(an_appointment(), left, of_ada("10:00", "10:30")) == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"provider_id": "lind"},
            {"start": "10:05", "end": "10:35"},
            {"end": "10:35"},
            {"room_id": "room-2"},
        ],
    )
    def test_another_provider_time_or_room_is_another_visit(self, changes: dict[str, str]) -> None:
        times = changes.pop("start", "10:00"), changes.pop("end", "10:30")
        assert self.faults(an_appointment(), of_ada(*times, **changes)) != []

    def test_nobody_sits_in_a_group_twice(self) -> None:
        (fault,) = self.faults(an_appointment(), an_appointment(id="again"))
        assert fault.message == "overlaps appointment 'booked', which also takes patients/bela"

    def test_the_next_group_waits_for_the_buffers(self) -> None:
        first = an_appointment(), of_ada("10:00", "10:30")
        fits, too_early = (
            an_appointment(start, end, id="third", patient_id="chen")
            for start, end in (("10:40", "11:10"), ("10:39", "11:09"))
        )
        assert self.faults(*first, fits) == []
        assert {fault.path for fault in self.faults(*first, too_early)} == {"$.appointments[2]"}

    def test_a_service_for_one_is_not_shared(self) -> None:
        found = self.faults(an_appointment(), of_ada("10:00", "10:30"), setup=a_clinic())
        assert {fault.path for fault in found} == {"$.appointments[1]"}

    def test_members_agree_on_equipment_and_lane(self) -> None:
        setup = replace(self.setup, overbooking=(TestOverbooking.lane,))
        same = "must be that of appointment 'booked', which is the same group visit"
        other = of_ada("10:00", "10:30", equipment=(units(),), overbook=True)
        assert self.faults(an_appointment(), other, setup=setup) == [
            Fault("$.appointments[1].equipment", same),
            Fault("$.appointments[1].overbook", same),
        ]

    @given(
        st.lists(
            st.tuples(
                st.integers(0, 2),
                st.sampled_from(["okoro", "lind"]),
                st.sampled_from(["room-1", "room-2"]),
                st.integers(0, 3),
            ),
            max_size=6,
        )
    )
    def test_what_fits_is_what_counting_says(self, drawn: list[tuple[int, str, str, int]]) -> None:
        visits = [a_seat(number, *one) for number, one in enumerate(drawn)]
        file = ClinicFile(
            setup=self.setup,
            patients=tuple(a_patient(f"patient-{n}") for n in range(4)),
            appointments=tuple(visits),
        )
        assert bool(faults_of(file)) == (not fits_together(visits))


def a_seat(number: int, turn: int, provider_id: str, room_id: str, patient: int) -> Appointment:
    """A seat in the first, second or third group visit of the morning; they begin 35 minutes apart."""
    starts_at = moment("08:00") + timedelta(minutes=35 * turn)
    return an_appointment(
        starts_at,
        starts_at + timedelta(minutes=30),
        id=f"visit-{number}",
        patient_id=f"patient-{patient}",
        provider_id=provider_id,
        room_id=room_id,
    )


def fits_together(visits: Sequence[Appointment]) -> bool:
    """Two by two in the same group or without anything in common while the buffers last; two to a group."""
    groups = Counter((one.provider_id, one.starts_at, one.room_id) for one in visits)
    for one, other in combinations(visits, 2):
        same_time = one.starts_at == other.starts_at  # visits lie 35 minutes apart, and buffers add up to 10
        near = abs(one.starts_at - other.starts_at) < timedelta(minutes=40)
        same_provider, same_room = one.provider_id == other.provider_id, one.room_id == other.room_id
        if same_time and one.patient_id == other.patient_id:
            return False
        if near and (same_provider or same_room) and not (same_time and same_provider and same_room):
            return False
    return max(groups.values(), default=0) <= 2
