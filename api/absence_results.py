"""What became of each of several absences that were reported at once."""

from collections.abc import Sequence
from typing import Any

import orjson

from api.dependencies import actor_of
from api.errors import problem_of
from api.payloads.absences import ClinicAbsenceIn
from api.tokens import Principal
from api.workflows.accepting import Accepted
from api.workflows.plan_absence import ClinicAbsence, report_absences
from api.workflows.runtime import Runtime
from models.errors import NotFound, SlotwrightError


async def absence_results(
    runtime: Runtime, absences: Sequence[ClinicAbsenceIn], caller: Principal, *, key: str | None
) -> list[dict[str, Any]]:
    """A scenario or a problem for each; the clinics that the caller may not see do not exist."""
    own = caller.only_clinic_id
    seen = {i: one for i, one in enumerate(absences) if own in (None, one.clinic_id)}
    reports = [
        ClinicAbsence(one.clinic_id, one, None if key is None else f"{key}#{index}")
        for index, one in seen.items()
    ]
    done = await report_absences(runtime, reports, actor_of(caller))
    by_index = dict(zip(seen, done, strict=True))
    return [
        _result(index, by_index.get(index) or NotFound("clinic", one.clinic_id))
        for index, one in enumerate(absences)
    ]


def _result(index: int, found: Accepted | SlotwrightError) -> dict[str, Any]:
    if isinstance(found, SlotwrightError):
        return {"index": index, "scenario": None, "problem": problem_of(found).document()}
    return {"index": index, "scenario": orjson.loads(found.reply.body), "problem": None}
