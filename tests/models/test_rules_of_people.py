"""Rules about the two people of a visit: neither is in two places at once."""

from datetime import timedelta
from typing import Any

import pytest

from models.appointment import Appointment, AppointmentStatus
from models.rules import patient_is_never_in_two_places, provider_is_never_double_booked
from models.snapshot import ClinicSnapshot
from tests.builders import (
    NOW,
    a_call,
    a_clinic,
    a_patient,
    a_placement,
    a_provider,
    a_room,
    a_service,
    a_snapshot,
    an_appointment,
    moment,
)
from tests.verdicts import fits, refusal

HOLDING = ["pending", "scheduled", "confirmed", "checked_in", "in_progress", "completed"]
OVER = ["canceled", "no_show", "expired"]


def beside(*appointments: Appointment, **parts: Any) -> ClinicSnapshot:
    usual: dict[str, Any] = {
        "providers": (a_provider(), a_provider("lind")),
        "rooms": (a_room(), a_room("room-2")),
    }
    return a_snapshot(a_clinic(**{**usual, **parts}), *appointments)


class TestProviderIsNeverDoubleBooked:
    @pytest.mark.parametrize("clock", ["09:30", "10:30", "15:30"])
    def test_a_visit_may_touch_the_one_before_and_the_one_after(self, clock: str) -> None:
        assert fits(provider_is_never_double_booked, a_placement(clock), beside(an_appointment()))

    @pytest.mark.parametrize("clock", ["09:31", "10:00", "10:15", "10:29"])
    def test_no_minute_is_shared(self, clock: str) -> None:
        violation = refusal(provider_is_never_double_booked, a_placement(clock), beside(an_appointment()))
        assert (violation.resource, violation.taken) == ("providers/okoro", True)
        assert violation.message == "Dr Okoro is taken then"

    def test_a_visit_in_another_room_or_from_afar_takes_the_provider_too(self) -> None:
        elsewhere = an_appointment(room_id="room-2")
        remote = an_appointment(service_id="call", room_id=None)
        refusal(provider_is_never_double_booked, a_placement(), beside(elsewhere))
        services = (a_service(), a_call(id="call"))
        refusal(provider_is_never_double_booked, a_placement(), beside(remote, services=services))

    def test_another_provider_may_be_taken(self) -> None:
        colleague = an_appointment(provider_id="lind")
        assert fits(provider_is_never_double_booked, a_placement(), beside(colleague))

    def test_buffers_of_both_visits_add_up(self) -> None:
        wide = a_service(buffer_before_minutes=10, buffer_after_minutes=5)
        snapshot = beside(an_appointment(), services=(wide,))
        for clock in ("10:45", "09:15"):  # 5 behind the earlier one and 10 before the later one
            assert fits(provider_is_never_double_booked, a_placement(clock, service=wide), snapshot)
        for clock in ("10:44", "09:16"):
            refusal(provider_is_never_double_booked, a_placement(clock, service=wide), snapshot)

    def test_the_turnaround_of_a_room_is_not_the_providers(self) -> None:
        slow = a_room(turnaround_minutes=30)
        snapshot = beside(an_appointment(), rooms=(slow, a_room("room-2")))
        assert fits(provider_is_never_double_booked, a_placement("10:30", room=slow), snapshot)

    def test_a_buffer_outside_the_hours_still_holds(self) -> None:
        wide = a_service(buffer_before_minutes=60)
        first = an_appointment("08:00", "08:30")
        assert fits(
            provider_is_never_double_booked,
            a_placement("06:30", service=a_service()),
            beside(first, services=(wide,)),
        )
        refusal(
            provider_is_never_double_booked,
            a_placement("06:31", service=a_service()),
            beside(first, services=(wide,)),
        )

    @pytest.mark.parametrize("status", HOLDING)
    def test_a_visit_that_is_live_or_completed_holds_its_time(self, status: str) -> None:
        visit = an_appointment(status=AppointmentStatus(status))
        refusal(provider_is_never_double_booked, a_placement(), beside(visit))

    @pytest.mark.parametrize("status", OVER)
    def test_a_visit_that_is_over_without_having_been_holds_nothing(self, status: str) -> None:
        visit = an_appointment(status=AppointmentStatus(status))
        assert fits(provider_is_never_double_booked, a_placement(), beside(visit))

    def test_an_unconfirmed_hold_ends_the_moment_it_expires(self) -> None:
        pending = AppointmentStatus.PENDING
        alive = an_appointment(status=pending, expires_at=NOW + timedelta(microseconds=1))
        refusal(provider_is_never_double_booked, a_placement(), beside(alive))
        over = an_appointment(status=pending, expires_at=NOW)
        assert fits(provider_is_never_double_booked, a_placement(), beside(over))

    def test_a_confirmed_visit_outlives_the_expiry_it_once_had(self) -> None:
        confirmed = an_appointment(status=AppointmentStatus.CONFIRMED, expires_at=NOW - timedelta(hours=1))
        refusal(provider_is_never_double_booked, a_placement(), beside(confirmed))

    def test_a_hold_that_ends_within_a_minute_takes_the_whole_minute(self) -> None:
        """Whole minutes are all that an appointment can have, so its edges are exact."""
        with pytest.raises(ValueError, match="whole minutes"):
            an_appointment(end=moment("10:30") + timedelta(seconds=1))


def adas(start: str = "10:00", end: str = "10:30", **changes: Any) -> Appointment:
    """Ada's own visit with somebody else in another room."""
    return an_appointment(
        start, end, **{"patient_id": "ada", "provider_id": "lind", "room_id": "room-2", **changes}
    )


class TestPatientIsNeverInTwoPlaces:
    @pytest.mark.parametrize("clock", ["09:30", "10:30"])
    def test_a_visit_may_touch_the_one_before_and_the_one_after(self, clock: str) -> None:
        assert fits(patient_is_never_in_two_places, a_placement(clock), beside(adas()))

    @pytest.mark.parametrize("clock", ["09:31", "10:00", "10:29"])
    def test_no_minute_is_shared(self, clock: str) -> None:
        violation = refusal(patient_is_never_in_two_places, a_placement(clock), beside(adas()))
        assert (violation.resource, violation.taken) == ("patients/ada", True)
        assert violation.message == "the patient has another visit then"

    def test_buffers_are_not_the_patients(self) -> None:
        wide = a_service(buffer_before_minutes=60, buffer_after_minutes=60)
        snapshot = beside(adas(), services=(wide,))
        assert fits(patient_is_never_in_two_places, a_placement("10:30", service=wide), snapshot)
        assert fits(patient_is_never_in_two_places, a_placement("09:30", service=wide), snapshot)
        refusal(patient_is_never_in_two_places, a_placement("10:29", service=wide), snapshot)

    def test_a_visit_from_afar_keeps_the_patient_too(self) -> None:
        call = adas(service_id="call", room_id=None)
        services = (a_service(), a_call(id="call"))
        refusal(patient_is_never_in_two_places, a_placement(), beside(call, services=services))
        in_person = beside(adas(), services=services)
        refusal(patient_is_never_in_two_places, a_placement(service=a_call(id="call")), in_person)

    def test_another_patient_may_be_busy(self) -> None:
        assert fits(patient_is_never_in_two_places, a_placement(), beside(adas(patient_id="bela")))
        belas = a_placement(patient=a_patient("bela"))
        assert fits(patient_is_never_in_two_places, belas, beside(adas()))

    def test_nobody_is_busy_where_no_patient_is_named(self) -> None:
        assert fits(patient_is_never_in_two_places, a_placement(patient=None), beside(adas()))

    @pytest.mark.parametrize("status", OVER)
    def test_a_visit_that_is_over_frees_the_patient(self, status: str) -> None:
        over = adas(status=AppointmentStatus(status))
        assert fits(patient_is_never_in_two_places, a_placement(), beside(over))
