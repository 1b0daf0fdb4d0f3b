"""Everything that an explanation may know: all that is held near the range, and who holds it."""

from dataclasses import replace

from models.postgres.connection import Connection
from models.postgres.read_booked import read_booked
from models.postgres.read_calendar import group_visits, read_calendar, visits_with
from models.postgres.read_setup import StoredSetup
from solver.explaining import explained_span
from solver.problem import SearchProblem


async def with_whole_calendar(
    conn: Connection, problem: SearchProblem, stored: StoredSetup, clinic_id: str
) -> SearchProblem:
    """The question with every resource's calendar until a fortnight past the range, and the appointments."""
    request, snapshot = problem.request, problem.snapshot
    patient, now = request.patient, snapshot.now
    span = explained_span(problem)
    patient_id = patient.id if patient else None
    refs = stored.setup.resource_index
    calendar = await read_calendar(conn, clinic_id, stored.numbers, refs, patient_id, *span, now)
    service = request.service
    groups = await group_visits(conn, clinic_id, service.id, *span, now) if service.is_for_groups else ()
    appointments = await read_booked(conn, clinic_id, *span, now)
    seen = {}
    if patient_id is not None:
        seen[patient_id] = await visits_with(conn, clinic_id, patient_id, request.earliest, now)
    snapshot = replace(
        snapshot, calendar=calendar, group_visits=groups, visits_with=seen, appointments=appointments
    )
    return SearchProblem(snapshot=snapshot, request=request)
