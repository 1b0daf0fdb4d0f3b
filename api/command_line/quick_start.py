"""Loading the code of a command that answers once and ends: most of its time goes there."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from solver.lean_loading import load_without_pandas


@contextmanager
def loading_quickly() -> Iterator[None]:
    """Nobody looks for garbage among what is being loaded, and what is not needed is not loaded."""
    gc.disable()
    try:
        load_without_pandas()
        yield
    finally:
        gc.enable()
