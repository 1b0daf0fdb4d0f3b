"""Plans made by hand, applied at a desk, and looked at afterwards."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from api.workflows.apply_changes import record_absence
from api.workflows.apply_plan import apply_plan
from models.appointment import EquipmentUse
from models.plan import Optimality, Plan, PlanMove, PlanProgress
from models.plan_to_apply import AppliedPlan, PlanToApply
from models.planning import Assignment
from models.postgres.connection import Connection, retrying
from models.postgres.write_scenarios import finish_scenario, insert_scenario, mark_solving
from models.refs import provider_ref
from models.scenario import ResourceAbsent, ScenarioStatus
from models.stored_appointment import StoredAppointment
from models.stored_scenario import FoundPlan, StoredScenario
from models.unplaced import UnplacedChoice, UnplacedChoices
from scenarios.plan_document import progress_document
from tests.builders import at, moment
from tests.workflows.busy_clinic import found_wrong
from tests.workflows.desk import STAFF, Desk
from tests.workflows.scenario_desk import a_scenario, stored

EVERYTHING = (
    "appointment",
    "appointment_equipment",
    "claim",
    "group_visit",
    "audit",
    "outbox",
    "resource",
    "clinic",
    "hours_exception",
    "availability",
    "provider",
    "equipment",
    "service",
)
EXCHANGED = """
    SELECT holder_id::text, array_agg((unit_id & 1023)::int ORDER BY unit_id) FROM claim
    JOIN resource ON resource.clinic_id = claim.clinic_id AND resource.resource_no = unit_id >> 10
    WHERE claim.clinic_id = %(clinic_id)s AND resource.id = %(shared)s::uuid GROUP BY 1
"""


def place(desk: Desk, of: StoredAppointment, start: str | int | None = None, **changes: Any) -> Assignment:
    """Where an appointment is, but for what changes: its start on Monday, people and rooms by name."""
    now = Assignment.of(of)
    if "provider" in changes:
        changes["provider_id"] = desk.id_of("provider", changes.pop("provider"))
    if "room" in changes:
        changes["room_id"] = desk.id_of("room", changes.pop("room"))
    if "pools" in changes:
        pools = (EquipmentUse(id=desk.id_of("equipment", one)) for one in changes.pop("pools"))
        changes["equipment"] = tuple(sorted(pools, key=lambda use: use.id))
    if start is not None:
        first = at(start) if isinstance(start, str) else start
        changes |= {"start": first, "end": first + now.end - now.start}
    return replace(now, **changes)


def moved(desk: Desk, of: StoredAppointment, start: str | int | None = None, **changes: Any) -> PlanMove:
    """A move of an appointment from where it is in hand."""
    after = place(desk, of, start, **changes)
    return PlanMove(appointment_id=of.id, before=Assignment.of(of), after=after, price=0, parts={})


def swapped(*appointments: StoredAppointment) -> list[PlanMove]:
    """Everybody goes to the place of the next, and the last to that of the first."""
    places = [Assignment.of(one) for one in appointments]
    return [
        PlanMove(appointment_id=one.id, before=before, after=after, price=0, parts={})
        for one, before, after in zip(appointments, places, [*places[1:], places[0]], strict=True)
    ]


def plan_of(moves: Iterable[PlanMove], unplaced: Iterable[StoredAppointment] = ()) -> Plan:
    """A plan of these moves."""
    return Plan(
        moves=tuple(moves),
        unplaced=tuple(one.id for one in unplaced),
        optimality=Optimality(objective=0, bound=0),
    )


async def applied(
    desk: Desk,
    moves: Iterable[PlanMove],
    unplaced: Iterable[StoredAppointment] = (),
    *,
    default: UnplacedChoice = UnplacedChoice.KEEP,
    choices: dict[str, UnplacedChoice] | None = None,
    **more: Any,
) -> AppliedPlan:
    """Apply a plan in a transaction of its own."""
    order = PlanToApply(
        clinic_id=desk.clinic_id,
        plan=plan_of(moves, unplaced),
        actor=STAFF,
        choices=UnplacedChoices(default=default, by_id=choices or {}),
        **more,
    )

    async def attempt(conn: Connection) -> AppliedPlan:
        return await apply_plan(conn, desk.runtime, order)

    return await retrying(desk.runtime.pool, attempt)


async def absent(desk: Desk, provider: str, start: str, end: str) -> str:
    """A provider is away on Monday, which is recorded; the exception's id."""
    absence = ResourceAbsent(
        resource=provider_ref(desk.id_of("provider", provider)), starts_at=moment(start), ends_at=moment(end)
    )

    async def attempt(conn: Connection) -> str:
        return await record_absence(conn, desk.clinic_id, absence, STAFF, desk.clock())

    return await retrying(desk.runtime.pool, attempt)


async def audited(desk: Desk) -> None:
    """Nothing is held twice, for nobody, or not at all."""
    assert await found_wrong(desk, limits=False) == []


async def everything(desk: Desk) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that a plan could touch."""
    found = {}
    for table in EVERYTHING:
        here = "id = %(clinic_id)s" if table == "clinic" else "{here}"
        query = f"SELECT to_jsonb({table}.*)::text FROM {table} WHERE {here}"  # noqa: S608  one of EVERYTHING
        found[table] = sorted(await desk.rows(query))
    return found


async def told_of(desk: Desk, appointment_id: str) -> list[tuple[str, str]]:
    """The audit actions and the events of an appointment, in order."""
    audit = await desk.rows(
        "SELECT action FROM audit WHERE {here} AND entity_id = %(id)s ORDER BY seq", id=UUID(appointment_id)
    )
    events = await desk.rows(
        "SELECT type FROM outbox WHERE {here} AND appointment_id = %(id)s ORDER BY id",
        id=UUID(appointment_id),
    )
    return [(action, event) for (action,), (event,) in zip(audit, events, strict=True)]


async def units_of(desk: Desk, shared: str) -> dict[str, list[int]]:
    """The units of a resource that each holder has."""
    rows = await desk.rows(EXCHANGED, shared=shared)
    return {row[0]: list(row[1]) for row in rows}


async def solved(
    desk: Desk,
    moves: Iterable[PlanMove],
    unplaced: Iterable[StoredAppointment] = (),
    changes: Iterable[dict[str, Any]] = (),
    *,
    status: ScenarioStatus = ScenarioStatus.SOLVED,
    **more: Any,
) -> StoredScenario:
    """A what-if of these changes, as their clients send them, for which somebody has found this plan."""
    request = {
        "name": "What if",
        "horizon": {"start": "2026-06-01", "end": "2026-06-14"},
        "mode": "repair",
        "changes": list(changes),
    }
    scenario = a_scenario(desk, request=request, **more)
    plan = plan_of(moves, unplaced)

    async def work(conn: Connection) -> None:
        now = desk.clock()
        setup = (await desk.runtime.setups.current(conn, desk.clinic_id)).setup
        await insert_scenario(conn, scenario)
        run = await mark_solving(conn, desk.clinic_id, scenario.id, now)
        assert run is not None
        document = progress_document(PlanProgress(plan=plan, bound=0, seconds=1.0), setup)
        found = FoundPlan(document=document, objective=0, bound=0, calendar_seen_at=now)
        assert await finish_scenario(conn, run, status, found, seconds=1.0, now=now)

    await retrying(desk.runtime.pool, work)
    return await stored(desk, scenario)
