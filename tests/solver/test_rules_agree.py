"""Check and model say the same, rule by rule, of placements in random clinics that fit or nearly fit."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from random import Random

import pytest

from models.appointment import EquipmentUse
from models.clinic import EquipmentPool
from models.placing import joining
from models.rules import HARD_RULES, violations
from models.slot import Placement, Slot, SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import MINUTES_PER_DAY, floor_minute
from solver import hard_rules
from solver.offers import offer_slots
from tests.oracle.random_clinics import random_clinic
from tests.solver.random_questions import problem_of
from tests.verdicts import is_feasible, verdict

SEEDS = range(60)
PER_QUESTION = 5


def placed(slot: Slot, request: SlotRequest) -> Placement:
    """A slot as the placement that a booking would make of it."""
    return Placement(
        service=request.service,
        provider=slot.provider,
        location=slot.location,
        room=slot.rooms[0] if slot.rooms else None,
        start=slot.start,
        end=slot.end,
        equipment=slot.equipment,
        patient=request.patient,
        joins=slot.joins,
    )


def disturbed(placement: Placement, snapshot: ClinicSnapshot, random: Random) -> Placement:
    """The same with one or two things changed at random."""
    for _ in range(random.choice((0, 1, 1, 2))):
        placement = _changed(placement, snapshot, random)
    return placement


CHANGES = (
    "shift",
    "clash",
    "exception",
    "length",
    "provider",
    "room",
    "location",
    "pools",
    "patient",
    "blackout",
    "group",
    "group",
    "seat",
    "seat",
)


def _changed(placement: Placement, snapshot: ClinicSnapshot, random: Random) -> Placement:
    setup = snapshot.setup
    match random.choice(CHANGES):
        case "shift":
            shift = random.choice((-1, 1, 5, -15, 15, -45, 60, 240, -600, 1440, -10_080, 600_000))
            return _at(placement, placement.start + shift)
        case "clash" if snapshot.calendar.starts:
            return _at(placement, random.choice(snapshot.calendar.starts) + random.choice((-30, 0, 10, 45)))
        case "exception" if setup.exceptions:
            return _at(
                placement, floor_minute(random.choice(setup.exceptions).starts_at) + random.randint(-40, 5)
            )
        case "length":
            return placement._replace(end=placement.start + random.choice((1, 10, 45, 90, 300)))
        case "provider":
            return placement._replace(provider=random.choice(setup.providers))
        case "room":
            return placement._replace(room=random.choice([None, *setup.rooms]))
        case "location":
            return placement._replace(location=random.choice([None, *setup.locations]))
        case "pools":
            return placement._replace(equipment=_some_units(placement, setup.equipment, random))
        case "blackout" if placement.service.blackout_dates:
            day = random.choice(sorted(placement.service.blackout_dates)) - date(1970, 1, 1)
            return _at(placement, day.days * MINUTES_PER_DAY + random.randrange(MINUTES_PER_DAY))
        case "group" if snapshot.group_visits:
            return placement._replace(joins=random.choice([None, *snapshot.group_visits]))
        case "seat" if snapshot.group_visits:
            return joining(random.choice(snapshot.group_visits), setup, placement.patient)
        case _:
            return placement._replace(patient=random.choice([None, *snapshot.patients.values()]))


def _at(placement: Placement, start: int) -> Placement:
    return placement._replace(start=start, end=start + placement.end - placement.start)


def _some_units(
    placement: Placement, pools: tuple[EquipmentPool, ...], random: Random
) -> tuple[EquipmentUse, ...]:
    """Of pools of the types that are needed: the model has no words for others."""
    needed = {need.type for need in placement.service.equipment}
    chosen = [pool for pool in pools if pool.type in needed and pool.quantity and random.random() < 0.7]
    return tuple(EquipmentUse(id=pool.id, units=random.randint(1, pool.quantity)) for pool in chosen)


def placements(seed: int) -> Iterator[tuple[Placement, ClinicSnapshot]]:
    clinic_file, queries = random_clinic(seed)
    random = Random(seed)
    for asked in queries:
        problem = problem_of(clinic_file, asked)
        slots = offer_slots(problem.snapshot, problem.request).slots
        for slot in random.sample(slots, min(PER_QUESTION, len(slots))):
            yield disturbed(placed(slot, problem.request), problem.snapshot, random), problem.snapshot


@pytest.mark.parametrize("seed", SEEDS)
def test_each_rule_says_the_same_twice(seed: int) -> None:
    for placement, snapshot in placements(seed):
        refused = [rule.__name__ for rule in HARD_RULES if verdict(rule, placement, snapshot)]
        assert [violation.rule for violation in violations(placement, snapshot)] == refused
        assert is_feasible(placement, snapshot, *hard_rules.HARD_RULES) == (not refused)


def test_nearly_every_rule_has_refused_something_and_something_has_fitted() -> None:
    """Otherwise the test above would prove less than it says."""
    refusals: Counter[str] = Counter()
    fitting = 0
    for seed in SEEDS:
        for placement, snapshot in placements(seed):
            found = [violation.rule for violation in violations(placement, snapshot)]
            refusals.update(found)
            fitting += not found
    assert fitting > 20
    assert len(refusals) >= len(HARD_RULES) - 2, refusals
