"""Load, decide, answer: the best slots of one clinic, never staler than the last commit.

The entity tag names the versions of everything that the answer depends on, so that a client who
has it already costs one cheap statement and no solve.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import orjson

from api.slot_answer import answer_body, slot_bodies
from api.slot_query import SlotQuery
from api.workflows.runtime import Runtime
from models.booking import BookingOrder
from models.calendar import Calendar
from models.clinic import Patient
from models.errors import NotFound, SlotwrightError
from models.group_visit import GroupVisit
from models.postgres.connection import Connection, glancing, reading
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
_FORM = b"1"
"""Part of every entity tag: change it when the same data would be answered differently."""


@dataclass(frozen=True, slots=True)
class Availability:
    """The answer to a question: its entity tag, and its body unless the client has it already."""

    etag: str
    body: bytes | None


async def offer_slots(
    runtime: Runtime, clinic_id: str, query: SlotQuery, *, seen: Collection[str] = ()
) -> Availability:
    """The ranked slots; no body where `seen`, the entity tags a client has, names the current one."""
    started = perf_counter()
    if seen and (etag := await _unchanged(runtime, clinic_id, query, seen)) is not None:
        return Availability(etag, None)
    async with reading(runtime.pool) as conn:
        problem, stored, versions = await _problem(conn, runtime, clinic_id, query)
        etag = _entity_tag(problem, stored, versions, query)
        if etag in seen:
            return Availability(etag, None)
        problem = await _with_calendar(conn, problem, stored, clinic_id)

    def solved() -> bytes:
        answer = solve_offers(problem.snapshot, problem.request)
        spent = (perf_counter() - started) * 1000
        now = problem.snapshot.now
        body = answer_body(answer, problem.request, problem.setup, now=now, duration_ms=spent)
        return orjson.dumps(body)

    return Availability(etag, await runtime.solving.run(solved))


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
        problem = await _with_calendar(
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
    etag = _entity_tag(_asked(stored, patient, query, now), stored, versions, query)
    return etag if etag in seen else None


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


async def _with_calendar(
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
    snapshot = replace(snapshot, calendar=calendar, group_visits=groups, visits_with=seen)
    return SearchProblem(snapshot=snapshot, request=request)


def _entity_tag(
    problem: SearchProblem, stored: StoredSetup, versions: CalendarVersions, query: SlotQuery
) -> str:
    """A strong entity tag over all that the answer depends on: the question, the setup, the calendars
    of the resources concerned, and how far the clock has cut the range."""
    known = dict(zip(sorted(_all_numbers(stored)), versions.resources, strict=True))
    relevant = [known[number] for number in stored.numbers.of_refs(problem.refs)]
    calendars = (relevant, versions.patient, versions.last_expiry)
    parts = (query, stored.setup.version, calendars, problem.bounds_of_starts)
    return f'"{hashlib.sha256(_FORM + repr(parts).encode()).hexdigest()[:32]}"'
