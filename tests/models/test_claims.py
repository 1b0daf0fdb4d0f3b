"""What an appointment takes, and how units are dealt out."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import BusyTimes, Hold
from models.claims import (
    UnitHold,
    counters_for,
    day_of,
    free_units,
    hold_of,
    holds_of,
    holds_of_all,
    recolored,
    room_hold_of,
)
from models.hours import Window
from models.refs import equipment_ref, provider_ref, room_ref
from models.setup import ClinicSetup
from tests.builders import (
    MONDAY,
    TUESDAY,
    a_class,
    a_clinic,
    a_pool,
    a_provider,
    a_room,
    a_service,
    an_appointment,
    an_ecg,
    at,
    moment,
    overbooking,
    units,
)

WINDOWS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 20)).map(lambda pair: (pair[0], sum(pair))), max_size=12
)


def overlap(one: Window, other: Window) -> bool:
    return one[0] < other[1] and other[0] < one[1]


class TestHolds:
    def test_provider_and_equipment_are_held_with_the_buffers(self) -> None:
        wide = a_service(buffer_before_minutes=10, buffer_after_minutes=5)
        assert hold_of(wide, 100, 130) == (90, 135)

    def test_a_room_is_held_until_it_is_clean(self) -> None:
        wide = a_service(buffer_before_minutes=10, buffer_after_minutes=5)
        assert room_hold_of(wide, a_room(turnaround_minutes=20), 100, 130) == (90, 155)

    def test_an_appointment_takes_a_unit_of_everything_and_several_of_a_pool(self) -> None:
        wide = an_ecg(2, buffer_before_minutes=10, buffer_after_minutes=5)
        clinic = a_clinic(services=(wide,), rooms=(a_room(turnaround_minutes=20),), equipment=(a_pool(),))
        index = clinic.resource_index
        assert holds_of(an_appointment(equipment=(units(count=2),)), clinic) == [
            (index[provider_ref("okoro")], at("09:50"), at("10:35")),
            (index[room_ref("room-1")], at("09:50"), at("10:55")),
            (index[equipment_ref("ecg-1")], at("09:50"), at("10:35")),
            (index[equipment_ref("ecg-1")], at("09:50"), at("10:35")),
        ]

    def test_a_visit_without_a_room_holds_none(self) -> None:
        clinic = a_clinic()
        assert holds_of(an_appointment(room_id=None), clinic) == [
            (clinic.resource_index[provider_ref("okoro")], at("10:00"), at("10:30"))
        ]


def named(holds: list[Hold], clinic: ClinicSetup) -> list[tuple[str, Window]]:
    """Holds by the name of what they hold."""
    refs = {index: ref for ref, index in clinic.resource_index.items()}
    return [(refs[resource], (start, end)) for resource, start, end in holds]


class TestDayOf:
    def test_it_is_the_clinic_local_day_of_the_start(self) -> None:
        clinic = a_clinic(timezone="Asia/Tokyo")  # 9:00 ahead of UTC
        monday = at("00:00", MONDAY, "Asia/Tokyo"), at("00:00", TUESDAY, "Asia/Tokyo")
        assert day_of(clinic, at("14:59")) == monday
        assert day_of(clinic, at("15:00")) == (monday[1], monday[1] + 1440)

    @pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
    def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(self, day: date, hours: int) -> None:
        clinic = a_clinic(timezone="Europe/Berlin")
        noon = at("12:00", day, "Europe/Berlin")
        start, end = day_of(clinic, noon)
        assert end - start == hours * 60
        assert day_of(clinic, start) == day_of(clinic, end - 1) == (start, end)
        assert day_of(clinic, end)[0] == end


class TestCounted:
    def test_caps_are_held_over_the_day_and_gaps_until_they_have_passed(self) -> None:
        counted = a_service(max_per_day=4, min_gap_minutes=60, buffer_after_minutes=5)
        clinic = a_clinic(services=(counted,), providers=(a_provider(max_visits_per_day=9),))
        monday, hold = (at("00:00"), at("24:00")), (at("10:00"), at("10:35"))
        assert named(holds_of(an_appointment(), clinic), clinic) == [
            ("providers/okoro", hold),
            ("rooms/room-1", hold),
            ("gaps/okoro/checkup", (at("10:00"), at("11:30"))),
            ("service-days/checkup", monday),
            ("provider-days/okoro", monday),
        ]

    def test_the_patients_of_a_group_visit_share_everything_but_seats_and_counts(self) -> None:
        clinic = a_clinic(services=(a_class(max_per_day=9),))
        two = [an_appointment(id=patient, patient_id=patient) for patient in ("ada", "bela")]
        visit, monday = (at("10:00"), at("10:30")), (at("00:00"), at("24:00"))
        own = [("seats/okoro/checkup", visit), ("service-days/checkup", monday)]
        shared = [("providers/okoro", visit), ("rooms/room-1", visit)]
        assert named(holds_of_all(two, clinic), clinic) == [*shared, *own, *own]

    @pytest.mark.parametrize(
        "other",
        [{"room_id": "room-2"}, {"provider_id": "lind"}, {"ends_at": moment("10:45")}, {"service_id": "too"}],
        ids=["room", "provider", "end", "service"],
    )
    def test_whoever_differs_is_no_member_of_the_group(self, other: dict[str, Any]) -> None:
        clinic = a_clinic(
            services=(a_class(), a_class(id="too")),
            providers=(a_provider(), a_provider("lind")),
            rooms=(a_room(), a_room("room-2")),
        )
        two = [an_appointment(), replace(an_appointment(id="2", patient_id="ada"), **other)]
        providers = [ref for ref, _ in named(holds_of_all(two, clinic), clinic) if ref.count("/") == 1]
        assert len([ref for ref in providers if ref.startswith("providers/")]) == 2

    def test_a_visit_on_top_counts_for_each_rule_that_applies_and_a_regular_one_for_none(self) -> None:
        clinic = a_clinic(
            overbooking=(
                overbooking(id="all day", max_per_day=3),
                overbooking("09:00", "10:15", id="too short", max_per_day=3),
                overbooking(id="without a limit"),
            )
        )
        visit, monday = (at("10:00"), at("10:30")), (at("00:00"), at("24:00"))
        usual = [("providers/okoro", visit), ("rooms/room-1", visit)]
        on_top = holds_of(an_appointment(overbook=True), clinic)
        assert named(on_top, clinic) == [*usual, ("overbooking/all%20day/okoro", monday)]
        regular = holds_of(an_appointment(), clinic)
        assert named(regular, clinic) == [*usual, ("regular/okoro", visit)]

    def test_counters_for_a_service_are_those_that_exist(self) -> None:
        counted = a_service(max_per_day=4, min_gap_minutes=60, seats=3)
        provider = a_provider(max_visits_per_day=9)
        clinic = a_clinic(
            services=(counted, a_service("plain")),
            providers=(provider, a_provider("lind")),
            overbooking=(overbooking(max_per_day=1), overbooking(id="no limit")),
        )
        assert counters_for(clinic, provider, counted) == (
            "service-days/checkup",
            "provider-days/okoro",
            "gaps/okoro/checkup",
            "seats/okoro/checkup",
            "overbooking/rule/okoro",
        )
        assert counters_for(clinic, a_provider("lind"), a_service("plain")) == ()


class TestFreeUnits:
    @given(
        st.lists(st.tuples(st.integers(0, 3), WINDOWS.filter(bool).map(lambda found: found[0])), max_size=6),
        WINDOWS.filter(bool),
    )
    def test_they_are_those_that_nobody_holds(
        self, held: list[tuple[int, Window]], asked: list[Window]
    ) -> None:
        holds = [UnitHold(unit, window) for unit, window in held]
        expected = [
            unit
            for unit in range(4)
            if not any(taken == unit and overlap(window, asked[0]) for taken, window in held)
        ]
        assert free_units(holds, 4, asked[0]) == expected

    def test_a_hold_that_touches_leaves_its_unit_free(self) -> None:
        held = [UnitHold(0, (0, 10)), UnitHold(1, (20, 30)), UnitHold(2, (9, 11))]
        assert free_units(held, 3, (10, 20)) == [0, 1]


class TestRecolored:
    @given(WINDOWS)
    def test_no_unit_is_held_twice_and_the_peak_suffices(self, windows: list[Window]) -> None:
        peak = BusyTimes.of(windows).peak(0, 100)
        dealt = recolored(windows, peak)
        assert dealt is not None
        assert len(dealt) == len(windows)
        assert set(dealt) <= set(range(peak))
        for one in range(len(windows)):
            for other in range(one):
                assert dealt[one] != dealt[other] or not overlap(windows[one], windows[other])

    @given(WINDOWS.filter(bool))
    def test_fewer_units_than_the_peak_never_suffice(self, windows: list[Window]) -> None:
        assert recolored(windows, BusyTimes.of(windows).peak(0, 100) - 1) is None

    @given(WINDOWS, st.integers(0, 5))
    def test_more_units_than_needed_do_no_harm(self, windows: list[Window], spare: int) -> None:
        assert recolored(windows, BusyTimes.of(windows).peak(0, 100) + spare) is not None

    def test_what_counting_allows_is_possible_where_no_single_unit_was_free(self) -> None:
        """One machine is taken from 0 to 10, the other from 10 to 20: both bookings move to one."""
        assert free_units([UnitHold(0, (0, 10)), UnitHold(1, (10, 20))], 2, (0, 20)) == []
        assert recolored([(0, 10), (10, 20), (0, 20)], 2) == [0, 0, 1]
