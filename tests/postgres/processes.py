"""Other processes for tests: they use a database, say so, and end as they are told, or are killed."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

REPOSITORY = Path(__file__).parents[2]
PATIENCE_SECONDS = 30.0


class OtherProcess:
    """A Python process that runs `python -m <module> <arguments>` and talks in lines."""

    def __init__(self, module: str, *arguments: str, **popen_arguments: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            **popen_arguments,
        )
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def line(self, beginning: str = "") -> str:
        """The rest of the next line that begins so; others are skipped."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            while b"\n" not in self._unread:
                self._unread += self._read(deadline)
            line, _, self._unread = self._unread.partition(b"\n")
            if line.decode().startswith(beginning):
                return line.decode().removeprefix(beginning).strip()

    def _read(self, deadline: float) -> bytes:
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        assert readable, "the other process says nothing"
        data = os.read(self._process.stdout.fileno(), 65536)
        assert data, f"the other process ended with {self._process.wait()}"
        return data

    def remaining_lines(self) -> list[str]:
        """What it had said before it was killed."""
        assert self._process.stdout is not None
        rest: bytes = self._process.stdout.read()
        return (self._unread + rest).decode().splitlines()

    def tell(self, text: str = "") -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{text}\n".encode())

    def leave(self) -> None:
        """Let it end by itself, cleanly."""
        self.tell()
        assert self._process.wait(PATIENCE_SECONDS) == 0

    def kill(self) -> None:
        """`kill -9`: it has no chance to clean up."""
        self._process.kill()
        self._process.wait()


def is_alive(pid: int) -> bool:
    """Whether a process of that id runs; a zombie does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def processes_with(text: str) -> list[int]:
    """The ids of living processes whose command line, or title, contains `text`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            title = (entry / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if text.encode() in title and is_alive(int(entry.name)):
            found.append(int(entry.name))
    return found


def children_of(pid: int) -> list[int]:
    """The ids of its living children."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in listed.split()]


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """The process stands still while the block runs."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def eventually(condition: Any, what: str) -> Any:
    """The first true value of `condition()`; fails after half a minute."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.002)
    return value
