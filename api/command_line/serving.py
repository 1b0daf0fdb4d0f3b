"""`slotwright serve`: database, service, and an exit that leaves nothing behind."""

import asyncio
import signal
import socket
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import uvloop

from api.command_line.greeting import demo_clinic_of, greeting
from api.command_line.listening import first_listening
from api.command_line.progress import shown_progress
from api.command_line.workers import leave_solves_behind, take_turns_quickly, workers
from api.logs import log_to_stderr
from api.running import open_runtime_on
from api.settings import Settings
from models.postgres.ready import ready_database

if TYPE_CHECKING:
    from api.command_line.server import Server


def serve_until_interrupted(settings: Settings, *, demo: bool) -> None:
    """Serve until SIGINT or SIGTERM; then finish what is under way, for five seconds at most."""
    log_to_stderr()
    take_turns_quickly()
    with (
        first_listening(settings.host, settings.port, shared=settings.serving_processes > 1) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(settings, listener, demo=demo))
    leave_solves_behind()


async def _serve(settings: Settings, listener: socket.socket, *, demo: bool) -> None:
    stopping = _Stopping(asyncio.current_task())
    loading = asyncio.create_task(asyncio.to_thread(_load_server))
    try:
        async with AsyncExitStack() as opened:
            with shown_progress() as progress:
                database = await opened.enter_async_context(
                    ready_database(
                        database_url=settings.database_url, data_dir=settings.data_dir, progress=progress.tell
                    )
                )
                runtime = await opened.enter_async_context(open_runtime_on(database, settings))
                clinic_id = await demo_clinic_of(runtime, progress) if demo else None
            words = await greeting(runtime, settings, listener, clinic_id)
            await opened.enter_async_context(workers(settings, database, listener.getsockname()[1]))
            stopping.server = (await loading)(settings, runtime, words)
            await stopping.server.serve(sockets=[listener])
    except asyncio.CancelledError:
        if not stopping.asked:
            raise


def _load_server() -> "type[Server]":
    """A second's worth of imports, while the database starts."""
    from api.command_line.server import Server

    return Server


class _Stopping:
    """The first signal ends the service in good order, the second at once; while starting, it gives up."""

    def __init__(self, starting: asyncio.Task[Any] | None) -> None:
        self.starting = starting
        self.server: Server | None = None
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self)

    def __call__(self) -> None:
        if self.server is not None:
            self.server.force_exit = self.asked
            self.server.should_exit = True
        elif self.starting is not None and not self.asked:
            self.starting.cancel()
        self.asked = True
