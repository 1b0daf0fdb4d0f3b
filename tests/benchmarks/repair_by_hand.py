"""Fifty absences in calendars of several sizes, repaired by the product and by a clerk's first fit."""

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
    alike = [one for one in pairs if one.ours.unplaced == one.by_hand.unplaced and one.displaced]
    facts = {
        "seed": SEED,
        "absences": count,
        "displaced": [one.displaced for one in pairs],
        "ours": [[one.ours.shift, one.ours.unplaced] for one in pairs],
        "by hand": [[one.by_hand.shift, one.by_hand.unplaced] for one in pairs],
        "as many unplaced": len(alike),
        "limit": LIMITS.seconds,
    }
    ours = sample([float(one.ours.shift) for one in alike], "points")
    theirs = sample([float(one.by_hand.shift) for one in alike], "points")
    more = [one.ours.unplaced - one.by_hand.unplaced for one in pairs]
    return [
        Row(
            subject="repair, disturbance, mean of the absences' shares in that of",
            ours=ours,
            value=mean(our / their for our, their in zip(ours.values, theirs.values, strict=True)),
            against=AGAINST,
            other=theirs,
            target=times_at_most(0.6),
            facts=facts,
        ),
        Row(
            subject="… all of it together, in which full calendars weigh most, of that of",
            ours=ours,
            value=sum(ours.values) / sum(theirs.values),
            against=AGAINST,
            other=theirs,
            target=times_at_most(1),
            facts=facts,
        ),
        Row(
            subject="… at most so many more without a place than",
            ours=sample([float(one.ours.unplaced) for one in pairs], "visits"),
            value=float(max(more)),
            against=AGAINST,
            other=sample([float(one.by_hand.unplaced) for one in pairs], "visits"),
            target=Target(at_most=0, unit="visits"),
            facts=facts,
        ),
    ]


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
