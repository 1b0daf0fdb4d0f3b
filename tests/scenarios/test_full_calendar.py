"""A full calendar is legal, the same for the same seed, and as full as it says."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from models.appointment import Appointment
from models.claims import hold_of
from models.clinic_file import ClinicFile
from models.hours import Window
from models.integrity import faults_of
from models.refs import provider_ref
from models.wall_clock import at_wall_clock, floor_minute, instant_of
from scenarios.full_calendar import full_calendar, visits_of
from tests.scenarios.judging import broken_counts, broken_rules

MONDAY = date(2027, 3, 1)
WEEKS = 4


def week(file: ClinicFile, number: int) -> Window:
    first = MONDAY + timedelta(weeks=number)
    low, high = (at_wall_clock(first + timedelta(days=days), 0, file.setup.zone) for days in (0, 7))
    return low, high


def within(visits: Iterable[Appointment], bounds: Window) -> list[Appointment]:
    return [one for one in visits if bounds[0] <= floor_minute(one.starts_at) < bounds[1]]


def share_held(file: ClinicFile, bounds: Window) -> float:
    opened = sum(
        file.setup.open_windows(provider_ref(one.id), *bounds).minutes_within(*bounds)
        for one in file.setup.providers
    )
    holds = (
        hold_of(
            file.setup.service_by_id[one.service_id], floor_minute(one.starts_at), floor_minute(one.ends_at)
        )
        for one in within(file.appointments, bounds)
    )
    return sum(end - start for start, end in holds) / opened


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_full_calendar_is_a_valid_file_with_some_5100_visits(seed: int) -> None:
    file = full_calendar(seed, start=MONDAY)
    assert faults_of(file) == []
    assert 4_900 < len(file.appointments) < 5_300
    assert len({one.id for one in file.appointments}) == len(file.appointments)


def test_every_visit_of_a_full_calendar_keeps_all_rules() -> None:
    file = full_calendar(4, start=MONDAY, providers=5, rooms=6)
    assert list(broken_rules(file, file.appointments)) == []
    assert list(broken_counts(file, file.appointments)) == []


def test_it_is_nearly_full_next_week_and_less_so_later() -> None:
    file = full_calendar(1, start=MONDAY)
    shares = [share_held(file, week(file, number)) for number in range(WEEKS)]
    assert all(0.85 < share < 0.95 for share in shares[:2])
    assert shares[3] < shares[2] < min(shares[:2])


def test_the_same_arguments_give_the_same_calendar() -> None:
    once, again = (full_calendar(9, start=MONDAY, providers=3, rooms=4) for _ in range(2))
    assert once == again
    assert full_calendar(10, start=MONDAY, providers=3, rooms=4) != once


def test_weeks_begin_on_a_monday() -> None:
    with pytest.raises(ValueError, match="not a Monday"):
        full_calendar(1, start=MONDAY + timedelta(days=1))


def test_visits_of_somebody_are_those_of_the_days() -> None:
    file = full_calendar(1, start=MONDAY, providers=3, rooms=4)
    found = visits_of(file, "provider-1", MONDAY, 2)
    low, high = (at_wall_clock(MONDAY + timedelta(days=days), 0, file.setup.zone) for days in (0, 2))
    assert found
    assert all(one.provider_id == "provider-1" for one in found)
    assert all(instant_of(low) <= one.starts_at < instant_of(high) for one in found)
