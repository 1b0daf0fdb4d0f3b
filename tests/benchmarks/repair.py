"""Repairs of full calendars: ours against HiGHS on the same question, each in a process of its own.

One after the other, so that each has both cores. Plans are judged by `tests.planning.plan_checker`.
"""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson

from api.clinic_file import dump_clinic
from models.planning import Assignment, PlanLimits, PlanQuestion
from tests.benchmarks import repair_by_hand, repairs_at_once
from tests.benchmarks.absences import (
    Absence,
    absence_in_a_small_clinic,
    absence_of_a_week,
    absence_of_two_weeks,
)
from tests.benchmarks.highs_peer import CHEAPEST, SECONDS
from tests.benchmarks.measuring import sample
from tests.benchmarks.plan_process import Made, made_alone, memory_row, refuse_faults
from tests.benchmarks.rows import Row, Target, absolute, faster, seconds_below, times_at_least
from tests.benchmarks.run import Run
from tests.benchmarks.services import PROGRAM
from tests.planning.plan_checker import verdict_on_peer

WEEKS, TWO_WEEKS = (1, 2, 3, 4), (1, 2, 3)
"""Seeds of the calendars in which somebody is away for a week, and for two."""
LIMITS = PlanLimits(seconds=SECONDS, workers=2, seed=1)


def measure(run: Run) -> list[Row]:
    """The rows of this subject."""
    rows, made = _against_highs(run)
    two_weeks, large = _of_two_weeks(run)
    return [
        *rows,
        two_weeks,
        memory_row("repair", (*made, *large)),
        _whole_command(run),
        *repair_by_hand.measure(run),
        repairs_at_once.measure(run),
    ]


def _against_highs(run: Run) -> tuple[list[Row], list[Made]]:
    seeds = WEEKS[-1:] if run.quick else WEEKS
    made: list[Made] = []
    theirs: list[Mapping[str, Any]] = []
    counted: list[Mapping[str, Any]] = []
    with run.telling("repair: a week's absence in a full calendar, ours and HiGHS", 3 * len(seeds)) as tick:
        for seed in seeds:
            question = absence_of_a_week(seed).question()
            made.append(made_alone(question, LIMITS, run.folder))
            tick()
            theirs.append(_by_highs(question, run.folder))
            tick()
            counted.append(_by_highs(question, run.folder, "--counted-rooms"))
            tick()
            _refuse_another_answer(seed, made[-1], theirs[-1])
    facts = {
        "seeds": list(seeds),
        "ours": [one.summary() for one in made],
        "theirs": theirs,
        "with counted rooms": counted,
        "limits": [LIMITS.seconds, SECONDS],
        "workers": LIMITS.workers,
    }
    first = sample([one.first_seconds for one in made], "s")
    proofs = sample([one.seconds for one in made], "s")
    of_highs = sample([one["solve_seconds"] for one in theirs], "s")
    of_counting = sample([one["solve_seconds"] for one in counted], "s")
    gaps = sample([100 * one.plan.optimality.gap for one in made], "%")
    name, not_decisive = f"HiGHS, {CHEAPEST} cheapest each", times_at_least(1, decides=False)
    return [
        absolute("repair, 67 to 70 displaced among 5,100: first plan", first, seconds_below(1), facts),
        faster("… proven, times faster than", proofs, name, of_highs, times_at_least(2), facts),
        faster("… than", proofs, "HiGHS, rooms only counted", of_counting, not_decisive, facts),
        Row(
            subject="… the largest gap of them",
            ours=gaps,
            value=max(gaps.values),
            target=Target(at_most=0, unit="%"),
            facts=facts,
        ),
    ], made


def _refuse_another_answer(seed: int, made: Made, theirs: Mapping[str, Any]) -> None:
    """What they found, among fewer places, must not cost less than we say that anything can."""
    ours = made.plan.optimality
    if theirs["objective"] is not None and ours.bound > theirs["objective"]:
        raise AssertionError(f"seed {seed}: we prove {ours.bound}, HiGHS found {theirs['objective']}")


def _by_highs(question: PlanQuestion, folder: Path, *options: str) -> Mapping[str, Any]:
    """What HiGHS finds; the places that it has rooms for are judged like ours."""
    path = folder / "question-of-highs.pickle"
    path.write_bytes(pickle.dumps(question))
    command = [sys.executable, "-m", "tests.benchmarks.highs_peer", str(path), *options]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, Any] = json.loads(told)
    places = found.pop("plan", {})
    placed = {
        task.id: Assignment(
            provider_id=place[0],
            room_id=place[1],
            equipment=task.home.equipment if task.home else (),
            start=place[2],
            end=place[3],
        )
        for task in question.tasks
        if (place := places.get(task.id)) is not None
    }
    unplaced = [task.id for task in question.tasks if task.id not in placed]
    refuse_faults(verdict_on_peer(question, placed, unplaced))
    return found


def _of_two_weeks(run: Run) -> tuple[Row, list[Made]]:
    seeds = TWO_WEEKS[:1] if run.quick else TWO_WEEKS
    limits = PlanLimits(seconds=15, workers=2, seed=1)
    with run.telling("repair: two weeks' absence in a full calendar", len(seeds)) as tick:
        made = []
        for seed in seeds:
            made.append(made_alone(absence_of_two_weeks(seed).question(), limits, run.folder))
            tick()
    gaps = sample([100 * one.plan.optimality.gap for one in made], "%")
    return Row(
        subject="repair, 133 to 138 displaced: gap after 15 s",
        ours=gaps,
        value=max(gaps.values),
        target=Target(at_most=1, unit="%"),
        facts={"seeds": list(seeds), "ours": [one.summary() for one in made], "workers": limits.workers},
    ), made


def _whole_command(run: Run) -> Row:
    """`slotwright repair`, from the shell to the last byte: a day's absence of one of five."""
    absence = absence_in_a_small_clinic()
    path = run.folder / "small-clinic.json"
    path.write_bytes(orjson.dumps(dump_clinic(absence.file)))
    # As from a shell: Python keeps what it has compiled, whatever it is told where tests run.
    unusual = ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if name not in unusual}
    times, proven = [], []
    rounds = run.rounds(9, 3)
    with run.telling("repair: the whole command in a small clinic", rounds) as tick:
        for _ in range(rounds):
            started = perf_counter()
            told = subprocess.run(
                _command(absence, path), check=True, stdout=subprocess.PIPE, env=environment
            )
            times.append(perf_counter() - started)
            proven.append(json.loads(told.stdout)["optimality"]["proven"])
            tick()
    return absolute(
        "`slotwright repair` whole, 5 providers, one day",
        sample(times, "s"),
        seconds_below(1),
        {"displaced": len(absence.displaced), "proven": all(proven)},
    )


def _command(absence: Absence, path: Path) -> list[str]:
    day = absence.first.isoformat()
    now = absence.now.isoformat()
    words = ["--provider", absence.provider_id, "--from", day, "--to", day, "--now", now, "--json"]
    return [str(PROGRAM), "repair", str(path), *words]
