"""What search and booking cost when a hundred times as many visits are stored."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date
from itertools import count
from random import Random
from typing import Any
from uuid import uuid4

import orjson

from tests.benchmarks.http_questions import Questions
from tests.benchmarks.lean_http import Connection
from tests.benchmarks.measuring import Sample, sample
from tests.benchmarks.rows import Row, compared, times_at_most
from tests.benchmarks.run import Run
from tests.benchmarks.services import HOST, Service, running_service
from tests.benchmarks.stored_clinics import ORIGINALS, StoredClinics, stored

COPIES, COPIES_QUICK = 100, 10
VISITED_PER_ORIGINAL = 10
SEED = 1


def measure(run: Run) -> list[Row]:
    """The rows of this subject."""
    today = date.today()  # noqa: DTZ011  any day of this month would do
    copies = run.rounds(COPIES, COPIES_QUICK)
    with run.telling(f"growth: storing {ORIGINALS * copies} clinics", ORIGINALS * (copies + 1)) as tick:
        few, many = stored(run.kept, 1, today, tick), stored(run.kept, copies, today, tick)
    with ExitStack() as opened:
        sides = [Side.opened(opened, clinics) for clinics in (few, many)]
        with run.telling("growth: the same answers from both, caches filled"):
            _refuse_different_answers(sides)
        searching = _in_turns(run, sides, run.rounds(500, 100), Side.search, "searching")
        booking = _in_turns(run, sides, run.rounds(200, 50), Side.book_and_cancel, "booking")
    facts = {"visits": [few.visits, many.visits], "clinics": [len(few.ids), len(many.ids)], "seed": SEED}
    limit = times_at_most(1.3, decides=not run.quick)
    small, large = f"{few.visits:,} visits", f"{many.visits:,} visits"
    return [
        compared(f"search over HTTP, {large}", searching[1], small, searching[0], limit, facts),
        compared(f"booking over HTTP, {large}", booking[1], small, booking[0], limit, facts),
    ]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two services, with some of its clinics: the n-th is a copy of original `n % ORIGINALS`."""

    service: Service
    connection: Connection
    questions: Sequence[Questions]
    patients: Sequence[Sequence[str]]
    numbers: "count[int]"

    @staticmethod
    def opened(opened: ExitStack, clinics: StoredClinics) -> "Side":
        """The service on its data, and the clinics that will be visited, spread over all of them."""
        service = opened.enter_context(running_service(clinics.data_dir))
        connection = opened.enter_context(closing(Connection(HOST, service.port)))
        rounds = len(clinics.ids) // ORIGINALS
        visited = sorted(Random(SEED).sample(range(rounds), min(rounds, VISITED_PER_ORIGINAL)))
        questions, patients = [], []
        for number in (ORIGINALS * copy + original for copy in visited for original in range(ORIGINALS)):
            file, clinic_id = clinics.originals[number % ORIGINALS], clinics.ids[number]
            questions.append(Questions.about(service, clinic_id, file, clinics.start))
            patients.append(list(service.ids(clinic_id, "patients").values()))
        return Side(service, connection, questions, patients, count(1))

    def search(self, number: int) -> float:
        """Milliseconds of one search."""
        asked = self.questions[number % len(self.questions)]
        service_id = asked.service_ids[number // ORIGINALS % len(asked.service_ids)]
        answered = self.connection.exchange(
            self.service.request("GET", asked.path(service_id, next(self.numbers)))
        )
        if answered.status != 200:
            raise AssertionError(f"a search answered {answered.status}")
        return answered.client_ms

    def book_and_cancel(self, number: int) -> float:
        """Milliseconds of booking the best slot of a patient; the visit is cancelled afterwards."""
        at = number % len(self.questions)
        asked, patient_id = self.questions[at], self.patients[at][number % len(self.patients[at])]
        service_id = asked.service_ids[number // ORIGINALS % len(asked.service_ids)]
        path = f"{asked.path(service_id, next(self.numbers))}&limit=1&patientId={patient_id}"
        slots = self._json("GET", path)["slots"]
        best = slots[0]
        appointments = f"/v1/clinics/{asked.clinic_id}/appointments"
        order = {
            "patientId": patient_id,
            "serviceId": service_id,
            "providerId": best["provider"]["id"],
            "start": best["start"],
        }
        request = self.service.request("POST", appointments, order, {"Idempotency-Key": str(uuid4())})
        booked = self.connection.exchange(request, keep_body=True)
        if booked.status != 201:
            raise AssertionError(f"a booking answered {booked.status}: {booked.body[:500]!r}")
        self._cancel(f"{appointments}/{orjson.loads(booked.body)['id']}", booked.etag)
        return booked.client_ms

    def slots(self, at: int, service_id: str) -> list[tuple[str, str, float]]:
        """Start, provider and score of the slots of a clinic, in order."""
        body = self._json("GET", self.questions[at].path(service_id, 0))
        return [(slot["start"], slot["provider"]["name"], slot["score"]) for slot in body["slots"]]

    def _json(self, method: str, path: str) -> Any:
        answered = self.connection.exchange(self.service.request(method, path), keep_body=True)
        if answered.status != 200:
            raise AssertionError(f"{method} {path} answered {answered.status}: {answered.body[:500]!r}")
        return orjson.loads(answered.body)

    def _cancel(self, path: str, etag: str) -> None:
        answered = self.connection.exchange(self.service.request("DELETE", path, headers={"If-Match": etag}))
        if answered.status not in (200, 204):
            raise AssertionError(f"a cancellation answered {answered.status}")


def _refuse_different_answers(sides: Sequence[Side]) -> None:
    """Copies of one clinic give the same slots, wherever they are stored."""
    few, many = sides
    for at, asked in enumerate(many.questions):
        original = few.questions[at % ORIGINALS]
        for service_id, same in zip(asked.service_ids, original.service_ids, strict=True):
            if many.slots(at, service_id) != few.slots(at % ORIGINALS, same):
                raise AssertionError("two copies of one clinic give different answers")


def _in_turns(
    run: Run, sides: Sequence[Side], calls: int, call: Callable[[Side, int], float], doing: str
) -> list[Sample]:
    """So many calls to both sides, in turns: milliseconds as the client sees them."""
    times: list[list[float]] = [[] for _ in sides]
    with run.telling(f"growth: {doing} in turns", calls) as tick:
        for number in range(calls):
            for side, measured in zip(sides, times, strict=True):
                measured.append(call(side, number))
            tick()
    return [sample(measured) for measured in times]
