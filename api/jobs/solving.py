"""One scenario, from the queue to its plan: take it up, read, solve elsewhere, write down what is found."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from api.jobs.messages import Kind, Message
from api.jobs.solve_order import PROGRAM, SolveOrder
from api.jobs.solver_process import SolverProcess, solver_process
from api.workflows.runtime import Runtime
from models.errors import LockTimeout, SlotwrightError, TimedOut, Unavailable
from models.planning import Assignment
from models.postgres.connection import Connection, reading, retrying
from models.postgres.ids import uuid_of
from models.postgres.jobs import defer_solve
from models.postgres.read_planning import planning_range, read_planning, wanted_patients
from models.postgres.read_setup import config_version
from models.postgres.write_scenarios import finish_scenario, mark_solving, put_back, write_progress
from models.scenario import Scenario, ScenarioStatus
from models.setup import ClinicSetup
from models.stored_scenario import FoundPlan, RunState, StoredScenario

T = TypeVar("T")

LOOK_SECONDS = 0.5
"""How often something is written at most."""
QUIET_SECONDS = 1.0
"""How long nothing is written at most, and how soon somebody who wants it to stop is heard."""
LEAST_SECONDS = 5
"""How long it may think again after an interruption, even where its time was nearly over."""
MOST_DEATHS = 5
PATIENCE_SECONDS = 60.0
"""How long a database that is away is waited for with a result in hand."""
HURRIED_SECONDS = 3.0
PAUSE_SECONDS = 0.3

NOT_NOW = (Unavailable, LockTimeout, TimedOut)

_logger = logging.getLogger("slotwright.jobs")

ReadOrder: TypeAlias = Callable[
    [Mapping[str, Any], ClinicSetup, datetime, Mapping[str, Any], Mapping[str, Assignment]], Scenario
]
"""From a request as it was stored, the setup, now, answers and a hint, to the scenario that it asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solving:
    """How scenarios are solved: who reads requests, what solves, and how much memory that may take."""

    read_order: ReadOrder
    program: str = PROGRAM
    memory_mb: int = 1536


async def solve_stored(runtime: Runtime, clinic_id: str, scenario_id: str, how: Solving) -> None:
    """Solve a scenario that waits, and store what comes of it; nothing where there is nothing to do.

    Called off, it lets the next worker go on from where it is. It raises only what no other worker could do
    anything about either: then nothing more is heard of it, and it is taken up again.
    """

    async def take_up(conn: Connection) -> StoredScenario | None:
        return await mark_solving(conn, clinic_id, scenario_id, runtime.clock())

    scenario = await _patiently(lambda: retrying(runtime.pool, take_up))
    if scenario is None:
        return
    run = _Run(runtime, scenario, how)
    try:
        await run.carried_through()
    except asyncio.CancelledError:
        await run.let_go()
        raise


@dataclass(slots=True)
class _Run:
    """One run of one scenario, which nobody else works on as long as it writes now and then."""

    runtime: Runtime
    scenario: StoredScenario
    how: Solving
    calendar_seen_at: datetime | None = None

    @property
    def limit_seconds(self) -> float:
        """What is left of its time."""
        limit = self.scenario.time_limit_seconds
        return max(limit - self.scenario.seconds, min(limit, LEAST_SECONDS))

    async def carried_through(self) -> None:
        if self.scenario.stop_asked:
            await self.end(ScenarioStatus.STOPPED)
        elif self.scenario.deaths >= MOST_DEATHS:
            await self.end(ScenarioStatus.FAILED, failure=f"{self.scenario.deaths} workers died of it")
        else:
            await self.solved()

    async def solved(self) -> None:
        try:
            order = await _patiently(self.read)
        except (Unavailable, LockTimeout):
            raise
        except SlotwrightError as refusal:
            await self.end(ScenarioStatus.FAILED, failure=str(refusal))
            return
        except ValueError as fault:
            _logger.error("scenario %s cannot be read: %s", self.scenario.id, type(fault).__name__)
            await self.end(ScenarioStatus.FAILED, failure="the request cannot be read any more")
            return
        starting = solver_process(
            order, program=self.how.program, memory_mb=self.how.memory_mb, limit_seconds=self.limit_seconds
        )
        del order  # months of appointments: whoever solves has them now
        async with starting as process:
            is_ours = await self.watched(process)
        if is_ours:
            status, failure = self.outcome(process)
            await self.end(status, failure, best=process.best, seconds=process.seconds)

    async def read(self) -> SolveOrder:
        """Everything that the plan depends on, in one short look."""
        scenario, clinic_id = self.scenario, self.scenario.clinic_id
        async with reading(self.runtime.pool) as conn:
            now = self.calendar_seen_at = self.runtime.clock()
            version = await (await config_version(conn, uuid_of("clinic", clinic_id))).fetchone()
            stored = await self.runtime.setups.current(
                conn, clinic_id, None if version is None else version[0]
            )
            asked = self.how.read_order(scenario.request, stored.setup, now, scenario.answers, {})
            low, high = planning_range(asked, now)
            appointments, patients = await read_planning(
                conn, clinic_id, low, high, now, also_patients=wanted_patients(asked)
            )
        return SolveOrder(
            scenario=replace(asked, limits=replace(asked.limits, seconds=self.limit_seconds)),
            setup=stored.setup,
            appointments=appointments,
            patients=patients,
            now=now,
            hint=scenario.start_from,
        )

    async def watched(self, process: SolverProcess) -> bool:
        """Write down what it finds while it works, and see whether it is to stop; False if it is not ours."""
        loop = asyncio.get_running_loop()
        written_at = loop.time()
        while not (await asyncio.wait([process.ended], timeout=LOOK_SECONDS))[0]:
            if not process.news and loop.time() - written_at < QUIET_SECONDS:
                continue
            state = await self.told(process)
            written_at = loop.time()
            if state is RunState.NOT_OURS:
                return False
            if state is RunState.STOP_ASKED:
                process.stop()
        await process.ended
        return True

    async def told(self, process: SolverProcess) -> RunState:
        """Store the news; a database that is away hears of them the next time."""
        best, process.news = process.best if process.news else None, False

        async def write(conn: Connection) -> RunState:
            return await write_progress(
                conn,
                self.scenario,
                self.found(best),
                bound=None if best is None else best.bound,
                seconds=self.scenario.seconds + process.seconds,
                now=self.runtime.clock(),
            )

        try:
            return await retrying(self.runtime.pool, write)
        except NOT_NOW as away:
            _logger.warning("progress is not stored yet: %s", away)
            process.news = process.news or best is not None
            return RunState.GOES_ON

    def outcome(self, process: SolverProcess) -> tuple[ScenarioStatus, str | None]:
        """What has become of it, now that the process has ended, and the reason where it failed."""
        last, has_plan = process.last, process.best is not None or self.scenario.plan is not None
        if last is not None and last.kind is Kind.DONE:
            return ScenarioStatus.SOLVED, None
        if last is not None and last.kind is Kind.REFUSED:
            return ScenarioStatus.FAILED, last.reason
        if process.stop_asked:
            return ScenarioStatus.STOPPED, None
        if process.ran_out:
            limit = self.scenario.time_limit_seconds
            return (
                (ScenarioStatus.SOLVED, None)
                if has_plan
                else (ScenarioStatus.FAILED, f"no plan was found within {limit} seconds")
            )
        return ScenarioStatus.FAILED, process.how_it_died()

    async def end(
        self,
        status: ScenarioStatus,
        failure: str | None = None,
        *,
        best: Message | None = None,
        seconds: float = 0.0,
    ) -> None:
        """Store how it ended, for as long as it takes to reach the database."""

        async def finish(conn: Connection) -> bool:
            return await finish_scenario(
                conn,
                self.scenario,
                status,
                self.found(best),
                seconds=self.scenario.seconds + seconds,
                now=self.runtime.clock(),
                failure=failure,
            )

        await _patiently(lambda: retrying(self.runtime.pool, finish))

    async def let_go(self) -> None:
        """Let another worker go on with it."""

        async def put_in_queue(conn: Connection) -> None:
            if await put_back(conn, self.scenario, self.runtime.clock()):
                await defer_solve(conn, self.scenario.clinic_id, self.scenario.id)

        try:
            await _patiently(lambda: retrying(self.runtime.pool, put_in_queue), seconds=HURRIED_SECONDS)
        except NOT_NOW as away:
            _logger.warning("a scenario is left to be found by others: %s", away)

    def found(self, best: Message | None) -> FoundPlan | None:
        if best is None or best.document is None or best.objective is None or best.bound is None:
            return None
        if self.calendar_seen_at is None:
            raise AssertionError("a plan is made for a calendar that was read")
        return FoundPlan(
            document=best.document,
            objective=best.objective,
            bound=best.bound,
            calendar_seen_at=self.calendar_seen_at,
        )


async def _patiently(work: Callable[[], Awaitable[T]], *, seconds: float = PATIENCE_SECONDS) -> T:
    """What comes of `work`, tried again and again while the database is away or busy."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        try:
            return await work()
        except NOT_NOW:
            if loop.time() > deadline:
                raise
        await asyncio.sleep(PAUSE_SECONDS)
