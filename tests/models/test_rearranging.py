"""Who may make space, and where to: judged in plain Python, apart from any search."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models.appointment import Appointment, AppointmentStatus, EquipmentUse
from models.calendar import Calendar
from models.clinic import EquipmentPool, Modality
from models.rearranging import (
    APPOINTMENT_IS_WHERE_IT_WAS,
    APPOINTMENT_MAY_CHANGE,
    CHANGE_IS_OF_EQUAL_FITNESS,
    after_changes,
    equal_pools,
    equal_rooms,
    first_objection,
    may_change,
    score_after,
)
from models.rules import Violation, equipment_is_never_overbooked, room_is_never_double_booked, room_is_open
from models.slot import Placement, Rearrangement, ScoreBreakdown
from models.snapshot import ClinicSnapshot
from tests.builders import (
    NOW,
    a_clinic,
    a_location,
    a_patient,
    a_placement,
    a_pool,
    a_provider,
    a_room,
    a_service,
    an_appointment,
    an_ecg,
    closed,
    moment,
)

ROOMS = tuple(a_room(f"room-{number}") for number in (1, 2, 3))
PROVIDERS = (a_provider(), a_provider("moreno"), a_provider("silva"))


def a_busy_clinic(*booked: Appointment, **parts: Any) -> ClinicSnapshot:
    """Three rooms alike, three providers."""
    setup = a_clinic(**{"rooms": ROOMS, "providers": PROVIDERS, **parts})
    return ClinicSnapshot.of(setup, appointments=booked, patients=[a_patient()], now=NOW)


def a_change(to: str | None = "room-2", appointment_id: str = "booked", **changes: Any) -> Rearrangement:
    """The usual appointment leaves room 1."""
    usual = Rearrangement(appointment_id=appointment_id, from_room_id="room-1", to_room_id=to)
    return replace(usual, **changes)


def wanted(**changes: Any) -> Placement:
    """A visit of somebody else in room 1 at the same time."""
    return a_placement("10:00", **{"provider": a_provider("silva"), "room": a_room("room-1"), **changes})


def objection(snapshot: ClinicSnapshot, *changes: Rearrangement, **placed: Any) -> Violation | None:
    booked = {one.id: one for one in snapshot.appointments}
    return first_objection(changes, wanted(**placed), snapshot, booked)


def rule_of(found: Violation | None) -> str | None:
    return found.rule if found else None


class TestWhoMayChange:
    @pytest.mark.parametrize("status", ["pending", "scheduled", "confirmed"])
    def test_whoever_is_still_to_come(self, status: str) -> None:
        assert may_change(an_appointment(status=AppointmentStatus(status)), a_clinic(), NOW)

    @pytest.mark.parametrize("status", ["checked_in", "in_progress", "completed", "canceled", "no_show"])
    def test_nobody_who_has_come_or_does_not_come(self, status: str) -> None:
        assert not may_change(an_appointment(status=AppointmentStatus(status)), a_clinic(), NOW)

    def test_a_hold_only_until_it_runs_out(self) -> None:
        hold = an_appointment(status=AppointmentStatus.PENDING, expires_at=NOW)
        assert not may_change(hold, a_clinic(), NOW)
        assert may_change(hold, a_clinic(), NOW - timedelta(minutes=1))

    def test_until_it_begins(self) -> None:
        visit = an_appointment()
        assert may_change(visit, a_clinic(), visit.starts_at)
        assert not may_change(visit, a_clinic(), visit.starts_at + timedelta(seconds=1))

    def test_no_group_visit(self) -> None:
        assert not may_change(an_appointment(), a_clinic(services=[a_service(seats=2)]), NOW)


class TestEqualRooms:
    def test_are_others_of_the_same_excess(self) -> None:
        rooms = (*ROOMS, a_room("fancy", features=frozenset({"sink"})), a_room("lab", type="lab"))
        assert [room.id for room in equal_rooms(a_clinic(rooms=rooms), a_service(), ROOMS[0])] == [
            "room-2",
            "room-3",
        ]

    def test_may_be_of_another_type_that_is_as_common(self) -> None:
        rooms = (a_room("room-1"), a_room("lab", type="lab"))
        assert [room.id for room in equal_rooms(a_clinic(rooms=rooms), a_service(), rooms[0])] == ["lab"]

    def test_stand_at_the_same_location(self) -> None:
        rooms = (a_room("room-1"), a_room("room-2", location_id="annex"))
        setup = a_clinic(rooms=rooms, locations=[a_location(), a_location("annex")])
        assert equal_rooms(setup, a_service(), rooms[0]) == ()

    def test_of_a_room_that_suits_no_more_there_are_none(self) -> None:
        setup = a_clinic(rooms=ROOMS, services=[a_service(room_types=frozenset({"lab"}))])
        assert equal_rooms(setup, setup.services[0], ROOMS[0]) == ()


class TestEqualPools:
    def test_are_others_of_the_type_there_with_enough_units(self) -> None:
        pools = (
            a_pool("ecg-1"),
            a_pool("ecg-2", quantity=1),
            a_pool("ecg-3", location_id="annex"),
            a_pool("laser", type="laser"),
        )
        setup = a_clinic(equipment=pools, locations=[a_location(), a_location("annex")])
        assert [pool.id for pool in equal_pools(setup, pools[0], 1)] == ["ecg-2"]
        assert equal_pools(setup, pools[0], 2) == ()


class TestObjections:
    def test_there_is_none_to_a_change_that_makes_space(self) -> None:
        assert objection(a_busy_clinic(an_appointment()), a_change()) is None

    def test_the_appointment_must_be_where_it_was(self) -> None:
        snapshot = a_busy_clinic(an_appointment(room_id="room-3"))
        assert rule_of(objection(snapshot, a_change())) == APPOINTMENT_IS_WHERE_IT_WAS

    def test_the_appointment_must_still_be_to_come(self) -> None:
        snapshot = a_busy_clinic(an_appointment(status=AppointmentStatus.IN_PROGRESS))
        assert rule_of(objection(snapshot, a_change())) == APPOINTMENT_MAY_CHANGE

    @pytest.mark.parametrize("to", ["fancy", None])
    def test_the_new_room_must_fit_as_well(self, to: str | None) -> None:
        rooms = (*ROOMS, a_room("fancy", features=frozenset({"sink"})))
        snapshot = a_busy_clinic(an_appointment(), rooms=rooms)
        assert rule_of(objection(snapshot, a_change(to))) == CHANGE_IS_OF_EQUAL_FITNESS

    def test_the_new_room_must_be_free(self) -> None:
        other = an_appointment("10:15", "10:45", id="other", provider_id="moreno", room_id="room-2")
        snapshot = a_busy_clinic(an_appointment(), other)
        assert rule_of(objection(snapshot, a_change())) == room_is_never_double_booked.__name__
        away = Rearrangement(appointment_id="other", from_room_id="room-2", to_room_id="room-3")
        assert objection(snapshot, a_change(), away) is None

    def test_two_may_swap(self) -> None:
        """Where that makes any difference: here the cleaning of room 2 would have been in the way."""
        rooms = (ROOMS[0], a_room("room-2", turnaround_minutes=30), ROOMS[2])
        other = an_appointment("09:00", "10:00", id="other", provider_id="moreno", room_id="room-2")
        snapshot = a_busy_clinic(an_appointment(), other, rooms=rooms)
        swapped = Rearrangement(appointment_id="other", from_room_id="room-2", to_room_id="room-1")
        assert rule_of(objection(snapshot, a_change())) == room_is_never_double_booked.__name__
        assert objection(snapshot, a_change(), swapped) is None

    def test_the_new_room_must_not_be_the_one_that_is_wanted(self) -> None:
        snapshot = a_busy_clinic(an_appointment())
        taken = objection(snapshot, a_change(), room=a_room("room-2"))
        assert rule_of(taken) == room_is_never_double_booked.__name__

    def test_the_new_room_must_be_open(self) -> None:
        shut = [closed("rooms/room-2", moment("10:29"), moment("11:00"))]
        snapshot = a_busy_clinic(an_appointment(), exceptions=shut)
        assert rule_of(objection(snapshot, a_change())) == room_is_open.__name__

    def test_what_stays_is_not_judged(self) -> None:
        """The room has been closed since; the machine changes, and the room is nobody's business."""
        snapshot = a_clinic_with_machines(
            an_appointment(equipment=(EquipmentUse(id="ecg-1"),)),
            exceptions=[closed("rooms/room-1", moment("08:00"), moment("16:00"))],
        )
        change = a_change("room-1", from_equipment=(EquipmentUse(id="ecg-1"),), to_equipment=UNIT_OF_2)
        assert objection(snapshot, change, room=a_room("room-2"), equipment=UNIT_OF_1) is None


UNIT_OF_1, UNIT_OF_2 = (EquipmentUse(id="ecg-1"),), (EquipmentUse(id="ecg-2"),)
MACHINES: tuple[EquipmentPool, ...] = (a_pool("ecg-1", quantity=1), a_pool("ecg-2", quantity=1))


def a_clinic_with_machines(*booked: Appointment, **parts: Any) -> ClinicSnapshot:
    return a_busy_clinic(*booked, **{"equipment": MACHINES, "services": [an_ecg()], **parts})


class TestMachines:
    def test_change_to_another_pool(self) -> None:
        snapshot = a_clinic_with_machines(an_appointment(equipment=UNIT_OF_1))
        change = a_change("room-1", from_equipment=UNIT_OF_1, to_equipment=UNIT_OF_2)
        placed: dict[str, Any] = {"room": a_room("room-2"), "equipment": UNIT_OF_1, "service": an_ecg()}
        assert objection(snapshot, change, **placed) is None

    def test_do_not_change_to_a_pool_that_is_taken(self) -> None:
        other = an_appointment(id="other", provider_id="moreno", room_id="room-3", equipment=UNIT_OF_2)
        snapshot = a_clinic_with_machines(an_appointment(equipment=UNIT_OF_1), other)
        change = a_change("room-1", from_equipment=UNIT_OF_1, to_equipment=UNIT_OF_2)
        found = objection(snapshot, change, room=a_room("room-2"), service=an_ecg())
        assert rule_of(found) == equipment_is_never_overbooked.__name__

    def test_stay_as_many(self) -> None:
        snapshot = a_clinic_with_machines(an_appointment(equipment=UNIT_OF_1))
        more = (EquipmentUse(id="ecg-2", units=2),)
        for to in (more, ()):
            change = a_change("room-1", from_equipment=UNIT_OF_1, to_equipment=to)
            assert rule_of(objection(snapshot, change)) == CHANGE_IS_OF_EQUAL_FITNESS

    def test_of_a_call_change_at_their_location(self) -> None:
        call = replace(an_ecg(), modality=Modality.TELEHEALTH)
        visit = an_appointment(room_id=None, equipment=UNIT_OF_1)
        snapshot = a_clinic_with_machines(visit, services=[call])
        change = Rearrangement(
            appointment_id="booked",
            from_room_id=None,
            to_room_id=None,
            from_equipment=UNIT_OF_1,
            to_equipment=UNIT_OF_2,
        )
        placed: dict[str, Any] = {"service": call, "room": None, "location": None, "equipment": UNIT_OF_1}
        assert objection(snapshot, change, **placed) is None


class TestAfterChanges:
    def test_the_clinic_is_as_if_it_had_been_booked_so(self) -> None:
        before = a_busy_clinic(an_appointment(), a_later_visit())
        after = after_changes(before, [a_change()], {"booked": an_appointment()})
        expected = a_busy_clinic(an_appointment(room_id="room-2"), a_later_visit())
        assert held(after) == held(expected)
        assert held(before) == held(a_busy_clinic(an_appointment(), a_later_visit()))

    def test_what_is_not_held_cannot_be_left(self) -> None:
        snapshot = a_busy_clinic(an_appointment())
        elsewhere = an_appointment(room_id="room-3")
        with pytest.raises(ValueError, match="does not hold"):
            after_changes(snapshot, [a_change()], {"booked": elsewhere})

    def test_each_change_costs_the_room_its_share(self) -> None:
        score = ScoreBreakdown(preference=4000, gap=3500, room=1501, overbook=1000)
        assert [score_after(score, changes).room for changes in (0, 1, 2)] == [1501, 750, 500]
        assert score_after(score, 2).total == 4000 + 3500 + 500 + 1000


def a_later_visit() -> Appointment:
    return an_appointment("12:00", "12:30", id="later", patient_id="ada", room_id="room-2")


def held(snapshot: ClinicSnapshot) -> list[tuple[int, int, int]]:
    calendar: Calendar = snapshot.calendar
    return sorted(zip(calendar.resources, calendar.starts, calendar.ends, strict=True))
