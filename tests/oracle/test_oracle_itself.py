"""The judge on cases small enough to work out by hand: hours, rooms, equipment, what is in use."""

import copy
from typing import Any

import pytest

from tests.oracle.hand_made import a_clinic, a_second_provider, an_appointment, search, starts
from tests.oracle.taken import HOLDING


def test_a_free_morning_has_every_aligned_start_whose_visit_ends_in_hours() -> None:
    assert starts(a_clinic()) == ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]


def test_a_visit_runs_on_over_the_gap_of_spring() -> None:
    clinic = a_clinic("Europe/Berlin", (("01:00", "04:00"),))
    clinic["services"][0]["durationMinutes"] = 60
    assert starts(clinic, day="2026-03-29") == ["00:00", "00:30", "01:00"]


def test_a_window_that_begins_in_the_gap_begins_at_its_end() -> None:
    clinic = a_clinic("Europe/Berlin", (("02:15", "03:30"),))
    assert starts(clinic, day="2026-03-29") == ["01:00"]


def test_both_halves_of_a_doubled_hour_are_offered() -> None:
    clinic = a_clinic("Europe/Berlin", (("01:30", "03:30"),))
    assert starts(clinic, day="2026-10-25") == ["23:30", "00:00", "00:30", "01:00", "01:30", "02:00"]


def test_a_window_inside_the_doubled_hour_is_the_first_one() -> None:
    clinic = a_clinic("Europe/Berlin", (("02:00", "02:30"),))
    assert starts(clinic, day="2026-10-25") == ["00:00"]


def test_clocks_that_change_by_half_an_hour() -> None:
    autumn = a_clinic("Australia/Lord_Howe", (("01:00", "02:30"),))
    assert starts(autumn, day="2026-04-05") == ["14:00", "14:30", "15:00", "15:30"]
    autumn["services"][0]["slotStepMinutes"] = 60
    assert starts(autumn, day="2026-04-05") == ["14:00", "15:30"]
    spring = a_clinic("Australia/Lord_Howe", (("01:30", "03:00"),))
    assert starts(spring, day="2026-10-04") == ["15:00", "15:30"]


def test_a_day_without_a_midnight_begins_an_hour_late() -> None:
    clinic = a_clinic("America/Sao_Paulo", (("22:00", "24:00"), ("00:00", "02:00")))
    clinic["services"][0].update(durationMinutes=60, slotStepMinutes=60)
    assert starts(clinic, day="2018-11-04") == ["03:00", "00:00", "01:00"]
    clinic["services"][0]["durationMinutes"] = 90
    assert "2018-11-04T02:00:00Z" in {key[2] for key in search(clinic, day="2018-11-03").slots}


def test_starts_stand_on_the_wall_clock_of_their_place() -> None:
    clinic = a_clinic("Asia/Kathmandu", (("09:10", "11:00"),))
    assert starts(clinic) == ["03:45", "04:15", "04:45"]
    clinic["services"][0]["slotStepMinutes"] = 45
    assert starts(clinic) == ["04:00", "04:45"]


def test_hours_of_a_provider_at_two_places_are_the_clinics() -> None:
    clinic = a_clinic("UTC", (("09:00", "10:00"),))
    clinic["locations"] = [
        {"id": "l1", "name": "Main", "timezone": "Europe/Berlin"},
        {"id": "l2", "name": "Far", "timezone": "Asia/Kathmandu"},
    ]
    assert starts(clinic) == ["07:00", "07:30"]
    clinic["providers"][0]["locationIds"] = ["l1", "l2"]
    assert starts(clinic) == ["09:00", "09:30"]
    clinic["rooms"].append({"id": "r2", "locationId": "l2", "name": "Two", "type": "exam"})
    slots = search(clinic, "room").slots
    assert sorted(slots) == [
        ("p1", "l1", "2026-05-04T09:00:00Z"),
        ("p1", "l1", "2026-05-04T09:30:00Z"),
        ("p1", "l2", "2026-05-04T09:15:00Z"),
    ]
    assert sorted(search(clinic, "room", locationId="l2").slots) == [("p1", "l2", "2026-05-04T09:15:00Z")]


def test_buffers_add_up_and_may_reach_outside_hours() -> None:
    clinic = a_clinic()
    clinic["services"][1].update(bufferBeforeMinutes=10, bufferAfterMinutes=7, slotStepMinutes=5)
    clinic["appointments"] = [an_appointment("10:00", "10:30")]
    # It holds 09:50 to 10:37: the one before ends by 09:43, the one after starts from 10:47.
    late = ["10:50", "10:55", "11:00", "11:05", "11:10", "11:15", "11:20", "11:25", "11:30"]
    assert starts(clinic, "room") == ["09:00", "09:05", "09:10", *late]
    assert starts(clinic) == ["09:00", "11:00", "11:30"]


def test_turnaround_lengthens_the_rooms_hold_only() -> None:
    clinic = a_clinic()
    a_second_provider(clinic)
    clinic["services"][1]["slotStepMinutes"] = 10
    clinic["rooms"][0]["turnaroundMinutes"] = 20
    clinic["appointments"] = [an_appointment("10:00", "10:30")]
    other = ["09:00", "09:10", "10:50", "11:00", "11:10", "11:20", "11:30"]
    assert starts(clinic, "room", providerIds=["p2"]) == other
    clinic["rooms"].append({"id": "r2", "locationId": "l1", "name": "Two", "type": "exam"})
    own = [key[2][11:16] for key in search(clinic, "room", providerIds=["p1"]).slots]
    assert "09:30" in own
    assert "10:30" in own


def test_a_room_for_two_holds_two() -> None:
    clinic = a_clinic()
    a_second_provider(clinic)
    clinic["appointments"] = [an_appointment("10:00", "10:30")]
    assert "10:00" not in starts(clinic, "room")
    clinic["rooms"][0]["capacity"] = 2
    assert [key[0] for key in search(clinic, "room").slots if key[2][11:16] == "10:00"] == ["p2"]


def test_a_room_has_the_type_and_all_the_features() -> None:
    clinic = a_clinic()
    clinic["rooms"] += [
        {"id": "r2", "locationId": "l1", "name": "Two", "type": "exam", "features": ["sink", "couch"]},
        {"id": "r3", "locationId": "l1", "name": "Three", "type": "imaging", "features": ["sink"]},
    ]

    def rooms(**rule: Any) -> set[str]:
        changed = copy.deepcopy(clinic)
        changed["services"][1].update(rule)
        return {room_id for slot in search(changed, "room").slots.values() for room_id in slot.room_ids}

    assert rooms() == {"r1", "r2", "r3"}
    assert rooms(roomTypes=["imaging", "lab"]) == {"r3"}
    assert rooms(roomFeatures=["sink"]) == {"r2", "r3"}
    assert rooms(roomTypes=["exam"], roomFeatures=["couch", "sink"]) == {"r2"}
    assert rooms(roomTypes=["lab"]) == set()


def test_two_pools_of_one_type_are_counted_together() -> None:
    clinic = a_clinic()
    a_second_provider(clinic)
    clinic["rooms"][0]["capacity"] = 5
    clinic["equipment"] = [
        {"id": "e1", "locationId": "l1", "type": "ecg", "name": "Front"},
        {"id": "e2", "locationId": "l1", "type": "ecg", "name": "Back", "quantity": 2},
        {"id": "e3", "locationId": "l1", "type": "laser", "name": "Laser", "quantity": 9},
    ]
    clinic["services"][1]["equipment"] = [{"type": "ecg", "units": 2}]
    clinic["appointments"] = [an_appointment("10:00", "10:30", equipment=[{"id": "e2", "units": 1}])]
    slot = search(clinic, "room").slots["p2", "l1", "2026-05-04T10:00:00Z"]
    assert slot.free_units == {"e1": 1, "e2": 1}
    clinic["services"][1]["equipment"] = [{"type": "ecg", "units": 3}]
    assert starts(clinic, "room", providerIds=["p2"]) == ["09:00", "09:30", "10:30", "11:00", "11:30"]


def test_a_pool_counts_its_peak_and_not_its_sum() -> None:
    clinic = a_clinic()
    a_second_provider(clinic)
    clinic["rooms"][0]["capacity"] = 5
    clinic["equipment"] = [{"id": "e1", "locationId": "l1", "type": "ecg", "name": "Pool", "quantity": 2}]
    clinic["services"][1].update(durationMinutes=60, equipment=[{"type": "ecg", "units": 1}])
    one_unit = [{"id": "e1", "units": 1}]
    clinic["appointments"] = [
        an_appointment("10:00", "10:30", equipment=one_unit),
        an_appointment("10:30", "11:00", equipment=one_unit),
    ]
    assert "10:00" in starts(clinic, "room", providerIds=["p2"])


def test_equipment_of_a_visit_without_a_room_may_stand_anywhere() -> None:
    clinic = a_clinic()
    clinic["locations"].append({"id": "l2", "name": "Far"})
    clinic["equipment"] = [{"id": "e1", "locationId": "l2", "type": "ecg", "name": "Pool"}]
    for service in clinic["services"]:
        service["equipment"] = [{"type": "ecg", "units": 1}]
    assert len(starts(clinic, "phone")) == 6
    assert starts(clinic, "room") == []


def test_a_visit_without_a_room_has_no_place_and_appears_once() -> None:
    clinic = a_clinic()
    clinic["locations"].append({"id": "l2", "name": "Far"})
    clinic["providers"][0]["locationIds"] = ["l1", "l2"]
    clinic["rooms"] = []
    assert {key[1] for key in search(clinic).slots} == {None}
    assert len(search(clinic, locationId="l2").slots) == 6
    clinic["providers"][0]["locationIds"] = ["l1"]
    assert search(clinic, locationId="l2").slots == {}


def test_a_patient_is_never_in_two_places_but_buffers_are_not_theirs() -> None:
    clinic = a_clinic()
    a_second_provider(clinic)
    clinic["services"][1].update(bufferBeforeMinutes=15, bufferAfterMinutes=15)
    clinic["appointments"] = [an_appointment("10:00", "10:30")]
    free = ["09:00", "09:30", "10:30", "11:00", "11:30"]
    assert starts(clinic, providerIds=["p2"], patientId="a1") == free
    assert len(starts(clinic, providerIds=["p2"])) == 6
    assert {key[0] for key in search(clinic, patientId="a2").slots} == {"p2"}


def test_notice_and_horizon_are_measured_from_now() -> None:
    clinic = a_clinic()
    clinic["services"][0].update(minNoticeMinutes=60, maxFutureDays=1)
    assert starts(clinic, now="2026-05-04T09:00:00Z") == ["10:00", "10:30", "11:00", "11:30"]
    assert starts(clinic, now="2026-05-04T09:00:01Z") == ["10:30", "11:00", "11:30"]
    assert starts(clinic, now="2026-05-03T10:30:00Z") == ["09:00", "09:30", "10:00", "10:30"]
    assert starts(clinic, now="2026-05-03T10:29:59Z") == ["09:00", "09:30", "10:00"]
    assert starts(clinic, now="2026-05-05T00:00:00Z") == []


def test_adjoining_windows_are_one_even_through_midnight() -> None:
    clinic = a_clinic(hours=(("22:30", "24:00"), ("00:00", "00:45"), ("09:00", "09:20"), ("09:20", "09:40")))
    assert starts(clinic) == ["00:00", "09:00", "22:30", "23:00", "23:30"]
    clinic["services"][0]["slotStepMinutes"] = 15
    assert starts(clinic) == ["00:00", "00:15", "09:00", "22:30", "22:45", "23:00", "23:15", "23:30", "23:45"]


def test_exceptions_add_hours_and_take_them_away() -> None:
    clinic = a_clinic()

    def with_exceptions(*exceptions: tuple[str, str, str, str], service: str = "room") -> list[str]:
        changed = copy.deepcopy(clinic)
        changed["exceptions"] = [
            {
                "resource": resource,
                "start": f"2026-05-04T{start}:00Z",
                "end": f"2026-05-04T{end}:00Z",
                "kind": kind,
            }
            for resource, start, end, kind in exceptions
        ]
        return starts(changed, service)

    morning = ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]
    longer = [*morning, "12:00"]
    assert with_exceptions(("providers/p1", "12:00", "12:30", "available")) == longer
    assert with_exceptions(("providers/p1", "09:07", "09:31", "unavailable")) == morning[2:]
    both = ("providers/p1", "08:00", "10:00", "available"), ("providers/p1", "09:00", "11:30", "unavailable")
    assert with_exceptions(*both) == ["08:00", "08:30", "11:30"]
    assert with_exceptions(("rooms/r1", "09:00", "11:00", "unavailable")) == ["11:00", "11:30"]
    assert with_exceptions(("locations/l1", "09:00", "11:00", "unavailable")) == ["11:00", "11:30"]
    assert with_exceptions(("locations/l1", "09:00", "11:00", "unavailable"), service="phone") == morning
    assert with_exceptions(("clinic", "09:00", "11:00", "unavailable"), service="phone") == ["11:00", "11:30"]
    assert with_exceptions(("clinic", "12:00", "14:00", "available")) == morning
    assert with_exceptions(("rooms/r1", "12:00", "14:00", "available")) == morning


def test_a_provider_without_hours_is_open_only_in_exceptions() -> None:
    clinic = a_clinic(hours=())
    assert starts(clinic) == []
    clinic["exceptions"] = [
        {
            "resource": "providers/p1",
            "start": "2026-05-04T20:00:00+02:00",
            "end": "2026-05-04T21:00:00+02:00",
            "kind": "available",
        }
    ]
    assert starts(clinic) == ["18:00", "18:30"]


def test_rooms_and_pools_with_hours_of_their_own_bound_the_visit() -> None:
    clinic = a_clinic()
    clinic["equipment"] = [{"id": "e1", "locationId": "l1", "type": "ecg", "name": "Pool"}]
    clinic["services"][1]["equipment"] = [{"type": "ecg", "units": 1}]
    rule = {"rrule": "RRULE:FREQ=WEEKLY;BYDAY=MO"}
    clinic["availability"] += [
        {"resource": "rooms/r1", "startTime": "09:30", "endTime": "11:30", **rule},
        {"resource": "equipment/e1", "startTime": "08:00", "endTime": "11:00", **rule},
    ]
    assert starts(clinic, "room") == ["09:30", "10:00", "10:30"]
    assert starts(clinic, "room", day="2026-05-05") == []


def test_recurrences_count_from_their_first_date_or_from_a_monday_in_2001() -> None:
    def open_days(rrule: str, **bounds: str) -> list[int]:
        clinic = a_clinic()
        clinic["availability"][0].update({"rrule": rrule, **bounds})
        found = search(clinic, start="2026-05-01", end="2026-05-31").slots
        return sorted({slot.start.day for slot in found.values()})

    assert open_days("FREQ=WEEKLY;BYDAY=FR") == [1, 8, 15, 22, 29]
    # 2026-05-04 is 1322 weeks after 2001-01-01: an even number.
    assert open_days("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE") == [4, 6, 18, 20]
    shifted = {"effectiveFrom": "2026-05-12", "effectiveTo": "2026-05-27"}
    assert open_days("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", **shifted) == [13, 25, 27]
    assert open_days("FREQ=MONTHLY;BYDAY=2TU,-1SU") == [12, 31]
    assert open_days("FREQ=DAILY;COUNT=3", effectiveFrom="2026-05-09") == [9, 10, 11]
    assert open_days("FREQ=DAILY;UNTIL=20260503") == [1, 2, 3]


@pytest.mark.parametrize("status", ["canceled", "no_show", "expired"])
def test_an_appointment_that_is_over_holds_nothing(status: str) -> None:
    clinic = a_clinic()
    clinic["appointments"] = [an_appointment("10:00", "10:30", status=status)]
    assert len(starts(clinic, patientId="a1")) == 6


@pytest.mark.parametrize("status", sorted(HOLDING))
def test_an_appointment_that_is_not_over_holds_its_time(status: str) -> None:
    clinic = a_clinic()
    clinic["appointments"] = [an_appointment("10:00", "10:30", status=status)]
    assert starts(clinic) == ["09:00", "09:30", "10:30", "11:00", "11:30"]


def test_the_edges_of_the_range_bound_the_start() -> None:
    clinic = a_clinic("Europe/Berlin")
    morning = ["07:00", "07:30", "08:00", "08:30", "09:00", "09:30"]
    assert starts(clinic) == morning
    assert starts(clinic, start="2026-05-04T09:30", end="2026-05-04T11:00") == morning[1:4]
    assert starts(clinic, start="2026-05-04T07:30:00Z", end="2026-05-04T10:30+02:00") == morning[1:3]
    clinic["locations"][0]["timezone"] = "UTC"
    clinic["availability"][0]["startTime"] = "08:00"
    local_to_the_place = {"start": "2026-05-04T11:00", "end": "2026-05-04T12:00", "locationId": "l1"}
    assert starts(clinic, **local_to_the_place) == ["11:00", "11:30"]


def test_a_length_asked_for_replaces_the_services() -> None:
    assert starts(a_clinic(), durationMinutes=150) == ["09:00", "09:30"]
