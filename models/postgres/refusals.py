"""What PostgreSQL refuses, in the words of the domain: one table from SQLSTATE to domain error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from models.errors import (
    ClaimConflict,
    LockTimeout,
    OutOfRange,
    SlotwrightError,
    StillConflicting,
    TimedOut,
    Unavailable,
    UnstorableText,
)

POOL_ERRORS = (PoolTimeout, TooManyRequests, PoolClosed)
CONFLICTS = frozenset({"40001", "40P01"})

MEANINGS: dict[str, Callable[[psycopg.Error], SlotwrightError]] = {
    "23P01": lambda error: ClaimConflict(error.diag.constraint_name),
    "40001": lambda _: StillConflicting("other changes kept getting in the way"),
    "40P01": lambda _: StillConflicting("other changes kept getting in the way"),
    "55P03": lambda _: LockTimeout("another change to the same thing takes too long"),
    "57014": lambda _: TimedOut("the database did not answer in time"),
    "25P03": lambda _: TimedOut("the transaction stood still for too long"),
    "22P05": lambda _: UnstorableText("a text has a character that cannot be stored"),
    "22P02": lambda _: UnstorableText("a text has a character that cannot be stored"),
    "22021": lambda _: UnstorableText("a text has a character that cannot be stored"),
    "22003": lambda _: OutOfRange("a number is too large"),
    "22008": lambda _: OutOfRange("a date is out of range"),
    "53100": lambda _: Unavailable("the database has no room on its disk", retry_after_seconds=2),
    "53200": lambda _: Unavailable("the database has no memory left", retry_after_seconds=2),
    "53300": lambda _: Unavailable("the database has no connection left", retry_after_seconds=2),
}


def translated(error: psycopg.Error) -> SlotwrightError | None:
    """The domain's word for it; None for what only a mistake in the program can cause."""
    if isinstance(error, POOL_ERRORS):
        return Unavailable("no connection to the database came free in time")
    meaning = MEANINGS.get(error.sqlstate or "")
    if meaning is not None:
        return meaning(error)
    if is_lost_connection(error):
        return Unavailable("the database is not reachable", retry_after_seconds=2)
    if isinstance(error, errors.DataError) and "NUL" in str(error):  # psycopg's own check has no SQLSTATE
        return UnstorableText("a text has a character that cannot be stored")
    return None


@contextmanager
def domain_errors() -> Iterator[None]:
    """psycopg's errors leave the block as the domain's, with the cause kept."""
    try:
        yield
    except psycopg.Error as error:
        meaning = translated(error)
        if meaning is None:
            raise
        raise meaning from error
    except UnicodeEncodeError as error:  # half a surrogate pair has no UTF-8
        raise UnstorableText("a text has a character that cannot be stored") from error


def is_conflict(error: psycopg.Error) -> bool:
    """Another transaction won; the same work may succeed right away."""
    return error.sqlstate in CONFLICTS


def is_lost_connection(error: psycopg.Error) -> bool:
    """The server or the way to it is gone: killed, restarting, recovering, cut off."""
    # A pipeline is aborted by the failure of an earlier statement, on a connection that is well.
    if isinstance(error, (*POOL_ERRORS, errors.PipelineAborted)):
        return False
    if error.sqlstate is None:
        return isinstance(error, errors.OperationalError)
    return error.sqlstate.startswith("08") or error.sqlstate in {"57P01", "57P02", "57P03"}
