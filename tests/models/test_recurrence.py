"""Recurrence rules, against walking from the true anchor, one occurrence after the other."""

import time as stopwatch
from datetime import date, datetime, time, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from models.recurrence import ANCHOR, occurrence_dates, parse_rrule, refusal_of
from tests.builders import MONDAY, hours

RULES = [
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
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
        parse_rrule(f" {rule.lower()} ")

    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            ("", "not a recurrence rule"),
            ("every Monday", "not a recurrence rule"),
            ("FREQ=DAILY;", "not a recurrence rule"),
            ("FREQ=DAILY;BYHOUR=9", "for whole days"),
            ("FREQ=DAILY;BYMINUTE=30", "for whole days"),
            ("FREQ=DAILY;BYSECOND=0", "for whole days"),
            ("FREQ=DAILY;BYEASTER=0", "for whole days"),
            ("FREQ=DAILY;NOSUCHPART=1", "not a recurrence rule"),
            ("FREQ=DAILY\nDTSTART:20260101", "day, week, month or year"),
            ("DTSTART=20260101;FREQ=DAILY", "not a recurrence rule"),
            ("FREQ=DAILY;INTERVAL=٣", "not a recurrence rule"),
            ("BYDAY=MO", "by day, week, month or year"),
            ("FREQ=HOURLY", "by day, week, month or year"),
            ("FREQ=FORTNIGHTLY", "by day, week, month or year"),
            ("FREQ=HOURLY;FREQ=DAILY", "twice"),
            ("FREQ=DAILY;INTERVAL=1;INTERVAL=2", "twice"),
            ("FREQ=DAILY;INTERVAL=0", "INTERVAL must be from 1 to 1000, not 0"),
            ("FREQ=DAILY;INTERVAL=00", "INTERVAL must be from 1"),
            ("FREQ=DAILY;INTERVAL=-1", "INTERVAL must be from 1"),
            ("FREQ=DAILY;INTERVAL=1001", "INTERVAL must be from 1"),
            ("FREQ=DAILY;INTERVAL=x", "INTERVAL must be from 1"),
            ("FREQ=DAILY;COUNT=0", "COUNT must be from 1"),
            ("FREQ=DAILY;COUNT=-5", "COUNT must be from 1"),
            ("FREQ=DAILY;COUNT=10001", "COUNT must be from 1"),
            ("FREQ=DAILY;COUNT=3;UNTIL=20260601", "exclude each other"),
            ("FREQ=DAILY;UNTIL=2026", "UNTIL must be a day"),
            ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL must be a day"),
            ("FREQ=DAILY;UNTIL=20260231", "not a recurrence rule"),
            ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY counts from 1"),
            ("FREQ=MONTHLY;BYMONTHDAY=1,-0", "BYMONTHDAY counts from 1"),
            ("FREQ=DAILY;BYDAY=XX", "not a recurrence rule"),
            ("FREQ=DAILY;BYSETPOS=0", "not a recurrence rule"),
            ("FREQ=DAILY;WKST=8", "not a recurrence rule"),
        ],
    )
    def test_anything_else_is_refused_in_words(self, rule: str, words: str) -> None:
        with pytest.raises(ValueError, match=words):
            parse_rrule(rule)

    @pytest.mark.parametrize(
        ("rule", "anchor"),
        [
            ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", ANCHOR),
            ("FREQ=WEEKLY;BYDAY=MO;BYMONTH=2;BYSETPOS=3", ANCHOR),
            ("FREQ=MONTHLY;BYMONTHDAY=32", ANCHOR),
            ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", date(2026, 6, 2)),  # a Tuesday, and so is each later one
            ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=7", date(2026, 6, 1)),
            ("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", date(2025, 1, 1)),
        ],
    )
    def test_a_rule_that_never_occurs_is_refused_at_once(self, rule: str, anchor: date) -> None:
        began = stopwatch.perf_counter()
        with pytest.raises(ValueError, match="never occurs"):
            parse_rrule(rule, anchor)
        assert stopwatch.perf_counter() - began < 1

    @pytest.mark.parametrize(
        ("rule", "anchor"),
        [
            ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", date(2026, 6, 2)),
            ("FREQ=DAILY;INTERVAL=14;BYDAY=MO", MONDAY),
            ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=6", date(2026, 6, 30)),
            ("FREQ=MONTHLY", date(2026, 1, 31)),
            ("FREQ=YEARLY", date(2024, 2, 29)),
            ("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", date(2024, 1, 1)),
            ("FREQ=YEARLY;INTERVAL=1000", date(2026, 6, 1)),
        ],
    )
    def test_a_rule_that_occurs_in_its_own_phase_is_kept(self, rule: str, anchor: date) -> None:
        assert parse_rrule(rule, anchor)[0].date() >= anchor


class TestRefusalOf:
    def test_a_rule_that_may_be_kept_has_none(self) -> None:
        assert refusal_of("FREQ=WEEKLY;BYDAY=MO", None) is None
        assert refusal_of("FREQ=DAILY;COUNT=5", MONDAY) is None

    def test_a_count_needs_a_day_to_count_from(self) -> None:
        assert (
            refusal_of("FREQ=DAILY;COUNT=5", None) == "COUNT needs effectiveFrom, the day from which to count"
        )

    def test_what_cannot_be_read_is_refused_in_the_same_words(self) -> None:
        with pytest.raises(ValueError, match="twice") as refused:
            parse_rrule("FREQ=DAILY;FREQ=DAILY")
        assert refusal_of("FREQ=DAILY;FREQ=DAILY", None) == str(refused.value)
