"""Searches and placements in random clinics, judged by an enumeration written apart from the product."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from api.clinic_file import parse_clinic
from api.slot_answer import answer_body
from api.slot_query import SlotQuery
from models.clinic_file import ClinicFile
from models.errors import RuleViolated, SlotUnavailable
from models.placing import Wish, placed
from models.slot import Placement, Slot, SlotAnswer, SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import instant_of
from solver.offers import offer_slots
from tests.oracle.brute_force import Expected, every_slot
from tests.oracle.clock import Json, instant, rounded_down, utc_text
from tests.oracle.compare import compare
from tests.oracle.planted import PLANTED
from tests.oracle.random_clinics import random_asks, random_clinic
from tests.oracle.world import Ask, World
from tests.oracle.world import Slot as OracleSlot

MOST = 500
USUAL = 50
ASKS = 12


class Question:
    """One search on one clinic file, as the product understands it."""

    def __init__(self, clinic_file: Json, asked: Json) -> None:
        self.clinic_file, self.asked = clinic_file, asked
        self.parsed: ClinicFile = parse_clinic(clinic_file)
        self.setup = self.parsed.setup
        self.now = datetime.fromisoformat(asked["now"])
        self.snapshot = ClinicSnapshot.of(
            self.setup, appointments=self.parsed.appointments, patients=self.parsed.patients, now=self.now
        )

    def request(self, limit: int) -> SlotRequest:
        asked = self.asked
        query = SlotQuery(
            service_id=asked["serviceId"],
            start=asked["start"],
            end=asked["end"],
            location_id=asked.get("locationId"),
            provider_ids=tuple(asked.get("providerIds", ())),
            patient_id=asked.get("patientId"),
            duration_minutes=asked.get("durationMinutes"),
            limit=limit,
        )
        return query.request(
            self.setup, self.snapshot.patient(query.patient_id) if query.patient_id else None
        )

    def answer(self, limit: int) -> tuple[SlotAnswer, dict[str, Any]]:
        """The slots, and the body that tells of them, read back from JSON."""
        request = self.request(limit)
        answer = offer_slots(self.snapshot, request)
        body = answer_body(answer, request, self.setup, now=self.now, duration_ms=0.0)
        read_back: dict[str, Any] = json.loads(json.dumps(body))
        return answer, read_back

    def wish(self, ask: Ask, room_id: str | None = None) -> Wish:
        setup = self.setup
        return Wish(
            service=setup.service(ask.service_id),
            provider=setup.provider(ask.provider_id),
            start=ask.start,
            end=ask.end,
            patient=self.snapshot.patient(ask.patient_id) if ask.patient_id else None,
            location=setup.location(ask.location_id) if ask.location_id else None,
            room=setup.room(room_id) if room_id else None,
        )


# searches


def judge(seed: int) -> None:
    clinic_file, queries = random_clinic(seed)
    differences = []
    for asked in queries:
        found = faults_of(seed, clinic_file, asked)
        if found:
            differences.append("\n  ".join([f"seed {seed}, {json.dumps(asked)}:", *found[:12]]))
    assert not differences, "\n".join(differences)


def faults_of(seed: int, clinic_file: Json, asked: Json) -> list[str]:
    """Whatever the product says otherwise than brute force."""
    question, expected = Question(clinic_file, asked), every_slot(clinic_file, asked)
    found = faults_of_search(question, expected)
    found += faults_of_offers(question, expected)
    return found + faults_of_placing(question, random_asks(seed, clinic_file, asked, ASKS))


def faults_of_search(question: Question, expected: Expected) -> list[str]:
    """The whole answer and the usual best of it, both against all slots that exist."""
    answer, everything = question.answer(MOST)
    found = compare(everything, expected, limit=MOST)
    _, best = question.answer(USUAL)
    found += compare(best, expected, limit=USUAL)
    if scores(best) != scores(everything)[:USUAL]:
        found.append(f"the best {USUAL} are not the first {USUAL} of the best {MOST}")
    found += [f"{body['metadata']} is not proven" for body in (best, everything) if not is_proven(body)]
    return found + [fault for slot in answer.slots for fault in faults_of_seat(slot, expected)]


def faults_of_seat(slot: Slot, expected: Expected) -> list[str]:
    """Whether it is a seat in one of the group visits that could be joined, and in none where none could."""
    key = slot.provider.id, slot.location.id if slot.location else None, utc_text(instant_of(slot.start))
    known = expected.slots.get(key)
    ways = (known, *known.or_else) if known else ()
    joined = slot.joins.id if slot.joins else None
    return [] if joined in {way.joins for way in ways} else [f"{key} joins {joined}"]


def scores(body: dict[str, Any]) -> list[float]:
    return [slot["score"] for slot in body["slots"]]


def is_proven(body: dict[str, Any]) -> bool:
    return body["metadata"]["proven"] is True


# what the rules say of one placement


def faults_of_offers(question: Question, expected: Expected) -> list[str]:
    """Every slot that exists can be booked: as it is, and in each of its rooms."""
    found = []
    for slot in list(expected.slots.values())[:: max(1, len(expected.slots) // USUAL)]:
        start, end = rounded_down(slot.start), rounded_down(slot.end)
        ask = Ask(
            service_id=question.asked["serviceId"],
            provider_id=slot.provider_id,
            location_id=slot.location_id,
            start=start,
            end=end,
            patient_id=question.asked.get("patientId"),
        )
        for room_id in (None, *sorted(slot.room_ids)):
            verdict = verdict_on(question, ask, room_id)
            if not isinstance(verdict, Placement):
                found.append(f"{slot.key} in {room_id} is refused by {verdict}")
            elif not is_as_told(verdict, slot, room_id):
                found.append(f"{slot.key} in {room_id} is placed as {verdict}")
    return found


def is_as_told(placement: Placement, slot: OracleSlot, room_id: str | None) -> bool:
    """Whether it takes the room asked for or one that would do, units that are free, and the right seat."""
    room = placement.room.id if placement.room else None
    ways = [
        way
        for way in (slot, *slot.or_else)
        if (room is None and not way.room_ids) or (room in way.room_ids and room_id in {None, room})
    ]
    joined = placement.joins.id if placement.joins else None
    return any(
        way.joins == joined
        and all(used.units <= way.free_units.get(used.id, 0) for used in placement.equipment)
        for way in ways
    )


def faults_of_placing(question: Question, asks: list[Ask]) -> list[str]:
    """What can be is accepted, anything else refused under the name of a rule that it breaks."""
    file, now = question.clinic_file, instant(question.asked["now"])
    found = []
    for ask in asks:
        broken = World(file, ask.start - 1440, ask.end + 1440, now).why_not(ask)
        verdict = verdict_on(question, ask)
        if isinstance(verdict, Placement):
            found += [f"{ask} is accepted, and breaks {sorted(broken)}"] if broken else []
        elif verdict not in broken:
            found.append(f"{ask} is refused by {verdict}, and breaks {sorted(broken)}")
    return found


def verdict_on(question: Question, ask: Ask, room_id: str | None = None) -> Placement | str:
    """The placement, or the name of the rule that refuses it."""
    try:
        return placed(question.wish(ask, room_id), question.snapshot)
    except RuleViolated as violated:
        return violated.rule
    except SlotUnavailable as taken:
        return taken.reason


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.__name__)
def test_offers_equal_every_slot_where_chance_hardly_ever_leads(
    planted: Callable[[], tuple[Json, Json]],
) -> None:
    assert faults_of(0, *planted()) == []


@pytest.mark.parametrize("seed", range(100))
def test_offers_equal_every_slot_that_exists(seed: int) -> None:
    judge(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 2100))
def test_offers_equal_every_slot_that_exists_in_many_clinics(seed: int) -> None:
    judge(seed)
