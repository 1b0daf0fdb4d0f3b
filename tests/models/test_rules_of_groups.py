"""Rules about visits that several patients share: seats, and that whoever joins shares everything."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models.appointment import Appointment, AppointmentStatus
from models.rules import first_violation, group_visit_has_a_seat_left, group_visit_is_shared_whole
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from tests.builders import (
    NOW,
    a_call,
    a_class,
    a_clinic,
    a_group_visit,
    a_location,
    a_patient,
    a_placement,
    a_pool,
    a_provider,
    a_room,
    a_service,
    a_snapshot,
    an_appointment,
    an_ecg,
    units,
)
from tests.verdicts import fits, refusal

HOLDING = ["pending", "scheduled", "confirmed", "checked_in", "in_progress", "completed"]
OVER = ["canceled", "no_show", "expired"]


def seated(count: int, start: str = "10:00", end: str = "10:30", **changes: Any) -> list[Appointment]:
    """So many patients in one group visit."""
    return [
        an_appointment(
            start, end, **{"id": f"{start} {number}", "patient_id": f"{start} {number}", **changes}
        )
        for number in range(count)
    ]


def beside(*booked: Appointment, **parts: Any) -> ClinicSnapshot:
    """A clinic whose check-ups have three seats."""
    usual: dict[str, Any] = {
        "services": (a_class(),),
        "providers": (a_provider(), a_provider("lind")),
        "rooms": (a_room(), a_room("room-2")),
    }
    return a_snapshot(a_clinic(**{**usual, **parts}), *booked)


def a_seat(start: str = "10:00", **changes: Any) -> Placement:
    """A seat for Ada in the group visit of that time."""
    return a_placement(start, **{"service": a_class(), "joins": a_group_visit(start), **changes})


class TestGroupVisitHasASeatLeft:
    rule = staticmethod(group_visit_has_a_seat_left)

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_a_seat_is_left_until_all_are_taken(self, count: int) -> None:
        assert fits(self.rule, a_seat(), beside(*seated(count)))

    def test_nobody_sits_where_all_seats_are_taken(self) -> None:
        violation = refusal(self.rule, a_seat(), beside(*seated(3)))
        assert (violation.resource, violation.taken) == ("providers/okoro", True)
        assert violation.message == "all 3 seats of Check-up are taken then"

    def test_a_second_group_visit_is_bounded_by_the_same_seats(self) -> None:
        """Overbooked or not: a provider has so many patients of the service at one time."""
        half_past = a_placement("10:15", service=a_class())
        assert fits(self.rule, half_past, beside(*seated(2)))
        refusal(self.rule, half_past, beside(*seated(3)))
        refusal(self.rule, half_past, beside(*seated(2), *seated(1, "10:15", "10:45", room_id="room-2")))

    def test_seats_are_counted_minute_by_minute(self) -> None:
        """Two before and two behind that never meet leave a seat to whoever meets both."""
        before, behind = seated(2, "09:45", "10:15"), seated(2, "10:15", "10:45", room_id="room-2")
        assert fits(self.rule, a_placement("10:00", service=a_class()), beside(*before, *behind))
        overlapping = seated(2, "10:14", "10:44", room_id="room-2")
        refusal(self.rule, a_placement("10:00", service=a_class()), beside(*before, *overlapping))

    @pytest.mark.parametrize("clock", ["09:30", "10:30"])
    def test_seats_are_free_before_and_behind(self, clock: str) -> None:
        """To the minute of the visit: buffers take no seat."""
        wide = a_class(buffer_before_minutes=10, buffer_after_minutes=10)
        snapshot = beside(*seated(3), services=(wide,))
        assert fits(self.rule, a_placement(clock, service=wide), snapshot)

    def test_other_providers_and_other_services_have_seats_of_their_own(self) -> None:
        services = (a_class(), a_class(id="other"))
        others = [
            *seated(3, provider_id="lind", room_id="room-2"),
            *seated(3, "10:15", "10:45", service_id="other"),
        ]
        assert fits(self.rule, a_seat(), beside(*others, services=services))

    def test_a_service_of_one_seat_is_no_group_and_has_none_to_count(self) -> None:
        assert fits(self.rule, a_placement(), beside(an_appointment(), services=(a_service(),)))

    @pytest.mark.parametrize("status", HOLDING)
    def test_whoever_is_live_or_completed_sits(self, status: str) -> None:
        booked = [*seated(2), an_appointment(patient_id="cleo", status=AppointmentStatus(status))]
        refusal(self.rule, a_seat(), beside(*booked))

    @pytest.mark.parametrize("status", OVER)
    def test_whoever_is_over_without_having_been_gives_the_seat_back(self, status: str) -> None:
        booked = [*seated(2), an_appointment(patient_id="cleo", status=AppointmentStatus(status))]
        assert fits(self.rule, a_seat(), beside(*booked))

    def test_an_unconfirmed_hold_keeps_its_seat_until_the_moment_it_expires(self) -> None:
        def held_until(**later: int) -> ClinicSnapshot:
            expires_at = NOW + timedelta(**later)
            pending = an_appointment(status=AppointmentStatus.PENDING, expires_at=expires_at)
            return beside(*seated(2), replace(pending, patient_id="cleo"))

        refusal(self.rule, a_seat(), held_until(microseconds=1))
        assert fits(self.rule, a_seat(), held_until(microseconds=0))


class TestGroupVisitIsSharedWhole:
    rule = staticmethod(group_visit_is_shared_whole)

    def test_a_seat_in_the_same_visit_fits(self) -> None:
        assert fits(self.rule, a_seat(), beside(*seated(1)))
        assert first_violation(a_seat(), beside(*seated(1))) is None

    def test_a_visit_of_ones_own_shares_nothing(self) -> None:
        assert fits(self.rule, a_placement("12:00", service=a_class()), beside(*seated(1)))

    @pytest.mark.parametrize(
        "other",
        [
            {"start": "10:01"},
            {"minutes": 29},
            {"provider": a_provider("lind")},
            {"service": a_class(id="other")},
            {"room": a_room("room-2")},
            {"room": None},
        ],
        ids=["start", "end", "provider", "service", "room", "no room"],
    )
    def test_whatever_differs_is_refused(self, other: dict[str, Any]) -> None:
        services = (a_class(), a_class(id="other"))
        start = other.pop("start", "10:00")
        placement = a_seat(**{"start": start, "joins": a_group_visit(), **other})
        violation = refusal(self.rule, placement, beside(*seated(1), services=services))
        assert (violation.resource, violation.taken) == ("clinic", False)
        assert violation.message == "Check-up is one group visit then, in one room with the same equipment"

    def test_equipment_is_that_of_the_group_to_the_unit(self) -> None:
        machines = an_ecg(2, seats=3)
        group = a_group_visit(equipment=(units("ecg-1"), units("ecg-2")))
        snapshot = beside(services=(machines,), equipment=(a_pool(), a_pool("ecg-2")))

        def seat(*equipment: Any) -> Placement:
            return a_seat(service=machines, joins=group, equipment=equipment)

        assert fits(self.rule, seat(units("ecg-2"), units("ecg-1")), snapshot)
        for wrong in ((units("ecg-1", 2),), (units("ecg-1"),), ()):
            refusal(self.rule, seat(*wrong), snapshot)

    def test_a_group_from_afar_shares_no_room(self) -> None:
        call = a_call(seats=3)
        group = a_group_visit()
        from_afar = a_group_visit(key=group.key._replace(room_id=None), location_id=None)
        snapshot = beside(*seated(1, room_id=None), services=(call,))
        assert fits(self.rule, a_placement(service=call, joins=from_afar), snapshot)
        in_a_room = a_placement(service=call, joins=from_afar, room=a_room(), location=a_location())
        refusal(self.rule, in_a_room, snapshot)

    def test_whoever_joins_meets_no_taken_room_provider_or_machine(self) -> None:
        """All of them are held by the group already, and the seat is all that is taken."""
        machine = an_ecg(1, seats=3)
        group = a_group_visit(equipment=(units(),))
        parts: dict[str, Any] = {"services": (machine,), "equipment": (a_pool(quantity=1),)}
        snapshot = beside(*seated(2, equipment=(units(),)), **parts)
        seat = a_seat(service=machine, joins=group, equipment=(units(),))
        assert first_violation(seat, snapshot) is None
        assert first_violation(seat._replace(joins=None), snapshot) is not None

    def test_a_patient_sits_in_a_group_only_once(self) -> None:
        bela = a_seat(patient=a_patient("10:00 0"))
        violation = first_violation(bela, beside(*seated(1)))
        assert violation is not None
        assert violation.rule == "patient_is_never_in_two_places"
