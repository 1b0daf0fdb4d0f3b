"""Whatever dies, every scenario comes to an end, and nobody works on one that somebody else works on."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from api.workflows.runtime import Runtime
from models.postgres.connection import Pool, open_pool
from models.postgres.ready import ready_database
from models.stored_scenario import StoredScenario
from tests.postgres.processes import REPOSITORY
from tests.service.running_service import PATIENCE_SECONDS, RunningService, running_service
from tests.service.test_workers import eventually, is_alive
from tests.workflows.desk import Desk, open_desk
from tests.workflows.scenario_desk import a_scenario, store, stored
from tests.workflows.waiting import patiently

pytestmark = pytest.mark.anyio

THINKING_SECONDS = 1.5
PAUSE_SECONDS = (0.2, 1.0)
ENOUGH_SECONDS = 240.0


def the_children(of: int, text: str) -> list[psutil.Process]:
    """The living processes below one whose command line has the text."""
    try:
        children = psutil.Process(of).children(recursive=True)
        return [child for child in children if is_alive(child) and text in " ".join(child.cmdline())]
    except psutil.NoSuchProcess:
        return []


@dataclass
class Workers:
    """Workers of one data folder, replaced by hand when they are killed."""

    data: Path
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def start(self) -> None:
        environment = os.environ | {"SLOTWRIGHT_DATA": str(self.data)}
        command = [sys.executable, "-m", "tests.service.pretending_worker"]
        with (self.data / "workers.log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log)
            )

    def kill_one(self) -> None:
        victim = self.processes.pop(0)
        victim.kill()
        victim.wait()
        self.start()

    def kill_a_solver(self) -> None:
        solvers = [one for worker in self.processes for one in the_children(worker.pid, "api.jobs.child")]
        for solver in solvers[:1]:
            with suppress(psutil.NoSuchProcess):
                solver.kill()

    def replace_the_dead(self) -> None:
        """One that found no database when it started has given up at once."""
        for process in [one for one in self.processes if one.poll() is not None]:
            self.processes.remove(process)
            self.start()

    def stop(self) -> list[int]:
        """Their exit statuses, having been asked to end."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        return [process.wait(PATIENCE_SECONDS) for process in self.processes]


@asynccontextmanager
async def desk_of(data: Path) -> AsyncIterator[Desk]:
    """A desk in a new clinic, on the database of a data folder."""
    async with ready_database(database_url=None, data_dir=data) as database, open_pool(database) as pool:

        def runtime(pool: Pool, _: object) -> Runtime:
            return Runtime(pool=pool)

        yield await open_desk(pool, runtime=runtime)


async def all_over(desk: Desk, scenarios: list[StoredScenario]) -> list[StoredScenario]:
    async def look() -> list[StoredScenario] | None:
        found = [await stored(desk, scenario) for scenario in scenarios]
        return found if all(one.status.is_over for one in found) else None

    return await patiently(look, ENOUGH_SECONDS)


async def ended_well(desk: Desk, scenarios: list[StoredScenario], claims: Path) -> None:
    """Each has a plan or a reason, and none was worked on by two at once."""
    for one in await all_over(desk, scenarios):
        if one.status.value == "failed":
            assert one.failure == "the solver was ended by SIGKILL", one
        else:
            assert (one.status.value, one.failure) == ("solved", None), one
            assert one.plan is not None
    assert claimed_twice(claims) == []


def claimed_twice(claims: Path) -> list[str]:
    return [path.name for path in claims.iterdir() if path.read_text(encoding="ascii")]


async def many(desk: Desk, count: int, claims: Path) -> list[StoredScenario]:
    return [
        await store(desk, a_scenario(desk, f"alone {claims / str(number)} {THINKING_SECONDS}"), with_job=True)
        for number in range(count)
    ]


async def two_begun(desk: Desk, scenarios: list[StoredScenario]) -> None:
    async def look() -> bool | None:
        found = [(await stored(desk, one)).status.value for one in scenarios]
        return True if found.count("solving") == 2 else None

    await patiently(look, PATIENCE_SECONDS)


async def batch(
    data: Path, claims: Path, count: int, kills: list[str], service: RunningService | None = None
) -> None:
    """So many scenarios and two workers, some of whom die, with a clean exit at the end."""
    workers = Workers(data)
    async with desk_of(data) as desk:
        scenarios = await many(desk, count, claims)
        deaths: dict[str, Callable[[], None]] = {
            "worker": workers.kill_one,
            "solver": workers.kill_a_solver,
            "database": RunningService(data).kill_database,
            "service": lambda: restart(service),
        }
        for _ in range(2):
            workers.start()
        try:
            await two_begun(desk, scenarios)
            for kill in kills:
                await asyncio.to_thread(deaths[kill])
                await asyncio.sleep(random.uniform(*PAUSE_SECONDS))
                workers.replace_the_dead()
            await ended_well(desk, scenarios, claims)
            assert await asyncio.to_thread(workers.stop) == [0, 0]
        finally:
            await asyncio.to_thread(workers.stop)
            print(await asyncio.to_thread((data / "workers.log").read_text))


def restart(service: RunningService | None) -> None:
    assert service is not None
    service.kill()
    service.start()


async def test_a_few_scenarios_outlive_the_death_of_worker_solver_and_database(
    data_folder: Path, tmp_path: Path
) -> None:
    kills = ["solver", "worker", "database"]
    random.shuffle(kills)
    print(kills)
    await batch(data_folder, tmp_path, 6, kills)
    assert eventually(lambda: RunningService(data_folder).database_processes() == [])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
async def test_fifty_scenarios_outlive_whatever_dies(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setenv("SLOTWRIGHT_WORKERS", "0")
    chance = random.Random(seed)
    kills = chance.choices(["worker", "solver", "database", "service"], [4, 5, 2, 1], k=25)
    print(kills)
    with running_service(data_folder) as service:
        await batch(data_folder, tmp_path, 50, kills, service)


def job_workers(service: RunningService) -> list[psutil.Process]:
    """The service's processes that solve: here all that were spawned."""
    assert service.process is not None
    return the_children(service.process.pid, "spawn_main")


def test_a_service_has_a_worker_which_is_replaced_and_does_not_outlive_it(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLOTWRIGHT_PROCESSES", "1")
    with running_service(data_folder) as service:
        assert eventually(lambda: len(job_workers(service)) == 1)
        (worker,) = job_workers(service)
        worker.kill()
        assert eventually(lambda: [one.pid for one in job_workers(service)] not in ([], [worker.pid]))
        (another,) = job_workers(service)
        service.kill()
        assert eventually(lambda: not is_alive(another))
        service.start()
        assert eventually(lambda: len(job_workers(service)) == 1)
        (last,) = job_workers(service)
        assert service.stop() == 0
        assert not is_alive(last)
