"""What booked visits hold under other rules, against the integrity of whole clinic files."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

import pytest

from models.appointment import Appointment
from models.errors import RulesConflict
from models.group_visit import GroupVisit, group_key
from models.integrity import faults_of
from models.reclaiming import Reclaimed, claims_follow, exchanged, reclaimed
from models.setup import ClinicSetup
from models.snapshot import group_visits_of
from models.stored_appointment import StoredAppointment
from models.unit_claims import Claim, claims_of_all, holds_by_resource
from models.wall_clock import floor_minute
from scenarios.synthetic import synthetic_clinic
from tests.builders import MONDAY, NOW, a_clinic, a_room, a_service, an_appointment, at

Change = Callable[[Random], dict[str, Any]]
CHANGES: Sequence[Change] = (
    lambda random: {"buffer_before_minutes": random.choice((0, 5, 10))},
    lambda random: {"buffer_after_minutes": random.choice((0, 5, 10))},
    lambda random: {"max_per_day": random.choice((None, 0, 3, 50))},
    lambda random: {"min_gap_minutes": random.choice((0, 30))},
    lambda random: {"seats": random.choice((1, 2, 4))},
)
EARLY = floor_minute(NOW - timedelta(days=9))


def stored(visits: Sequence[Appointment], setup: ClinicSetup) -> list[StoredAppointment]:
    """The visits as a database has them, in the group visits that they make up."""
    groups = {group.key: f"group of {group.id}" for group in group_visits_of(visits, setup)}
    return [
        StoredAppointment(
            **{name: getattr(visit, name) for name in Appointment.__slots__},
            clinic_id="clinic",
            created_at=NOW,
            updated_at=NOW,
            group_visit_id=groups.get(group_key(visit)),
        )
        for visit in visits
    ]


def claims_by(setup: ClinicSetup, booked: Sequence[StoredAppointment]) -> list[Claim]:
    """All claims of what is booked, by those who hold them."""
    return claims_of_all(booked, setup, groups_by(setup, booked))


def groups_by(setup: ClinicSetup, booked: Sequence[StoredAppointment]) -> list[GroupVisit]:
    """The group visits to which they come."""
    id_of = {group_key(one): one.group_visit_id for one in booked}
    return [replace(one, id=id_of[one.key] or one.id) for one in group_visits_of(booked, setup)]


def changed(setup: ClinicSetup, random: Random) -> ClinicSetup:
    """One service has another rule, or there are no lanes any more."""
    if random.random() < 0.2:
        return replace(setup, overbooking=setup.overbooking[: random.randrange(2)])
    chosen = random.choice(setup.services)
    other = replace(chosen, **random.choice(CHANGES)(random))
    return replace(setup, services=tuple(other if one is chosen else one for one in setup.services))


def after(claims: Sequence[Claim], changes: Reclaimed) -> set[Claim]:
    """The claims that are stored once the exchange is made."""
    near = [claim for claim in claims if claim.ref in changes.refs]
    dropped, added = exchanged(near, changes)
    assert set(dropped) <= set(claims)
    left = [claim for claim in claims if claim not in set(dropped)] + added
    assert len({(claim.ref, claim.unit, claim.holder_id) for claim in left}) == len(left)
    return set(left)


def windows(claims: set[Claim]) -> list[tuple[str, int, int, str]]:
    return sorted((claim.ref, claim.start, claim.end, claim.holder_id) for claim in claims)


@pytest.mark.parametrize("seed", range(40))
def test_rules_are_refused_just_where_a_file_would_be(seed: int) -> None:
    random, numbers = Random(seed), count()
    file = synthetic_clinic(seed, providers=3, rooms=5, days=2, start=MONDAY, all_rules=True, utilisation=0.4)
    booked = stored(file.appointments, file.setup)
    other = changed(file.setup, random)
    if faults_of(replace(file, setup=other)):
        with pytest.raises(RulesConflict) as refused:
            reclaimed(booked, file.setup, other, EARLY, str)
        assert set(refused.value.appointment_ids) <= {one.id for one in booked}
        return
    changes = reclaimed(booked, file.setup, other, EARLY, lambda: f"new-{next(numbers)}")
    assert claims_follow(file.setup, other) or not changes.refs
    moved = changes.group_of
    regrouped = [replace(one, group_visit_id=moved.get(one.id, one.group_visit_id)) for one in booked]
    now_held = after(claims_by(file.setup, booked), changes)
    assert windows(now_held) == windows(set(claims_by(other, regrouped)))
    holds_no_unit_twice(now_held)


def holds_no_unit_twice(claims: set[Claim]) -> None:
    until: dict[tuple[str, int], int] = {}
    for claim in sorted(claims, key=lambda one: one.start):
        assert until.get((claim.ref, claim.unit), claim.start) <= claim.start
        until[claim.ref, claim.unit] = claim.end


@pytest.mark.parametrize("seed", range(20))
def test_in_the_middle_of_a_day_only_what_is_left_of_it_changes(seed: int) -> None:
    """Buffers and gaps change at noon: until then everything is as it was, and after it as it should be."""
    random = Random(seed)
    file = synthetic_clinic(seed, providers=3, rooms=5, days=1, start=MONDAY, all_rules=True, utilisation=0.5)
    booked = stored(file.appointments, file.setup)
    other = changed(file.setup, random)
    noon = at("10:00") + random.randrange(60)
    before = claims_by(file.setup, booked)
    try:
        changes = reclaimed(booked, file.setup, other, noon, lambda: "new")
    except RulesConflict:
        return
    left = after(before, changes)
    holds_no_unit_twice(left)
    is_over = {claim for claim in before if claim.end <= noon}
    retaken = {claim.ref + claim.holder_id for claim in left if claim.end > noon}
    assert {claim for claim in is_over if claim.ref + claim.holder_id not in retaken} <= left
    if not changes.group_of:
        should_be = holds_by_resource(booked, other, groups_by(other, booked))
        assert {(claim.ref, max(claim.start, noon), claim.end) for claim in left if claim.end > noon} == {
            (ref, max(one.start, noon), one.end)
            for ref, held in should_be.items()
            for one in held
            if one.end > noon
        }


class TestExchanged:
    before = a_clinic(services=[a_service(buffer_after_minutes=30)], rooms=[a_room(turnaround_minutes=5)])
    visit = stored([an_appointment("10:00", "10:30")], before)

    def exchange(self, since: str, buffer: int) -> tuple[list[Claim], list[Claim]]:
        other = replace(self.before, services=(a_service(buffer_after_minutes=buffer),))
        changes = reclaimed(self.visit, self.before, other, at(since), lambda: "new")
        near = [one for one in claims_by(self.before, self.visit) if one.ref in changes.refs]
        return exchanged(near, changes)

    def test_a_hold_that_has_begun_is_cut_short(self) -> None:
        dropped, added = self.exchange("10:40", 20)
        assert {(one.ref, one.start, one.end) for one in added} == {
            ("providers/okoro", at("10:40"), at("10:50")),
            ("rooms/room-1", at("10:40"), at("10:55")),
        }
        assert {one.end for one in dropped} == {at("11:00"), at("11:05")}

    def test_one_that_would_have_ended_by_now_ended_then(self) -> None:
        _, added = self.exchange("10:40", 3)
        assert {(one.ref, one.start, one.end) for one in added} == {
            ("providers/okoro", at("10:00"), at("10:33")),
            ("rooms/room-1", at("10:00"), at("10:38")),
        }

    def test_nothing_is_exchanged_where_nothing_differs(self) -> None:
        assert self.exchange("10:40", 30) == ([], [])
