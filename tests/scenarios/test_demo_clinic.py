"""The demo clinic is a real practice: of the promised size, busy in the morning, and with room for more."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from models.appointment import Appointment, AppointmentStatus
from models.clinic import Modality, Service
from models.clinic_file import ClinicFile
from models.integrity import faults_of
from models.rules import violations
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.wall_clock import at_wall_clock
from scenarios.demo_clinic import demo_clinic
from tests.scenarios.judging import broken_counts, broken_rules

DAYS = [
    date(2026, 3, 20),  # a week before the clocks change
    date(2026, 10, 24),  # a Saturday, the night before they change back
    date(2026, 12, 31),
    date(2028, 2, 29),
]


@pytest.fixture(scope="module", params=DAYS, ids=str)
def today(request: pytest.FixtureRequest) -> date:
    found: date = request.param
    return found


@pytest.fixture(scope="module")
def clinic(today: date) -> ClinicFile:
    return demo_clinic(today)


def day_of(visit: Appointment, clinic: ClinicFile) -> date:
    return visit.starts_at.astimezone(clinic.setup.zone).date()


def test_it_has_the_promised_size(clinic: ClinicFile) -> None:
    setup = clinic.setup
    counts = [len(setup.providers), len(setup.rooms), len(setup.services), len(setup.locations)]
    assert counts == [5, 8, 7, 2]


def test_its_services_differ_in_all_that_matters(clinic: ClinicFile) -> None:
    services = clinic.setup.services
    assert len({(one.buffer_before_minutes, one.buffer_after_minutes) for one in services}) >= 4
    assert Modality.TELEHEALTH in {one.modality for one in services}
    assert len({one.equipment for one in services}) == 4
    assert any(
        count > 1
        for count in Counter((pool.location_id, pool.type) for pool in clinic.setup.equipment).values()
    )


def test_each_rule_has_an_example(clinic: ClinicFile) -> None:
    services, rules = clinic.setup.services, clinic.setup.overbooking
    assert any(one.is_for_groups for one in services)
    assert any(one.max_per_day for one in services)
    assert any(one.min_gap_minutes for one in services)
    assert any(one.blackout_dates for one in services)
    assert all(one.max_visits_per_day for one in clinic.setup.providers)
    assert {one.provider_id is None for one in rules} == {True, False}
    assert any(not allowed(clinic, one) for one in services)
    assert all(one.latitude and one.longitude for one in clinic.setup.locations)


def allowed(clinic: ClinicFile, service: Service) -> bool:
    """Whether everybody who offers a service may give it."""
    offering = {one.id for one in clinic.setup.providers if service.id in one.service_ids}
    return service.allowed_provider_ids is None or offering <= service.allowed_provider_ids


def test_some_come_in_groups_and_some_on_top_of_others(clinic: ClinicFile) -> None:
    groups = Counter(
        (visit.provider_id, visit.starts_at)
        for visit in clinic.appointments
        if visit.service_id == "back-class"
    )
    assert len(groups) >= 5
    assert max(groups.values()) > 2
    assert sum(visit.overbook for visit in clinic.appointments) > 10


def test_it_contradicts_itself_nowhere(clinic: ClinicFile) -> None:
    assert faults_of(clinic) == []


def test_its_visits_break_no_rule(clinic: ClinicFile) -> None:
    assert list(broken_rules(clinic, clinic.appointments)) == []
    assert list(broken_counts(clinic, clinic.appointments)) == []


def test_a_week_lies_behind_and_two_weeks_are_booked(clinic: ClinicFile, today: date) -> None:
    days = [day_of(visit, clinic) for visit in clinic.appointments]
    assert today - timedelta(days=7) <= min(days) < today
    assert today + timedelta(days=11) <= max(days) < today + timedelta(days=14)


def test_what_lies_behind_is_over_and_what_lies_ahead_is_not(clinic: ClinicFile, today: date) -> None:
    statuses = {True: set[AppointmentStatus](), False: set[AppointmentStatus]()}
    for visit in clinic.appointments:
        statuses[day_of(visit, clinic) < today].add(visit.status)
    assert statuses[True] == {
        AppointmentStatus.COMPLETED,
        AppointmentStatus.NO_SHOW,
        AppointmentStatus.CANCELED,
    }
    assert statuses[False] == {
        AppointmentStatus.SCHEDULED,
        AppointmentStatus.CONFIRMED,
        AppointmentStatus.CANCELED,
    }


def test_mornings_are_busier_than_afternoons(clinic: ClinicFile) -> None:
    hours = Counter(visit.starts_at.astimezone(clinic.setup.zone).hour for visit in clinic.appointments)
    morning = sum(count for hour, count in hours.items() if 9 <= hour < 12) / 3
    afternoon = sum(count for hour, count in hours.items() if 14 <= hour < 17) / 3
    assert morning > afternoon


def test_every_service_can_still_be_had_on_several_days(clinic: ClinicFile, today: date) -> None:
    for service in clinic.setup.services:
        assert len(free_days(clinic, today, service)) >= 2, service.name


def test_the_same_day_gives_the_same_clinic(today: date, clinic: ClinicFile) -> None:
    assert demo_clinic(today) == clinic
    tomorrow = demo_clinic(today + timedelta(days=1))
    assert replace(tomorrow, appointments=clinic.appointments) != clinic


def free_days(clinic: ClinicFile, today: date, service: Service) -> list[date]:
    """The days of the coming two weeks on which a visit of the service could start on some half hour."""
    now = datetime.combine(today, datetime.min.time(), tzinfo=UTC)
    snapshot = ClinicSnapshot.of(clinic.setup, appointments=clinic.appointments, now=now)
    days = [today + timedelta(days=number) for number in range(14)]
    return [day for day in days if any(fits(one, snapshot) for one in placements(clinic, service, day))]


def fits(placement: Placement, snapshot: ClinicSnapshot) -> bool:
    equipment_aside = {"equipment_is_what_the_service_needs"}
    return all(violation.rule in equipment_aside for violation in violations(placement, snapshot))


def placements(clinic: ClinicFile, service: Service, day: date) -> list[Placement]:
    setup = clinic.setup
    found = []
    for provider, half_hour, room in product(setup.providers, range(16, 36), [*setup.rooms, None]):
        if (room is not None) == service.needs_room:
            start = at_wall_clock(day, half_hour * 30, setup.zone)
            found.append(
                Placement(
                    service=service,
                    provider=provider,
                    location=setup.location_by_id[room.location_id] if room else None,
                    room=room,
                    equipment=(),
                    patient=None,
                    start=start,
                    end=start + service.duration_minutes,
                )
            )
    return found
