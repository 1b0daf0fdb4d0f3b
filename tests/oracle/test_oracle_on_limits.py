"""The judge on limits, small enough to work out by hand: caps, gaps, closures, who may, overbooking."""

from typing import Any

import pytest

from tests.oracle.clock import Json
from tests.oracle.hand_made import (
    a_clinic,
    a_phone_call,
    a_second_provider,
    a_second_room,
    an_appointment,
    overbooked,
    search,
    starts,
)

MORNING = ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]


def test_a_provider_sees_so_many_patients_a_day_and_no_more() -> None:
    clinic = a_clinic()
    clinic["providers"][0]["maxVisitsPerDay"] = 2
    clinic["appointments"] = [an_appointment("07:00", "07:30", status="completed")]
    assert starts(clinic) == MORNING
    clinic["appointments"].append(a_phone_call("19:00", "19:30"))
    assert starts(clinic) == []
    assert starts(clinic, day="2026-05-05") == MORNING
    clinic["appointments"][0]["status"] = "no_show"
    assert starts(clinic) == MORNING
    clinic["providers"][0]["maxVisitsPerDay"] = 0
    assert starts(clinic, day="2026-05-05") == []


def test_a_visit_counts_for_the_clinics_date_on_which_it_starts() -> None:
    clinic = a_clinic(hours=(("22:00", "24:00"), ("00:00", "02:00")))
    clinic["providers"][0]["maxVisitsPerDay"] = 1
    clinic["appointments"] = [a_phone_call("23:45", "00:15", end="2026-05-05T00:15:00Z")]
    assert starts(clinic) == []
    late = ["22:00", "22:30", "23:00", "23:30"]
    assert starts(clinic, day="2026-05-05") == ["00:30", "01:00", "01:30", *late]


def test_the_place_may_have_another_date_than_the_clinic_that_counts() -> None:
    clinic = a_clinic(hours=(("00:00", "24:00"),))
    clinic["locations"][0]["timezone"] = "Europe/Berlin"
    clinic["services"][1]["maxPerDay"] = 1
    clinic["appointments"] = [an_appointment("23:00", "23:30")]  # at one in the morning of the 5th, there
    night = {"start": "2026-05-04T20:00:00Z", "end": "2026-05-05T02:00:00Z"}
    assert starts(clinic, "room", **night) == ["00:00", "00:30", "01:00", "01:30"]


def test_a_service_is_given_so_often_a_day_by_all_providers_together() -> None:
    clinic = a_clinic()
    a_second_provider(clinic)
    clinic["services"][0]["maxPerDay"] = 2
    clinic["appointments"] = [
        a_phone_call("07:00", "07:30"),
        an_appointment("08:00", "08:30"),
        a_phone_call("08:00", "08:30", providerId="p2", patientId="a2", status="canceled"),
    ]
    assert len(starts(clinic)) == 12
    clinic["appointments"][2]["status"] = "completed"
    assert starts(clinic) == []
    assert len(starts(clinic, "room")) == 12


def test_visits_of_a_service_keep_their_gap_at_one_provider() -> None:
    clinic = a_clinic(hours=(("08:00", "12:00"),))
    a_second_provider(clinic)
    clinic["services"][0].update(minGapMinutes=60, bufferBeforeMinutes=15)
    clinic["appointments"] = [a_phone_call("10:00", "10:30")]
    # One that ends at 09:00 and one that starts at 11:30 are just far enough away; buffers do not count.
    assert starts(clinic, providerIds=["p1"]) == ["08:00", "08:30", "11:30"]
    assert len(starts(clinic, providerIds=["p2"])) == 8
    assert starts(clinic, "room", providerIds=["p1"]) == [
        "08:00",
        "08:30",
        "09:00",
        "10:30",
        "11:00",
        "11:30",
    ]


def test_a_gap_is_kept_where_lanes_would_allow_more() -> None:
    clinic = a_clinic()
    clinic["services"][0]["minGapMinutes"] = 5
    clinic["overbooking"] = [overbooked()]
    clinic["appointments"] = [a_phone_call("10:00", "10:30")]
    assert starts(clinic) == ["09:00", "11:00", "11:30"]
    clinic["services"][0]["minGapMinutes"] = 0
    assert starts(clinic) == MORNING


def test_blackout_dates_are_those_of_the_place() -> None:
    clinic = a_clinic(hours=(("00:00", "24:00"),))
    clinic["locations"][0]["timezone"] = "Europe/Berlin"
    for service in clinic["services"]:
        service["blackoutDates"] = ["2026-05-05"]
    evening = {"start": "2026-05-04T21:00:00Z", "end": "2026-05-05T01:00:00Z"}
    assert starts(clinic, "room", **evening) == ["21:00", "21:30"]
    assert starts(clinic, "phone", **evening) == ["21:00", "21:30", "22:00", "22:30", "23:00", "23:30"]


def test_who_is_not_allowed_does_not_give_the_service() -> None:
    clinic = a_clinic()
    a_second_provider(clinic)
    clinic["services"][0]["allowedProviderIds"] = ["p2"]
    assert {key[0] for key in search(clinic).slots} == {"p2"}
    clinic["services"][0]["allowedProviderIds"] = []
    assert starts(clinic) == []
    assert len(starts(clinic, "room")) == 12


def test_a_hold_that_ran_out_holds_nothing() -> None:
    clinic = a_clinic()
    clinic["providers"][0]["maxVisitsPerDay"] = 1
    held = a_phone_call("10:00", "10:30", status="pending", expiresAt="2026-05-04T08:00:00Z")
    clinic["appointments"] = [held]
    assert starts(clinic, now="2026-05-04T07:59:59Z") == []
    assert starts(clinic, now="2026-05-04T08:00:00Z") == MORNING
    held["status"] = "confirmed"
    assert starts(clinic, now="2026-05-04T08:00:00Z") == []


# overbooking


def on_top(clinic: Json, service: str = "phone", **more: Any) -> list[str]:
    """The starts of the slots that overlap another visit of their provider."""
    found = search(clinic, service, **more).slots.values()
    return sorted(f"{slot.start:%H:%M}" for slot in found if slot.overbook)


def test_where_a_rule_adds_a_lane_visits_may_overlap_but_not_in_one_room() -> None:
    clinic = a_clinic()
    clinic["overbooking"] = [overbooked(startTime="10:00", endTime="11:00")]
    clinic["appointments"] = [an_appointment("10:00", "10:30"), a_phone_call("11:00", "11:30")]
    assert starts(clinic) == ["09:00", "09:30", "10:00", "10:30", "11:30"]
    assert on_top(clinic) == ["10:00"]
    assert starts(clinic, "room") == ["09:00", "09:30", "10:30", "11:30"]
    a_second_room(clinic)
    assert on_top(clinic, "room") == ["10:00"]
    assert search(clinic, "room").slots["p1", "l1", "2026-05-04T10:00:00Z"].room_ids == {"r2"}
    assert on_top(clinic, patientId="a1") == []


def test_the_window_contains_the_whole_visit_and_buffers_count_as_overlap() -> None:
    clinic = a_clinic()
    clinic["overbooking"] = [overbooked(startTime="10:00", endTime="11:00")]
    clinic["appointments"] = [a_phone_call("10:00", "10:30")]
    hour_long: Json = {"durationMinutes": 60}
    assert starts(clinic, **hour_long) == ["09:00", "10:00", "10:30", "11:00"]
    assert on_top(clinic, **hour_long) == ["10:00"]
    clinic["services"][0]["bufferBeforeMinutes"] = 10  # from 09:50 on, and 10:30 reaches back to 10:20
    assert starts(clinic) == ["09:00", "10:00", "10:30", "11:00", "11:30"]
    assert on_top(clinic) == ["10:00", "10:30"]


def test_a_rule_speaks_of_its_weekdays_and_its_provider_or_service() -> None:
    clinic = a_clinic()
    a_second_provider(clinic)
    clinic["appointments"] = [
        an_appointment("10:00", "10:30"),
        a_phone_call("10:00", "10:30", providerId="p2", patientId="a2"),
    ]

    def both(**changes: Any) -> list[tuple[str, str | None]]:
        clinic["overbooking"] = [overbooked(**changes)]
        return sorted((key[0], key[1]) for key, slot in search(clinic).slots.items() if slot.overbook)

    assert both() == [("p1", None)]
    assert both(weekdays=["TU", "SU"]) == []
    assert both(providerId=None, serviceId="phone") == [("p1", None), ("p2", None)]
    assert both(providerId=None, serviceId="room") == []


def test_more_lanes_let_more_visits_overlap() -> None:
    clinic = a_clinic()
    clinic["appointments"] = [
        an_appointment("10:00", "10:30"),
        a_phone_call("10:15", "10:45", patientId="a2", overbook=True),
    ]
    clinic["overbooking"] = [overbooked()]
    assert on_top(clinic) == ["10:30"]
    assert "10:00" not in starts(clinic)
    clinic["overbooking"] = [overbooked(lanes=2)]
    assert on_top(clinic) == ["10:00", "10:30"]


def test_peaks_count_and_not_all_that_is_overlapped() -> None:
    clinic = a_clinic()
    clinic["appointments"] = [a_phone_call("10:00", "10:30"), a_phone_call("10:30", "11:00", patientId="a2")]
    clinic["overbooking"] = [overbooked()]
    assert on_top(clinic, durationMinutes=60) == ["09:30", "10:00", "10:30"]


def test_a_daily_limit_counts_what_was_overbooked_under_the_rule() -> None:
    clinic = a_clinic()
    on_top_of_it = a_phone_call("10:15", "10:45", patientId="a2", overbook=True)
    clinic["appointments"] = [
        an_appointment("10:00", "10:30"),
        on_top_of_it,
        a_phone_call("11:30", "12:00"),
    ]
    limited = overbooked(maxPerDay=1)
    clinic["overbooking"] = [limited]
    assert on_top(clinic) == []
    clinic["overbooking"] = [limited, overbooked(id="o2", startTime="11:00", endTime="12:00")]
    assert on_top(clinic) == ["11:30"]
    limited["maxPerDay"] = 2
    assert on_top(clinic) == ["10:30", "11:30"]
    limited["maxPerDay"] = 0
    assert on_top(clinic) == ["11:30"]
    clinic["overbooking"] = [overbooked(maxPerDay=1)]
    on_top_of_it["overbook"] = False
    assert on_top(clinic) == ["10:30", "11:30"]
    on_top_of_it.update(overbook=True, status="canceled")
    assert on_top(clinic) == ["10:00", "11:30"]


def test_a_daily_limit_is_per_provider_and_a_visit_outside_its_window_does_not_count() -> None:
    clinic = a_clinic()
    a_second_provider(clinic)
    early = a_phone_call("07:00", "07:30", overbook=True)
    clinic["overbooking"] = [
        overbooked(providerId=None, serviceId="phone", startTime="08:00", endTime="12:00", maxPerDay=1)
    ]
    clinic["appointments"] = [an_appointment("10:00", "10:30"), early]
    assert on_top(clinic) == ["10:00"]
    early.update(start="2026-05-04T08:00:00Z", end="2026-05-04T08:30:00Z")
    assert on_top(clinic) == []
    early["providerId"] = "p2"
    assert on_top(clinic) == ["10:00"]
    early.update(providerId="p1", serviceId="room", roomId="r1")
    assert on_top(clinic) == ["10:00"]


@pytest.mark.parametrize(
    ("day", "window", "calls", "expected"),
    [
        # The clocks go back from 03:00 to 02:00 in Berlin: 02:00 is 00:00Z, then 01:00Z.
        ("2026-10-25", ("02:00", "03:00"), ("00:00", "01:00"), ["00:00", "01:00"]),
        ("2026-10-25", ("02:00", "02:30"), ("00:00", "01:00"), ["00:00"]),
        ("2026-10-25", ("02:30", "03:30"), ("00:00", "01:00"), ["01:00"]),
        # They go forward from 02:00 to 03:00: whatever lies between is the 01:00Z of 03:00.
        ("2026-03-29", ("02:15", "02:45"), ("00:30", "01:00"), []),
        ("2026-03-29", ("02:15", "03:30"), ("00:30", "01:00"), ["01:00"]),
        ("2026-03-29", ("01:30", "02:15"), ("00:30", "01:00"), ["00:30"]),
    ],
)
def test_windows_of_rules_follow_the_clocks(
    day: str, window: tuple[str, str], calls: tuple[str, str], expected: list[str]
) -> None:
    clinic = a_clinic("Europe/Berlin", (("00:00", "24:00"),))
    clinic["overbooking"] = [overbooked(startTime=window[0], endTime=window[1], weekdays=["SU"])]
    clinic["appointments"] = [
        a_phone_call(
            start, start, start=f"{day}T{start}:00Z", end=f"{day}T{start[:3]}{int(start[3:]) + 29}:00Z"
        )
        for start in calls
    ]
    assert on_top(clinic, day=day) == expected


def test_no_window_reaches_through_midnight() -> None:
    clinic = a_clinic(hours=(("00:00", "24:00"),))
    clinic["services"][0]["slotStepMinutes"] = 45
    clinic["overbooking"] = [overbooked()]
    clinic["appointments"] = [a_phone_call("22:00", "02:00", end="2026-05-05T02:00:00Z")]
    late: Json = {"start": "2026-05-04T22:00:00Z", "end": "2026-05-05T02:00:00Z"}
    assert on_top(clinic, **late) == ["00:00", "00:45", "01:30", "22:30", "23:15"]
    clinic["services"][0]["durationMinutes"] = 46
    assert on_top(clinic, **late) == ["00:00", "00:45", "01:30", "22:30"]


def test_windows_of_rules_are_those_of_the_place() -> None:
    clinic = a_clinic()
    clinic["locations"][0]["timezone"] = "Europe/Berlin"
    a_second_room(clinic)
    clinic["availability"][0]["startTime"] = "11:00"  # there, where it is 09:00 in UTC
    clinic["availability"][0]["endTime"] = "14:00"
    clinic["overbooking"] = [overbooked(startTime="12:00", endTime="12:30")]
    clinic["appointments"] = [an_appointment("10:00", "10:30")]
    assert on_top(clinic, "room") == ["10:00"]
    assert on_top(clinic, "phone") == []
