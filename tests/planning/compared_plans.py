"""Plans beside the cheapest of all plans, ten seeds at a time."""

from collections.abc import Callable

from tests.planning.asked import Asked
from tests.planning.enumerated_plans import Cheapest, TooMany, cheapest_plan
from tests.planning.planned import faults_of, planned
from tests.planning.random_absences import RandomAbsence

AT_ONCE = 10
LEAST_COMPARED = 8
"""Of each ten; the others have more ways than can be tried, and are judged without a cheapest plan."""


def compared_of_ten(first: int, compare: Callable[[int], bool]) -> int:
    """How many of the ten seeds from the first on could be compared; `compare` fails where one is wrong."""
    return sum(compare(seed) for seed in range(first, first + AT_ONCE))


def cheapest_if_few(asked: Asked) -> Cheapest | None:
    """The cheapest plan of all; None where there are more ways than can be tried."""
    try:
        return cheapest_plan(asked)
    except TooMany:
        return None


def compare_absence(seed: int, absence: RandomAbsence) -> bool:
    """Whether our plan could be compared with the cheapest of all; it has no fault in any case."""
    cheapest = cheapest_if_few(absence.asked())
    faults = list(faults_of(absence, planned(absence), cheapest))
    assert faults == [], f"seed {seed}: {faults}"
    return cheapest is not None
