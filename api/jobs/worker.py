"""A worker: takes jobs from the queue until it is told to stop, whatever happens to the database."""

import asyncio
import logging
from contextlib import suppress

from procrastinate import App
from procrastinate.exceptions import ProcrastinateException

from api.jobs.connector import PatientConnector
from api.jobs.queue import UPKEEP, job_queue
from api.jobs.solving import Solving
from api.workflows.runtime import Runtime
from models.errors import SlotwrightError
from models.postgres.connection import Database, open_pool
from models.postgres.jobs import SCENARIOS
from models.postgres.setup_cache import SetupCache
from models.postgres.write_scenarios import DEAD_AFTER_SECONDS

HEARTBEAT_SECONDS = 2.0
LETTING_GO_SECONDS = 0.5
"""How long a job may go on when the worker is to stop; then it is put back into the queue."""
LOOK_SECONDS = 5.0
"""How often it looks for jobs; of new scenarios it is told."""
RESTART_SECONDS = 1.0
SETUPS = 16
UPKEEP_CONNECTIONS = 2

_logger = logging.getLogger("slotwright.jobs")


async def work(
    database: Database, solving: Solving, stopping: asyncio.Event, *, concurrency: int = 1
) -> None:
    """Solve up to `concurrency` scenarios at once and do what upkeep there is, until `stopping` is set.

    Where the database has been away for too long, it begins anew.
    """
    while not stopping.is_set():
        try:
            await _live(database, solving, stopping, concurrency)
        except (ProcrastinateException, SlotwrightError) as error:
            _logger.warning("the worker begins anew: %s", error.__cause__ or error)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), RESTART_SECONDS)


async def _live(database: Database, solving: Solving, stopping: asyncio.Event, concurrency: int) -> None:
    connector = PatientConnector(database, size=concurrency + UPKEEP_CONNECTIONS)
    async with open_pool(database, size=concurrency + UPKEEP_CONNECTIONS) as pool:
        runtime = Runtime(pool=pool, setups=SetupCache(size=SETUPS))
        try:
            app = job_queue(connector, runtime, solving)
            async with app.open_async():
                await _run(app, connector, stopping, concurrency)
        finally:
            runtime.solving.close()


async def _run(app: App, connector: PatientConnector, stopping: asyncio.Event, concurrency: int) -> None:
    """Two sorts of workers in one: upkeep does not wait for scenarios."""
    running = [
        asyncio.create_task(_worker(app, SCENARIOS, concurrency, listening=True)),
        asyncio.create_task(_worker(app, UPKEEP, 1, listening=False)),
    ]
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait([stop, *running], return_when=asyncio.FIRST_COMPLETED)
    finally:
        connector.patience_seconds = 0.0
        for task in (stop, *running):
            task.cancel()
        ended = await asyncio.gather(*running, return_exceptions=True)
    for end in ended:
        if isinstance(end, Exception):
            raise end


async def _worker(app: App, queue: str, concurrency: int, *, listening: bool) -> None:
    await app.run_worker_async(
        queues=[queue],
        name=queue,
        concurrency=concurrency,
        listen_notify=listening,
        fetch_job_polling_interval=LOOK_SECONDS,
        shutdown_graceful_timeout=LETTING_GO_SECONDS,
        delete_jobs="successful",
        install_signal_handlers=False,
        update_heartbeat_interval=HEARTBEAT_SECONDS,
        stalled_worker_timeout=DEAD_AFTER_SECONDS,
    )
