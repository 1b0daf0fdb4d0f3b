"""Rules about the room of a visit."""

from typing import Any

import pytest

from models.appointment import Appointment
from models.clinic import Modality
from models.rules import room_is_never_double_booked, room_is_open, room_suits_the_service
from models.snapshot import ClinicSnapshot
from tests.builders import (
    TUESDAY,
    a_call,
    a_clinic,
    a_location,
    a_placement,
    a_provider,
    a_room,
    a_service,
    a_snapshot,
    an_appointment,
    at,
    closed,
    hours,
    moment,
    opened,
)
from tests.verdicts import fits, refusal


class TestRoomSuitsTheService:
    def test_any_room_suits_a_service_that_asks_for_nothing(self) -> None:
        room = a_room(type="gym", features=frozenset({"mirror"}), capacity=9)
        assert fits(room_suits_the_service, a_placement(room=room), a_snapshot())

    def test_a_room_of_one_of_the_types_suits(self) -> None:
        service = a_service(room_types=frozenset({"exam", "procedure"}))
        placement = a_placement(service=service, room=a_room(type="procedure"))
        assert fits(room_suits_the_service, placement, a_snapshot())

    def test_a_room_of_another_type_does_not(self) -> None:
        service = a_service(room_types=frozenset({"exam", "procedure"}))
        placement = a_placement(service=service, room=a_room(type="consult"))
        violation = refusal(room_suits_the_service, placement, a_snapshot())
        assert (violation.resource, violation.taken) == ("rooms/room-1", False)
        assert violation.message == "Room-1 does not suit Check-up"

    def test_a_room_needs_every_feature_and_may_have_more(self) -> None:
        service = a_service(room_features=frozenset({"sink", "couch"}))
        exactly = a_room(features=frozenset({"sink", "couch"}))
        more = a_room(features=frozenset({"sink", "couch", "lead walls"}))
        less = a_room(features=frozenset({"sink"}))
        for room in (exactly, more):
            assert fits(room_suits_the_service, a_placement(service=service, room=room), a_snapshot())
        refusal(room_suits_the_service, a_placement(service=service, room=less), a_snapshot())

    def test_a_room_at_another_location_does_not_suit(self) -> None:
        refusal(room_suits_the_service, a_placement(room=a_room(location_id="annex")), a_snapshot())
        refusal(room_suits_the_service, a_placement(location=a_location("annex")), a_snapshot())

    def test_a_visit_in_person_needs_a_room(self) -> None:
        violation = refusal(room_suits_the_service, a_placement(room=None), a_snapshot())
        assert (violation.resource, violation.message) == ("clinic", "Check-up needs a room")
        refusal(room_suits_the_service, a_placement(room=None, location=None), a_snapshot())

    @pytest.mark.parametrize("modality", [Modality.TELEHEALTH, Modality.PHONE])
    def test_a_visit_from_afar_has_neither_room_nor_place(self, modality: Modality) -> None:
        remote = a_service(modality=modality)
        assert fits(room_suits_the_service, a_placement(service=remote), a_snapshot())
        in_a_room = a_placement(service=remote, location=a_location(), room=a_room())
        violation = refusal(room_suits_the_service, in_a_room, a_snapshot())
        assert (violation.resource, violation.message) == ("clinic", "Check-up takes place without a room")
        refusal(room_suits_the_service, a_placement(service=remote, room=a_room()), a_snapshot())
        refusal(room_suits_the_service, a_placement(service=remote, location=a_location()), a_snapshot())


def room_open_from_nine_to_eleven() -> ClinicSnapshot:
    rows = [hours("rooms/room-1", "09:00", "11:00"), hours("providers/okoro", "08:00", "16:00")]
    return a_snapshot(a_clinic(working_hours=rows))


class TestRoomIsOpen:
    def test_a_room_without_hours_is_always_open(self) -> None:
        for clock in ("00:00", "03:00", "23:45"):
            assert fits(room_is_open, a_placement(clock), a_snapshot())

    @pytest.mark.parametrize("clock", ["09:00", "10:00", "10:30"])
    def test_a_visit_fits_from_the_first_minute_to_the_last(self, clock: str) -> None:
        assert fits(room_is_open, a_placement(clock), room_open_from_nine_to_eleven())

    @pytest.mark.parametrize("clock", ["08:59", "10:31", "11:00", "23:00"])
    def test_a_minute_outside_the_hours_is_refused(self, clock: str) -> None:
        violation = refusal(room_is_open, a_placement(clock), room_open_from_nine_to_eleven())
        assert (violation.resource, violation.message) == ("rooms/room-1", "Room-1 is closed then")

    def test_buffers_and_turnaround_may_reach_outside_the_hours(self) -> None:
        wide = a_service(buffer_before_minutes=60, buffer_after_minutes=60)
        placement = a_placement("10:30", service=wide, room=a_room(turnaround_minutes=30))
        assert fits(room_is_open, placement, room_open_from_nine_to_eleven())

    def test_a_closed_room_may_be_touched_on_either_side(self) -> None:
        works = closed("rooms/room-1", moment("09:00"), moment("11:00"))
        snapshot = a_snapshot(a_clinic(exceptions=(works,)))
        assert fits(room_is_open, a_placement("08:30"), snapshot)
        refusal(room_is_open, a_placement("08:31"), snapshot)
        refusal(room_is_open, a_placement("10:59"), snapshot)
        assert fits(room_is_open, a_placement("11:00"), snapshot)

    def test_extra_hours_adjoin_the_weekly_ones_and_mean_nothing_without_any(self) -> None:
        extra = opened("rooms/room-1", moment("11:00"), moment("11:30"))
        rows = room_open_from_nine_to_eleven().setup.working_hours
        longer = a_snapshot(a_clinic(working_hours=rows, exceptions=(extra,)))
        assert fits(room_is_open, a_placement("10:45"), longer)
        refusal(room_is_open, a_placement("11:15"), longer)
        always = a_snapshot(a_clinic(exceptions=(extra,)))
        assert fits(room_is_open, a_placement("11:15"), always)

    def test_hours_of_a_room_are_read_on_the_clock_of_its_location(self) -> None:
        berlin = a_location(timezone="Europe/Berlin")
        rows = [hours("rooms/room-1", "09:00", "11:00")]
        snapshot = a_snapshot(a_clinic(working_hours=rows, locations=(berlin,)))
        nine = at("09:00", TUESDAY, "Europe/Berlin")
        assert fits(room_is_open, a_placement(nine, location=berlin), snapshot)
        refusal(room_is_open, a_placement(nine - 1, location=berlin), snapshot)

    def test_a_visit_without_a_room_minds_none(self) -> None:
        assert fits(room_is_open, a_placement("03:00", service=a_call()), room_open_from_nine_to_eleven())


def booked(start: str, end: str, **changes: Any) -> Appointment:
    """Somebody else's visit with somebody else in the room."""
    return an_appointment(start, end, **{"provider_id": "lind", **changes})


def beside(*appointments: Appointment, **parts: Any) -> ClinicSnapshot:
    return a_snapshot(a_clinic(providers=(a_provider(), a_provider("lind")), **parts), *appointments)


class TestRoomIsNeverDoubleBooked:
    @pytest.mark.parametrize("clock", ["09:30", "10:30", "15:00"])
    def test_a_visit_may_touch_the_one_before_and_the_one_after(self, clock: str) -> None:
        assert fits(room_is_never_double_booked, a_placement(clock), beside(booked("10:00", "10:30")))

    @pytest.mark.parametrize("clock", ["09:31", "10:00", "10:15", "10:29"])
    def test_no_minute_is_shared(self, clock: str) -> None:
        violation = refusal(room_is_never_double_booked, a_placement(clock), beside(booked("10:00", "10:30")))
        assert (violation.resource, violation.taken) == ("rooms/room-1", True)
        assert violation.message == "Room-1 is taken then"

    def test_a_long_visit_is_noticed_in_its_middle(self) -> None:
        snapshot = beside(booked("06:00", "20:00", id="long"), booked("21:00", "21:30"))
        refusal(room_is_never_double_booked, a_placement("12:00"), snapshot)

    def test_another_room_may_be_taken(self) -> None:
        snapshot = beside(booked("10:00", "10:30", room_id="room-2"), rooms=(a_room(), a_room("room-2")))
        assert fits(room_is_never_double_booked, a_placement("10:00"), snapshot)

    def test_buffers_of_both_visits_add_up(self) -> None:
        wide = a_service(buffer_before_minutes=10, buffer_after_minutes=5)
        snapshot = beside(booked("10:00", "10:30"), services=(wide,))
        for clock in ("10:45", "09:15"):  # 5 behind the earlier one and 10 before the later one
            assert fits(room_is_never_double_booked, a_placement(clock, service=wide), snapshot)
        for clock in ("10:44", "09:16"):
            refusal(room_is_never_double_booked, a_placement(clock, service=wide), snapshot)

    def test_the_room_is_cleaned_after_the_visit_before(self) -> None:
        room = a_room(turnaround_minutes=20)
        snapshot = beside(booked("10:00", "10:30"), rooms=(room,))
        assert fits(room_is_never_double_booked, a_placement("10:50", room=room), snapshot)
        refusal(room_is_never_double_booked, a_placement("10:49", room=room), snapshot)

    def test_the_room_is_cleaned_before_the_visit_behind(self) -> None:
        room = a_room(turnaround_minutes=20)
        snapshot = beside(booked("10:00", "10:30"), rooms=(room,))
        assert fits(room_is_never_double_booked, a_placement("09:10", room=room), snapshot)
        refusal(room_is_never_double_booked, a_placement("09:11", room=room), snapshot)

    def test_a_room_holds_as_many_visits_as_it_has_places(self) -> None:
        gym = a_room(capacity=3)
        two = (booked("10:00", "10:30", id="1"), booked("10:10", "10:40", id="2"))
        assert fits(room_is_never_double_booked, a_placement("10:00", room=gym), beside(*two, rooms=(gym,)))
        three = (*two, booked("10:15", "10:45", id="3"))
        refusal(room_is_never_double_booked, a_placement("10:00", room=gym), beside(*three, rooms=(gym,)))

    def test_places_are_counted_minute_by_minute(self) -> None:
        """Two visits that follow each other take one place, however many a long visit meets."""
        gym = a_room(capacity=2)
        in_turn = (booked("10:00", "10:15", id="1"), booked("10:15", "10:30", id="2"))
        assert fits(
            room_is_never_double_booked, a_placement("10:00", room=gym), beside(*in_turn, rooms=(gym,))
        )
        overlapping = (booked("10:00", "10:16", id="1"), booked("10:15", "10:30", id="2"))
        refusal(
            room_is_never_double_booked, a_placement("10:00", room=gym), beside(*overlapping, rooms=(gym,))
        )

    def test_a_full_minute_outside_the_visit_does_not_matter(self) -> None:
        gym = a_room(capacity=2)
        full_until_ten = (booked("09:00", "10:00", id="1"), booked("09:30", "10:30", id="2"))
        snapshot = beside(*full_until_ten, rooms=(gym,))
        assert fits(room_is_never_double_booked, a_placement("10:00", room=gym), snapshot)
        refusal(room_is_never_double_booked, a_placement("09:59", room=gym), snapshot)

    def test_a_visit_without_a_room_minds_none(self) -> None:
        call = a_placement("10:00", service=a_call())
        assert fits(room_is_never_double_booked, call, beside(booked("10:00", "10:30")))
