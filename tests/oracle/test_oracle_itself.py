"""The judge on cases small enough to work out by hand."""

import copy
from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.oracle.brute_force import Expected, every_slot
from tests.oracle.clock import Json, minutes_touched, utc_text
from tests.oracle.compare import compare
from tests.oracle.opening import by_id
from tests.oracle.random_clinics import random_clinic
from tests.oracle.taken import HOLDING


def a_clinic(zone: str = "UTC", hours: tuple[tuple[str, str], ...] = (("09:00", "12:00"),)) -> Json:
    """Provider p1 at location l1, who visits by phone (30 minutes, every 30) and in room r1."""
    visit = {"durationMinutes": 30, "slotStepMinutes": 30}
    return {
        "schemaVersion": 1,
        "clinic": {"name": "Clinic", "timezone": zone},
        "locations": [{"id": "l1", "name": "Main"}],
        "providers": [{"id": "p1", "name": "Abel", "locationIds": ["l1"], "serviceIds": ["phone", "room"]}],
        "rooms": [{"id": "r1", "locationId": "l1", "name": "One", "type": "exam"}],
        "equipment": [],
        "services": [
            {"id": "phone", "name": "Call", "modality": "phone", **visit},
            {"id": "room", "name": "Visit", "modality": "in_person", **visit},
        ],
        "availability": [
            {"resource": "providers/p1", "rrule": "FREQ=DAILY", "startTime": start, "endTime": end}
            for start, end in hours
        ],
        "exceptions": [],
        "overbooking": [],
        "patients": [{"id": "a1", "name": "One"}, {"id": "a2", "name": "Two", "blockedProviderIds": ["p1"]}],
        "appointments": [],
    }


def a_second_provider(clinic: Json) -> None:
    clinic["providers"].append({**clinic["providers"][0], "id": "p2", "name": "Baker"})
    clinic["availability"] += [
        {**row, "resource": "providers/p2"}
        for row in clinic["availability"]
        if row["resource"] == "providers/p1"
    ]


def an_appointment(start: str, end: str, **changes: Any) -> Json:
    """One on 2026-05-04 (a Monday), in room r1 unless told otherwise."""
    appointment = {
        "id": f"v{start}",
        "patientId": "a1",
        "providerId": "p1",
        "serviceId": "room",
        "roomId": "r1",
        "equipment": [],
        "start": f"2026-05-04T{start}:00Z",
        "end": f"2026-05-04T{end}:00Z",
        "status": "scheduled",
    }
    return {**appointment, **changes}


def search(clinic: Json, service: str = "phone", day: str = "2026-05-04", **more: Any) -> Expected:
    query = {"serviceId": service, "start": day, "end": day, "now": "2010-01-01T00:00:00Z"}
    for each in clinic["services"]:
        each.setdefault("maxFutureDays", 10_000)
    return every_slot(clinic, {**query, **more})


def starts(clinic: Json, service: str = "phone", day: str = "2026-05-04", **more: Any) -> list[str]:
    """Starts in UTC, such as 08:30, earliest first; twice where two providers have it."""
    return [start[11:16] for start in sorted(key[2] for key in search(clinic, service, day, **more).slots)]


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


# the comparison


def told(expected: Expected, units: dict[str, int] | None = None) -> Json:
    """An answer without a fault, every slot with the same score."""
    slots = []
    for slot in expected.slots.values():
        place = slot.location_id
        slots.append(
            {
                "start": slot.start.astimezone(ZoneInfo(slot.zone)).isoformat(),
                "end": slot.end.astimezone(ZoneInfo(slot.zone)).isoformat(),
                "startUTC": utc_text(slot.start),
                "endUTC": utc_text(slot.end),
                "provider": {"id": slot.provider_id, "name": expected.provider_names[slot.provider_id]},
                "location": {"id": place, "name": expected.location_names[place]} if place else None,
                "roomOptions": [
                    {name: expected.rooms[room_id][name] for name in ("id", "name", "type")}
                    for room_id in sorted(slot.room_ids)
                ],
                "equipment": [
                    {"id": pool_id, "type": expected.pool_types[pool_id], "units": count}
                    for pool_id, count in (units or {}).items()
                ],
                "overbook": False,
                "score": 70.5,
                "scoreBreakdown": {"preference": 20.25, "gap": 30.25, "room": 10, "overbook": 10},
                "rearranges": [],
            }
        )
    return {"slots": sorted(slots, key=lambda slot: (slot["startUTC"], slot["provider"]["name"]))}


def a_search_with_everything() -> tuple[Expected, Json]:
    clinic = a_clinic("Europe/Berlin")
    clinic["equipment"] = [
        {"id": "e1", "locationId": "l1", "type": "ecg", "name": "Front"},
        {"id": "e2", "locationId": "l1", "type": "ecg", "name": "Back", "quantity": 2},
    ]
    clinic["services"][1]["equipment"] = [{"type": "ecg", "units": 2}]
    expected = search(clinic, "room")
    return expected, told(expected, {"e1": 1, "e2": 1})


def test_a_right_answer_has_no_differences() -> None:
    expected, answer = a_search_with_everything()
    assert len(answer["slots"]) == 6
    assert compare(answer, expected) == []


def test_a_limited_answer_is_as_long_as_its_limit() -> None:
    expected, answer = a_search_with_everything()
    answer["slots"] = answer["slots"][:4]
    assert compare(answer, expected, limit=4) == []
    assert len(compare(answer, expected, limit=5)) == 1
    assert len(compare(answer, expected, limit=6)) == 2
    assert len(compare(answer, expected)) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"startUTC": "2026-05-04T06:30:00Z"}, "does not exist"),
        ({"location": None}, "does not exist"),
        ({"start": "2026-05-04T09:00:00+01:00"}, "start is"),
        ({"start": "2026-05-04T07:00:00+00:00"}, "start is"),
        ({"end": "2026-05-04T09:45:00+02:00"}, "end is"),
        ({"endUTC": "2026-05-04T07:45:00Z"}, "endUTC is"),
        ({"roomOptions": []}, "rooms []"),
        ({"roomOptions": 2 * [{"id": "r1", "name": "One", "type": "exam"}]}, "rooms ['r1', 'r1']"),
        ({"roomOptions": [{"id": "r1", "name": "One", "type": "lab"}]}, "is told as"),
        ({"equipment": []}, "equipment {}"),
        ({"equipment": [{"id": "e1", "type": "ecg", "units": 2}]}, "2 units of pool e1, where 1 are free"),
        ({"equipment": [{"id": "e9", "type": "ecg", "units": 2}]}, "e9"),
        ({"overbook": True}, "overbook"),
        ({"score": 70.52}, "adds up to"),
        ({"score": 60, "scoreBreakdown": {"preference": 60}}, "parts are"),
        ({"provider": {"id": "p1", "name": "Cole"}}, "called Cole"),
        ({"provider": {}}, "cannot be read"),
    ],
)
def test_each_fault_of_an_answer_is_named(change: Json, words: str) -> None:
    expected, answer = a_search_with_everything()
    answer["slots"][0].update(change)
    assert any(words in difference for difference in compare(answer, expected))


def test_a_wrong_order_a_doubled_slot_and_a_missing_one_are_named() -> None:
    expected, answer = a_search_with_everything()
    first = answer["slots"][0]
    answer["slots"] = answer["slots"][::-1]
    assert len(compare(answer, expected)) == 5
    answer["slots"] = [first, *answer["slots"][::-1]]
    assert any("told 2 times" in difference for difference in compare(answer, expected))
    answer["slots"] = answer["slots"][2:]
    assert compare(answer, expected) == ["('p1', 'l1', '2026-05-04T07:00:00Z') is missing"]


# the random clinics


@pytest.mark.parametrize("seed", range(150))
def test_a_random_clinic_is_a_valid_file(seed: int) -> None:
    clinic_file, queries = random_clinic(seed)
    assert random_clinic(seed) == (clinic_file, queries)
    kinds = ("locations", "providers", "rooms", "equipment", "services", "patients", "appointments")
    known = {f"{kind}/{entity['id']}" for kind in kinds for entity in clinic_file[kind]} | {"clinic"}
    assert len(known) == 1 + sum(len(clinic_file[kind]) for kind in kinds)
    named = [each["resource"] for kind in ("availability", "exceptions") for each in clinic_file[kind]]
    named += [
        f"locations/{each['locationId']}" for kind in ("rooms", "equipment") for each in clinic_file[kind]
    ]
    for provider in clinic_file["providers"]:
        named += [f"locations/{identifier}" for identifier in provider["locationIds"]]
        named += [f"services/{identifier}" for identifier in provider["serviceIds"]]
    for patient in clinic_file["patients"]:
        named += [f"providers/{identifier}" for identifier in patient.get("blockedProviderIds", [])]
    for appointment in clinic_file["appointments"]:
        for kind in ("patient", "provider", "service", "room"):
            if f"{kind}Id" in appointment:
                named.append(f"{kind}s/{appointment[f'{kind}Id']}")
        named += [f"equipment/{taken['id']}" for taken in appointment["equipment"]]
    for query in queries:
        named += [f"providers/{identifier}" for identifier in query.get("providerIds", [])]
    assert set(named) <= known
    assert all(minutes_touched(each)[0] < minutes_touched(each)[1] for each in clinic_file["exceptions"])
    assert all(row["startTime"] < row["endTime"] for row in clinic_file["availability"])
    assert nothing_is_held_twice(clinic_file)


def nothing_is_held_twice(clinic_file: Json) -> bool:
    """Count the units in use at each minute by a second way: by steps up and down."""
    services, rooms = by_id(clinic_file["services"]), by_id(clinic_file["rooms"])
    steps: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for visit in clinic_file["appointments"]:
        service = services[visit["serviceId"]]
        assert ("roomId" in visit) == (service["modality"] == "in_person")
        if visit["status"] not in HOLDING:
            continue
        start, end = minutes_touched(visit)
        before, after = service.get("bufferBeforeMinutes", 0), service.get("bufferAfterMinutes", 0)
        holds = [(f"patients/{visit['patientId']}", start, end, 1)]
        holds.append((f"providers/{visit['providerId']}", start - before, end + after, 1))
        if "roomId" in visit:
            turnaround = rooms[visit["roomId"]].get("turnaroundMinutes", 0)
            holds.append((f"rooms/{visit['roomId']}", start - before, end + after + turnaround, 1))
        holds += [
            (f"equipment/{taken['id']}", start - before, end + after, taken["units"])
            for taken in visit["equipment"]
        ]
        for resource, hold_start, hold_end, units in holds:
            steps[resource] += [(hold_start, units), (hold_end, -units)]
    most = {f"rooms/{room['id']}": room.get("capacity", 1) for room in clinic_file["rooms"]}
    most |= {f"equipment/{pool['id']}": pool.get("quantity", 1) for pool in clinic_file["equipment"]}
    for resource, ups_and_downs in steps.items():
        level = 0
        for _, units in sorted(ups_and_downs):
            level += units
            if level > most.get(resource, 1):
                return False
    return True


def test_random_searches_are_rarely_empty_and_seldom_too_long() -> None:
    sizes = [len(every_slot(*pair).slots) for pair in pairs_of(range(60))]
    assert sum(size == 0 for size in sizes) < 0.6 * len(sizes)
    assert sum(size > 50 for size in sizes) > 0.1 * len(sizes)


def pairs_of(seeds: range) -> list[tuple[Json, Json]]:
    return [(clinic, query) for clinic, queries in map(random_clinic, seeds) for query in queries]
