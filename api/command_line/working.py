"""`slotwright worker`, and the same beside a server: scenarios are solved until somebody says stop."""

import asyncio
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection as PipeEnd
from typing import TYPE_CHECKING

from api.command_line.progress import shown_progress
from api.logs import log_to_stderr
from api.settings import Settings
from models.postgres.connection import Database
from models.postgres.ready import ready_database

if TYPE_CHECKING:
    from api.jobs.solving import Solving


def work_until_interrupted(settings: Settings, *, concurrency: int, solving: "Solving | None" = None) -> None:
    """Work until SIGINT or SIGTERM; what is under way then is left for others to go on with."""
    log_to_stderr()
    asyncio.run(_work_on_database(settings, concurrency, solving))


async def _work_on_database(settings: Settings, concurrency: int, solving: "Solving | None") -> None:
    stopping = asyncio.Event()
    starting = asyncio.current_task()

    def stop() -> None:
        stopping.set()
        if starting is not None:
            starting.cancel()

    _on_signals(stop)
    try:
        with shown_progress() as progress:
            async with ready_database(
                database_url=settings.database_url, data_dir=settings.data_dir, progress=progress.tell
            ) as database:
                progress.stop()
                _on_signals(stopping.set)
                await _work(settings, database, stopping, concurrency, solving)
    except asyncio.CancelledError:
        if not stopping.is_set():
            raise


def work_as_worker(settings: Settings, database: Database, lifeline: PipeEnd) -> None:
    """Work until the lifeline ends."""
    log_to_stderr()
    asyncio.run(_work_beside(settings, database, lifeline))


async def _work_beside(settings: Settings, database: Database, lifeline: PipeEnd) -> None:
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()

    def finish() -> None:
        loop.remove_reader(lifeline.fileno())
        stopping.set()

    loop.add_reader(lifeline.fileno(), finish)
    _on_signals(stopping.set)
    await _work(settings, database, stopping)


def _on_signals(stop: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)


async def _work(
    settings: Settings,
    database: Database,
    stopping: asyncio.Event,
    concurrency: int = 1,
    solving: "Solving | None" = None,
) -> None:
    from api.jobs.worker import work  # only now: whoever starts workers needs nothing of it

    await work(database, solving or _solving(settings), stopping, concurrency=concurrency)


def _solving(settings: Settings) -> "Solving":
    from api.jobs.solving import Solving
    from api.scenario_orders import read_order

    return Solving(read_order=read_order, memory_mb=settings.solver_memory_mb)
