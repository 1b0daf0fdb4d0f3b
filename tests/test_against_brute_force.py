"""Searches over random clinics, judged by an enumeration written apart from the product."""

import json
from datetime import datetime
from typing import Any

import pytest

from api.clinic_file import parse_clinic
from api.slot_answer import answer_body
from api.slot_query import SlotQuery
from models.snapshot import ClinicSnapshot
from solver.offers import offer_slots
from tests.oracle.brute_force import Json, every_slot
from tests.oracle.compare import compare
from tests.oracle.random_clinics import random_clinic

MOST = 500
USUAL = 50


def answered(clinic_file: Json, asked: Json, limit: int) -> dict[str, Any]:
    """The body that the product gives to one search, read back from JSON."""
    now = datetime.fromisoformat(asked["now"])
    parsed = parse_clinic(clinic_file)
    snapshot = ClinicSnapshot.of(
        parsed.setup, appointments=parsed.appointments, patients=parsed.patients, now=now
    )
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
    patient = snapshot.patient(query.patient_id) if query.patient_id else None
    request = query.request(parsed.setup, patient)
    body = answer_body(offer_slots(snapshot, request), request, parsed.setup, now=now, duration_ms=0.0)
    read_back: dict[str, Any] = json.loads(json.dumps(body))
    return read_back


def judge(seed: int) -> None:
    clinic_file, queries = random_clinic(seed)
    differences = []
    for asked in queries:
        expected = every_slot(clinic_file, asked)
        all_of_them = answered(clinic_file, asked, MOST)
        found = compare(all_of_them, expected, limit=MOST)
        best = answered(clinic_file, asked, USUAL)
        found += compare(best, expected, limit=USUAL)
        if scores(best) != scores(all_of_them)[:USUAL]:
            found.append(f"the best {USUAL} are not the first {USUAL} of the best {MOST}")
        found += [f"{body['metadata']} is not proven" for body in (best, all_of_them) if not is_proven(body)]
        if found:
            differences.append("\n  ".join([f"seed {seed}, {json.dumps(asked)}:", *found[:12]]))
    assert not differences, "\n".join(differences)


def scores(body: dict[str, Any]) -> list[float]:
    return [slot["score"] for slot in body["slots"]]


def is_proven(body: dict[str, Any]) -> bool:
    return body["metadata"]["proven"] is True


@pytest.mark.parametrize("seed", range(100))
def test_offers_equal_every_slot_that_exists(seed: int) -> None:
    judge(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 2100))
def test_offers_equal_every_slot_that_exists_in_many_clinics(seed: int) -> None:
    judge(seed)
