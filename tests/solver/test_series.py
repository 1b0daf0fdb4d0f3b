"""Series of visits: against every series that exists, and by hand."""

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from models.series import Series, SeriesAnswer, SeriesRequest, moment_of, prices_of, week_begins, week_of
from models.slot import SlotRequest, TimeOfDay
from models.wall_clock import local_of, minute_of_day
from solver import series as searching
from solver.search import SearchSettings
from solver.series import offer_series
from tests.builders import (
    MONDAY,
    a_clinic,
    a_patient,
    a_provider,
    a_request,
    a_room,
    a_snapshot,
    an_appointment,
    at,
    closed,
    hours,
    moment,
)
from tests.solver.enumerated_series import best_worth, by_where, whole_range
from tests.solver.random_practices import PATIENT, Practice, practice_of

CLINICS = 120

ROWS = (
    (("FREQ=WEEKLY;BYDAY=MO,TH", 9 * 60, 10 * 60 + 30),),
    (("FREQ=WEEKLY;BYDAY=TU", 9 * 60, 10 * 60), ("FREQ=WEEKLY;BYDAY=FR", 14 * 60, 15 * 60)),
    (("FREQ=WEEKLY;BYDAY=SU", 22 * 60 + 45, 24 * 60), ("FREQ=WEEKLY;BYDAY=MO", 0, 75)),
    (("FREQ=WEEKLY;BYDAY=SU", 90, 4 * 60),),
)
MONDAYS = (
    (date(2026, 6, 1), "UTC"),
    (date(2026, 3, 23), "Europe/Berlin"),
    (date(2026, 10, 19), "Europe/Berlin"),
    (date(2026, 9, 28), "Australia/Lord_Howe"),
)


def a_practice(seed: int) -> Practice:
    random = Random(seed)
    first, zone = random.choice(MONDAYS)
    return practice_of(seed, first=first, zone=zone, days=21, visits=60, rows=random.choice(ROWS))


def a_question(seed: int, practice: Practice) -> SeriesRequest:
    random = Random(seed)
    first_day = random.choice((0, 0, 2, 6))
    service = random.choice(practice.setup.services)
    request = SlotRequest(
        service=service,
        earliest=practice.minute(first_day, 0),
        latest=practice.minute(first_day + random.choice((1, 5, 7, 8)), 0),
        duration_minutes=service.duration_minutes,
        patient=PATIENT if random.random() < 0.8 else None,
        preferred=random.choice((None, None, TimeOfDay.MORNING)),
    )
    return SeriesRequest(
        request=request, count=random.choice((2, 2, 3)), every_weeks=random.choice((1, 1, 2))
    )


def worth_of(series: Series, practice: Practice, request: SeriesRequest) -> tuple[int, int, int]:
    """As the enumeration has it."""
    zone, behind = practice.setup.zone, 0
    everywhere = sorted(by_where(practice, whole_range(practice, request)))
    for slot in series.slots:
        week = week_of(slot.start, zone)
        low, high = week_begins(week, zone), week_begins(week + 1, zone)
        known = [key for key in everywhere if low <= key[0] < high]
        site = slot.location.id if slot.location else ""
        behind += known.index((slot.start, slot.provider.name, slot.provider.id, site))
    return series.total, request.request.earliest - series.slots[0].start, -behind


@pytest.mark.parametrize("seed", range(CLINICS))
def test_the_series_is_the_best_of_all(seed: int) -> None:
    practice = a_practice(seed)
    request = a_question(seed, practice)
    expected = best_worth(practice, request)
    answer = offer_series(practice.snapshot, request)
    assert answer.proven
    if answer.series is None:
        assert expected is None
        return
    assert worth_of(answer.series, practice, request) == expected
    assert answer.bound == answer.series.total
    tell_the_truth(answer, practice)


def tell_the_truth(answer: SeriesAnswer, practice: Practice) -> None:
    """The deviations are those between the slots and the pattern."""
    series = answer.series
    assert series is not None
    told = {(one.index, one.what): one.cost for one in series.deviations}
    moments = [moment_of(slot, practice.setup) for slot in series.slots]
    assert told == {
        (index, what): price
        for index, moment in enumerate(moments)
        for what, price in prices_of(series.pattern, moment).items()
    }


def weekly(count: int = 4, every_weeks: int = 1, **changes: Any) -> SeriesRequest:
    """Check-ups for Ada, the first one on Monday at 08:00, when work begins."""
    usual = {"start": "08:00", "end": "08:15", "patient": a_patient()}
    return SeriesRequest(request=a_request(**{**usual, **changes}), count=count, every_weeks=every_weeks)


class TestByHand:
    def test_a_free_calendar_gives_the_same_time_every_week(self) -> None:
        for every_weeks in (1, 2):
            answer = offer_series(a_snapshot(), weekly(every_weeks=every_weeks))
            assert answer.series is not None
            days = [MONDAY + timedelta(weeks=every_weeks * number) for number in range(4)]
            assert [slot.start for slot in answer.series.slots] == [at("08:00", day) for day in days]
            assert answer.series.deviations == ()

    def test_the_wall_clock_decides_when_the_clocks_change(self) -> None:
        zone, first = "Europe/Berlin", date(2026, 10, 12)
        clinic = a_clinic(timezone=zone)
        asked = weekly(start=at("08:00", first, zone), end=at("08:15", first, zone))
        series = offer_series(a_snapshot(clinic), asked).series
        assert series is not None
        assert {minute_of_day(slot.start, clinic.zone) for slot in series.slots} == {8 * 60}
        offsets = [local_of(slot.start, clinic.zone).utcoffset() for slot in series.slots]
        assert offsets == [timedelta(hours=2)] * 2 + [timedelta(hours=1)] * 2

    def test_a_taken_time_is_stepped_around_and_explained(self) -> None:
        """The example of the documentation."""
        third = MONDAY + timedelta(weeks=2)
        taken = an_appointment(moment("09:00", third), moment("09:30", third))
        clinic = a_clinic(working_hours=[hours("providers/okoro", "09:00", "12:00", "FREQ=WEEKLY;BYDAY=MO")])
        series = offer_series(a_snapshot(clinic, taken), weekly(start="09:00", end="09:15")).series
        assert series is not None
        [deviation] = series.deviations
        assert (deviation.index, deviation.what, deviation.cost) == (2, "time", 100)
        assert (deviation.usual, deviation.instead) == ("09:00", "09:30")
        assert deviation.message.startswith("at 09:30 instead of at 09:00: ")
        assert "taken" in deviation.message
        assert series.total == sum(slot.score.total for slot in series.slots) - 100

    def test_another_provider_is_the_last_resort(self) -> None:
        first, last = date(2026, 6, 8), date(2026, 6, 15)
        away = closed("providers/okoro", moment("00:00", first), moment("00:00", last))
        people = (a_provider("okoro"), a_provider("lind"))
        later = hours("providers/lind", "08:00", "16:00", effective_from=first)
        clinic = a_clinic(
            providers=people,
            rooms=(a_room(), a_room("room-2")),
            exceptions=(away,),
            working_hours=[hours("providers/okoro", "08:00", "16:00"), later],
        )
        asked = weekly(3)
        series = offer_series(a_snapshot(clinic), asked).series
        assert series is not None
        assert {(one.what, one.index) for one in series.deviations} in (
            {("provider", 0)},  # as cheap as to come back to the first provider in the last week
            {("provider", 1)},
        )
        assert sum(one.cost for one in series.deviations) == 1000

    def test_a_closed_week_leaves_no_series_and_is_named(self) -> None:
        week = date(2026, 6, 15)
        shut = closed("clinic", moment("00:00", week), moment("00:00", week + timedelta(days=7)))
        answer = offer_series(a_snapshot(a_clinic(exceptions=(shut,))), weekly())
        assert (answer.series, answer.proven) == (None, True)
        assert [(one.index, one.monday) for one in answer.closed] == [(2, week)]

    def test_a_longer_range_finds_a_week_to_begin_in(self) -> None:
        week = date(2026, 6, 8)
        shut = closed("clinic", moment("00:00", week), moment("00:00", week + timedelta(days=7)))
        snapshot = a_snapshot(a_clinic(exceptions=(shut,)))
        assert offer_series(snapshot, weekly()).series is None
        series = offer_series(snapshot, weekly(end=at("24:00", date(2026, 6, 21)))).series
        assert series is not None
        assert series.slots[0].start >= at("00:00", date(2026, 6, 15))


class TestDistrust:
    @pytest.mark.parametrize("seed", range(0, CLINICS, 6))
    def test_what_the_solver_cannot_find_is_found_without_it(
        self, seed: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        practice = a_practice(seed)
        request = a_question(seed, practice)
        expected = offer_series(practice.snapshot, request)
        monkeypatch.setattr(searching, "best_series", lambda *_: None)
        found = offer_series(practice.snapshot, request)
        assert found.series == expected.series
        assert found.proven is (found.series is None)  # that it is the best is the solver's to prove

    def test_time_that_runs_out_is_told_or_does_not_matter(self) -> None:
        settings = SearchSettings(time_limit_seconds=0)
        answer = offer_series(a_snapshot(), weekly(), settings)
        assert answer.series is not None
        assert answer.bound >= answer.series.total
