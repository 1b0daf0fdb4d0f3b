"""In small clinics a plan costs just what the cheapest of all plans costs, says so, and breaks no rule."""

import pytest

from tests.planning.compared_plans import AT_ONCE, LEAST_COMPARED, compare_absence, compared_of_ten
from tests.planning.random_absences import random_absence

USUAL, LONG = 80, 1570


def compare(seed: int) -> bool:
    """Whether the plan could be compared with the cheapest of all."""
    return compare_absence(seed, random_absence(seed))


@pytest.mark.parametrize("first", range(0, USUAL, AT_ONCE))
def test_a_plan_costs_what_the_cheapest_of_all_costs(first: int) -> None:
    assert compared_of_ten(first, compare) >= LEAST_COMPARED


@pytest.mark.long
@pytest.mark.parametrize("first", range(USUAL, USUAL + LONG, AT_ONCE))
def test_more_plans_cost_what_the_cheapest_of_all_costs(first: int) -> None:
    assert compared_of_ten(first, compare) >= LEAST_COMPARED
