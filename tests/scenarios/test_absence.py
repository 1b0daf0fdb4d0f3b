"""The scenario that an absence asks for."""

from datetime import UTC, date, datetime, timedelta

import pytest

from models.errors import AbsenceInThePast, ChangesContradict, HorizonTooLong, InvalidScenario, NotFound
from models.scenario import ResourceAbsent, Scenario, ScenarioMode
from models.snapshot import ClinicSnapshot
from models.wall_clock import instant_of
from scenarios.absence import scenario_of_absence
from tests.builders import (
    MONDAY,
    NOW,
    a_clinic,
    a_location,
    a_pool,
    a_provider,
    a_snapshot,
    at,
    moment,
)

MORNING = moment("08:00"), moment("12:00")


def repair(snapshot: ClinicSnapshot | None = None, resource: str = "providers/okoro") -> Scenario:
    return scenario_of_absence(snapshot or a_snapshot(), resource, *MORNING)


def test_an_absence_asks_for_a_repair_from_now_on() -> None:
    scenario = repair(a_snapshot(now=NOW + timedelta(seconds=20)))
    assert scenario.mode is ScenarioMode.REPAIR
    assert scenario.earliest == at("06:01")
    assert scenario.changes == (
        ResourceAbsent(resource="providers/okoro", starts_at=MORNING[0], ends_at=MORNING[1]),
    )
    assert scenario.name == "Absence of Dr Okoro"


def test_its_appointments_are_placed_until_fourteen_days_after_it() -> None:
    assert repair().latest == at("12:00", MONDAY + timedelta(days=14))


def test_fourteen_days_are_local_days_where_the_clocks_change_in_between() -> None:
    zone, day = "Europe/Berlin", date(2026, 3, 23)
    snapshot = a_snapshot(a_clinic(timezone=zone), now=datetime(2026, 3, 23, 5, tzinfo=UTC))
    ends = moment("12:00", day, zone)
    scenario = scenario_of_absence(snapshot, "providers/okoro", moment("08:00", day, zone), ends)
    assert scenario.latest == at("12:00", date(2026, 4, 6), zone)
    assert instant_of(scenario.latest) - ends == timedelta(days=14, hours=-1)


def test_a_time_that_the_clock_skips_fourteen_days_later_is_the_end_of_the_gap() -> None:
    zone, day = "Europe/Berlin", date(2026, 3, 15)
    snapshot = a_snapshot(a_clinic(timezone=zone), now=datetime(2026, 3, 14, 5, tzinfo=UTC))
    night = moment("01:00", day, zone), moment("02:30", day, zone)
    scenario = scenario_of_absence(snapshot, "providers/okoro", *night)
    assert scenario.latest == at("03:00", date(2026, 3, 29), zone)


def test_the_days_are_those_of_the_only_site_of_who_is_absent() -> None:
    setup = a_clinic(
        locations=[a_location(timezone="Europe/Berlin"), a_location("far", timezone="America/New_York")],
        providers=[a_provider(), a_provider("lee", location_ids=("far",))],
        equipment=[a_pool(location_id="far")],
    )
    begins = moment("08:00", date(2026, 3, 20))
    ends = moment("12:00", date(2026, 3, 20))  # New York has changed its clocks already, Berlin has not
    snapshot = a_snapshot(setup, now=begins)
    latest = {
        resource: scenario_of_absence(snapshot, resource, begins, ends).latest
        for resource in ("providers/okoro", "rooms/room-1", "providers/lee", "equipment/ecg-1")
    }
    in_berlin, in_new_york = at("11:00", date(2026, 4, 3)), at("12:00", date(2026, 4, 3))
    assert latest == {
        "providers/okoro": in_berlin,
        "rooms/room-1": in_berlin,
        "providers/lee": in_new_york,
        "equipment/ecg-1": in_new_york,
    }


def test_until_is_taken_as_it_is() -> None:
    scenario = scenario_of_absence(a_snapshot(), "providers/okoro", *MORNING, until=at("18:00"))
    assert scenario.latest == at("18:00")


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("providers/nobody", "provider"),
        ("rooms/nowhere", "room"),
        ("equipment/nothing", "equipment pool"),
        ("locations/main", "resource"),
    ],
)
def test_whoever_is_absent_has_to_be_there_at_all(resource: str, kind: str) -> None:
    with pytest.raises(NotFound) as refused:
        repair(resource=resource)
    assert refused.value.kind == kind


def test_an_absence_that_ends_now_is_over() -> None:
    with pytest.raises(AbsenceInThePast):
        repair(a_snapshot(now=MORNING[1]))


def test_an_absence_that_has_begun_is_not_over_a_minute_before_its_end() -> None:
    assert repair(a_snapshot(now=MORNING[1] - timedelta(minutes=1))).earliest == at("11:59")


def test_an_absence_has_to_last() -> None:
    with pytest.raises(ChangesContradict) as refused:
        scenario_of_absence(a_snapshot(), "providers/okoro", MORNING[0], MORNING[0])
    assert refused.value.index == 0


def test_a_plan_spans_at_most_92_days_from_now() -> None:
    last = at("06:00", MONDAY + timedelta(days=92))
    assert scenario_of_absence(a_snapshot(), "providers/okoro", *MORNING, until=last).latest == last
    with pytest.raises(HorizonTooLong):
        scenario_of_absence(a_snapshot(), "providers/okoro", *MORNING, until=last + 1)


def test_a_change_of_the_clock_does_not_make_92_days_too_long() -> None:
    zone, now = "Europe/Berlin", datetime(2026, 9, 1, 6, tzinfo=UTC)
    snapshot = a_snapshot(a_clinic(timezone=zone), now=now)
    morning = now + timedelta(hours=1), now + timedelta(hours=3)
    last = at("08:00", date(2026, 9, 1) + timedelta(days=92), zone)
    assert scenario_of_absence(snapshot, "providers/okoro", *morning, until=last).latest == last
    with pytest.raises(HorizonTooLong):
        scenario_of_absence(snapshot, "providers/okoro", *morning, until=last + 1)


def test_a_long_absence_makes_the_usual_horizon_too_long() -> None:
    ends = NOW + timedelta(days=80)
    with pytest.raises(HorizonTooLong):
        scenario_of_absence(a_snapshot(), "providers/okoro", MORNING[0], ends)


def test_nothing_is_placed_in_the_past() -> None:
    with pytest.raises(InvalidScenario, match="past"):
        scenario_of_absence(a_snapshot(), "providers/okoro", *MORNING, until=at("06:00"))
