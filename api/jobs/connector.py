"""The job queue's own connections, patient with a database that is away for a moment."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, LiteralString, TypeVar

from procrastinate import PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException, UniqueViolation

from models.postgres.connection import Database
from models.postgres.jobs import is_away, job_connections

T = TypeVar("T")

PATIENCE_SECONDS = 20.0
PAUSE_SECONDS = 0.3


class PatientConnector(PsycopgConnector):
    """Repeats what a lost connection has kept from happening.

    What had happened after all, and only its answer was lost, happens twice: a job may then look as if
    somebody worked on it, until it is rescued.
    """

    def __init__(self, database: Database, *, size: int) -> None:
        super().__init__(**job_connections(database, size=size))
        self.patience_seconds = PATIENCE_SECONDS

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        """As the base class."""
        base = super().execute_query_async
        await self._patiently(lambda: base(query, **arguments))

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        """As the base class."""
        base = super().execute_query_one_async
        return await self._patiently(lambda: base(query, **arguments))

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        """As the base class."""
        base = super().execute_query_all_async
        return await self._patiently(lambda: base(query, **arguments))

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """As the base class, again whenever it ends: without it jobs are found by looking, only later."""
        while True:
            try:
                await super().listen_notify(on_notification, channels)
            except ConnectorException as error:
                if not is_away(error.__cause__):
                    raise
            await asyncio.sleep(PAUSE_SECONDS)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        loop = asyncio.get_running_loop()
        started = loop.time()
        while True:
            try:
                return await ask()
            except UniqueViolation:
                raise
            except ConnectorException as error:
                if not is_away(error.__cause__) or loop.time() - started > self.patience_seconds:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)
