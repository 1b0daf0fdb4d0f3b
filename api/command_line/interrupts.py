"""Ctrl-C during a solve: looked for, not handled, since a solver may put its own handler in its place."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

LOOK_SECONDS = 0.02


@contextmanager
def held_back() -> Iterator[None]:
    """Inside, Ctrl-C waits until it is looked for: in this thread and in those that it starts.

    To be entered before a library starts threads, which would take it instead.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def join(thread: Thread) -> None:
    """Wait for a thread to end; KeyboardInterrupt where Ctrl-C was pressed while it is held back."""
    while thread.is_alive():
        if signal.SIGINT in signal.sigpending():
            signal.sigwait({signal.SIGINT})
            raise KeyboardInterrupt
        thread.join(LOOK_SECONDS)
