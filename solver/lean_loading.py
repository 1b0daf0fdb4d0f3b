"""The solver loaded quickly, for a process that answers once and ends."""

import sys
from types import ModuleType

_UNUSED = "pandas"


def load_without_pandas() -> None:
    """Load OR-Tools before anybody else does, without pandas: two fifths of the time that loading takes.

    It needs pandas for arrays of variables, which nobody here makes; whoever imports pandas afterwards gets
    it as always.
    """
    if _UNUSED in sys.modules:
        return
    stand_in = ModuleType(_UNUSED)
    stand_in.__dict__.update(Index=type("Index", (), {}), Series=type("Series", (), {}))
    sys.modules[_UNUSED] = stand_in
    try:
        import ortools.sat.python.cp_model  # noqa: F401  only loaded, for others to find
    finally:
        del sys.modules[_UNUSED]
