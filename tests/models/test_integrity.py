"""What only the whole clinic can tell: names of nothing, names twice, rules that never occur, overlaps."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.appointment import HOLDING, Appointment, AppointmentStatus
from models.clinic_file import ClinicFile
from models.errors import Fault
from models.integrity import faults_of
from models.overlaps import overlaps_of
from models.recurrence import occurrence_dates, refusal_of
from models.setup import ClinicSetup
from tests.builders import (
    a_call,
    a_clinic,
    a_patient,
    a_pool,
    a_provider,
    a_room,
    a_service,
    an_appointment,
    an_ecg,
    hours,
    moment,
    units,
)


def a_file(*appointments: Appointment, setup: ClinicSetup | None = None) -> ClinicFile:
    """The usual clinic with these visits; Ada and Bela are its patients."""
    patients = (a_patient(), a_patient("bela"))
    return ClinicFile(setup=setup or a_clinic(), patients=patients, appointments=appointments)


def of_ada(start: str, end: str, **changes: object) -> Appointment:
    """A second visit, by another patient than the first."""
    return an_appointment(start, end, id="second", patient_id="ada", **changes)


class TestReferences:
    def test_a_dangling_room_is_refused_with_its_path(self) -> None:
        file = a_file(an_appointment(room_id="attic"))
        assert faults_of(file) == [Fault("$.appointments[0].roomId", "there is no room 'attic'")]

    def test_a_room_that_has_faults_of_its_own_is_not_missing(self) -> None:
        assert faults_of(a_file(an_appointment(room_id="attic")), {"rooms/attic"}) == []

    def test_no_room_is_missing_when_some_have_unknown_names(self) -> None:
        assert faults_of(a_file(an_appointment(room_id="attic")), {"rooms/"}) == []

    def test_an_id_may_serve_in_two_collections(self) -> None:
        setup = a_clinic(
            providers=[a_provider("same")],
            rooms=[a_room("same")],
            working_hours=[hours("rooms/same", "08:00", "09:00")],
        )
        assert faults_of(a_file(setup=setup)) == []

    def test_an_id_with_a_slash_is_an_id(self) -> None:
        setup = a_clinic(providers=[a_provider("a/b")])
        assert faults_of(a_file(setup=setup)) == []

    def test_the_third_of_three_equal_ids_is_refused_too(self) -> None:
        setup = a_clinic(rooms=[a_room(), a_room(), a_room()])
        assert [fault.path for fault in faults_of(a_file(setup=setup))] == ["$.rooms[1].id", "$.rooms[2].id"]


class TestRooms:
    def test_a_call_names_no_room(self) -> None:
        (fault,) = faults_of(a_file(an_appointment(), setup=a_clinic(services=[a_call()])))
        assert fault == Fault("$.appointments[0].roomId", "Check-up takes place without a room")

    def test_a_visit_in_person_names_one(self) -> None:
        (fault,) = faults_of(a_file(an_appointment(room_id=None)))
        assert fault.path == "$.appointments[0].roomId"

    def test_a_visit_that_holds_nothing_may_have_lost_its_room(self) -> None:
        canceled = an_appointment(room_id=None, status=AppointmentStatus.CANCELED)
        assert faults_of(a_file(canceled)) == []

    def test_a_visit_outside_all_hours_in_an_odd_room_is_history_not_a_fault(self) -> None:
        setup = a_clinic(services=[a_service(room_types=frozenset({"lab"}))])
        assert faults_of(a_file(an_appointment("03:00", "03:35"), setup=setup)) == []


class TestOverlapsOfProviders:
    def test_visits_that_touch_are_no_overlap(self) -> None:
        assert faults_of(a_file(an_appointment(), of_ada("10:30", "11:00"))) == []

    def test_a_minute_in_common_is_one(self) -> None:
        setup = a_clinic(rooms=[a_room(), a_room("room-2")])
        other = of_ada("10:29", "11:00", room_id="room-2")
        message = "overlaps appointment 'booked', which also takes providers/okoro"
        assert faults_of(a_file(an_appointment(), other, setup=setup)) == [
            Fault("$.appointments[1]", message)
        ]

    def test_buffers_add_up(self) -> None:
        setup = a_clinic(
            services=[a_service(buffer_before_minutes=5, buffer_after_minutes=10)], rooms=[a_room(capacity=2)]
        )
        assert faults_of(a_file(an_appointment(), of_ada("10:45", "11:15"), setup=setup)) == []
        assert len(faults_of(a_file(an_appointment(), of_ada("10:44", "11:14"), setup=setup))) == 1

    def test_the_flag_overbook_excuses_nothing_without_a_rule(self) -> None:
        setup = a_clinic(rooms=[a_room(capacity=2)])
        other = of_ada("10:15", "10:45", overbook=True)
        assert len(faults_of(a_file(an_appointment(), other, setup=setup))) == 1

    def test_the_one_further_down_in_the_file_is_at_fault(self) -> None:
        setup = a_clinic(rooms=[a_room(capacity=2)])
        (fault,) = faults_of(a_file(of_ada("10:15", "10:45"), an_appointment(), setup=setup))
        assert fault.path == "$.appointments[1]"

    @pytest.mark.parametrize("status", list(AppointmentStatus))
    def test_only_what_holds_its_resources_overlaps(self, status: AppointmentStatus) -> None:
        found = faults_of(a_file(an_appointment(), of_ada("10:00", "10:30", status=status)))
        assert bool(found) == (status in HOLDING)


class TestOverlapsOfRooms:
    two = (a_provider(), a_provider("lind"))

    def test_turnaround_counts_after_the_visit(self) -> None:
        setup = a_clinic(providers=self.two, rooms=[a_room(turnaround_minutes=15)])
        fits = of_ada("10:45", "11:15", provider_id="lind")
        assert faults_of(a_file(an_appointment(), fits, setup=setup)) == []
        too_early = of_ada("10:44", "11:14", provider_id="lind")
        (fault,) = faults_of(a_file(an_appointment(), too_early, setup=setup))
        assert fault.message == "overlaps appointment 'booked', which also takes rooms/room-1"

    def test_a_room_takes_as_many_visits_as_it_has_places(self) -> None:
        setup = a_clinic(providers=self.two, rooms=[a_room(capacity=2)])
        other = of_ada("10:00", "10:30", provider_id="lind")
        assert faults_of(a_file(an_appointment(), other, setup=setup)) == []


class TestOverlapsOfEquipment:
    def test_units_of_a_pool_add_up(self) -> None:
        setup = a_clinic(
            providers=[a_provider(), a_provider("lind")],
            rooms=[a_room(capacity=2)],
            services=[an_ecg()],
            equipment=[a_pool(quantity=2)],
        )
        first = an_appointment(equipment=(units(),))
        fits = of_ada("10:00", "10:30", provider_id="lind", equipment=(units(),))
        assert faults_of(a_file(first, fits, setup=setup)) == []
        too_many = replace(fits, equipment=(units(count=2),))
        (fault,) = faults_of(a_file(first, too_many, setup=setup))
        assert fault.message == "overlaps appointment 'booked', which also takes equipment/ecg-1"


class TestOverlapsOfPatients:
    def test_nobody_is_in_two_places(self) -> None:
        setup = a_clinic(providers=[a_provider(), a_provider("lind")], rooms=[a_room(), a_room("room-2")])
        elsewhere = an_appointment("10:29", "11:00", id="second", provider_id="lind", room_id="room-2")
        (fault,) = faults_of(a_file(an_appointment(), elsewhere, setup=setup))
        assert fault.message == "overlaps appointment 'booked', which also takes patients/bela"

    def test_buffers_are_not_the_patients(self) -> None:
        service = a_service(buffer_before_minutes=15, buffer_after_minutes=15)
        setup = a_clinic(
            providers=[a_provider(), a_provider("lind")],
            rooms=[a_room(), a_room("room-2")],
            services=[service],
        )
        elsewhere = an_appointment("10:30", "11:00", id="second", provider_id="lind", room_id="room-2")
        assert faults_of(a_file(an_appointment(), elsewhere, setup=setup)) == []


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=12)


class TestTheSweep:
    @given(SPANS, st.integers(1, 3))
    def test_without_the_reported_ones_everything_fits_and_each_is_needed(
        self, spans: list[tuple[int, int]], capacity: int
    ) -> None:
        setup = a_clinic(
            providers=[a_provider(f"p{n}") for n in range(len(spans))], rooms=[a_room(capacity=capacity)]
        )
        visits = [a_minute_visit(n, start, length) for n, (start, length) in enumerate(spans)]
        found = overlaps_of(visits, setup)
        removed = {overlap.appointment for overlap in found}
        kept = [visit for n, visit in enumerate(visits) if n not in removed]
        assert peak(kept) <= capacity
        assert bool(found) == (peak(visits) > capacity)
        for overlap in found:
            mine, other = visits[overlap.appointment], visits[overlap.other]
            assert mine.starts_at < other.ends_at
            assert other.starts_at < mine.ends_at

    def test_ten_times_the_visits_take_nothing_like_a_hundred_times_as_long(self) -> None:
        random = Random(1)
        setup = a_clinic(providers=[a_provider(f"p{n}") for n in range(50)], rooms=[a_room(capacity=1000)])
        visits = [
            replace(
                a_minute_visit(n, random.randrange(100_000), 30),
                provider_id=f"p{random.randrange(50)}",
                patient_id=f"patient-{n % 5000}",
            )
            for n in range(50_000)
        ]

        def spent(count: int) -> float:
            began = process_time()
            overlaps_of(visits[:count], setup)
            return process_time() - began

        assert spent(50_000) < 30 * spent(5_000)


def a_minute_visit(number: int, start: int, length: int) -> Appointment:
    """A visit in the one room, of a provider and a patient of its own."""
    starts_at = moment("00:00") + timedelta(minutes=start)
    return an_appointment(
        starts_at,
        starts_at + timedelta(minutes=length),
        id=f"visit-{number}",
        patient_id=f"patient-{number}",
        provider_id=f"p{number}",
    )


def peak(visits: Sequence[Appointment]) -> int:
    return max((sum(one.starts_at <= v.starts_at < one.ends_at for one in visits) for v in visits), default=0)


PARTS = st.sampled_from(
    [
        *("INTERVAL=2", "INTERVAL=0", "INTERVAL=-1", "COUNT=3", "COUNT=1000", "UNTIL=20260101", "UNTIL=x"),
        *("BYDAY=MO,SU", "BYDAY=-1SU", "BYDAY=53MO", "BYDAY=100MO", "BYDAY=XX", "BYMONTHDAY=31"),
        *("BYMONTHDAY=-31", "BYMONTHDAY=99", "BYYEARDAY=-366", "BYWEEKNO=53", "BYWEEKNO=99", "BYMONTH=2"),
        *("BYMONTH=13", "BYSETPOS=-1", "BYSETPOS=366", "WKST=SU", "BYEASTER=0", "X", "=", ""),
    ]
)
FREQUENCIES = st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY"])
RULES = st.builds(lambda first, rest: ";".join([first, *rest]), FREQUENCIES, st.lists(PARTS, max_size=4))


class TestRecurrence:
    @pytest.mark.parametrize(
        ("rule", "starts"),
        [
            ("FREQ=WEEKLY;BYDAY=MO,TU", None),
            ("rrule:freq=daily", None),
            ("FREQ=DAILY;COUNT=3", date(2026, 1, 31)),
            ("FREQ=DAILY;UNTIL=20260601T000000Z", None),
            ("FREQ=YEARLY", date(2024, 2, 29)),
            ("FREQ=MONTHLY", date(2026, 1, 31)),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", None),
            ("FREQ=WEEKLY;INTERVAL=1000;BYDAY=SU", date(9999, 12, 26)),
        ],
    )
    def test_a_rule_of_whole_days_is_accepted(self, rule: str, starts: date | None) -> None:
        assert refusal_of(rule, starts) is None

    @pytest.mark.parametrize(
        ("rule", "starts", "reason"),
        [
            ("FREQ=DAILY;COUNT=3", None, "COUNT needs effectiveFrom"),
            ("FREQ=DAILY;COUNT=1001", date(2026, 1, 1), "COUNT must be from 1 to 1000"),
            ("FREQ=DAILY;INTERVAL=1001", None, "INTERVAL must be from 1 to 1000"),
            ("FREQ=DAILY;INTERVAL=٣", None, "is not a recurrence rule"),
            ("FREQ=DAILY;UNTIL=2026", None, "UNTIL must be a day"),
            ("FREQ=DAILY;FREQ=WEEKLY", None, "says something twice"),
            ("FREQ=DAILY;", None, "is not a recurrence rule"),
            ("FREQ=MONTHLY;BYMONTHDAY=32", None, "never occurs"),
            ("FREQ=YEARLY;BYDAY=100MO", None, "is not a recurrence rule"),
            ("FREQ=MONTHLY;BYMONTH=2", date(2026, 1, 31), "never occurs"),
        ],
    )
    def test_any_other_is_refused_with_a_reason(self, rule: str, starts: date | None, reason: str) -> None:
        assert reason in (refusal_of(rule, starts) or "")

    @given(RULES, st.sampled_from([None, date(1900, 1, 1), date(2026, 1, 31), date(9999, 12, 31)]))
    def test_whatever_is_accepted_can_be_expanded(self, rule: str, starts: date | None) -> None:
        if refusal_of(rule, starts) is None:
            row = hours("rooms/room-1", "08:00", "09:00", rule, effective_from=starts)
            occurrence_dates(row, date(2026, 1, 1), date(2026, 2, 1))


def test_pending_visits_hold_their_place_whatever_the_clock_says() -> None:
    lapsed = of_ada(
        "10:00", "10:30", status=AppointmentStatus.PENDING, expires_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert faults_of(a_file(an_appointment(), lapsed)) != []
    assert faults_of(a_file(an_appointment(), lapsed).as_of(datetime(2026, 2, 1, tzinfo=UTC))) == []
