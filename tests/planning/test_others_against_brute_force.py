"""Where others may change rooms or move, a plan costs just what the cheapest of all such plans costs."""

from dataclasses import replace

import pytest

from tests.planning.compared_plans import (
    AT_ONCE,
    LEAST_COMPARED,
    cheapest_if_few,
    compare_absence,
    compared_of_ten,
)
from tests.planning.crowded_absences import absence_with_others

USUAL, LONG = 30, 630


def compare(seed: int) -> bool:
    """Whether the plan could be compared with the cheapest of all."""
    return compare_absence(seed, absence_with_others(seed))


@pytest.mark.parametrize("first", range(0, USUAL, AT_ONCE))
def test_a_plan_with_others_costs_what_the_cheapest_of_all_costs(first: int) -> None:
    assert compared_of_ten(first, compare) >= LEAST_COMPARED


@pytest.mark.long
@pytest.mark.parametrize("first", range(USUAL, USUAL + LONG, AT_ONCE))
def test_more_plans_with_others_cost_what_the_cheapest_of_all_costs(first: int) -> None:
    assert compared_of_ten(first, compare) >= LEAST_COMPARED


def test_it_matters_whether_others_make_space() -> None:
    helped = {"rooms": 0, "moves": 0}
    for seed in range(50):
        asked = absence_with_others(seed).asked()
        if (alone := cheapest_if_few(replace(asked, others="none"))) is None:
            continue
        if (together := cheapest_if_few(asked)) is None:
            continue
        assert together.bill.levels <= alone.bill.levels or not asked.lexicographic
        assert together.bill.objective <= alone.bill.objective or asked.lexicographic
        helped[asked.others] += together.bill.objective < alone.bill.objective
    assert min(helped.values()) > 0
