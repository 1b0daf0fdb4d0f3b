"""What every subject needs to know about the run it is part of."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: how thorough, where its data lie, and where it tells how far it is."""

    quick: bool
    folder: Path
    """For data that are thrown away at the end."""
    kept: Path
    """For data that take long to make and are used again."""
    progress: Progress

    def rounds(self, full: int, quick: int) -> int:
        """How often to repeat something."""
        return quick if self.quick else full

    @contextmanager
    def telling(self, sentence: str, steps: int | None = None) -> Iterator[Callable[[], None]]:
        """Shows the sentence while the block runs; the function given moves its bar by one step."""
        task = self.progress.add_task(sentence, total=steps)
        try:
            yield lambda: self.progress.advance(task)
        finally:
            self.progress.update(task, total=1, completed=1)
