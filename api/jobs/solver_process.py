"""The worker's end of a process that solves: what it has said so far, and how it is made to end."""

import asyncio
import os
import pickle
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from api.jobs.messages import STOP, Kind, Message, framed, received
from api.jobs.solve_order import SolveOrder

STARTING_SECONDS = 60.0
"""How long it may take to load the solver, on a machine that has other things to do."""
OVERTIME_SECONDS = 2.0
"""How long after its limit it is asked to stop."""
EXPLAINING_SECONDS = 20.0
"""How long it may take to explain a plan; longer, and the plan goes without."""
LAST_WORD_SECONDS = 2.0
"""How long it may take to end once it has been asked to; then it is killed."""
OURS = ("SLOTWRIGHT_", "DATABASE_", "PG")
# What allocators and number libraries set aside per thread counts as taken, used or not.
LEAN = {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass
class SolverProcess:
    """One process and what it has said.

    `best` is the latest whole draft, with the bound said last. `ended` is done once it will say no more.
    `ran_out` tells whether it was made to end for the time that it took.
    """

    process: Process
    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    limit_seconds: float
    best: Message | None = None
    last: Message | None = None
    ran_out: bool = False
    stop_asked: bool = False
    news: bool = False
    ended: "asyncio.Task[None]" = field(init=False)
    _began_at: float | None = None
    _thought_until: float | None = None
    _timers: list[asyncio.TimerHandle] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._time(STARTING_SECONDS, self._run_out)
        self.ended = asyncio.create_task(self._listen())

    @property
    def seconds(self) -> float:
        """How long it has thought: loading the solver and explaining the plan do not count."""
        if self._began_at is None:
            return 0.0
        until = _now() if self._thought_until is None else self._thought_until
        return until - self._began_at

    async def hand_over(self, order: SolveOrder) -> None:
        """Send it the work; one that has died meanwhile is found to have when it is listened to."""
        payload = await asyncio.to_thread(pickle.dumps, order, pickle.HIGHEST_PROTOCOL)
        with suppress(BrokenPipeError, ConnectionResetError):
            self.stdin.write(framed(payload))
            await self.stdin.drain()

    def stop(self) -> None:
        """Ask it for what it has found so far; a little later it is killed."""
        if not self.stop_asked:
            self.stop_asked = True
            self._tell_to_stop()

    def kill(self) -> None:
        """End it now."""
        with suppress(ProcessLookupError):
            self.process.kill()

    def how_it_died(self) -> str | None:
        """In words, where it ended without a last word; None where it has not died."""
        status = self.process.returncode
        if self.last is not None or status is None:
            return None
        if status < 0:
            return f"the solver was ended by {signal.Signals(-status).name}"
        return f"the solver broke down (exit status {status})"

    async def _listen(self) -> None:
        while (message := await received(self.stdout)) is not None:
            self._heard(message)
        await self.process.wait()
        self._thought()
        self._no_more_timers()

    def _heard(self, message: Message) -> None:
        if message.kind is Kind.BEGUN:
            self._began_at = _now()
            self._give(self.limit_seconds + OVERTIME_SECONDS)
        elif message.kind is Kind.EXPLAINING:
            self._thought()
            self._give(EXPLAINING_SECONDS)
        if message.document is not None:
            self.best, self.news = message, True
        elif message.kind is Kind.DRAFT and self.best is not None:
            self.best, self.news = _bounded(self.best, message), True
        if message.kind in (Kind.DONE, Kind.STOPPED, Kind.REFUSED):
            self.last = message

    def _thought(self) -> None:
        if self._thought_until is None:
            self._thought_until = _now()

    def _give(self, seconds: float) -> None:
        """So much time from now on, unless it has been told to end anyway."""
        if not (self.stop_asked or self.ran_out):
            self._no_more_timers()
            self._time(seconds, self._run_out)

    def _run_out(self) -> None:
        self.ran_out = True
        self._tell_to_stop()

    def _tell_to_stop(self) -> None:
        self._no_more_timers()
        if not self.stdin.is_closing():
            self.stdin.write(STOP)
        self._time(LAST_WORD_SECONDS, self.kill)

    def _time(self, seconds: float, what: Callable[[], None]) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, what))

    def _no_more_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    async def gone(self) -> None:
        """Kill it if it still lives, and wait until nothing of it is left."""
        self._no_more_timers()
        self.kill()
        self.stdin.close()
        await self.ended
        with suppress(BrokenPipeError, ConnectionResetError):
            await self.stdin.wait_closed()


def _bounded(best: Message, message: Message) -> Message:
    return Message(
        kind=best.kind,
        document=best.document,
        objective=best.objective,
        bound=message.bound,
    )


def _now() -> float:
    return asyncio.get_running_loop().time()


def _environment() -> dict[str, str]:
    """What any program needs; settings and secrets are none of its business."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | LEAN


@asynccontextmanager
async def solver_process(
    order: SolveOrder, *, program: str, memory_mb: int, limit_seconds: float
) -> AsyncIterator[SolverProcess]:
    """A process at work on the order while the block runs, and gone afterwards."""
    folders = [folder or os.getcwd() for folder in sys.path]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "api.jobs.child", program, str(memory_mb), str(os.getpid())),
        stdin=PIPE,
        stdout=PIPE,
        env=_environment() | {"PYTHONPATH": os.pathsep.join(folders)},
        start_new_session=True,  # Ctrl-C is for its worker to act on
    )
    if process.stdin is None or process.stdout is None:
        raise AssertionError("the process was started with pipes")
    solving = SolverProcess(process, process.stdin, process.stdout, limit_seconds)
    try:
        await solving.hand_over(order)
        del order
        yield solving
    finally:
        await solving.gone()
