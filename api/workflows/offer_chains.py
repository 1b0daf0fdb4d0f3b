"""Load, decide, answer: several visits of one patient, as the clinic stands in one transaction."""

from collections.abc import Iterable
from dataclasses import replace
from time import perf_counter
from typing import Any

import orjson

from api.chain_answer import chains_body, series_body
from api.chain_query import ChainQuery, SeriesQuery
from api.workflows.runtime import Runtime
from models.calendar import Calendar
from models.clinic import Patient
from models.errors import NotFound
from models.group_visit import GroupVisit
from models.postgres.connection import Connection, reading
from models.postgres.read_calendar import group_visits, read_calendar, read_versions, visits_with
from models.postgres.read_entities import read_patient
from models.postgres.read_setup import StoredSetup
from models.series import SeriesRequest
from models.slot import SlotRequest
from models.snapshot import ClinicSnapshot
from solver.chains import offer_chains as solve_chains
from solver.problem import SearchProblem
from solver.series import offer_series as solve_series
from solver.series import whole_range


async def offer_chains(runtime: Runtime, clinic_id: str, query: ChainQuery | SeriesQuery) -> bytes:
    """The best chains, or the best series; NotFound and InvalidRequest for what makes no sense."""
    started = perf_counter()
    async with reading(runtime.pool) as conn:
        stored, patient = await _clinic(conn, runtime, clinic_id, query.patient_id)
        snapshot = ClinicSnapshot(
            setup=stored.setup,
            calendar=Calendar.of(()),
            now=runtime.clock(),
            patients={patient.id: patient} if patient else {},
        )
        request = query.request(stored.setup, patient)
        visits = (
            [whole_range(request, stored.setup)]
            if isinstance(request, SeriesRequest)
            else [step.request for step in request.steps]
        )
        snapshot = await _with_calendars(conn, snapshot, stored, clinic_id, visits)

    def solved() -> dict[str, Any]:
        if isinstance(request, SeriesRequest):
            series = solve_series(snapshot, request)
            spent = (perf_counter() - started) * 1000
            return series_body(series, request, stored.setup, now=snapshot.now, duration_ms=spent)
        chains = solve_chains(snapshot, request)
        spent = (perf_counter() - started) * 1000
        return chains_body(chains, request, stored.setup, now=snapshot.now, duration_ms=spent)

    return orjson.dumps(await runtime.solving.run(solved))


async def _clinic(
    conn: Connection, runtime: Runtime, clinic_id: str, patient_id: str | None
) -> tuple[StoredSetup, Patient | None]:
    """The setup as it is now, and the patient, if there is one in the question."""
    versions = await read_versions(conn, clinic_id, (), patient_id, runtime.clock())
    if versions is None:
        raise NotFound("clinic", clinic_id)
    stored = await runtime.setups.current(conn, clinic_id, versions.config)
    if patient_id is None:
        return stored, None
    patient = await read_patient(conn, clinic_id, patient_id)
    if patient is None:
        raise NotFound("patient", patient_id)
    return stored, patient


async def _with_calendars(
    conn: Connection,
    snapshot: ClinicSnapshot,
    stored: StoredSetup,
    clinic_id: str,
    visits: Iterable[SlotRequest],
) -> ClinicSnapshot:
    """The clinic with everything that matters to any of the visits."""
    problems = [SearchProblem(snapshot=snapshot, request=visit) for visit in visits]
    now, patient = snapshot.now, problems[0].request.patient
    refs = dict.fromkeys(ref for problem in problems for ref in problem.refs)
    low, high = min(one.span[0] for one in problems), max(one.span[1] for one in problems)
    patient_id = patient.id if patient else None
    calendar = await read_calendar(conn, clinic_id, stored.numbers, refs, patient_id, low, high, now)
    groups: dict[str, tuple[GroupVisit, ...]] = {}
    for one in (problem.request for problem in problems):
        if one.service.is_for_groups:
            groups[one.service.id] = await group_visits(
                conn, clinic_id, one.service.id, one.earliest, one.latest, now
            )
    seen = {}
    if patient_id is not None:
        earliest = problems[0].request.earliest
        seen[patient_id] = await visits_with(conn, clinic_id, patient_id, earliest, now)
    there = tuple(group for found in groups.values() for group in found)
    return replace(snapshot, calendar=calendar, group_visits=there, visits_with=seen)
