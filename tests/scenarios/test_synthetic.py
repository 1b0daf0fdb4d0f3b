"""Synthetic clinics: the size asked for, the same for the same seed, and booked without breaking a rule."""

from collections import Counter
from datetime import date
from time import perf_counter

import pytest

from models.claims import hold_of
from models.clinic_file import ClinicFile
from models.integrity import faults_of
from models.refs import provider_ref
from models.wall_clock import at_wall_clock, ceil_minute, floor_minute
from scenarios.synthetic import small_clinics, synthetic_clinic
from tests.scenarios.judging import broken_counts, broken_rules

MONDAY = date(2026, 3, 23)
"""On the Sunday after it, the clocks of Europe change."""


@pytest.mark.parametrize(
    ("providers", "rooms", "locations", "utilisation"),
    [(1, 1, 1, 0.7), (3, 2, 1, 1.0), (5, 8, 2, 0.7), (6, 12, 3, 0.9)],
)
def test_the_planted_schedule_breaks_no_rule(
    providers: int, rooms: int, locations: int, utilisation: float
) -> None:
    file = synthetic_clinic(
        11,
        providers=providers,
        rooms=rooms,
        days=9,
        start=MONDAY,
        locations=locations,
        utilisation=utilisation,
    )
    assert list(broken_rules(file, file.appointments)) == []
    assert list(broken_counts(file, file.appointments)) == []
    assert faults_of(file) == []
    assert file.appointments


@pytest.mark.parametrize(("providers", "rooms", "locations"), [(1, 2, 1), (6, 9, 3)])
def test_with_all_rules_the_schedule_breaks_none(providers: int, rooms: int, locations: int) -> None:
    file = synthetic_clinic(
        11, providers=providers, rooms=rooms, days=6, start=MONDAY, locations=locations, all_rules=True
    )
    assert list(broken_rules(file, file.appointments)) == []
    assert list(broken_counts(file, file.appointments)) == []
    assert faults_of(file) == []


class TestAllRules:
    plain, full = (
        synthetic_clinic(3, providers=5, rooms=8, days=14, start=MONDAY, all_rules=all_rules)
        for all_rules in (False, True)
    )

    def test_people_places_and_visits_stay_as_they_are(self) -> None:
        assert set(self.plain.appointments) < set(self.full.appointments)
        assert self.plain.patients == self.full.patients
        for part in ("rooms", "equipment", "working_hours", "exceptions"):
            assert getattr(self.plain.setup, part) == getattr(self.full.setup, part)

    def test_every_kind_of_rule_is_there(self) -> None:
        setup = self.full.setup
        assert all(one.max_per_day is not None and one.blackout_dates for one in setup.services)
        assert any(one.min_gap_minutes > one.buffer_before_minutes for one in setup.services)
        assert any(one.is_for_groups for one in setup.services)
        assert all(one.max_visits_per_day for one in setup.providers)
        assert {one.max_per_day is None for one in setup.overbooking} == {True, False}
        kinds = {name.partition("/")[0] for name in setup.counters}
        assert kinds == {"provider-days", "service-days", "gaps", "seats", "regular", "overbooking"}

    def test_some_offer_what_they_may_not_give(self) -> None:
        assert any(
            one.id not in (self.full.setup.service_by_id[service].allowed_provider_ids or {one.id})
            for one in self.full.setup.providers
            for service in one.service_ids
        )

    def test_some_visits_are_shared_and_some_overlap(self) -> None:
        seated = [one for one in self.full.appointments if one.service_id == "class"]
        assert 5 <= len({(one.provider_id, one.starts_at) for one in seated}) < len(seated)
        assert sum(one.overbook for one in self.full.appointments) > 20

    def test_caps_are_reached_somewhere(self) -> None:
        setup = self.full.setup
        counts = Counter(
            (one.provider_id, one.starts_at.astimezone(setup.zone).date()) for one in self.full.appointments
        )
        assert any(
            setup.provider_by_id[who].max_visits_per_day == count for (who, _), count in counts.items()
        )

    def test_it_is_the_same_each_time(self) -> None:
        again = synthetic_clinic(3, providers=5, rooms=8, days=14, start=MONDAY, all_rules=True)
        assert again == self.full


def test_many_small_clinics_are_feasible_and_different() -> None:
    clinics = list(small_clinics(5, 30, start=MONDAY))
    assert all(faults_of(clinic) == [] for clinic in clinics)
    assert len({len(clinic.appointments) for clinic in clinics}) > 10
    for clinic in clinics[:8]:
        assert list(broken_rules(clinic, clinic.appointments)) == []


@pytest.mark.parametrize("zone", ["America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_another_zone_breaks_no_rule_either(zone: str) -> None:
    file = synthetic_clinic(2, providers=2, rooms=3, days=16, start=MONDAY, timezone=zone)
    assert list(broken_rules(file, file.appointments)) == []


def test_the_same_seed_gives_the_same_clinic() -> None:
    first, second, other = (
        synthetic_clinic(seed, providers=3, rooms=4, days=5, start=MONDAY) for seed in (1, 1, 2)
    )
    assert first == second
    assert first != other


def test_the_size_is_the_size_asked_for() -> None:
    file = synthetic_clinic(1, providers=7, rooms=9, days=3, start=MONDAY, locations=2, patients=33)
    setup = file.setup
    assert [len(setup.providers), len(setup.rooms), len(setup.locations)] == [7, 9, 2]
    assert len(file.patients) == 33


def test_all_visits_lie_in_the_days_asked_for() -> None:
    file = synthetic_clinic(1, providers=5, rooms=8, days=3, start=MONDAY)
    days = {visit.starts_at.astimezone(file.setup.zone).date() for visit in file.appointments}
    assert days == {date(2026, 3, 23), date(2026, 3, 24), date(2026, 3, 25)}


@pytest.mark.parametrize("utilisation", [0.3, 0.5, 0.7])
def test_the_days_are_about_as_full_as_asked_for(utilisation: float) -> None:
    file = synthetic_clinic(4, providers=20, rooms=40, days=5, start=MONDAY, utilisation=utilisation)
    assert share_taken(file, MONDAY, 5) == pytest.approx(utilisation, abs=0.08)


def test_no_provider_sees_more_people_a_day_than_asked_for() -> None:
    file = synthetic_clinic(4, providers=5, rooms=10, days=5, start=MONDAY, visits_per_provider_day=6)
    counts: dict[tuple[str, date], int] = {}
    for visit in file.appointments:
        key = visit.provider_id, visit.starts_at.date()
        counts[key] = counts.get(key, 0) + 1
    assert max(counts.values()) == 6


def test_the_large_clinic_is_made_in_two_seconds() -> None:
    began = perf_counter()
    file = synthetic_clinic(1, providers=50, rooms=100, days=14, start=MONDAY, visits_per_provider_day=20)
    assert perf_counter() - began < 2
    assert len(file.appointments) > 7000


def share_taken(file: ClinicFile, first: date, days: int) -> float:
    """The share of the providers' working time that visits and their buffers take."""
    setup = file.setup
    low = at_wall_clock(first, 0, setup.zone)
    high = low + days * 1440
    worked = 0
    for provider in setup.providers:
        windows = setup.open_windows(provider_ref(provider.id), low, high).windows
        worked += sum(max(0, min(end, high) - max(start, low)) for start, end in windows)
    held = 0
    for visit in file.appointments:
        service = setup.service_by_id[visit.service_id]
        start, end = hold_of(service, floor_minute(visit.starts_at), ceil_minute(visit.ends_at))
        held += end - start
    return held / worked
