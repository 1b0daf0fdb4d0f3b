"""Recurring hours, and lists of windows, against sets of minutes and plain recurrences."""

import time as stopwatch
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from models.hours import OpenWindows, Window, closings, expanded, merged, openings, without
from models.recurrence import ANCHOR, occurrence_dates, parse_rrule
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

    def test_the_step_is_the_longest_on_which_all_edges_lie(self) -> None:
        assert OpenWindows(0, 100, ((480, 720), (780, 960))).step == 60
        assert OpenWindows(0, 100, ((480, 725),)).step == 5
        assert OpenWindows(0, 100, ()).step == 1440


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


# recurrences

RULES = [
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
    "FREQ=DAILY;BYMONTH=2,6;BYDAY=TU",
    "FREQ=DAILY;INTERVAL=2;BYMONTHDAY=31",
    "FREQ=DAILY;UNTIL=20260603",
    "FREQ=DAILY;COUNT=30",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,SU",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU",
    "FREQ=WEEKLY;INTERVAL=5;BYDAY=FR;WKST=WE",
    "FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=1",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1",
    "FREQ=WEEKLY;INTERVAL=3;BYDAY=TU,TH,SA;BYSETPOS=2;WKST=TH",
    "FREQ=WEEKLY;BYDAY=TH;UNTIL=20270101T000000Z",
    "FREQ=WEEKLY;COUNT=12;BYDAY=TU,TH",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=15",
    "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=2",
    "FREQ=MONTHLY;BYDAY=2TU,-1SU",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
    "FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO;UNTIL=20261231",
    "FREQ=MONTHLY;COUNT=5;BYMONTHDAY=10",
    "FREQ=YEARLY",
    "FREQ=YEARLY;BYWEEKNO=20,53;BYDAY=MO",
    "FREQ=YEARLY;BYWEEKNO=1;BYDAY=SU;WKST=SU",
    "FREQ=YEARLY;BYYEARDAY=-1,100,200",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=YEARLY;INTERVAL=2;BYMONTH=6;BYDAY=1MO",
    "FREQ=YEARLY;BYDAY=20MO",
]
DAYS_FROM_2001 = st.dates(date(2001, 1, 1), date(2032, 12, 31))


def plainly(rule: str, anchor: date, first: date, last: date) -> list[date]:
    """Every occurrence from the true anchor on, one after the other."""
    from_midnight = rule.replace("T000000Z", "")
    found = []
    for occurrence in rrulestr(from_midnight, dtstart=datetime.combine(anchor, time())):
        if occurrence.date() > last:
            break
        if occurrence.date() >= first:
            found.append(occurrence.date())
    return found


class TestOccurrenceDates:
    @given(st.sampled_from(RULES), st.none() | DAYS_FROM_2001, DAYS_FROM_2001, st.integers(0, 120))
    def test_they_are_those_of_the_whole_recurrence(
        self, rule: str, effective_from: date | None, first: date, length: int
    ) -> None:
        row = hours("providers/okoro", "08:00", "16:00", rule, effective_from=effective_from)
        last = first + timedelta(days=length)
        assert occurrence_dates(row, first, last) == plainly(rule, effective_from or ANCHOR, first, last)

    @pytest.mark.parametrize("rule", RULES)
    def test_every_range_of_three_weeks_around_a_new_year(self, rule: str) -> None:
        """Each day as the first and each weekday as the anchor."""
        for shift in range(14):
            first = date(2026, 12, 20) + timedelta(days=shift)
            for weekday in range(0, 14, 3):
                anchor = date(2024, 2, 26) + timedelta(days=weekday)
                row = hours("providers/okoro", "08:00", "16:00", rule, effective_from=anchor)
                last = first + timedelta(days=20)
                assert occurrence_dates(row, first, last) == plainly(rule, anchor, first, last)

    def test_both_effective_dates_are_included(self) -> None:
        row = hours(
            "providers/okoro",
            "08:00",
            "16:00",
            effective_from=MONDAY,
            effective_to=MONDAY + timedelta(days=2),
        )
        whole_month = occurrence_dates(row, date(2026, 5, 15), date(2026, 6, 15))
        assert whole_month == [MONDAY + timedelta(days=days) for days in range(3)]

    def test_the_day_of_an_until_is_included(self) -> None:
        for until in ("20260602", "20260602T000000Z", "20260602T235959"):
            row = hours("providers/okoro", "08:00", "16:00", f"FREQ=DAILY;UNTIL={until}")
            found = occurrence_dates(row, MONDAY, date(2026, 6, 10))
            assert found == [MONDAY, date(2026, 6, 2)]

    def test_decades_since_the_anchor_cost_nothing(self) -> None:
        row = hours("providers/okoro", "08:00", "16:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")
        occurrence_dates(row, MONDAY, MONDAY)
        began = stopwatch.perf_counter()
        for _ in range(20):
            occurrence_dates(row, MONDAY, MONDAY + timedelta(days=28))
        assert stopwatch.perf_counter() - began < 0.5


class TestParseRrule:
    @pytest.mark.parametrize("rule", RULES)
    def test_each_recurrence_of_days_is_understood(self, rule: str) -> None:
        parse_rrule(rule)
        parse_rrule(f"RRULE:{rule}")
        parse_rrule(rule.lower())

    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            ("", "FREQ is missing"),
            ("BYDAY=MO", "FREQ is missing"),
            ("every Monday", "FREQ is missing"),
            ("FREQ=HOURLY", "by day, week, month or year"),
            ("FREQ=FORTNIGHTLY", "by day, week, month or year"),
            ("FREQ=DAILY;BYHOUR=9", "time of day"),
            ("FREQ=DAILY;BYMINUTE=30", "time of day"),
            ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
            ("FREQ=DAILY;INTERVAL=00", "INTERVAL"),
            ("FREQ=DAILY;INTERVAL=-1", "INTERVAL"),
            ("FREQ=DAILY;COUNT=0", "COUNT"),
            ("FREQ=DAILY;COUNT=-5", "COUNT"),
            ("FREQ=DAILY;UNTIL=2026", "UNTIL"),
            ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY"),
            ("FREQ=HOURLY;FREQ=DAILY", "FREQ"),
            ("FREQ=DAILY;INTERVAL=x", "not a recurrence rule"),
            ("FREQ=DAILY;BYDAY=XX", "not a recurrence rule"),
            ("FREQ=DAILY;UNTIL=tomorrow", "not a recurrence rule"),
            ("FREQ=DAILY;NOSUCHPART=1", "not a recurrence rule"),
            ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never occurs"),
            ("FREQ=WEEKLY;BYDAY=MO;BYMONTH=2;BYSETPOS=3", "never occurs"),
            ("FREQ=MONTHLY;BYMONTHDAY=32", ""),
            ("FREQ=DAILY\nDTSTART:20260101", "without DTSTART"),
            ("DTSTART=20260101;FREQ=DAILY", "without DTSTART"),
        ],
    )
    def test_anything_else_is_refused_in_words(self, rule: str, words: str) -> None:
        with pytest.raises(ValueError, match=words):
            parse_rrule(rule)
