"""A scenario as the JSON that clients get: how far it has come, and what it was asked with."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from api.slot_answer import utc_text
from models.records import Reply
from models.stored_scenario import ReschedulingEntry, StoredScenario


def summary_body(stored: StoredScenario) -> dict[str, Any]:
    """How far a scenario has come, as lists have it."""
    return {
        "id": stored.id,
        "clinicId": stored.clinic_id,
        "name": stored.name,
        "kind": stored.kind.value,
        "mode": stored.mode.value,
        "status": stored.status.value,
        "progress": _progress(stored),
        "failure": stored.failure,
        "timeLimitSeconds": stored.time_limit_seconds,
        "exceptionId": stored.exception_id,
        "createdBy": stored.created_by,
        "version": stored.version,
        "createdAt": utc_text(stored.created_at),
        "updatedAt": utc_text(stored.updated_at),
        "startedAt": _moment(stored.started_at),
        "finishedAt": _moment(stored.finished_at),
        "committedAt": _moment(stored.committed_at),
    }


def scenario_body(stored: StoredScenario) -> dict[str, Any]:
    """The same with what was asked; the plan itself is read by a call of its own."""
    answers = stored.answers.get("notThen", [])
    return {**summary_body(stored), "request": stored.request, "answers": answers}


def comparison_body(stored: Sequence[StoredScenario], compared: Mapping[str, Any]) -> dict[str, Any]:
    """Plans side by side, with the names of their scenarios."""
    plans = [
        {"scenarioId": plan["scenarioId"], "name": one.name, **plan}
        for one, plan in zip(stored, compared["plans"], strict=True)
    ]
    return {**compared, "plans": plans}


def rescheduling_body(entry: ReschedulingEntry) -> dict[str, Any]:
    """Somebody who is to be given a new time."""
    return {
        "appointmentId": entry.appointment_id,
        "scenarioId": entry.scenario_id,
        "addedAt": utc_text(entry.added_at),
        "addedBy": entry.added_by,
    }


def _progress(stored: StoredScenario) -> dict[str, Any]:
    return {
        "incumbent": stored.objective,
        "bound": stored.bound,
        "gap": stored.gap,
        "seconds": round(stored.seconds, 3),
    }


def _moment(instant: datetime | None) -> str | None:
    return None if instant is None else utc_text(instant)


def scenario_path(stored: StoredScenario) -> str:
    """Where a scenario is read."""
    return f"/v1/clinics/{stored.clinic_id}/scenarios/{stored.id}"


def accepted_reply(stored: StoredScenario) -> Reply:
    """What the order of a scenario answers, now and whenever its key is sent again."""
    headers = {"Location": scenario_path(stored)}
    return Reply(status=202, headers=headers, body=orjson.dumps(scenario_body(stored)))
