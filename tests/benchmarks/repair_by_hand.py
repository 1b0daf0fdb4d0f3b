"""Fifty absences in calendars of several sizes, repaired by the product and by a clerk's first fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from models.planning import PlanLimits
from solver.planning.planner import make_plan
from tests.benchmarks.absences import Absence, random_absences
from tests.benchmarks.clerk import by_hand
from tests.benchmarks.measuring import sample
from tests.benchmarks.plan_process import refuse_faults
from tests.benchmarks.rows import Row, Target, times_at_most
from tests.benchmarks.run import Run
from tests.planning.asked import asked_in_question
from tests.planning.plan_checker import verdict_on_plan
from tests.planning.price_list import Bill

SEED = 7
LIMITS = PlanLimits(seconds=15, workers=2, seed=1)
AGAINST = "a clerk's first fit"


@dataclass(frozen=True, slots=True)
class Both:
    """What one absence costs, repaired by the product and by hand; both by the judge's price list."""

    displaced: int
    ours: Bill
    by_hand: Bill


def measure(run: Run) -> list[Row]:
    """The rows of this comparison."""
    count = run.rounds(50, 10)
    with run.telling("repair: by hand and by us", count) as tick:
        pairs = []
        for absence in random_absences(SEED, count):
            pairs.append(_both(absence))
            tick()
    asked = [one for one in pairs if one.displaced]
    alike = [one for one in asked if one.ours.unplaced == one.by_hand.unplaced]
    facts = {
        "seed": SEED,
        "absences": count,
        "displaced": [one.displaced for one in pairs],
        "ours": [[one.ours.shift, one.ours.unplaced] for one in pairs],
        "by hand": [[one.by_hand.shift, one.by_hand.unplaced] for one in pairs],
        "as many unplaced": len(alike),
        "limit": LIMITS.seconds,
    }
    prices = [(float(one.ours.objective), float(one.by_hand.objective)) for one in asked]
    shifts = [(float(one.ours.shift), float(one.by_hand.shift)) for one in alike]
    unplaced = [(float(one.ours.unplaced), float(one.by_hand.unplaced)) for one in pairs]

    def row(
        subject: str, both: Sequence[tuple[float, float]], unit: str, value: float, target: Target
    ) -> Row:
        ours, theirs = (sample(list(values), unit) for values in zip(*both, strict=True))
        return Row(
            subject=subject, ours=ours, value=value, against=AGAINST, other=theirs, target=target, facts=facts
        )

    at_most, told = times_at_most(0.6), times_at_most(1, decides=False)
    return [
        row(
            "repair, disturbance by the price list, mean share of",
            prices,
            "points",
            _mean_share(prices),
            at_most,
        ),
        row("… all absences together", prices, "points", _share_of_all(prices), at_most),
        row(
            f"… where both place as many ({len(alike)}), mean share",
            shifts,
            "points",
            _mean_share(shifts),
            told,
        ),
        row(
            "… these together, in which full calendars weigh most",
            shifts,
            "points",
            _share_of_all(shifts),
            told,
        ),
        row(
            "… at most so many more without a place than",
            unplaced,
            "visits",
            max(our - their for our, their in unplaced),
            Target(at_most=0, unit="visits"),
        ),
    ]


def _mean_share(both: Sequence[tuple[float, float]]) -> float:
    return mean(our / their for our, their in both)


def _share_of_all(both: Sequence[tuple[float, float]]) -> float:
    return sum(our for our, _ in both) / sum(their for _, their in both)


def _both(absence: Absence) -> Both:
    question = absence.question()
    if not question.tasks:
        nothing = Bill(objective=0, unplaced=0, told=0, shift=0)
        return Both(0, nothing, nothing)
    plan = make_plan(question, LIMITS, lambda _: None)
    verdict = verdict_on_plan(question, plan)
    clerk = by_hand(asked_in_question(question))
    refuse_faults(verdict)
    refuse_faults(clerk.verdict)
    return Both(len(question.tasks), verdict.bill, clerk.verdict.bill)
