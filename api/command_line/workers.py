"""More processes behind one address, for more than one core, and those that solve scenarios meanwhile.

Each that answers has a listening socket of its own on the same port, and the kernel spreads connections
over them. They share nothing but the database, which is enough: answers depend on it alone.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection as PipeEnd
from multiprocessing.process import BaseProcess
from typing import Any

import uvloop

from api.command_line.listening import listening
from api.command_line.working import work_as_worker
from api.logs import log_to_stderr
from api.running import open_runtime_on
from api.settings import Settings
from api.workflows.runtime import THREAD_NAME
from models.postgres.connection import Database

RESTART_SECONDS = 1.0
START_SECONDS = 1.0
"""How long those that nobody waits for leave the cores to those that are to answer."""
LAST_WORD_SECONDS = 0.2
LAST_GRACE_SECONDS = 8.0
"""A little more than a server takes to let go of its last calls."""

_spawning = multiprocessing.get_context("spawn")
_logger = logging.getLogger("slotwright.workers")


@dataclass(slots=True)
class _Worker:
    """A process, and the end of a pipe whose closing tells it to finish: so does our death."""

    process: BaseProcess
    lifeline: PipeEnd


@dataclass(frozen=True, slots=True)
class _Role:
    """What a worker does: the function that it runs with these arguments and its lifeline."""

    target: Callable[..., None]
    arguments: tuple[Any, ...]
    first_pause: float = 0.0


@asynccontextmanager
async def workers(settings: Settings, database: Database, port: int) -> AsyncIterator[None]:
    """All processes but this one, kept running while inside, and gone afterwards."""
    answering = _Role(serve_as_worker, (settings, database, port))
    working = _Role(work_as_worker, (settings, database), first_pause=START_SECONDS)
    roles = [answering] * (settings.serving_processes - 1) + [working] * settings.job_workers
    keeping = [asyncio.create_task(_kept_running(role)) for role in roles]
    try:
        yield
    finally:
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)


async def _kept_running(role: _Role) -> None:
    """One worker; when it dies, another takes its place."""
    await asyncio.sleep(role.first_pause)
    while True:
        worker = _start(role)
        try:
            await asyncio.to_thread(worker.process.join)
            _logger.warning("worker %s died with status %s", worker.process.pid, worker.process.exitcode)
        finally:
            worker.lifeline.close()
            await asyncio.shield(asyncio.to_thread(_ended, worker.process))
        await asyncio.sleep(RESTART_SECONDS)


def _start(role: _Role) -> _Worker:
    theirs, ours = _spawning.Pipe(duplex=False)
    process = _spawning.Process(target=role.target, args=(*role.arguments, theirs), name="slotwright-worker")
    # Ctrl-C reaches the whole group, and only the first process decides: the worker is born without it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return _Worker(process, ours)


def _ended(process: BaseProcess) -> None:
    process.join(LAST_GRACE_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()


def take_turns_quickly() -> None:
    """Let the event loop interrupt a solving thread after half a millisecond instead of five.

    A call passes through the loop several times; each time it would wait that long.
    """
    sys.setswitchinterval(0.0005)


def leave_solves_behind() -> None:
    """End this process now if a solver thread is still at work: the interpreter would wait for it.

    Nothing is lost: a solve only reads, and its caller is gone.
    """
    solving = [thread for thread in threading.enumerate() if thread.name.startswith(THREAD_NAME)]
    for thread in solving:
        thread.join(LAST_WORD_SECONDS)
    if any(thread.is_alive() for thread in solving):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def serve_as_worker(settings: Settings, database: Database, port: int, lifeline: PipeEnd) -> None:
    """Serve until the lifeline ends."""
    log_to_stderr()
    take_turns_quickly()
    with suppress(asyncio.CancelledError), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, database, port, lifeline))
    leave_solves_behind()


async def _serve(settings: Settings, database: Database, port: int, lifeline: PipeEnd) -> None:
    from api.command_line.server import Server  # all that answers: not for the process that only starts us

    loop = asyncio.get_running_loop()
    server: Server | None = None
    starting = asyncio.current_task()

    def finish() -> None:
        loop.remove_reader(lifeline.fileno())
        if server is not None:
            server.should_exit = True
        elif starting is not None:
            starting.cancel()

    loop.add_reader(lifeline.fileno(), finish)
    loop.add_signal_handler(signal.SIGTERM, finish)
    async with open_runtime_on(database, settings) as runtime:
        # The socket comes last: what listens is given connections, ready or not.
        with listening(settings.host, port, shared=True) as listener:
            server = Server(settings, runtime)
            await server.serve(sockets=[listener])
