"""What a solve can end in; "no slot" is an answer, not an error."""

from dataclasses import dataclass
from typing import TypeAlias

from solver.options import Option


@dataclass(frozen=True, slots=True)
class Solved:
    """The options on the menu, and the most hundredths of a point that any such menu could add up to."""

    offered: tuple[Option, ...]
    bound: int


@dataclass(frozen=True, slots=True)
class NoScheduleExists:
    """The solver claims that not even an empty menu is possible: never believed unchecked."""


@dataclass(frozen=True, slots=True)
class RanOutOfTime:
    """Nothing was found within the time limit."""


Outcome: TypeAlias = Solved | NoScheduleExists | RanOutOfTime
