"""Locks between processes that the kernel releases when their holder dies, however it dies.

Pid files lie after a `kill -9`; an `flock` cannot. Three of them, each a file in the server's home:

`start.lock`   exclusive, while a process starts or stops the server
`users.lock`   shared, by every process that uses the server; exclusive means "nobody else does"
`server.lock`  exclusive, inherited by the postmaster and so by all its children; free means that
               not one process of the server is left
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.postgres.embedded.patience import Patience


class FileLock:
    """One open lock file. Closing it (or dying) releases the lock, unless a child has inherited it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def fileno(self) -> int:
        if self._fd is None:
            raise ValueError(f"{self.path} is closed")
        return self._fd

    def try_exclusive(self) -> bool:
        return self._try(fcntl.LOCK_EX)

    def try_shared(self) -> bool:
        return self._try(fcntl.LOCK_SH)

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self.fileno(), kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        fcntl.flock(self.fileno(), fcntl.LOCK_UN)

    def close(self) -> None:
        """Idempotent. Says nothing about a child that has inherited the lock: it keeps it."""
        if self._fd is not None:
            fd, self._fd = self._fd, None
            with suppress(OSError):
                os.close(fd)


@contextmanager
def open_lock(path: Path) -> Iterator[FileLock]:
    lock = FileLock(path)
    try:
        yield lock
    finally:
        lock.close()


@contextmanager
def held_exclusively(path: Path, patience: Patience) -> Iterator[FileLock]:
    """Hold the lock at `path` alone; TimeoutError when patience ends first."""
    with open_lock(path) as lock:
        while not lock.try_exclusive():
            if patience.is_over():
                raise TimeoutError(f"{path} is held by another process")
            patience.pause()
        yield lock
