"""A clinic under changes, kind by kind."""

from dataclasses import replace

from models.clinic import ExceptionKind, HoursException
from models.scenario import EquipmentAdded, HoursChanged, ProviderAdded
from scenarios.what_if import changed_setup
from tests.builders import (
    TUESDAY,
    a_clinic,
    a_pool,
    a_provider,
    a_room,
    a_service,
    at,
    closed,
    hours,
    moment,
)
from tests.scenarios.asking import absence, rules_of, wanted

CLINIC = a_clinic(
    providers=[a_provider(), a_provider("lee")],
    rooms=[a_room(), a_room("room-2")],
    equipment=[a_pool()],
    services=[a_service(), a_service("scan", name="Scan")],
)


def test_an_absence_is_an_exception_in_the_hours() -> None:
    changed = changed_setup(CLINIC, [absence(reason="ill")])
    assert changed.exceptions == (
        HoursException(
            resource="providers/okoro",
            starts_at=moment("08:00"),
            ends_at=moment("12:00"),
            kind=ExceptionKind.UNAVAILABLE,
            reason="ill",
        ),
    )
    assert not changed.open_windows("providers/okoro", at("11:00"), at("12:00")).contain(
        at("11:59"), at("12:00")
    )


def test_hours_that_were_looked_at_before_are_looked_at_anew() -> None:
    assert CLINIC.open_windows("providers/lee", at("08:00"), at("16:00")).contain(at("08:00"), at("16:00"))
    changed = changed_setup(CLINIC, [absence(resource="providers/lee")])
    assert not changed.open_windows("providers/lee", at("08:00"), at("09:00")).contain(
        at("08:00"), at("09:00")
    )


def test_a_provider_who_is_added_comes_after_those_who_are_there() -> None:
    locum = a_provider("adams", service_ids=("scan",))
    changed = changed_setup(
        CLINIC, [ProviderAdded(provider=locum, hours=(hours("providers/adams", "10:00", "12:00"),))]
    )
    assert [one.id for one in changed.providers] == ["okoro", "lee", "adams"]
    window = changed.open_windows("providers/adams", at("10:00"), at("12:00"))
    assert window.contain(at("10:00"), at("12:00"))
    assert not window.contain(at("09:59"), at("12:00"))


def test_rows_of_hours_are_those_of_whom_they_come_with() -> None:
    rows = (hours("", "10:00", "12:00"),)
    changed = changed_setup(CLINIC, [ProviderAdded(provider=a_provider("adams"), hours=rows)])
    changed = changed_setup(changed, [HoursChanged(resource="rooms/room-2", hours=rows)])
    assert [row.resource for row in changed.working_hours[-2:]] == ["providers/adams", "rooms/room-2"]


def test_changed_hours_replace_all_rows_and_leave_exceptions() -> None:
    setup = replace(CLINIC, exceptions=(closed("providers/okoro", moment("10:00"), moment("10:30")),))
    setup = replace(setup, working_hours=(*setup.working_hours, hours("providers/okoro", "17:00", "18:00")))
    rows = (hours("providers/okoro", "09:00", "11:00"),)
    changed = changed_setup(setup, [HoursChanged(resource="providers/okoro", hours=rows)])
    opened = changed.open_windows("providers/okoro", at("00:00"), at("24:00"))
    assert opened.meeting(at("00:00"), at("24:00")) == (
        (at("09:00"), at("10:00")),
        (at("10:30"), at("11:00")),
    )
    assert changed.open_windows("providers/lee", at("08:00"), at("16:00")).contain(at("08:00"), at("16:00"))


def test_without_any_hours_a_provider_never_works_and_a_room_is_always_open() -> None:
    setup = replace(CLINIC, working_hours=(*CLINIC.working_hours, hours("rooms/room-1", "09:00", "10:00")))
    changed = changed_setup(
        setup,
        [
            HoursChanged(resource="providers/okoro", hours=()),
            HoursChanged(resource="rooms/room-1", hours=()),
        ],
    )
    day = at("00:00", TUESDAY), at("24:00", TUESDAY)
    assert not changed.open_windows("providers/okoro", *day).meeting(*day)
    assert changed.open_windows("rooms/room-1", *day).contain(*day)


def test_an_equipment_pool_that_is_added_comes_last() -> None:
    changed = changed_setup(CLINIC, [EquipmentAdded(pool=a_pool("ecg-0"))])
    assert [one.id for one in changed.equipment] == ["ecg-1", "ecg-0"]


def test_a_service_under_other_rules_keeps_its_place_and_its_name() -> None:
    changed = changed_setup(
        CLINIC, [rules_of(CLINIC.service("checkup"), buffer_after_minutes=10, max_per_day=3)]
    )
    assert [one.id for one in changed.services] == ["checkup", "scan"]
    assert changed.service("checkup").buffer_after_minutes == 10
    assert changed.service("checkup").name == "Check-up"
    assert "service-days/checkup" in changed.resource_index


def test_wanted_visits_change_nothing_about_the_clinic() -> None:
    assert changed_setup(CLINIC, [wanted()]) == CLINIC


def test_changes_add_up() -> None:
    changed = changed_setup(
        CLINIC,
        [
            ProviderAdded(provider=a_provider("adams"), hours=(hours("", "08:00", "16:00"),)),
            absence(resource="providers/adams", start="08:00", end="09:00"),
        ],
    )
    opened = changed.open_windows("providers/adams", at("08:00"), at("16:00"))
    assert opened.meeting(at("08:00"), at("16:00")) == ((at("09:00"), at("16:00")),)
