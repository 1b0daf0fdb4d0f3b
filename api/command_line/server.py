"""uvicorn around the application. Loading this module loads everything that answers, solver included."""

import gc
import socket
from contextlib import nullcontext

import typer
import uvicorn

from api.app import create_app
from api.command_line.listening import BACKLOG
from api.settings import Settings
from api.workflows.runtime import Runtime

GRACE_SECONDS = 5

OBJECTS_BEFORE_COLLECTING = 50_000, 20, 20
"""Python would look for garbage after every 700 new objects, time and again among hundreds of setups that
stay: that was a third of the time of a search across clinics."""


def collect_garbage_rarely() -> None:
    """Set how often this process looks for garbage, as all that serve do."""
    gc.set_threshold(*OBJECTS_BEFORE_COLLECTING)


class Server(uvicorn.Server):
    """uvicorn, which leaves the signals to us and says its words, if it has any, once it answers."""

    def __init__(self, settings: Settings, runtime: Runtime, words: str | None = None) -> None:
        self.words = words
        self.application = create_app(settings, runtime=lambda: nullcontext(runtime))
        config = uvicorn.Config(
            self.application,
            http="httptools",
            ws="none",
            loop="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        super().__init__(config)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn, without its signal handlers."""
        await self._serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn, with a greeting."""
        collect_garbage_rarely()
        await super().startup(sockets)
        if self.words is not None:
            typer.echo(self.words)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn, which would wait for streams that are told to end here."""
        self.application.state.stopping.set()
        await super().shutdown(sockets)
