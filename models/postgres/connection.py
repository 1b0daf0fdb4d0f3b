"""Connections, and the two kinds of transaction: `reading` and `writing`. COMMIT happens in here only."""

import asyncio
import itertools
import random
import select
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, LiteralString, Self, TypeAlias, TypeVar

import psycopg
from psycopg import AsyncConnection, AsyncCursor, errors, pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from models.errors import OutcomeUnknown
from models.postgres.constraints import JOB_SCHEMA, SCHEMA, SERVICE_ROLE
from models.postgres.refusals import domain_errors, is_conflict, is_lost_connection
from models.postgres.roles import refuse_superuser

Connection: TypeAlias = AsyncConnection[TupleRow]
Pool: TypeAlias = AsyncConnectionPool["PooledConnection"]
T = TypeVar("T")

WAITING_PER_CONNECTION = 16
POOL_WAIT_SECONDS = 2.0
OPEN_SECONDS = 10.0
# A lost connection is tried again so often and so long; afterwards only when somebody asks for one.
RECONNECT_PAUSE_SECONDS = 0.1
RECONNECT_SECONDS = 5.0
IDLE_SECONDS_BEFORE_CHECK = 1.0
# A transaction that conflicts is tried again so often, after a pause of up to so long, doubled each time.
REPEATS = 3
FIRST_PAUSE_SECONDS = 0.01

READ_ONLY = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
READ_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"

SWALLOWED = "an error inside the transaction was swallowed, and nothing was stored"

# The functions of the job queue name their tables without its schema.
OWNER_OPTIONS = f"-c search_path={SCHEMA},{JOB_SCHEMA} -c timezone=UTC"
# Every statement is prepared and finds its rows by keys, whatever its values: planning it anew each time
# would cost more than running it (read_evidence: 0.37 ms, of which 0.28 ms go). A plan that is kept must not
# read tables whole because they were small, or not yet counted, when it was made.
SERVICE_OPTIONS = (
    f"{OWNER_OPTIONS} -c role={SERVICE_ROLE}"
    " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off"
    " -c lock_timeout=2s -c statement_timeout=5s -c idle_in_transaction_session_timeout=10s"
)
# A server that vanished without a word is noticed in seconds, not after the minutes that TCP would take.
UNLESS_GIVEN = {
    "application_name": "slotwright",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where the database is: as its owner, who migrates it, and as the service, which only uses it."""

    owner_conninfo: str
    service_conninfo: str

    @classmethod
    def at(cls, owner: str, service: str | None = None) -> "Database":
        """From one login, or two; the service takes the restricted role whatever its login is."""
        return cls(
            owner_conninfo=_with_options(owner, OWNER_OPTIONS),
            service_conninfo=_with_options(service or owner, SERVICE_OPTIONS),
        )

    def service_with(self, options: str) -> str:
        """The conninfo of the service, with options of the server that go before its usual ones."""
        return _with_options(self.service_conninfo, options)


def _with_options(conninfo: str, options: str) -> str:
    parts: dict[str, Any] = {**UNLESS_GIVEN, **conninfo_to_dict(conninfo)}
    parts["options"] = f"{parts.get('options', '')} {options}".strip()
    return make_conninfo(**parts)


class BinaryCursor(AsyncCursor[Any]):
    """Asks for binary results, which are cheaper to read: timestamps and ranges above all."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.format = pq.Format.BINARY


class PooledConnection(AsyncConnection[TupleRow]):
    """A connection that remembers when it was last seen alive."""

    seen_alive_at: float = 0.0

    @classmethod
    async def connect(cls, conninfo: str = "", **keywords: Any) -> Self:
        """Connect as soon as the server lets us: one that was killed is back within a second or two.

        The pool's own pauses begin at a second and double, too long for a client that waits for two.
        """
        deadline = time.monotonic() + RECONNECT_SECONDS
        while True:
            try:
                return await super().connect(conninfo, **keywords)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(RECONNECT_PAUSE_SECONDS)


@asynccontextmanager
async def connected_as_owner(database: Database) -> AsyncIterator[Connection]:
    """One connection outside the pool, autocommitting, with the rights to change the schema."""
    with domain_errors():
        conn = await AsyncConnection.connect(database.owner_conninfo, autocommit=True)
    async with conn:
        yield conn


@asynccontextmanager
async def open_pool(database: Database, *, size: int = 8) -> AsyncIterator[Pool]:
    """A pool of `size` connections as the service; refuses a role that bypasses the database's guards.

    Nobody waits longer than two seconds for a connection, and at most sixteen times `size` callers wait
    at all: about as many as are served in that time.
    """
    pool = AsyncConnectionPool(
        database.service_conninfo,
        connection_class=PooledConnection,
        kwargs={"autocommit": True, "cursor_factory": BinaryCursor, "prepare_threshold": 1},
        min_size=size,
        max_size=size,
        max_waiting=WAITING_PER_CONNECTION * size,
        timeout=POOL_WAIT_SECONDS,
        reconnect_timeout=RECONNECT_SECONDS,
        open=False,
        name="slotwright",
    )
    try:
        with domain_errors():
            await pool.open(wait=True, timeout=OPEN_SECONDS)
            async with pool.connection() as conn:
                await refuse_superuser(conn)
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def _living_connection(pool: Pool) -> AsyncIterator[PooledConnection]:
    """A connection from the pool, tried first; a dead one is replaced and the next one taken.

    The pool's own `check` would sleep for a second after each dead one, and after a restart of the server
    they are all dead.
    """
    deadline = time.monotonic() + POOL_WAIT_SECONDS
    while True:
        async with pool.connection(timeout=deadline - time.monotonic()) as conn:
            if await _is_alive(conn):
                yield conn
                return


async def _is_alive(conn: PooledConnection) -> bool:
    """Ask the server only when the connection has idled, or when its socket has something to say.

    A server that died has closed the socket, and that is seen without a round trip.
    """
    idle_seconds = time.monotonic() - conn.seen_alive_at
    if idle_seconds <= IDLE_SECONDS_BEFORE_CHECK and not _is_readable(conn.fileno()):
        return True
    try:
        await conn.execute("")
    except psycopg.OperationalError:
        return False
    return True


def _is_readable(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))


@asynccontextmanager
async def glancing(pool: Pool) -> AsyncIterator[Connection]:
    """No transaction: every statement is a view of its own, for a third of the round trips of `reading`."""
    with domain_errors():
        async with _living_connection(pool) as conn:
            yield conn
            conn.seen_alive_at = time.monotonic()


@asynccontextmanager
async def reading(pool: Pool) -> AsyncIterator[Connection]:
    """One consistent view of the database, in pipeline mode: see `writing`."""
    with domain_errors():
        async with _transaction(pool, READ_ONLY, pipelined=True) as conn:
            yield conn


@asynccontextmanager
async def writing(pool: Pool, *, pipelined: bool = True) -> AsyncIterator[Connection]:
    """One transaction, committed when the block ends and rolled back when it raises.

    In pipeline mode a statement is sent when a result is fetched or the block ends: BEGIN travels with
    the first statements and COMMIT with the last. So the failure of a statement that nobody fetches from
    appears at the next fetch or at the end of the block: catch errors outside of it. COPY needs
    `pipelined=False`.

    OutcomeUnknown when the connection is lost once COMMIT may have been sent.
    """
    with domain_errors():
        async with _transaction(pool, READ_WRITE, pipelined=pipelined) as conn:
            yield conn


async def retrying(pool: Pool, work: Callable[[Connection], Awaitable[T]], *, pipelined: bool = True) -> T:
    """Run `work` in a `writing` transaction; run it whole again where only bad luck stopped it.

    Bad luck is a conflict with another transaction, or a connection lost before COMMIT: at most three
    repeats, then StillConflicting or Unavailable. `work` must not keep anything from a failed try.
    """
    for attempt in itertools.count():
        with domain_errors():
            try:
                async with _transaction(pool, READ_WRITE, pipelined=pipelined) as conn:
                    result = await work(conn)
                return result  # noqa: RET504  the transaction commits between the two lines
            except psycopg.Error as error:
                if attempt == REPEATS or not (is_conflict(error) or is_lost_connection(error)):
                    raise
        longest = FIRST_PAUSE_SECONDS * 2**attempt
        await asyncio.sleep(random.SystemRandom().uniform(longest / 4, longest))
    raise AssertionError("counting never ends")


@asynccontextmanager
async def _transaction(pool: Pool, begin: LiteralString, *, pipelined: bool) -> AsyncIterator[Connection]:
    """Begin, run the block, commit; psycopg's errors come out as they are, except a loss at COMMIT."""
    is_committing = False
    async with _living_connection(pool) as conn:
        try:
            async with conn.pipeline() if pipelined else nullcontext():
                await conn.execute(begin)
                yield conn
                is_committing = begin is READ_WRITE
                committed = await conn.execute("COMMIT")
        except errors.PipelineAborted:
            raise RuntimeError(SWALLOWED) from None
        except psycopg.Error as error:
            if is_committing and (conn.broken or is_lost_connection(error)):
                raise OutcomeUnknown("the connection broke while the change was being stored") from error
            raise
        except asyncio.CancelledError:
            # Whoever is called off on entering leaves it in pipeline mode, where answers do not come unasked.
            if conn.pgconn.pipeline_status != pq.PipelineStatus.OFF:
                await conn.close()
            raise
        if committed.statusmessage != "COMMIT":
            raise RuntimeError(SWALLOWED)
        conn.seen_alive_at = time.monotonic()
