"""The judge on group visits, and on the names of the rules that a placement breaks."""

from typing import Any

import pytest

from tests.oracle.clock import Json, instant, minutes_touched, rounded_down
from tests.oracle.hand_made import (
    a_clinic,
    a_second_room,
    an_appointment,
    overbooked,
    search,
    starts,
)
from tests.oracle.world import Ask, Slot, World

AT_TEN = ("p1", "l1", "2026-05-04T10:00:00Z")


def a_clinic_with_a_group(seats: int = 3, **changes: Any) -> Json:
    """One patient so far, at ten in room r1, of three."""
    clinic = a_clinic()
    clinic["patients"] += [{"id": "a3", "name": "Three"}, {"id": "a4", "name": "Four"}]
    clinic["services"][1]["seats"] = seats
    clinic["appointments"] = [an_appointment("10:00", "10:30", **changes)]
    return clinic


def another_patient(clinic: Json, patient_id: str, **changes: Any) -> None:
    first = clinic["appointments"][0]
    clinic["appointments"].append({**first, "id": f"v{patient_id}", "patientId": patient_id, **changes})


def slot_at_ten(clinic: Json, **more: Any) -> Slot | None:
    return search(clinic, "room", **more).slots.get(AT_TEN)


def test_a_seat_is_offered_where_a_group_visit_takes_place() -> None:
    clinic = a_clinic_with_a_group()
    a_second_room(clinic)
    seat = slot_at_ten(clinic)
    assert seat is not None
    assert (seat.joins, seat.room_ids, seat.overbook) == ("v10:00", frozenset({"r1"}), False)
    assert len(starts(clinic, "room")) == 6
    assert starts(clinic, "phone") == ["09:00", "09:30", "10:30", "11:00", "11:30"]
    clinic["services"][1]["seats"] = 1
    assert slot_at_ten(clinic) is None


def test_seats_run_out_and_come_back() -> None:
    clinic = a_clinic_with_a_group()
    another_patient(clinic, "a2")
    assert slot_at_ten(clinic, patientId="a3") is not None
    assert slot_at_ten(clinic, patientId="a1") is None
    assert slot_at_ten(clinic, patientId="a2") is None
    another_patient(clinic, "a3")
    assert slot_at_ten(clinic, patientId="a4") is None
    clinic["appointments"][0]["status"] = "canceled"
    seat = slot_at_ten(clinic, patientId="a4")
    assert seat is not None
    assert seat.joins == "va2"


def test_only_the_very_same_time_is_shared() -> None:
    clinic = a_clinic_with_a_group()
    assert slot_at_ten(clinic, durationMinutes=20) is None
    clinic["services"][1]["slotStepMinutes"] = 10
    assert "10:10" not in starts(clinic, "room")


def test_a_group_visit_holds_its_room_and_its_equipment_once() -> None:
    clinic = a_clinic_with_a_group(equipment=[{"id": "e1", "units": 2}])
    clinic["equipment"] = [
        {"id": "e1", "locationId": "l1", "type": "ecg", "name": "Front", "quantity": 2},
        {"id": "e2", "locationId": "l1", "type": "ecg", "name": "Back", "quantity": 9},
    ]
    clinic["services"][1]["equipment"] = [{"type": "ecg", "units": 2}]
    another_patient(clinic, "a2")
    seat = slot_at_ten(clinic)
    assert seat is not None
    assert seat.free_units == {"e1": 2}


def test_a_seat_breaks_no_rule_either() -> None:
    def joined(kind: str = "services", position: int = 1, **changes: Any) -> bool:
        clinic = a_clinic_with_a_group()
        another_patient(clinic, "a2")
        clinic[kind][position].update(changes)
        return slot_at_ten(clinic) is not None

    assert joined(maxPerDay=3)
    assert not joined(maxPerDay=2)
    assert joined("providers", 0, maxVisitsPerDay=3)
    assert not joined("providers", 0, maxVisitsPerDay=2)
    assert not joined(blackoutDates=["2026-05-04"])
    assert not joined(allowedProviderIds=[])
    assert not joined(roomTypes=["lab"])
    assert not joined(equipment=[{"type": "ecg", "units": 1}])
    assert not joined("availability", 0, endTime="10:15")
    assert joined(minGapMinutes=300)
    assert joined(bufferAfterMinutes=45)


def test_a_gap_lies_between_group_visits_and_not_within_one() -> None:
    clinic = a_clinic_with_a_group()
    clinic["services"][1]["minGapMinutes"] = 45
    assert starts(clinic, "room") == ["10:00", "11:30"]


def test_a_seat_is_on_top_of_others_where_its_group_visit_is() -> None:
    clinic = a_clinic_with_a_group(overbook=True)
    clinic["overbooking"] = [overbooked(maxPerDay=1)]
    seat = slot_at_ten(clinic)
    assert seat is not None
    assert seat.overbook
    # The limit is used up by that one visit, however many come to it; it takes two for the next one.
    another_patient(clinic, "a2")
    clinic["appointments"].append(an_appointment("11:00", "11:30", serviceId="phone"))
    assert "11:00" not in starts(clinic, "phone")
    clinic["overbooking"][0]["maxPerDay"] = 2
    assert "11:00" in starts(clinic, "phone")


def test_seats_bound_a_second_group_visit_at_the_same_time() -> None:
    clinic = a_clinic_with_a_group(seats=2)
    a_second_room(clinic)
    clinic["services"][1]["slotStepMinutes"] = 15
    clinic["overbooking"] = [overbooked()]
    later = search(clinic, "room").slots["p1", "l1", "2026-05-04T10:15:00Z"]
    assert (later.joins, later.room_ids, later.overbook) == (None, frozenset({"r2"}), True)
    another_patient(clinic, "a2")
    assert "10:15" not in starts(clinic, "room")


def test_who_cannot_join_has_no_visit_of_their_own_beside_it() -> None:
    clinic = a_clinic_with_a_group()
    a_second_room(clinic)
    clinic["rooms"][0]["capacity"] = 2
    clinic["exceptions"] = [
        {
            "resource": "rooms/r1",
            "start": "2026-05-04T10:15:00Z",
            "end": "2026-05-04T10:20:00Z",
            "kind": "unavailable",
        }
    ]
    assert slot_at_ten(clinic) is None
    clinic["overbooking"] = [overbooked()]
    assert slot_at_ten(clinic) is None


def test_two_visits_that_would_be_one_group_visit_are_one() -> None:
    clinic = a_clinic_with_a_group()
    clinic["rooms"][0]["capacity"] = 2
    clinic["overbooking"] = [overbooked()]
    clinic["equipment"] = [{"id": "e1", "locationId": "l1", "type": "ecg", "name": "Pool"}]
    clinic["services"][1]["equipment"] = [{"type": "ecg", "units": 1}]  # which the group has not got
    assert slot_at_ten(clinic) is None
    a_second_room(clinic)
    assert slot_at_ten(clinic) is None


def test_of_two_group_visits_at_once_either_will_do() -> None:
    clinic = a_clinic_with_a_group()
    a_second_room(clinic)
    another_patient(clinic, "a2", roomId="r2", overbook=True)
    clinic["overbooking"] = [overbooked()]
    seat = slot_at_ten(clinic)
    assert seat is not None
    assert [one.joins for one in (seat, *seat.or_else)] == ["v10:00", "va2"]
    assert [set(one.room_ids) for one in (seat, *seat.or_else)] == [{"r1"}, {"r2"}]


# the names of rules


@pytest.mark.parametrize(
    ("rule", "kind", "changes"),
    [
        ("provider_offers_the_service", "providers", {"serviceIds": ["phone"]}),
        ("service_allows_the_provider", "services", {"allowedProviderIds": ["p2"]}),
        ("provider_is_not_blocked_for_the_patient", "patients", {"blockedProviderIds": ["p1"]}),
        ("start_is_aligned", "services", {"slotStepMinutes": 45}),
        ("start_respects_notice", "services", {"minNoticeMinutes": 61}),
        ("start_is_within_the_booking_horizon", "services", {"maxFutureDays": 0}),
        ("service_is_not_blacked_out", "services", {"blackoutDates": ["2026-05-04"]}),
        ("provider_is_working", "availability", {"endTime": "11:29"}),
        ("room_suits_the_service", "services", {"roomFeatures": ["sink"]}),
        ("room_is_open", "rooms hours", {}),
        ("room_is_never_double_booked", "appointments", {"providerId": "p2"}),
        ("equipment_is_what_the_service_needs", "services", {"equipment": [{"type": "ecg", "units": 2}]}),
        ("provider_is_never_double_booked", "appointments", {"roomId": "r2"}),
        ("overbooking_stays_within_its_daily_limit", "overbooking", {"maxPerDay": 0}),
        ("provider_has_visits_left_that_day", "providers", {"maxVisitsPerDay": 0}),
        ("service_has_visits_left_that_day", "services", {"maxPerDay": 0}),
        ("visits_of_a_service_keep_their_gap", "gap", {"minGapMinutes": 91}),
        ("patient_is_never_in_two_places", "appointments", {"providerId": "p2", "roomId": "r2"}),
    ],
)
def test_a_broken_rule_is_named_and_no_other(rule: str, kind: str, changes: Json) -> None:
    clinic = a_clinic()
    clinic["equipment"] = [{"id": "e1", "locationId": "l1", "type": "ecg", "name": "Pool"}]
    clinic["rooms"].append({"id": "r2", "locationId": "l1", "name": "Lab", "type": "lab"})
    clinic["services"][1]["roomTypes"] = ["exam"]
    clinic["providers"].append({**clinic["providers"][0], "id": "p2", "name": "Baker"})
    own = {} if rule == "patient_is_never_in_two_places" else {"patientId": "a2"}
    if kind == "appointments":
        clinic["appointments"] = [an_appointment("11:10", "11:20", **own, **changes)]
    elif kind == "gap":
        clinic["appointments"] = [an_appointment("09:00", "09:30")]
        clinic["services"][1].update(changes)
    elif kind == "overbooking":
        clinic["appointments"] = [an_appointment("11:10", "11:20", roomId="r2", **own)]
        clinic["overbooking"] = [overbooked(**changes)]
    elif kind == "rooms hours":
        row = {**clinic["availability"][0], "resource": "rooms/r1", "endTime": "11:00"}
        clinic["availability"].append(row)
    else:
        clinic[kind][1 if kind == "services" else 0].update(changes)
    assert why_not_at_eleven(clinic) == {rule}


def test_closed_places_and_other_places_are_named() -> None:
    clinic = a_clinic()
    assert why_not_at_eleven(clinic) == set()
    closed = {"start": "2026-05-04T11:29:00Z", "end": "2026-05-04T12:00:00Z", "kind": "unavailable"}
    for place in ("clinic", "locations/l1"):
        clinic["exceptions"] = [{"resource": place, **closed}]
        assert why_not_at_eleven(clinic) == {"location_is_open"}
    clinic["exceptions"] = []
    clinic["locations"].append({"id": "l2", "name": "Far"})
    clinic["providers"][0]["locationIds"] = ["l2"]
    assert why_not_at_eleven(clinic) == {"provider_works_at_the_location"}


def test_equipment_that_is_closed_or_lent_is_named() -> None:
    clinic = a_clinic()
    clinic["equipment"] = [{"id": "e1", "locationId": "l1", "type": "ecg", "name": "Pool"}]
    clinic["services"][1]["equipment"] = [{"type": "ecg", "units": 1}]
    row = {**clinic["availability"][0], "resource": "equipment/e1", "endTime": "11:00"}
    clinic["availability"].append(row)
    assert why_not_at_eleven(clinic) == {"equipment_is_open"}
    clinic["availability"].remove(row)
    lent = {
        "serviceId": "phone",
        "providerId": "p2",
        "patientId": "a2",
        "equipment": [{"id": "e1", "units": 1}],
    }
    clinic["providers"].append({**clinic["providers"][0], "id": "p2", "name": "Baker"})
    clinic["appointments"] = [an_appointment("11:00", "11:30", **lent)]
    del clinic["appointments"][0]["roomId"]
    assert why_not_at_eleven(clinic) == {"equipment_is_never_overbooked"}


def test_seats_that_are_taken_are_named_and_a_room_that_a_group_visit_has() -> None:
    clinic = a_clinic_with_a_group(seats=2)
    clinic["overbooking"] = [overbooked()]
    clinic["rooms"][0]["capacity"] = 2
    another_patient(clinic, "a2")
    start, end = minutes_touched(clinic["appointments"][0])
    assert why_not(clinic, start, end) == {
        "group_visit_has_a_seat_left",
        "group_visit_is_shared_whole",
        "patient_is_never_in_two_places",
    }


def why_not_at_eleven(clinic: Json) -> set[str]:
    start = rounded_down(instant("2026-05-04T11:00:00Z"))
    return why_not(clinic, start, start + 30)


def why_not(clinic: Json, start: int, end: int) -> set[str]:
    """Of patient a1 in the room service of p1, asked an hour before eleven."""
    world = World(clinic, start - 1440, end + 1440, instant("2026-05-04T10:00:00Z"))
    return world.why_not(
        Ask(service_id="room", provider_id="p1", location_id="l1", start=start, end=end, patient_id="a1")
    )
