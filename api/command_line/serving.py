"""`slotwright serve`: database, service, and an exit that leaves nothing behind."""

import asyncio
import errno
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
import uvloop
from fastapi import FastAPI

from api.app import create_app, system_clock
from api.command_line.failures import Failed
from api.command_line.greeting import Greeting, prepared
from api.command_line.progress import told_progress
from api.logs import log_to_stderr
from api.running import open_runtime
from api.settings import Settings
from api.workflows.runtime import Runtime

GRACE_SECONDS = 5
BACKLOG = 2048
_STOPPING = (signal.SIGINT, signal.SIGTERM)


def serve_until_interrupted(settings: Settings, *, demo: bool) -> None:
    """Serve until SIGINT or SIGTERM; then finish what is under way, for five seconds at most."""
    log_to_stderr()
    with listening(settings.host, settings.port) as listener, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, listener, demo=demo))
    sys.stdout.flush()


async def _serve(settings: Settings, listener: socket.socket, *, demo: bool) -> None:
    """Stopped at any moment, also while the database is still starting, it closes what it opened."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _STOPPING:
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(_serve_all(settings, listener, stop, demo=demo))
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket on that address; Failed says what to do where it is taken."""
    yield socket.socket()
