"""Series of visits: against every series that exists, and by hand."""

from datetime import date
from random import Random

import pytest

from models.series import Series, SeriesAnswer, SeriesRequest, moment_of, prices_of, week_begins, week_of
from models.slot import SlotRequest, TimeOfDay
from solver.series import offer_series
from tests.solver.enumerated_series import best_worth, by_where
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
    for slot in series.slots:
        week = week_of(slot.start, zone)
        low, high = week_begins(week, zone), week_begins(week + 1, zone)
        whole_week = SlotRequest(
            service=request.request.service,
            earliest=low,
            latest=high,
            duration_minutes=request.request.duration_minutes,
            patient=request.request.patient,
        )
        known = sorted(by_where(practice, SeriesRequest(request=whole_week, count=2)))
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
