"""What every workflow works with: the database, the clock, the setups in memory, the solver's threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from os import cpu_count
from threading import Lock
from typing import TypeVar

from models.errors import Overloaded
from models.postgres.connection import Pool
from models.postgres.setup_cache import SetupCache

T = TypeVar("T")

WAITING_PER_THREAD = 64
THREAD_NAME = "solver"


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class SolverPool:
    """Threads of their own for solving, as many as cores, and a queue that ends.

    The solver lets go of the interpreter while it works, so the event loop keeps answering.
    """

    def __init__(self, threads: int | None = None, waiting_per_thread: int = WAITING_PER_THREAD) -> None:
        self._threads = threads or cpu_count() or 1
        self._most = self._threads * (1 + waiting_per_thread)
        self._inside = 0
        self._counting = Lock()
        self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix=THREAD_NAME)

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work`; Overloaded at once where too many wait already."""
        with self._counting:
            if self._inside >= self._most:
                raise Overloaded("too many searches are waiting")
            self._inside += 1
        # The place is given back when the work is over, not when its caller goes away.
        under_way = self._executor.submit(work)
        under_way.add_done_callback(self._leave)
        return await asyncio.wrap_future(under_way)

    def _leave(self, _: "Future[T]") -> None:
        with self._counting:
            self._inside -= 1

    def close(self) -> None:
        """Let the threads go once their work is done; what still waits is dropped."""
        self._executor.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """The service's own things, made once per process."""

    pool: Pool
    clock: Callable[[], datetime] = utc_now
    setups: SetupCache = field(default_factory=SetupCache)
    solving: SolverPool = field(default_factory=SolverPool)
