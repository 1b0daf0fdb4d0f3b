"""Busy times, against counting minute by minute."""

from hypothesis import given
from hypothesis import strategies as st

from models.calendar import BusyTimes, Calendar, Hold
from models.hours import Window

WINDOWS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 20)).map(lambda pair: (pair[0], sum(pair))), max_size=9
)
RANGES = st.tuples(st.integers(0, 60), st.integers(1, 25)).map(lambda pair: (pair[0], sum(pair)))


def held_at(minute: int, windows: list[Window]) -> int:
    return sum(start <= minute < end for start, end in windows)


class TestBusyTimes:
    @given(WINDOWS, RANGES)
    def test_overlapping_holds_are_those_that_share_a_minute(
        self, windows: list[Window], asked: Window
    ) -> None:
        visit = set(range(*asked))
        expected = sorted(window for window in windows if visit & set(range(*window)))
        assert BusyTimes.of(windows).overlapping(*asked) == expected

    @given(WINDOWS, RANGES)
    def test_the_peak_is_the_most_held_in_any_minute(self, windows: list[Window], asked: Window) -> None:
        expected = max(held_at(minute, windows) for minute in range(*asked))
        assert BusyTimes.of(windows).peak(*asked) == expected

    @given(WINDOWS, st.integers(-5, 80))
    def test_the_neighbours_of_a_minute(self, windows: list[Window], minute: int) -> None:
        busy = BusyTimes.of(windows)
        assert busy.last_end_before(minute) == max((end for _, end in windows if end <= minute), default=None)
        following = min((start for start, _ in windows if start >= minute), default=None)
        assert busy.first_start_after(minute) == following

    @given(WINDOWS, RANGES)
    def test_each_hold_counts_for_its_minutes_within_a_range(
        self, windows: list[Window], asked: Window
    ) -> None:
        expected = sum(held_at(minute, windows) for minute in range(*asked))
        assert BusyTimes.of(windows).minutes_within(*asked) == expected

    def test_nothing_held_is_nothing(self) -> None:
        nothing = BusyTimes.of([])
        assert nothing.overlapping(0, 100) == []
        assert nothing.peak(0, 100) == 0
        assert nothing.minutes_within(0, 100) == 0
        assert nothing.last_end_before(10) is None
        assert nothing.first_start_after(10) is None

    def test_holds_that_touch_do_not_overlap(self) -> None:
        busy = BusyTimes.of([(0, 10), (20, 30)])
        assert busy.overlapping(10, 20) == []
        assert busy.overlapping(9, 21) == [(0, 10), (20, 30)]
        assert busy.peak(0, 30) == 1


HOLDS = st.lists(st.tuples(st.integers(0, 4), RANGES).map(lambda pair: (pair[0], *pair[1])), max_size=20)


class TestCalendar:
    @given(HOLDS)
    def test_each_resource_has_its_own_holds(self, holds: list[Hold]) -> None:
        calendar = Calendar.of(holds)
        for resource in range(6):
            expected = sorted((start, end) for held, start, end in holds if held == resource)
            assert calendar.busy(resource).overlapping(0, 1000) == expected

    def test_a_patient_who_is_not_known_has_no_visits(self) -> None:
        calendar = Calendar.of([], {"ada": [(20, 30), (0, 10)]})
        assert calendar.visits_of("ada").overlapping(0, 100) == [(0, 10), (20, 30)]
        assert calendar.visits_of("bela").overlapping(0, 100) == []
