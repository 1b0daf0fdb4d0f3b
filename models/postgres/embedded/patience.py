"""Waiting with a deadline, and with a word to the user once it takes longer than a second."""

import time
from collections.abc import Callable

Progress = Callable[[str], None]

FIRST_WORD_AFTER_SECONDS = 1.0
NEXT_WORD_AFTER_SECONDS = 5.0


class Patience:
    """Polls until a deadline; `progress` hears `activity` after one second and then every five."""

    def __init__(self, activity: str, *, seconds: float, progress: Progress | None = None) -> None:
        self._activity = activity
        self._progress = progress
        self._started = time.monotonic()
        self._deadline = self._started + seconds
        self._next_word = self._started + FIRST_WORD_AFTER_SECONDS

    @property
    def waited_seconds(self) -> float:
        return time.monotonic() - self._started

    def is_over(self) -> bool:
        return time.monotonic() >= self._deadline

    def pause(self, seconds: float = 0.05) -> None:
        """Sleep a little; short at first, so that what takes milliseconds costs milliseconds."""
        time.sleep(min(seconds, max(0.002, self.waited_seconds / 4)))
        now = time.monotonic()
        if self._progress is not None and now >= self._next_word:
            self._next_word = now + NEXT_WORD_AFTER_SECONDS
            self._progress(f"{self._activity} ({self.waited_seconds:.0f} s)")
