"""What clerks and managers of the small clinic do about plans, and a worker who has his answers ready."""

from dataclasses import dataclass
from typing import Any

import httpx

from api.roles import Role
from models.postgres.connection import writing
from models.postgres.write_scenarios import finish_scenario, mark_solving, write_progress
from models.scenario import ScenarioStatus
from models.stored_scenario import FoundPlan, StoredScenario
from tests.api.clinic_documents import FRIDAY, TUESDAY
from tests.api.service_under_test import ClinicUnderTest

KPIS = {
    "patientsDisturbed": 1,
    "minutesShifted": 60,
    "unplaced": 0,
    "idleMinutes": 0,
    "overtimeMinutes": 0,
    "utilisationByProvider": {},
    "utilisationByRoom": {},
}


def a_plan(objective: int = 12, bound: int = 12) -> dict[str, Any]:
    """A plan document in which nobody moves."""
    return {
        "moves": [],
        "unplaced": [],
        "kpis": {"before": KPIS, "after": KPIS},
        "optimality": {
            "objective": objective,
            "bound": bound,
            "gap": 0.0,
            "proven": objective == bound,
            "levels": [],
        },
    }


@dataclass
class PlanningDesk:
    """Calls about absences and scenarios."""

    clinic: ClinicUnderTest

    def absence(self, **changes: Any) -> dict[str, Any]:
        """Dr Ada is away on Tuesday; a change to None leaves the field out."""
        usual = {"providerId": self.clinic.ids["ada"], "start": TUESDAY, "end": TUESDAY, "reason": "ill"}
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def away(self, **changes: Any) -> dict[str, Any]:
        """The same as a change of a scenario."""
        return {"type": "provider_absent", **self.absence(**changes)}

    def what_if(self, *changes: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A week without Dr Ada on Tuesday, unless other changes are given."""
        usual = {
            "name": "Ada away",
            "horizon": {"start": TUESDAY, "end": FRIDAY},
            "mode": "repair",
            "changes": list(changes) or [self.away()],
        }
        return usual | fields

    async def report(self, body: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        return await self.clinic.client.post("/absences", json=body or self.absence(), **more)

    async def ask(self, body: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        return await self.clinic.client.post("/scenarios", json=body or self.what_if(), **more)

    async def asked(self, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A what-if that must be accepted."""
        answer = await self.ask(body)
        assert answer.status_code == 202, answer.text
        scenario: dict[str, Any] = answer.json()
        return scenario

    async def reported(self, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """An absence that must be accepted; gives its scenario."""
        answer = await self.report(body)
        assert answer.status_code == 202, answer.text
        scenario: dict[str, Any] = answer.json()
        return scenario

    async def get(self, scenario: dict[str, Any], path: str = "") -> httpx.Response:
        return await self.clinic.client.get(f"/scenarios/{scenario['id']}{path}")

    async def post(self, scenario: dict[str, Any], path: str, body: Any = None) -> httpx.Response:
        return await self.clinic.client.post(f"/scenarios/{scenario['id']}/{path}", json=body)

    async def delete(self, scenario: dict[str, Any]) -> httpx.Response:
        return await self.clinic.client.delete(f"/scenarios/{scenario['id']}")

    async def taken_up(self, scenario: dict[str, Any]) -> StoredScenario:
        """Somebody begins to work on it."""
        async with writing(self.clinic.service.runtime.pool) as conn:
            taken = await mark_solving(conn, self.clinic.id, scenario["id"], self.clinic.service.clock())
        assert taken is not None
        return taken

    async def found(self, taken: StoredScenario, plan: dict[str, Any]) -> None:
        """They find a plan, and go on."""
        now = self.clinic.service.clock()
        async with writing(self.clinic.service.runtime.pool) as conn:
            bound = plan["optimality"]["bound"]
            await write_progress(conn, taken, _found(taken, plan), bound=bound, seconds=0.5, now=now)

    async def solved(self, scenario: dict[str, Any], plan: dict[str, Any] | None = None) -> None:
        """Somebody takes it up, and comes to an end with that plan."""
        await self.finished(await self.taken_up(scenario), a_plan() if plan is None else plan)

    async def finished(self, taken: StoredScenario, plan: dict[str, Any]) -> None:
        """They come to an end with that plan."""
        now = self.clinic.service.clock()
        async with writing(self.clinic.service.runtime.pool) as conn:
            found = _found(taken, plan)
            await finish_scenario(conn, taken, ScenarioStatus.SOLVED, found, seconds=0.5, now=now)

    def as_role(self, role: Role) -> dict[str, str]:
        subject = self.clinic.ids["pat"] if role is Role.PATIENT else "somebody"
        return self.clinic.headers(role, subject)


def _found(taken: StoredScenario, plan: dict[str, Any]) -> FoundPlan:
    optimality = plan["optimality"]
    return FoundPlan(
        document=plan,
        objective=optimality["objective"],
        bound=optimality["bound"],
        calendar_seen_at=taken.updated_at,
    )
