"""`slotwright serve`: database, service, and an exit that leaves nothing behind."""

import asyncio
import errno
import signal
import socket
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import uvloop

from api.command_line.failures import Failed
from api.command_line.greeting import demo_clinic_of, greeting
from api.command_line.progress import shown_progress
from api.logs import log_to_stderr
from api.running import open_runtime
from api.settings import Settings

if TYPE_CHECKING:
    from api.command_line.server import Server

BACKLOG = 2048


def serve_until_interrupted(settings: Settings, *, demo: bool) -> None:
    """Serve until SIGINT or SIGTERM; then finish what is under way, for five seconds at most."""
    log_to_stderr()
    with (
        listening(settings.host, settings.port) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(settings, listener, demo=demo))


async def _serve(settings: Settings, listener: socket.socket, *, demo: bool) -> None:
    stopping = _Stopping(asyncio.current_task())
    loading = asyncio.create_task(asyncio.to_thread(_load_server))
    try:
        async with AsyncExitStack() as opened:
            with shown_progress() as progress:
                runtime = await opened.enter_async_context(open_runtime(settings, tell=progress.tell))
                clinic_id = await demo_clinic_of(runtime, progress) if demo else None
            words = await greeting(runtime, settings, listener, clinic_id)
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


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; Failed says what to do where somebody else does."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except socket.gaierror as unknown:
        raise Failed(f"there is no address {host}: {unknown.strerror}") from None
    except OSError as refused:
        if refused.errno == errno.EADDRINUSE:
            raise Failed(f"port {port} on {host} is taken: choose another with --port or PORT") from None
        raise Failed(f"cannot listen on {host}:{port}: {refused.strerror}") from None
