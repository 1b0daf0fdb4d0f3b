"""Scenarios that cannot be asked, each with what it is refused as."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models.errors import (
    AbsenceInThePast,
    ChangesContradict,
    FrozenIsDisplaced,
    HorizonTooLong,
    InvalidScenario,
    NotFound,
)
from models.planning import PlanOrder
from models.scenario import (
    EquipmentAdded,
    Freeze,
    HoursChanged,
    ProviderAdded,
    Scenario,
    ScenarioChange,
    ScenarioMode,
)
from scenarios.what_if import refuse_impossible
from tests.builders import (
    MONDAY,
    TUESDAY,
    a_call,
    a_clinic,
    a_patient,
    a_pool,
    a_provider,
    a_service,
    a_snapshot,
    at,
    hours,
)
from tests.scenarios.asking import a_scenario, absence, asked_of, booked, rules_of, wanted

CLINIC = a_clinic(providers=[a_provider(), a_provider("lee")], equipment=[a_pool()])
CHECKUP = CLINIC.service("checkup")
NINE_TO_FIVE = (hours("providers/okoro", "09:00", "17:00"),)
LOCUM = ProviderAdded(provider=a_provider("adams"), hours=NINE_TO_FIVE)


def ask(*changes: ScenarioChange, **settings: Any) -> None:
    refuse_impossible(a_scenario(*changes, **settings), asked_of(CLINIC, booked("bela", "10:00")))


def contradiction(*changes: ScenarioChange, **settings: Any) -> tuple[int, str]:
    """The change at fault, and what is said about it."""
    with pytest.raises(ChangesContradict) as refused:
        ask(*changes, **settings)
    return refused.value.index, str(refused.value)


def unknown(*changes: ScenarioChange, **settings: Any) -> tuple[str, str]:
    """What the clinic does not have."""
    with pytest.raises(NotFound) as refused:
        ask(*changes, **settings)
    return refused.value.kind, refused.value.identifier


def test_changes_that_go_together_are_let_through() -> None:
    ask(
        absence(),
        absence("12:00", "13:00"),
        absence(resource="rooms/room-1"),
        HoursChanged(resource="providers/okoro", hours=NINE_TO_FIVE),
        HoursChanged(resource="rooms/room-1", hours=()),
        LOCUM,
        HoursChanged(resource="providers/adams", hours=()),
        EquipmentAdded(pool=a_pool("ecg-2")),
        rules_of(CHECKUP, max_per_day=9),
        wanted(),
        wanted("another"),
    )


class TestHorizon:
    def test_ends_after_it_starts(self) -> None:
        with pytest.raises(InvalidScenario, match="ends before it starts"):
            ask(earliest=at("12:00"), latest=at("12:00"))

    def test_has_a_minute_that_is_still_to_come(self) -> None:
        with pytest.raises(InvalidScenario, match="past"):
            ask(latest=at("06:00"))
        ask(latest=at("06:01"))

    def test_spans_at_most_92_days(self) -> None:
        first, last = at("08:00", TUESDAY), at("08:00", TUESDAY + timedelta(days=92))
        ask(earliest=first, latest=last)
        with pytest.raises(HorizonTooLong):
            ask(earliest=first, latest=last + 1)

    def test_counts_from_now_where_it_started_before(self) -> None:
        ask(earliest=at("00:00") - 999_999, latest=at("06:00", MONDAY + timedelta(days=92)))


class TestAbsences:
    def test_of_one_resource_do_not_overlap(self) -> None:
        index, message = contradiction(absence(), absence("11:59", "13:00"))
        assert index == 1
        assert message == "change 2: Dr Okoro is absent already at that time"

    def test_of_two_resources_may_overlap(self) -> None:
        ask(absence(), absence(resource="providers/lee"), absence(resource="equipment/ecg-1"))

    def test_end_after_they_start(self) -> None:
        assert contradiction(absence("12:00", "12:00"))[0] == 0

    def test_are_not_over(self) -> None:
        with pytest.raises(AbsenceInThePast):
            ask(absence("05:00", "06:00"))

    def test_meet_the_horizon(self) -> None:
        tuesday = {"earliest": at("00:00", TUESDAY)}
        assert contradiction(rules_of(CHECKUP), absence(), **tuesday)[0] == 1
        ask(absence("23:00", "24:00"), absence("08:00", "24:00", "rooms/room-1"), earliest=at("23:59"))
        assert contradiction(absence(day=TUESDAY), earliest=at("09:00"), latest=at("00:00", TUESDAY))[0] == 0

    def test_may_lie_behind_the_horizon_of_a_repair_that_begins_now(self) -> None:
        """What cannot stay there is placed before it."""
        ask(absence(day=TUESDAY), latest=at("00:00", TUESDAY))

    def test_lie_in_the_horizon_of_a_rebuild(self) -> None:
        settings = {"latest": at("00:00", TUESDAY), "mode": ScenarioMode.REBUILD}
        assert contradiction(absence(day=TUESDAY), **settings)[0] == 0

    def test_are_those_of_somebody_there(self) -> None:
        assert unknown(absence(resource="providers/adams")) == ("provider", "adams")
        assert unknown(absence(resource="rooms/attic")) == ("room", "attic")
        assert unknown(absence(resource="equipment/mri")) == ("equipment pool", "mri")

    def test_may_be_those_of_somebody_who_is_added_before(self) -> None:
        ask(LOCUM, absence(resource="providers/adams"))
        assert unknown(absence(resource="providers/adams"), LOCUM) == ("provider", "adams")


class TestWhoAndWhatIsAdded:
    def test_a_provider_is_new(self) -> None:
        index, message = contradiction(ProviderAdded(provider=a_provider("lee"), hours=()))
        assert (index, message) == (0, "change 1: the provider Dr Lee is there already")

    def test_a_provider_is_added_once(self) -> None:
        assert contradiction(LOCUM, LOCUM)[0] == 1

    def test_a_provider_works_where_and_does_what_there_is(self) -> None:
        elsewhere = replace(LOCUM, provider=a_provider("adams", location_ids=("moon",)))
        assert unknown(elsewhere) == ("location", "moon")
        surgeon = replace(LOCUM, provider=a_provider("adams", service_ids=("surgery",)))
        assert unknown(surgeon) == ("service", "surgery")

    def test_a_pool_is_new_and_stands_somewhere(self) -> None:
        assert contradiction(absence(), EquipmentAdded(pool=a_pool()))[0] == 1
        assert unknown(EquipmentAdded(pool=a_pool("ecg-2", location_id="moon"))) == ("location", "moon")


class TestHoursAndRules:
    def test_hours_of_one_resource_change_once(self) -> None:
        change = HoursChanged(resource="providers/okoro", hours=NINE_TO_FIVE)
        index, message = contradiction(change, change)
        assert (index, message) == (1, "change 2: the hours of Dr Okoro change twice")

    def test_hours_are_those_of_somebody_there(self) -> None:
        assert unknown(HoursChanged(resource="rooms/attic", hours=())) == ("room", "attic")

    def test_rules_of_one_service_change_once(self) -> None:
        index, message = contradiction(rules_of(CHECKUP, seats=2), rules_of(CHECKUP, seats=3))
        assert (index, message) == (1, "change 2: the rules of Check-up change twice")

    def test_rules_are_those_of_a_service_there(self) -> None:
        assert unknown(rules_of(a_service("surgery"))) == ("service", "surgery")

    def test_rules_allow_only_providers_there(self) -> None:
        assert unknown(rules_of(CHECKUP, allowed_provider_ids=frozenset({"adams"}))) == ("provider", "adams")

    def test_rules_make_sense(self) -> None:
        assert contradiction(rules_of(CHECKUP, slot_step_minutes=0))[0] == 0


class TestWantedVisits:
    @pytest.mark.parametrize(
        ("changes", "missing"),
        [
            ({"patient_id": "nobody"}, ("patient", "nobody")),
            ({"service_id": "surgery"}, ("service", "surgery")),
            ({"provider_ids": frozenset({"lee", "adams"})}, ("provider", "adams")),
            ({"location_id": "moon"}, ("location", "moon")),
        ],
    )
    def test_name_whom_and_what_there_is(self, changes: dict[str, Any], missing: tuple[str, str]) -> None:
        assert unknown(wanted(**changes)) == missing

    def test_may_be_with_somebody_whom_a_later_change_adds(self) -> None:
        ask(wanted(provider_ids=frozenset({"adams"})), LOCUM)

    def test_are_new(self) -> None:
        assert contradiction(wanted("bela"))[0] == 0
        assert contradiction(wanted("one"), wanted("one"))[0] == 1

    def test_have_a_time_at_which_they_can_start(self) -> None:
        assert contradiction(wanted(earliest=at("10:00"), latest=at("10:00")))[0] == 0
        assert contradiction(wanted(latest=at("06:00")))[0] == 0
        assert contradiction(wanted(earliest=at("00:00", TUESDAY)), latest=at("00:00", TUESDAY))[0] == 0
        ask(wanted(earliest=at("10:00"), latest=at("10:01")))

    def test_are_given_by_somebody(self) -> None:
        nobody = a_scenario(rules_of(CHECKUP, allowed_provider_ids=frozenset()), wanted())
        with pytest.raises(ChangesContradict) as refused:
            refuse_impossible(nobody, asked_of(CLINIC))
        assert refused.value.index == 1

    def test_are_given_by_somebody_whom_the_patient_may_see(self) -> None:
        blocking = a_patient("ada", blocked_provider_ids=frozenset({"okoro"}))
        snapshot = a_snapshot(CLINIC, patients=[blocking])
        refuse_impossible(a_scenario(wanted()), snapshot)
        with pytest.raises(ChangesContradict) as refused:
            refuse_impossible(a_scenario(wanted(provider_ids=frozenset({"okoro"}))), snapshot)
        assert "Ada" not in str(refused.value)

    def test_without_a_room_are_given_where_they_are_wanted(self) -> None:
        snapshot = asked_of(a_clinic(services=[a_call()]))
        refuse_impossible(a_scenario(wanted(location_id="main")), snapshot)


class TestFrozen:
    def test_appointments_are_not_displaced(self) -> None:
        with pytest.raises(FrozenIsDisplaced) as refused:
            ask(absence(), freeze=Freeze(appointment_ids=frozenset({"bela"})))
        assert refused.value.appointment_ids == ("bela",)

    def test_is_what_starts_before_a_minute(self) -> None:
        ask(absence(), freeze=Freeze(until=at("10:00")))
        with pytest.raises(FrozenIsDisplaced):
            ask(absence(), freeze=Freeze(until=at("10:01")))

    def test_appointments_may_stand_aside(self) -> None:
        ask(absence("11:00", "12:00"), freeze=Freeze(appointment_ids=frozenset({"bela"})))

    def test_appointments_are_there(self) -> None:
        freeze = Freeze(appointment_ids=frozenset({"nobody"}))
        assert unknown(absence(), freeze=freeze) == ("appointment", "nobody")


def test_what_is_refused_first_is_the_horizon_then_the_changes_in_their_order() -> None:
    scenario: Scenario = a_scenario(absence(resource="providers/adams"), latest=at("05:00"))
    with pytest.raises(InvalidScenario, match="past"):
        refuse_impossible(scenario, asked_of(CLINIC))


def test_a_rebuild_counts_by_prices_only() -> None:
    scenario = a_scenario(absence(), mode=ScenarioMode.REBUILD, order=PlanOrder.LEXICOGRAPHIC)
    with pytest.raises(InvalidScenario, match="by prices"):
        refuse_impossible(scenario, asked_of(CLINIC))
