"""Recurring hours, and lists of windows, against sets of minutes and plain recurrences."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from models.hours import OpenWindows, Window, closings, expanded, merged, openings, without
from models.wall_clock import zone_named
from tests.builders import MONDAY, at, closed, hours, moment, opened

WINDOWS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda pair: (pair[0], pair[0] + pair[1])),
    max_size=8,
)


def minutes_of(windows: list[Window]) -> set[int]:
    return {minute for start, end in windows for minute in range(start, end)}


def is_tidy(windows: list[Window]) -> bool:
    """Sorted, none empty, and a gap between each and the next."""
    edges = [edge for window in windows for edge in window]
    return all(earlier < later for earlier, later in pairwise(edges))


class TestMerged:
    @given(WINDOWS)
    def test_the_same_minutes_in_tidy_windows(self, windows: list[Window]) -> None:
        assert minutes_of(merged(windows)) == minutes_of(windows)
        assert is_tidy(merged(windows))

    def test_adjoining_windows_become_one(self) -> None:
        assert merged([(5, 9), (0, 5)]) == [(0, 9)]

    def test_a_gap_of_a_minute_stays(self) -> None:
        assert merged([(0, 5), (6, 9)]) == [(0, 5), (6, 9)]


class TestWithout:
    @given(WINDOWS, WINDOWS)
    def test_the_minutes_that_nothing_closes(self, windows: list[Window], taken: list[Window]) -> None:
        left = without(merged(windows), merged(taken))
        assert minutes_of(left) == minutes_of(windows) - minutes_of(taken)
        assert is_tidy(left)

    def test_a_closure_may_cut_a_window_in_two(self) -> None:
        assert without([(0, 10)], [(3, 4)]) == [(0, 3), (4, 10)]


class TestOpenWindows:
    @given(WINDOWS, st.integers(0, 90), st.integers(1, 30), st.integers(0, 80))
    def test_what_contains_a_visit_has_all_its_minutes(
        self, windows: list[Window], start: int, length: int, high: int
    ) -> None:
        """Also where windows reach beyond the range that may be asked about."""
        open_windows = OpenWindows(0, high, tuple(merged(windows)))
        expected = set(range(start, start + length)) <= minutes_of(windows)
        assert open_windows.contain(start, start + length) == expected

    @given(WINDOWS, st.integers(-5, 90), st.integers(1, 30), st.integers(0, 80))
    def test_the_windows_that_meet_a_range_and_their_minutes_in_it(
        self, windows: list[Window], start: int, length: int, high: int
    ) -> None:
        tidy, asked = merged(windows), set(range(start, start + length))
        known = OpenWindows(0, high, tuple(tidy))
        meeting = [window for window in tidy if asked & set(range(*window))]
        assert list(known.meeting(start, start + length)) == meeting
        assert known.minutes_within(start, start + length) == len(asked & minutes_of(windows))


class TestExceptions:
    def test_a_closure_takes_every_minute_that_it_touches(self) -> None:
        second = timedelta(seconds=1)
        touching = closed("clinic", moment("09:00") - second, moment("10:00") + second)
        assert closings([touching]) == [(at("08:59"), at("10:01"))]
        assert openings([touching]) == []

    def test_an_opening_gives_only_whole_minutes(self) -> None:
        second = timedelta(seconds=1)
        touching = opened("providers/okoro", moment("09:00") - second, moment("10:00") + second)
        assert openings([touching]) == [(at("09:00"), at("10:00"))]
        short = opened("providers/okoro", moment("09:00") + second, moment("09:00") + 2 * second)
        assert openings([short]) == []


class TestExpanded:
    def test_hours_become_windows_day_by_day(self) -> None:
        rows = [hours("providers/okoro", "08:00", "12:00"), hours("providers/okoro", "12:00", "16:00")]
        found = expanded(rows, zone_named("UTC"), at("00:00"), at("24:00"))
        assert (at("08:00"), at("16:00")) in found
        assert len(found) == 4  # a day more on either side, and the one that ends the range

    def test_local_midnight_comes_earlier_in_the_east(self) -> None:
        rows = [hours("providers/okoro", "08:00", "16:00")]
        found = expanded(rows, zone_named("Asia/Tokyo"), at("00:00"), at("01:00"))
        assert (at("23:00", MONDAY - timedelta(days=1)), at("07:00")) in found
