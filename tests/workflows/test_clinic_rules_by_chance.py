"""After any change of the rules the clinic is what it would be had it always had them."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from api.workflows.clinic_rules import read_rules, replace_rules
from api.workflows.export_clinic import export_clinic
from models.clinic_rules import ClinicRules
from models.errors import RulesConflict, RuleViolated, SlotUnavailable, StillConflicting
from models.postgres.connection import Pool
from models.setup import ClinicSetup
from models.stored_appointment import StoredAppointment
from scenarios.synthetic import synthetic_clinic
from tests.builders import MONDAY, NOW, a_clinic, a_provider, a_room
from tests.workflows.changing_rules import change, held
from tests.workflows.desk import STAFF, Clock, Desk, open_desk

pytestmark = pytest.mark.anyio

LONG_BEFORE = Clock(NOW - timedelta(days=2))
"""Nothing has begun yet that could be cut short."""

CHANGES: list[Callable[[Random], dict[str, Any]]] = [
    lambda random: {"buffer_before_minutes": random.choice((0, 5))},
    lambda random: {"buffer_after_minutes": random.choice((0, 5, 10))},
    lambda random: {"max_per_day": random.choice((None, 0, 3, 50))},
    lambda random: {"min_gap_minutes": random.choice((0, 30))},
    lambda random: {"seats": random.choice((1, 2, 4))},
]


@pytest.mark.parametrize("seed", range(4))
async def test_after_any_change_claims_are_what_an_import_would_make(pool: Pool, seed: int) -> None:
    random = Random(seed)
    file = synthetic_clinic(seed, providers=3, rooms=5, days=2, start=MONDAY, utilisation=0.5, all_rules=True)
    desk = await open_desk(pool, file.setup, file.appointments, file.patients, LONG_BEFORE)
    answers: set[bool] = set()
    for _ in range(8):
        rules = ClinicRules.of(await read_rules(desk.runtime, desk.clinic_id))
        rules = await any_change(rules, random)
        claims = await held(desk)
        try:
            await replace_rules(desk.runtime, desk.clinic_id, rules, STAFF, version=None)
        except RulesConflict:
            answers.add(False)
            assert await held(desk) == claims
        else:
            answers.add(True)
        mine, theirs = Counter(await held(desk)), Counter(await held(await again(desk, pool)))
        assert (mine - theirs, theirs - mine) == (Counter(), Counter())
        assert await desk.overlapping_claims() == 0
    assert True in answers


async def any_change(rules: ClinicRules, random: Random) -> ClinicRules:
    """One service, one cap, or the lanes differ."""
    what = random.randrange(4)
    if what == 0:
        return replace(rules, overbooking=random.choice((rules.overbooking[:1], ())))
    if what == 1:
        caps = (replace(one, max_visits_per_day=random.choice((None, 2, 30))) for one in rules.providers)
        return replace(rules, providers=tuple(caps))
    chosen = random.choice(rules.services)
    changed = replace(chosen, **random.choice(CHANGES)(random))
    return replace(rules, services=tuple(changed if one is chosen else one for one in rules.services))


async def again(desk: Desk, pool: Pool) -> Desk:
    """The same clinic, exported and imported."""
    file = await export_clinic(desk.runtime, desk.clinic_id)
    return await open_desk(pool, file.setup, file.appointments, file.patients, LONG_BEFORE)


async def test_bookings_meanwhile_are_made_by_the_old_rules_or_by_the_new_ones(pool: Pool) -> None:
    rooms, providers = [a_room(capacity=9)], [a_provider(f"p{n}") for n in range(5)]
    desk = await open_desk(pool, a_clinic(rooms=rooms, providers=providers), clock=LONG_BEFORE)
    changes = ({"buffer_after_minutes": 15}, {"max_per_day": 7, "seats": 2}, {"min_gap_minutes": 20})
    answers = await asyncio.gather(
        *(change(desk, one) for one in changes),
        *(
            desk.book(f"{hour:02}:{minute}", provider=f"p{n}", patient=who)
            for n in range(5)
            for hour, minute, who in ((8, "00", "ada"), (9, "00", "bela"), (10, "30", "cleo"))
        ),
        return_exceptions=True,
    )
    allowed = (StoredAppointment, ClinicSetup, SlotUnavailable, RuleViolated, StillConflicting, RulesConflict)
    assert all(isinstance(one, allowed) for one in answers), answers
    assert any(isinstance(one, StoredAppointment) for one in answers)
    assert Counter(await held(desk)) == Counter(await held(await again(desk, pool)))
    assert await desk.overlapping_claims() == 0
