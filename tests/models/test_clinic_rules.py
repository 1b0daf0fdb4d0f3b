"""Rules of a clinic as one document: taken from a setup, and put onto one."""

from dataclasses import fields, replace
from itertools import count
from typing import Any

import pytest

from models.clinic import OverbookingRule, Service, Weekday, Weights
from models.clinic_rules import NEW, ClinicRules, ProviderRules, ServiceRules, with_rules
from models.errors import Fault, InvalidRules
from models.setup import ClinicSetup
from tests.builders import MONDAY, a_clinic, a_provider, a_service, an_ecg

RUSH = OverbookingRule(
    id="rush", provider_id="okoro", weekdays=(Weekday.MONDAY,), start=480, end=600, lanes=1
)
SETUP = a_clinic(
    services=[a_service(), an_ecg(id="heart")],
    providers=[a_provider(), a_provider("lind", max_visits_per_day=9)],
    overbooking=[RUSH, replace(RUSH, id="noon", start=720, end=780)],
)
RULES = ClinicRules.of(SETUP)


def put(rules: ClinicRules) -> ClinicSetup:
    """The clinic under these rules; new things are called `new-1` and so on."""
    numbers = count(1)
    return with_rules(SETUP, rules, lambda: f"new-{next(numbers)}")


def faults(**changes: Any) -> list[Fault]:
    """What is wrong with the rules after a change of them."""
    with pytest.raises(InvalidRules) as refused:
        put(replace(RULES, **changes))
    return list(refused.value.faults)


def test_a_service_is_its_rules_and_what_it_is() -> None:
    rules = {one.name for one in fields(ServiceRules)}
    assert {one.name for one in fields(Service)} - rules == {"name", "duration_minutes", "modality"}


def test_the_rules_of_a_clinic_change_nothing_in_it() -> None:
    assert put(RULES) == SETUP


def test_everything_that_is_a_rule_is_replaced_and_nothing_else() -> None:
    checkup = replace(RULES.services[0], seats=3, max_per_day=4, blackout_dates=(MONDAY,))
    changed = put(
        ClinicRules(
            weights=Weights(fairness=9),
            services=(RULES.services[1], checkup),
            providers=(ProviderRules(id="lind", max_visits_per_day=None), RULES.providers[0]),
            overbooking=(replace(RUSH, id=NEW, lanes=2), replace(RULES.overbooking[1], lanes=3)),
        )
    )
    assert changed.clinic == replace(SETUP.clinic, weights=Weights(fairness=9))
    usual, heart = SETUP.services
    assert changed.services == (replace(usual, seats=3, max_per_day=4, blackout_dates=(MONDAY,)), heart)
    assert changed.providers == (SETUP.providers[0], replace(SETUP.providers[1], max_visits_per_day=None))
    assert changed.overbooking == (
        replace(SETUP.overbooking[1], lanes=3),
        replace(RUSH, id="new-1", lanes=2),
    )


def test_each_service_is_there_once() -> None:
    first = RULES.services[0]
    assert faults(services=(first, first, replace(first, id="sauna"))) == [
        Fault("/services/1/id", "the service checkup is listed twice"),
        Fault("/services/2/id", "there is no service sauna"),
        Fault("/services", "the service heart (Check-up) is missing"),
    ]


def test_each_provider_is_there_once() -> None:
    assert faults(providers=RULES.providers[1:]) == [
        Fault("/providers", "the provider okoro (Dr Okoro) is missing")
    ]


def test_only_providers_are_allowed_to_do_anything() -> None:
    allowed = replace(RULES.services[1], allowed_provider_ids=frozenset({"lind", "ghost"}))
    assert faults(services=(RULES.services[0], allowed)) == [
        Fault("/services/1/allowedProviderIds", "there is no provider ghost")
    ]


def test_overbooking_rules_name_what_is_there() -> None:
    wrong = (
        RUSH,
        RUSH,
        replace(RUSH, id="ghost"),
        replace(RUSH, id=NEW, provider_id="ghost"),
        replace(RUSH, id=NEW, provider_id=None, service_id="sauna"),
    )
    assert faults(overbooking=wrong) == [
        Fault("/overbooking/1/id", "the overbooking rule rush is listed twice"),
        Fault("/overbooking/2/id", "there is no overbooking rule ghost"),
        Fault("/overbooking/3/providerId", "there is no provider ghost"),
        Fault("/overbooking/4/serviceId", "there is no service sauna"),
    ]


def test_nonsense_is_told_with_its_place() -> None:
    twice = replace(RULES.services[1], equipment=RULES.services[1].equipment * 2)
    assert faults(services=(twice, replace(RULES.services[0], seats=0))) == [
        Fault("/services/0", "equipment names the same type twice"),
        Fault("/services/1", "seats must be from 1 to 1023, not 0"),
    ]
