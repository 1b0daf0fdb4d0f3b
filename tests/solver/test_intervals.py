"""Windows of many rows as sorted arrays, against counting minute by minute."""

from typing import TypeAlias

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import Calendar, Hold
from models.hours import Window
from models.refs import provider_ref, room_ref
from solver.intervals import Holds, Intervals, full_times, open_times
from tests.builders import a_clinic, a_room, at, closed, hours, moment

ROWS = 3
LAST = 60
SPANS = st.tuples(st.integers(1, LAST - 10), st.integers(1, 10)).map(lambda pair: (pair[0], sum(pair)))
ROW = st.integers(0, ROWS - 1)
Row: TypeAlias = list[Window]


def apart(windows: list[Window]) -> list[Window]:
    """Only windows that overlap none before them; they may touch."""
    kept: list[Window] = []
    for start, end in sorted(windows):
        if not kept or kept[-1][1] <= start:
            kept.append((start, end))
    return kept


ROWS_OF_WINDOWS = st.lists(st.lists(SPANS, max_size=5).map(apart), min_size=ROWS, max_size=ROWS)
ASKED = st.lists(st.tuples(ROW, SPANS), min_size=1, max_size=6)


def intervals_of(windows: list[Row]) -> Intervals:
    flat = [(row, *window) for row, in_row in enumerate(windows) for window in in_row]
    rows, starts, ends = np.array(flat, dtype=np.int64).reshape(-1, 3).T
    return Intervals.of(rows, starts, ends)


def arrays(asked: list[tuple[int, Window]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, starts, ends = np.array([(row, *span) for row, span in asked], dtype=np.int64).T
    return rows, starts, ends


def overlap(one: Window, other: Window) -> bool:
    return one[0] < other[1] and other[0] < one[1]


class TestIntervals:
    @given(ROWS_OF_WINDOWS)
    def test_what_goes_in_comes_out(self, windows: list[Row]) -> None:
        intervals = intervals_of(windows)
        found = zip(intervals.rows.tolist(), intervals.starts.tolist(), intervals.ends.tolist(), strict=True)
        assert list(found) == [(row, *window) for row, in_row in enumerate(windows) for window in in_row]

    @given(ROWS_OF_WINDOWS, ASKED)
    def test_a_span_is_clear_where_no_window_of_its_row_shares_a_minute(
        self, windows: list[Row], asked: list[tuple[int, Window]]
    ) -> None:
        expected = [not any(overlap(span, window) for window in windows[row]) for row, span in asked]
        assert intervals_of(windows).clear(*arrays(asked)).tolist() == expected

    @given(ROWS_OF_WINDOWS, ASKED)
    def test_a_span_is_covered_where_one_window_of_its_row_holds_all_of_it(
        self, windows: list[Row], asked: list[tuple[int, Window]]
    ) -> None:
        expected = [
            any(start <= span[0] and span[1] <= end for start, end in windows[row]) for row, span in asked
        ]
        assert intervals_of(windows).cover(*arrays(asked)).tolist() == expected

    @given(ROWS_OF_WINDOWS, ASKED)
    def test_the_window_around_a_minute(self, windows: list[Row], asked: list[tuple[int, Window]]) -> None:
        rows, minutes, _ = arrays(asked)
        starts, ends = intervals_of(windows).bounds_around(rows, minutes)
        for number, (row, (minute, _)) in enumerate(asked):
            around = [window for window in windows[row] if window[0] <= minute < window[1]]
            assert (starts[number], ends[number]) == (around[0] if around else (minute, minute))

    @given(ROWS_OF_WINDOWS, ASKED)
    def test_the_neighbours_of_a_clear_span(
        self, windows: list[Row], asked: list[tuple[int, Window]]
    ) -> None:
        before, after = intervals_of(windows).neighbours(*arrays(asked))
        for number, (row, span) in enumerate(asked):
            if any(overlap(span, window) for window in windows[row]):
                continue
            earlier = [end for _, end in windows[row] if end <= span[0]]
            later = [start for start, _ in windows[row] if start >= span[1]]
            assert before[number] == max(earlier, default=0)
            assert after[number] == min(later, default=2**33 - 1)

    @given(ROWS_OF_WINDOWS)
    def test_rows_and_spans_may_be_crossed(self, windows: list[Row]) -> None:
        """Every row against every start at once, as rooms are asked."""
        rows = np.arange(ROWS)[:, np.newaxis]
        starts = np.arange(1, LAST - 10)
        found = intervals_of(windows).clear(rows, starts, starts + 3 + rows)
        assert found.tolist() == [
            [
                not any(overlap((start, start + 3 + row), window) for window in windows[row])
                for start in starts.tolist()
            ]
            for row in range(ROWS)
        ]


HOLDS = st.lists(st.tuples(ROW, SPANS).map(lambda pair: (pair[0], *pair[1])), max_size=14)


class TestFullTimes:
    @given(HOLDS, st.lists(st.integers(0, 3), min_size=ROWS, max_size=ROWS))
    def test_full_is_every_minute_at_which_so_many_units_are_held(
        self, holds: list[Hold], units: list[int]
    ) -> None:
        full = full_times(Holds.of(Calendar.of(holds)), np.array(units))
        for row in range(ROWS):
            minutes = np.arange(LAST + 2)
            found = ~full.clear(np.full_like(minutes, row), minutes, minutes + 1)
            held = [
                sum(resource == row and start <= minute < end for resource, start, end in holds)
                for minute in minutes
            ]
            assert found.tolist() == [count >= units[row] > 0 for count in held]

    @given(HOLDS, st.lists(st.integers(0, 3), min_size=ROWS, max_size=ROWS))
    def test_full_windows_of_a_row_never_overlap(self, holds: list[Hold], units: list[int]) -> None:
        full = full_times(Holds.of(Calendar.of(holds)), np.array(units))
        assert (full.starts < full.ends).all()
        assert (np.diff(full.keys) > 0).all()
        same_row = full.rows[1:] == full.rows[:-1]
        assert (full.ends[:-1] <= full.starts[1:])[same_row].all()

    @given(HOLDS, st.lists(st.integers(0, 3), min_size=ROWS, max_size=ROWS), ASKED)
    def test_a_span_is_clear_of_them_while_a_unit_is_left_at_every_minute(
        self, holds: list[Hold], units: list[int], asked: list[tuple[int, Window]]
    ) -> None:
        """As the plain check counts: by the peak of what is held."""
        calendar = Calendar.of(holds)
        full = full_times(Holds.of(calendar), np.array(units))
        expected = [not units[row] or calendar.busy(row).peak(*span) < units[row] for row, span in asked]
        assert full.clear(*arrays(asked)).tolist() == expected

    def test_nothing_held_is_never_full(self) -> None:
        full = full_times(Holds.of(Calendar.of([])), np.array([1]))
        assert full.clear(np.array([0]), np.array([5]), np.array([6])).tolist() == [True]


class TestOpenTimes:
    def test_each_row_has_the_hours_of_its_resource(self) -> None:
        clinic = a_clinic(
            rooms=(a_room(), a_room("room-2")),
            working_hours=[
                hours("providers/okoro", "08:00", "12:00"),
                hours("rooms/room-1", "09:00", "10:00"),
            ],
            exceptions=(closed("rooms/room-2", moment("06:00"), moment("11:00")),),
        )
        refs = [room_ref("room-2"), provider_ref("okoro"), room_ref("room-1")]
        opening = open_times(clinic, refs, at("00:00"), at("24:00"))
        rows = np.arange(3)

        def open_at(clock: str) -> list[bool]:
            start = np.full(3, at(clock))
            found: list[bool] = opening.cover(rows, start, start + 30).tolist()
            return found

        assert open_at("08:00") == [False, True, False]
        assert open_at("09:30") == [False, True, True]
        assert open_at("09:31") == [False, True, False]
        assert open_at("11:00") == [True, True, False]
        assert open_at("11:31") == [True, False, False]

    def test_asking_for_nobody_gives_no_rows(self) -> None:
        assert len(open_times(a_clinic(), [], at("00:00"), at("24:00")).keys) == 0

    def test_one_array_per_resource_is_kept_however_often_the_hours_are_widened(self) -> None:
        clinic, refs = a_clinic(), [provider_ref("okoro"), room_ref("room-1")]
        for days in range(0, 1500, 100):
            earlier = at("00:00") - days * 1440
            assert len(open_times(clinic, refs, earlier, earlier + 1440).keys) > 0
        assert clinic.derived("window arrays", dict).keys() == set(refs)
