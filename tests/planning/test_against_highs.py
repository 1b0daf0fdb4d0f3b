"""In middling clinics our proven plan and HiGHS's proven plan cost the same."""

from dataclasses import replace

import pytest

from tests.oracle.taken import is_for_groups
from tests.planning.asked import Asked
from tests.planning.compared_plans import AT_ONCE, cheapest_if_few, compared_of_ten
from tests.planning.highs_plans import plan_by_highs
from tests.planning.plan_checker import verdict_on_places, verdict_on_plan
from tests.planning.planned import faults_of, planned
from tests.planning.price_list import bill_of
from tests.planning.random_absences import larger_absence, random_absence

USUAL = (0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 14, 126)
"""Seeds that HiGHS proves in a second or two; in 126 equally good columns use different equipment."""
LONG = range(100, 200)
SECONDS = 30.0


def refuse_another_price(seed: int) -> bool:
    """Whether HiGHS has proven its plan in time, which then must cost what ours does, proven as well."""
    absence = replace(larger_absence(seed), lexicographic=False)
    asked = absence.asked()
    ours = planned(absence)
    theirs = plan_by_highs(asked, seconds=SECONDS)
    assert list(faults_of(absence, ours, None, is_hard=not theirs.solved.proven)) == [], f"seed {seed}"
    if theirs.solved.proven:
        objective = verdict_on_plan(ours.question, ours.plan).bill.objective
        assert objective == bill_of(asked, asked.errands, theirs.places).objective, f"seed {seed}"
    return theirs.solved.proven


@pytest.mark.parametrize("seed", USUAL)
def test_a_plan_costs_what_highs_proves(seed: int) -> None:
    assert refuse_another_price(seed)


@pytest.mark.long
@pytest.mark.parametrize("first", range(LONG.start, LONG.stop, AT_ONCE))
def test_more_plans_cost_what_highs_proves(first: int) -> None:
    assert compared_of_ten(first, refuse_another_price) > 5


def is_plain(asked: Asked) -> bool:
    """Whether order does not matter and one sum is asked for."""
    groups = {service["id"] for service in asked.file["services"] if is_for_groups(service)}
    seated = any(errand.service_id in groups for errand in asked.errands)
    return not asked.file["overbooking"] and not seated and not asked.lexicographic


def test_highs_and_trying_everything_agree() -> None:
    compared = 0
    for seed in range(80):
        asked = random_absence(seed).asked()
        if not is_plain(asked):
            continue
        found = plan_by_highs(asked, seconds=SECONDS)
        assert found.solved.proven, f"seed {seed}"
        bill = bill_of(asked, asked.errands, found.places)
        verdict = verdict_on_places(asked, found.places, sorted(found.places))
        assert verdict.faults == (), f"seed {seed}"
        if (cheapest := cheapest_if_few(asked)) is None:
            continue
        assert bill.objective == cheapest.bill.objective, f"seed {seed}"
        compared += 1
    assert compared > 12
