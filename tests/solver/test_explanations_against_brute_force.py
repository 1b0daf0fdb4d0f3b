"""Explanations of random empty ranges: no smaller set closes them, and every change named opens them.

What closes is held against an enumeration of every placement; what opens is made to the clinic file by
hand, and counted by the search and by the oracle.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.clinic_file import parse_clinic
from api.slot_query import read_range
from models.slot import SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import instant_of, minute_of_day
from solver.closings import grounds
from solver.hidden_starts import hidden_starts
from solver.problem import SearchProblem
from tests.oracle.brute_force import every_slot
from tests.oracle.clock import Json, utc_text
from tests.oracle.random_clinics import random_clinic
from tests.solver.applying_changes import applied
from tests.solver.every_closing import Pair, closed_placements
from tests.solver.full_clinics import MOST, answered, full_clinic, query_of

DAYS_LATER = 14


def asked_of(clinic_file: Json, asked: Json) -> tuple[ClinicSnapshot, SlotRequest]:
    parsed = parse_clinic(clinic_file)
    now = datetime.fromisoformat(asked["now"])
    snapshot = ClinicSnapshot.of(
        parsed.setup, appointments=parsed.appointments, patients=parsed.patients, now=now
    )
    patient = snapshot.patient(asked["patientId"]) if asked.get("patientId") else None
    return snapshot, query_of(asked).request(parsed.setup, patient)


def parts_of(clinic_file: Json, asked: Json, random: Random) -> list[Json]:
    """The search, and some for a moment or a few hours of its range."""
    zone = ZoneInfo(answered(clinic_file, asked)["metadata"]["timezone"])
    low, high = read_range(asked["start"], asked["end"], zone)
    found = [asked]
    for length in (1, 40, 150):
        start = random.randrange(low, high)
        edges = (utc_text(instant_of(one)) for one in (start, min(high, start + length)))
        found.append({**asked, **dict(zip(("start", "end"), edges, strict=True))})
    return found


def judge_closings(clinic_file: Json, asked: Json, body: dict[str, Any]) -> None:
    """As few as any placement breaks, and together all that one of them breaks."""
    snapshot, request = asked_of(clinic_file, asked)
    every = {closed for _, closed in closed_placements(snapshot, request)}
    told = frozenset((one["rule"], one["resource"]) for one in body["explanation"]["closedBy"])
    assert len(told) == len(body["explanation"]["closedBy"])
    assert told in every
    assert len(told) == min(len(closed) for closed in every)


def judge_relaxations(clinic_file: Json, asked: Json, body: dict[str, Any]) -> None:
    """Each gains so many slots, by the search and by the oracle, of which the best is the example."""
    for one in body["explanation"]["relaxations"]:
        changed_file, changed_question = applied(one["change"], clinic_file, asked)
        slots = answered(changed_file, changed_question)["slots"]
        assert one["slotsGained"] == len(slots) > 0, one["change"]
        assert one["slotsGained"] == min(MOST, len(every_slot(changed_file, changed_question).slots))
        assert one["example"]["score"] == slots[0]["score"], one["change"]


def judge_next_date(clinic_file: Json, asked: Json, body: dict[str, Any]) -> None:
    """The first of the fortnight's dates on which a search for that date finds something."""
    zone = ZoneInfo(body["metadata"]["timezone"])
    _, beyond = read_range(asked["start"], asked["end"], zone)
    last_day = instant_of(beyond - 1).astimezone(zone).date()
    found = None
    for days in range(DAYS_LATER + 1):
        day = (last_day + timedelta(days=days)).isoformat()
        rest_of_day = utc_text(instant_of(beyond))
        if days == 0 and datetime.fromisoformat(rest_of_day).astimezone(zone).date() != last_day:
            continue
        start = day if days else rest_of_day
        if every_slot(clinic_file, {**asked, "start": start, "end": day}).slots:
            found = day
            break
    assert body["metadata"]["nextAvailableDate"] == found


def judge_random(seed: int) -> None:
    clinic_file, searches = random_clinic(seed)
    random = Random(seed)
    for search in searches[:2]:
        for asked in parts_of(clinic_file, search, random):
            body = answered(clinic_file, asked)
            if body["slots"]:
                assert body["explanation"] is None
                continue
            if asked is not search:  # every minute of days is slow to enumerate
                judge_closings(clinic_file, asked, body)
                judge_hidden(clinic_file, asked)
            judge_relaxations(clinic_file, asked, body)
            judge_next_date(clinic_file, asked, body)


def judge_hidden(clinic_file: Json, asked: Json) -> None:
    """Each closing hides the placements that break nothing else, room and equipment aside."""
    snapshot, request = asked_of(clinic_file, asked)
    step, zone_of = request.service.slot_step_minutes, snapshot.setup.zone_of
    hidden: dict[Pair, set[tuple[str, str | None, int, str | None]]] = {}
    for placement, closed in closed_placements(snapshot, request):
        if placement.joins is None and minute_of_day(placement.start, zone_of(placement.location)) % step:
            continue
        if len(closed) == 1:
            place = placement.location.id if placement.location else None
            seat = placement.joins.id if placement.joins else None
            cell = (placement.provider.id, place, placement.start, seat)
            hidden.setdefault(next(iter(closed)), set()).add(cell)
    where = grounds(SearchProblem(snapshot=snapshot, request=request), everybody=True)
    found = {(one.closing.rule, one.closing.resource): one.count for one in hidden_starts(where)}
    assert found == {pair: len(cells) for pair, cells in hidden.items()}


def judge_full(seed: int) -> None:
    made = full_clinic(seed)
    if made is None:
        return
    clinic_file, asked = made
    body = answered(clinic_file, asked)
    judge_closings(clinic_file, asked, body)
    judge_relaxations(clinic_file, asked, body)
    judge_hidden(clinic_file, asked)


@pytest.mark.parametrize("seed", range(6))
def test_explanations_of_random_ranges_hold(seed: int) -> None:
    judge_random(seed)


@pytest.mark.parametrize("seed", range(20))
def test_explanations_of_full_clinics_hold(seed: int) -> None:
    judge_full(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6, 206))
def test_explanations_of_many_random_ranges_hold(seed: int) -> None:
    judge_random(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20, 620))
def test_explanations_of_many_full_clinics_hold(seed: int) -> None:
    judge_full(seed)
