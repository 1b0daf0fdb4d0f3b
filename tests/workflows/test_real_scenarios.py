"""A worker with the real solver: an absence goes in, and a proven plan comes out."""

import subprocess
import sys

import orjson
import pytest

from api.jobs.solving import Solving, solve_stored
from api.payloads.absences import AbsenceIn
from api.scenario_orders import read_order
from api.workflows.plan_absence import report_absence
from models.postgres.connection import Pool, reading
from models.postgres.read_scenarios import read_scenario
from models.scenario import ScenarioStatus
from tests.builders import MONDAY, a_clinic, a_provider
from tests.workflows.desk import STAFF, open_desk

pytestmark = pytest.mark.anyio

REAL = Solving(read_order=read_order, memory_mb=768)
ANOTHER_PROVIDER = 30
LOADED = """
import sys
import api.command_line.working, api.jobs.worker, api.scenario_orders
print([name for name in ("ortools", "scipy", "fastapi") if name in sys.modules])
"""


async def test_whom_an_absence_displaces_is_given_to_somebody_else(pool: Pool) -> None:
    desk = await open_desk(pool, a_clinic(providers=[a_provider(), a_provider("silva")]))
    visits = [await desk.book(start) for start in ("08:00", "10:00")]
    absent, other = (desk.id_of("provider", name) for name in ("okoro", "silva"))
    asked = {"providerId": absent, "start": str(MONDAY), "end": str(MONDAY), "timeLimitSeconds": 20}
    body = AbsenceIn.model_validate(asked)
    accepted = await report_absence(desk.runtime, desk.clinic_id, body, STAFF, key=None)
    scenario_id = orjson.loads(accepted.reply.body)["id"]
    await solve_stored(desk.runtime, desk.clinic_id, scenario_id, REAL)
    async with reading(pool) as conn:
        found = await read_scenario(conn, desk.clinic_id, scenario_id)
    assert found is not None
    assert (found.status, found.failure) == (ScenarioStatus.SOLVED, None)
    assert found.objective == found.bound == len(visits) * ANOTHER_PROVIDER
    assert found.plan is not None
    moves = {move["appointmentId"]: move["to"]["providerId"] for move in found.plan["moves"]}
    assert moves == {visit.id: other for visit in visits}
    assert all(move["why"] for move in found.plan["moves"])


def test_a_worker_never_loads_the_solver_itself() -> None:
    told = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
