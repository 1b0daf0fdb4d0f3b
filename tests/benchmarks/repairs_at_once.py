"""Ten clinics with an absence each: two workers side by side against one, in plans a minute."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from models.planning import PlanLimits, PlanQuestion
from scenarios.full_calendar import full_calendar
from tests.benchmarks.absences import MONDAY, Absence, morning_of
from tests.benchmarks.measuring import sample
from tests.benchmarks.plan_process import Made, finished, refuse_faults, started
from tests.benchmarks.rows import Row, times_at_least
from tests.benchmarks.run import Run
from tests.planning.plan_checker import verdict_on_plan

CLINICS = 10
SIZE = (8, 10)
DAYS = 3
LIMITS = PlanLimits(seconds=30, workers=1, seed=1)
"""One core for each, as workers have it that share a machine."""


def measure(run: Run) -> Row:
    """The row of this comparison."""
    questions = [_question(seed) for seed in range(1, 1 + run.rounds(CLINICS, 4))]
    with run.telling("repair: ten clinics, one worker and two", 2) as tick:
        one = _seconds(questions, 1, run)
        tick()
        two = _seconds(questions, 2, run)
        tick()
    return Row(
        subject="ten clinics' absences on two workers, plans a minute",
        ours=sample([60 * len(questions) / two], "a minute"),
        value=one / two,
        against="one worker",
        other=sample([60 * len(questions) / one], "a minute"),
        target=times_at_least(1.7),
        facts={"seeds": [1, len(questions)], "displaced": [len(one.tasks) for one in questions]},
    )


def _question(seed: int) -> PlanQuestion:
    """Somebody is away for three days; each clinic is another one."""
    file = full_calendar(seed, start=MONDAY, providers=SIZE[0], rooms=SIZE[1])
    now = morning_of(MONDAY, file)
    return Absence(file=file, provider_id="provider-1", first=MONDAY, days=DAYS, now=now).question()


def _seconds(questions: Sequence[PlanQuestion], workers: int, run: Run) -> float:
    """Until all plans are there, where so many processes at once take one question after the other."""

    def plan(question: PlanQuestion) -> Made:
        return finished(*started(question, LIMITS, run.folder))

    began = perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        made = list(pool.map(plan, questions))
    took = perf_counter() - began
    for question, one in zip(questions, made, strict=True):
        refuse_faults(verdict_on_plan(question, one.plan))
    return took
