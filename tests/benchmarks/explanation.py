"""Why nothing fits: in a clinic of 5 x 8 x 14 days whose last gap is booked, for every service.

One measurement is the mean over all services of an empty search with its whole answer: the search that finds
nothing, the smallest set that closes the range, the next date, and every change that is named, searched.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson

from api.explanation_answer import explanation_of, with_explanation
from api.slot_answer import answer_body
from api.slot_query import SlotQuery
from models.appointment import Appointment
from models.clinic import Service
from models.clinic_file import ClinicFile
from models.slot import Slot
from models.snapshot import ClinicSnapshot
from models.wall_clock import instant_of
from scenarios.synthetic import synthetic_clinic
from solver.offers import offer_slots
from tests.benchmarks.measuring import alternated, sample
from tests.benchmarks.rows import Row, absolute, milliseconds_below
from tests.benchmarks.run import Run
from tests.benchmarks.search_in_process import DAYS, NOW, SEED, START

PROVIDERS, ROOMS = 5, 8
UTILISATION = 1.0


def measure(run: Run) -> list[Row]:
    """The rows of this subject."""
    with run.telling("explanation: every gap is booked"):
        file = full_clinic()
        questions = [_explained(file, service) for service in file.setup.services]
        answers = [ask() for ask in questions]
    rounds = run.rounds(40, 10)

    def all_services() -> None:
        for ask in questions:
            ask()

    with run.telling("explanation: every service", rounds) as tick:
        times = alternated({"ours": all_services}, rounds, tick)["ours"]
    each = sample([milliseconds / len(questions) for milliseconds in times.values])
    facts = {
        "seed": SEED,
        "visits": len(file.appointments),
        "services": len(questions),
        "closings": [len(answer["explanation"]["closedBy"]) for answer in answers],
        "changes named": [len(answer["explanation"]["relaxations"]) for answer in answers],
    }
    return [absolute("why nothing fits, 5 x 8 x 14 days", each, milliseconds_below(150), facts)]


def full_clinic() -> ClinicFile:
    """The usual synthetic clinic, with a visit wherever any service still had a slot in the range."""
    file = synthetic_clinic(
        SEED, providers=PROVIDERS, rooms=ROOMS, days=DAYS, start=START, utilisation=UTILISATION
    )
    patient = file.patients[0]
    for service in file.setup.services:
        while slots := offer_slots(_snapshot(file), _query(service).request(file.setup, None)).slots:
            visits = [
                _visit(slot, service, f"{service.id}-{len(file.appointments)}-{number}", patient.id)
                for number, slot in enumerate(_apart(slots))
            ]
            file = replace(file, appointments=(*file.appointments, *visits))
    return file


def _apart(slots: tuple[Slot, ...]) -> Iterator[Slot]:
    """Slots of different days, which do not get in each other's way."""
    days: set[int] = set()
    for slot in slots:
        day = slot.start // 1440
        if day not in days:
            days.add(day)
            yield slot


def _visit(slot: Slot, service: Service, identifier: str, patient_id: str) -> Appointment:
    return Appointment(
        id=identifier,
        patient_id=patient_id,
        provider_id=slot.provider.id,
        service_id=service.id,
        room_id=slot.rooms[0].id if slot.rooms else None,
        equipment=slot.equipment,
        starts_at=instant_of(slot.start),
        ends_at=instant_of(slot.end),
        overbook=slot.overbook,
    )


def _snapshot(file: ClinicFile) -> ClinicSnapshot:
    return ClinicSnapshot.of(file.setup, appointments=file.appointments, now=NOW)


def _query(service: Service) -> SlotQuery:
    last_day = START + timedelta(days=DAYS - 1)
    return SlotQuery(service_id=service.id, start=START.isoformat(), end=last_day.isoformat())


def _explained(file: ClinicFile, service: Service) -> Callable[[], dict[str, Any]]:
    snapshot, query = _snapshot(file), _query(service)
    request = query.request(file.setup, None)

    def ask() -> dict[str, Any]:
        answer = offer_slots(snapshot, request)
        explanation = explanation_of(answer, snapshot, request, query)
        body = answer_body(answer, request, file.setup, now=NOW, duration_ms=0)
        told = with_explanation(body, explanation, file.setup)
        orjson.dumps(told)
        return told

    return ask
