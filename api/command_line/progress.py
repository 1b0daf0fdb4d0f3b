"""What a person sees while something takes longer than a second: a spinner on stderr."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

Tell = Callable[[str], None]


@contextmanager
def told_progress() -> Iterator[Tell]:
    """Gives a function that takes sentences; each replaces the one before, and the last one vanishes.

    Where stderr is no terminal, each sentence is a line of its own.
    """
    console = Console(stderr=True, highlight=False)
    status = Status("", console=console)

    def tell(sentence: str) -> None:
        if console.is_terminal:
            status.update(sentence)
            status.start()
        else:
            console.print(sentence, markup=False)

    try:
        yield tell
    finally:
        status.stop()
