"""Load, decide, answer: the best slots of one clinic, never staler than the last commit.

The entity tag names the versions of everything that the answer depends on, so that a client who
has it already costs one cheap statement and no solve.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import orjson

from api.explanation_answer import explanation_of, with_explanation
from api.slot_answer import answer_body, slot_bodies
from api.slot_query import SlotQuery
from api.workflows.entity_tags import entity_tags
from api.workflows.runtime import Runtime
from api.workflows.whole_calendar import with_whole_calendar
from models.appointment import Appointment
from models.booking import BookingOrder
from models.calendar import Calendar
from models.clinic import Patient
from models.errors import NotFound, SlotwrightError
from models.group_visit import GroupVisit
from models.postgres.connection import Connection, glancing, reading
from models.postgres.read_booked import read_booked
from models.postgres.read_calendar import (
    CalendarVersions,
    group_visits,
    read_calendar,
    read_versions,
    visits_with,
)
from models.postgres.read_entities import read_patient
from models.postgres.read_setup import StoredSetup
from models.setup import ClinicSetup
from models.slot import SlotAnswer, TimeOfDay
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute
from solver.offers import offer_slots as solve_offers
from solver.problem import SearchProblem

ALTERNATIVES = 5
ALTERNATIVE_DAYS = 7


@dataclass(frozen=True, slots=True)
class Availability:
    """The answer to a question: its entity tag, and its body unless the client has it already."""

    etag: str
    body: bytes | None


async def offer_slots(
    runtime: Runtime, clinic_id: str, query: SlotQuery, *, seen: Collection[str] = ()
) -> Availability:
    """The ranked slots; no body where `seen`, the entity tags a client has, names the current one.

    Where there are none, or where the query asks for it, the answer is explained.
    """
    started = perf_counter()
    if seen and (etag := await _unchanged(runtime, clinic_id, query, seen)) is not None:
        return Availability(etag, None)
    if not query.explain:
        found = await _unexplained(runtime, clinic_id, query, seen, started)
        if found is not None:
            return found
    return await _explained(runtime, clinic_id, query, seen, started)


async def _unexplained(
    runtime: Runtime, clinic_id: str, query: SlotQuery, seen: Collection[str], started: float
) -> Availability | None:
    """The slots, if there are any."""
    async with reading(runtime.pool) as conn:
        problem, stored, versions = await _problem(conn, runtime, clinic_id, query)
        tags = entity_tags(problem, stored, versions, query)
        if (etag := tags.current(seen)) is not None:
            return Availability(etag, None)
        problem = await with_calendar(conn, problem, stored, clinic_id)

    def solved() -> bytes | None:
        answer = solve_offers(problem.snapshot, problem.request)
        return orjson.dumps(_body(answer, problem, started)) if answer.slots else None

    body = await runtime.solving.run(solved)
    return None if body is None else Availability(tags.slots, body)


async def _explained(
    runtime: Runtime, clinic_id: str, query: SlotQuery, seen: Collection[str], started: float
) -> Availability:
    """The answer with all that it takes to explain it, read anew: what is told together is of one moment."""
    async with reading(runtime.pool) as conn:
        problem, stored, versions = await _problem(conn, runtime, clinic_id, query)
        tags = entity_tags(problem, stored, versions, query)
        if (etag := tags.current(seen)) is not None:
            return Availability(etag, None)
        problem = await with_whole_calendar(conn, problem, stored, clinic_id)

    def solved() -> Availability:
        answer = solve_offers(problem.snapshot, problem.request)
        explanation = explanation_of(answer, problem.snapshot, problem.request, query)
        body = with_explanation(_body(answer, problem, started), explanation, problem.setup)
        return Availability(tags.slots if explanation is None else tags.explained, orjson.dumps(body))

    return await runtime.solving.run(solved)


def _body(answer: SlotAnswer, problem: SearchProblem, started: float) -> dict[str, Any]:
    spent = (perf_counter() - started) * 1000
    now = problem.snapshot.now
    return answer_body(answer, problem.request, problem.setup, now=now, duration_ms=spent)


async def alternatives_for(
    runtime: Runtime, order: BookingOrder, *, instead_of: str | None = None
) -> list[dict[str, Any]]:
    """Up to five slots for somebody whose wish was taken; none rather than an error of its own.

    `instead_of` is the appointment that would move there, and be in nobody's way any more.
    """
    try:
        return await _alternatives(runtime, order, instead_of)
    except SlotwrightError:  # the conflict is what the caller has to hear of
        return []


async def _alternatives(
    runtime: Runtime, order: BookingOrder, instead_of: str | None
) -> list[dict[str, Any]]:
    until = order.starts_at + timedelta(days=ALTERNATIVE_DAYS)
    duration = (order.ends_at - order.starts_at) // timedelta(minutes=1) if order.ends_at else None
    query = SlotQuery(
        service_id=order.service_id,
        start=order.starts_at.isoformat(),
        end=until.isoformat(),
        patient_id=order.patient_id,
        duration_minutes=duration,
        limit=ALTERNATIVES,
    )
    async with reading(runtime.pool) as conn:
        problem, stored, _ = await _problem(conn, runtime, order.clinic_id, query)
        problem = await with_calendar(
            conn, problem, stored, order.clinic_id, [instead_of] if instead_of else ()
        )
    near = replace(problem.request, preferred=_part_of_day(order.starts_at, problem.setup))

    def solved() -> SlotAnswer:
        return solve_offers(problem.snapshot, near)

    answer = await runtime.solving.run(solved)
    return slot_bodies(answer.slots, problem.setup)


def _part_of_day(instant: datetime, setup: ClinicSetup) -> TimeOfDay:
    local = instant.astimezone(setup.zone)
    minutes = local.hour * 60 + local.minute
    return next(part for part in TimeOfDay if part.window[0] <= minutes < part.window[1])


async def _unchanged(runtime: Runtime, clinic_id: str, query: SlotQuery, seen: Collection[str]) -> str | None:
    """The entity tag, if it is one of those seen; None also where only a transaction can tell.

    The versions are read in one statement, which is a consistent view of its own.
    """
    now, stored = runtime.clock(), runtime.setups.known(clinic_id)
    if stored is None:
        return None
    async with glancing(runtime.pool) as conn:
        versions = await _versions(conn, stored, clinic_id, query, now)
        if versions.config != stored.setup.version:
            return None
        patient = await _patient(conn, clinic_id, query.patient_id)
    return entity_tags(_asked(stored, patient, query, now), stored, versions, query).current(seen)


async def _problem(
    conn: Connection, runtime: Runtime, clinic_id: str, query: SlotQuery
) -> tuple[SearchProblem, StoredSetup, CalendarVersions]:
    """The question against the setup as it is now; its calendar is still empty."""
    now = runtime.clock()
    stored = await runtime.setups.current(conn, clinic_id)
    versions = await _versions(conn, stored, clinic_id, query, now)
    if versions.config != stored.setup.version:
        stored = await runtime.setups.current(conn, clinic_id, versions.config)
        versions = await _versions(conn, stored, clinic_id, query, now)
    patient = await _patient(conn, clinic_id, query.patient_id)
    return _asked(stored, patient, query, now), stored, versions


def _asked(stored: StoredSetup, patient: Patient | None, query: SlotQuery, now: datetime) -> SearchProblem:
    snapshot = ClinicSnapshot(
        setup=stored.setup,
        calendar=Calendar.of(()),
        now=now,
        patients={patient.id: patient} if patient else {},
    )
    return SearchProblem(snapshot=snapshot, request=query.request(stored.setup, patient))


async def _versions(
    conn: Connection, stored: StoredSetup, clinic_id: str, query: SlotQuery, now: datetime
) -> CalendarVersions:
    versions = await read_versions(conn, clinic_id, _all_numbers(stored), query.patient_id, now)
    if versions is None:
        raise NotFound("clinic", clinic_id)
    return versions


def _all_numbers(stored: StoredSetup) -> list[int]:
    return stored.numbers.of_refs(stored.setup.resource_index)


async def _patient(conn: Connection, clinic_id: str, patient_id: str | None) -> Patient | None:
    if patient_id is None:
        return None
    patient = await read_patient(conn, clinic_id, patient_id)
    if patient is None:
        raise NotFound("patient", patient_id)
    return patient


async def with_calendar(
    conn: Connection,
    problem: SearchProblem,
    stored: StoredSetup,
    clinic_id: str,
    without: Collection[str] = (),
) -> SearchProblem:
    """The question with everything that it may know, some holders aside."""
    request, snapshot = problem.request, problem.snapshot
    patient, now = request.patient, snapshot.now
    calendar = await read_calendar(
        conn,
        clinic_id,
        stored.numbers,
        problem.refs,
        patient.id if patient else None,
        *problem.span,
        now,
        without,
    )
    groups: tuple[GroupVisit, ...] = ()
    if request.service.is_for_groups:
        span = (request.earliest, request.latest)
        groups = await group_visits(conn, clinic_id, request.service.id, *span, now, without)
    seen: dict[str, list[tuple[Minute, str]]] = {}
    if patient is not None:
        seen[patient.id] = await visits_with(conn, clinic_id, patient.id, request.earliest, now, without)
    booked: tuple[Appointment, ...] = ()
    if request.rearrange_rooms:
        booked = await read_booked(conn, clinic_id, *problem.span, now, without)
    snapshot = replace(
        snapshot, calendar=calendar, group_visits=groups, visits_with=seen, appointments=booked
    )
    return SearchProblem(snapshot=snapshot, request=request)
