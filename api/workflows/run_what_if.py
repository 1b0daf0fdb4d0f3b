"""What-ifs ordered, and scenarios of both kinds stopped, thought about for longer, and forgotten.

Somebody else solves them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from api.payloads.planning import MOST_NAMED
from api.payloads.scenarios import ScenarioIn
from api.scenario_orders import read_order, scenario_of, wire_form, with_ids
from api.workflows.accepting import Accepted, Accepting, refuse_unless_possible
from api.workflows.evidence import known_setup
from api.workflows.idempotency import idempotency_key
from api.workflows.runtime import Runtime
from models.errors import InvalidRequest, NotFound, ScenarioIsCommitted, ScenarioNotReady
from models.postgres.connection import Connection, retrying
from models.postgres.jobs import defer_solve
from models.postgres.read_scenarios import locked_scenario
from models.postgres.write_clinic import new_id
from models.postgres.write_records import write_audit
from models.postgres.write_scenarios import ask_to_stop, delete_scenario, requeue
from models.records import Actor
from models.scenario import ScenarioStatus
from models.stored_scenario import ScenarioKind, StoredScenario

OPERATION = "ask what if"


async def order_what_if(
    runtime: Runtime, clinic_id: str, body: ScenarioIn, actor: Actor, *, key: str | None
) -> Accepted:
    """Store a what-if, to be solved: once per key.

    InvalidRequest, InvalidScenario and NotFound for one that cannot be asked; IdempotencyKeyReused,
    IdempotencyKeyInFlight.
    """
    now, setup = runtime.clock(), (await known_setup(runtime, clinic_id)).setup
    named = idempotency_key(clinic_id, actor, OPERATION, key, wire_form(body))
    accepting = Accepting(runtime, clinic_id, actor, named)
    earlier = await accepting.earlier()
    if earlier is not None:
        return earlier
    body = with_ids(body, new_id)
    scenario = scenario_of(body, setup)
    await refuse_unless_possible(runtime, clinic_id, scenario)
    return await accepting.accept(
        StoredScenario(
            id=new_id(),
            clinic_id=clinic_id,
            name=scenario.name,
            kind=ScenarioKind.WHAT_IF,
            mode=scenario.mode,
            status=ScenarioStatus.QUEUED,
            request=wire_form(body),
            time_limit_seconds=body.time_limit_seconds,
            created_by=actor.subject,
            created_at=now,
            updated_at=now,
        )
    )


async def stop_scenario(runtime: Runtime, clinic_id: str, scenario_id: str) -> StoredScenario:
    """Let the best plan so far be the last; one that is over stays as it is. NotFound."""

    async def stop(conn: Connection) -> StoredScenario:
        await ask_to_stop(conn, clinic_id, scenario_id, runtime.clock())
        return await _locked(conn, clinic_id, scenario_id)

    return await retrying(runtime.pool, stop)


async def extend_scenario(
    runtime: Runtime,
    clinic_id: str,
    scenario_id: str,
    *,
    not_then: Sequence[Mapping[str, Any]],
    time_limit_seconds: int | None,
) -> StoredScenario:
    """Solve on from where it was, for so many more seconds, with what patients have said since.

    ScenarioNotReady while somebody works on it, ScenarioIsCommitted, NotFound, and whatever else
    forbids the scenario with these answers.
    """
    await _check_answers(runtime, clinic_id, scenario_id, not_then)

    async def extend(conn: Connection) -> StoredScenario:
        found, now = await _locked(conn, clinic_id, scenario_id), runtime.clock()
        _refuse_unless_over(found)
        answers = _with(found, not_then) if not_then else None
        limit = time_limit_seconds or found.time_limit_seconds
        await requeue(conn, clinic_id, scenario_id, now, answers=answers, time_limit_seconds=limit)
        await defer_solve(conn, clinic_id, scenario_id)
        return await _locked(conn, clinic_id, scenario_id)

    return await retrying(runtime.pool, extend)


async def _check_answers(
    runtime: Runtime, clinic_id: str, scenario_id: str, not_then: Sequence[Mapping[str, Any]]
) -> None:
    """Whether the scenario can still be asked, with the answers that have come and these.

    Each of them is within the limits of a request; together they must be as well, or nobody can read them.
    """
    setup = (await known_setup(runtime, clinic_id)).setup

    async def read(conn: Connection) -> StoredScenario:
        return await _locked(conn, clinic_id, scenario_id)

    found = await retrying(runtime.pool, read)
    _refuse_unless_over(found)
    known = [*found.request.get("notThen", ()), *found.answers.get("notThen", ())]
    if len(known) + len(not_then) > MOST_NAMED:
        message = f"a scenario keeps at most {MOST_NAMED} times, and has {len(known)}"
        raise InvalidRequest(f"/notThen: {message}", field="/notThen")
    scenario = read_order(found.request, setup, runtime.clock(), _with(found, not_then), {})
    named_now = {one["appointmentId"] for one in not_then}
    named_before = (scenario.freeze.appointment_ids | scenario.not_then.keys()) - named_now
    await refuse_unless_possible(runtime, clinic_id, scenario, named_before=named_before)


def _with(found: StoredScenario, not_then: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All answers, the earlier ones first."""
    return {"notThen": [*found.answers.get("notThen", ()), *not_then]}


def _refuse_unless_over(found: StoredScenario) -> None:
    if found.status is ScenarioStatus.COMMITTED:
        raise ScenarioIsCommitted("the scenario has been applied, and is history")
    if not found.status.is_over:
        raise ScenarioNotReady(f"the scenario is {found.status}; stop it first, or wait")


async def forget_scenario(runtime: Runtime, clinic_id: str, scenario_id: str, actor: Actor) -> None:
    """Forget a scenario; whoever works on it stops, and what was recorded with it stays.

    ScenarioIsCommitted where it has been applied; NotFound.
    """

    async def forget(conn: Connection) -> None:
        found = await _locked(conn, clinic_id, scenario_id)
        if not await delete_scenario(conn, clinic_id, scenario_id):
            raise ScenarioIsCommitted("the scenario has been applied, and is history")
        await write_audit(
            conn,
            clinic_id,
            actor,
            runtime.clock(),
            action="scenario_deleted",
            entity="scenario",
            entity_id=found.id,
            before={"kind": found.kind.value, "status": found.status.value},
        )

    await retrying(runtime.pool, forget)


async def _locked(conn: Connection, clinic_id: str, scenario_id: str) -> StoredScenario:
    found = await locked_scenario(conn, clinic_id, scenario_id)
    if found is None:
        raise NotFound("scenario", scenario_id)
    return found
