"""Where uses of one resource crowd: the minutes at which a model has to count them."""

from collections.abc import Sequence
from typing import TypeVar

from solver.planning.columns import Use

T = TypeVar("T")


def crowds(uses: Sequence[tuple[Use, T]], falls: Sequence[int]) -> list[tuple[int, list[tuple[Use, T]]]]:
    """Minutes at which several uses overlap, where no other minute has all of them and more.

    At `falls` less is left than before, so these count for themselves.
    """
    events = sorted(
        [(use.start, 1, number) for number, (use, _) in enumerate(uses)]
        + [(use.end, 0, number) for number, (use, _) in enumerate(uses)]
        + [(minute, 2, -1) for minute in falls]
    )
    found: list[tuple[int, list[tuple[Use, T]]]] = []
    active: dict[int, None] = {}
    grown_at: int | None = None
    for minute, what, number in events:
        if what == 0:
            if grown_at is not None and len(active) > 1:
                found.append((grown_at, [uses[one] for one in active]))
            grown_at = None
            del active[number]
        elif what == 1:
            active[number] = None
            grown_at = minute
        elif active:
            found.append((minute, [uses[one] for one in active]))
    return found
