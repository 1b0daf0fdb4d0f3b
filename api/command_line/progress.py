"""What a person sees while something takes longer than a second: a spinner on stderr."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

from rich.console import Console
from rich.status import Status

PATIENCE_SECONDS = 1.0

Tell = Callable[[str], None]


class Progress:
    """Tells what is going on: a spinner where stderr is a terminal, else a line for each sentence."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._status = Status("", console=self._console)

    def tell(self, sentence: str) -> None:
        """Say it now."""
        if self._console.is_terminal:
            self._status.update(sentence)
            self._status.start()
        else:
            self._console.print(sentence, markup=False)

    @contextmanager
    def doing(self, sentence: str) -> Iterator[None]:
        """Say it if the block takes longer than a second."""
        timer = Timer(PATIENCE_SECONDS, self.tell, [sentence])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def stop(self) -> None:
        """Leave the terminal as it was."""
        self._status.stop()


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Progress for as long as the block lasts."""
    progress = Progress()
    try:
        yield progress
    finally:
        progress.stop()
