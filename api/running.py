"""Opening what a process needs to answer: database, pool, solver threads."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from api.settings import Settings
from api.warm_up import warm_up
from api.workflows.runtime import Runtime, SolverPool, utc_now
from models.postgres.connection import Database, open_pool
from models.postgres.ready import ready_database

Clock = Callable[[], datetime]
Tell = Callable[[str], None]


@asynccontextmanager
async def open_runtime(
    settings: Settings, *, clock: Clock = utc_now, tell: Tell | None = None
) -> AsyncIterator[Runtime]:
    """A runtime on the database that the settings name, brought up to date first."""
    async with (
        ready_database(
            database_url=settings.database_url, data_dir=settings.data_dir, progress=tell
        ) as database,
        open_runtime_on(database, settings, clock=clock) as runtime,
    ):
        yield runtime


@asynccontextmanager
async def open_runtime_on(
    database: Database, settings: Settings, *, clock: Clock = utc_now
) -> AsyncIterator[Runtime]:
    """A runtime on a database that is ready; the solver loads and warms up in the background."""
    solving = SolverPool(settings.solving_threads)
    warming = asyncio.create_task(solving.run(warm_up))
    try:
        async with open_pool(database, size=settings.database_connections) as pool:
            yield Runtime(pool=pool, clock=clock, solving=solving)
    finally:
        warming.cancel()
        solving.close()
