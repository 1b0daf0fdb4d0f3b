"""What an appointment takes, and how units are dealt out."""

from hypothesis import given
from hypothesis import strategies as st

from models.calendar import BusyTimes
from models.claims import UnitHold, free_units, hold_of, holds_of, recolored, room_hold_of
from models.hours import Window
from models.refs import equipment_ref, provider_ref, room_ref
from tests.builders import a_clinic, a_pool, a_room, a_service, an_appointment, an_ecg, at, units

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
