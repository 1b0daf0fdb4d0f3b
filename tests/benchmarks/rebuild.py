"""Rebuilds of a week of a full calendar: everything that is booked may move, at a manager's prices.

Nobody is displaced, so the calendar of today is a plan as well: no rebuild may cost more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from models.clinic import WorkingHours
from models.clinic_file import ClinicFile
from models.planning import REBUILD_PRICES, Assignment, PlanLimits, PlanQuestion, Task, TaskKind
from models.refs import provider_ref
from models.setup import ClinicSetup
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute, at_wall_clock
from scenarios.full_calendar import full_calendar
from tests.benchmarks.absences import MONDAY, morning_of
from tests.benchmarks.measuring import sample
from tests.benchmarks.plan_process import Made, made_alone, memory_row
from tests.benchmarks.rows import Row, Target, times_at_most
from tests.benchmarks.run import Run
from tests.planning.asked import asked_in_question
from tests.planning.plan_checker import verdict_on

SEED = 1
CANCELLED = 0.18
WEEK = PlanLimits(seconds=60, workers=2, seed=1)
DAY = PlanLimits(seconds=10, workers=2, seed=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A rebuild, and what today's calendar costs at its prices."""

    name: str
    question: PlanQuestion
    made: Made
    today: int

    @property
    def share_of_today(self) -> float:
        return self.made.plan.optimality.objective / max(1, self.today)


def measure(run: Run) -> list[Row]:
    """The rows of this subject."""
    weeks = [one for one in _weeks() if not run.quick or one[0] == "as it is"]
    with run.telling("rebuild: weeks and a day of a full calendar", len(weeks) + 1) as tick:
        rebuilt = []
        for name, question in weeks:
            rebuilt.append(_rebuilt(name, question, WEEK, run))
            tick()
        day = _rebuilt("one day", rebuild_question(_file(), days=1), DAY, run)
        tick()
    gaps = sample([100 * one.made.plan.optimality.gap for one in rebuilt], "%")
    ours = sample([float(one.made.plan.optimality.objective) for one in (*rebuilt, day)], "points")
    today = sample([float(one.today) for one in (*rebuilt, day)], "points")
    facts = {
        "seed": SEED,
        "limits": [WEEK.seconds, DAY.seconds],
        "rebuilds": [_facts(one) for one in rebuilt],
    }
    return [
        Row(
            subject="rebuild, a week of 20 providers: gap after 60 s",
            ours=gaps,
            value=max(gaps.values),
            target=Target(at_most=2, unit="%", decides=False),
            facts=facts,
        ),
        Row(
            subject="… at most so much of the price of",
            ours=ours,
            value=max(one.share_of_today for one in (*rebuilt, day)),
            against="today's calendar",
            other=today,
            target=times_at_most(1),
            facts=facts,
        ),
        Row(
            subject="rebuild, a day of 20 providers: gap after 10 s",
            ours=sample([100 * day.made.plan.optimality.gap], "%"),
            value=100 * day.made.plan.optimality.gap,
            target=Target(at_most=0, unit="%", decides=False),
            facts=_facts(day),
        ),
        memory_row("rebuild", (one.made for one in (*rebuilt, day))),
    ]


def _facts(one: Rebuilt) -> dict[str, object]:
    return {
        "what changes": one.name,
        "movable": len(one.question.tasks),
        "today": one.today,
        **one.made.summary(),
    }


def _rebuilt(name: str, question: PlanQuestion, limits: PlanLimits, run: Run) -> Rebuilt:
    made = made_alone(question, limits, run.folder)
    today = verdict_on(asked_in_question(question), [], []).bill.objective
    return Rebuilt(name=name, question=question, made=made, today=today)


def _file() -> ClinicFile:
    """A week in which so much has been cancelled that everybody has time on their hands."""
    return full_calendar(SEED, start=MONDAY, cancelled=(CANCELLED,))


def _weeks() -> Iterator[tuple[str, PlanQuestion]]:
    file = _file()
    yield "as it is", rebuild_question(file, days=7)
    yield "a new provider", rebuild_question(replace(file, setup=_with_one_more(file.setup)), days=7)
    yield "longer hours", rebuild_question(replace(file, setup=_with_longer_hours(file.setup)), days=7)


def _with_one_more(setup: ClinicSetup) -> ClinicSetup:
    """Somebody who can do what the first provider can, at the same hours."""
    first = setup.providers[0]
    hours = tuple(row for row in setup.working_hours if row.resource == provider_ref(first.id))
    newcomer = replace(first, id="newcomer", name="Dr. New Comer")
    theirs = tuple(replace(row, resource=provider_ref(newcomer.id)) for row in hours)
    return replace(
        setup, providers=(*setup.providers, newcomer), working_hours=(*setup.working_hours, *theirs)
    )


def _with_longer_hours(setup: ClinicSetup) -> ClinicSetup:
    """Every second provider stays an hour longer."""
    chosen = {provider_ref(one.id) for one in setup.providers[::2]}

    def longer(row: WorkingHours) -> WorkingHours:
        last = max(one.end for one in setup.working_hours if one.resource == row.resource)
        return replace(row, end=row.end + 60) if row.resource in chosen and row.end == last else row

    return replace(setup, working_hours=tuple(longer(row) for row in setup.working_hours))


def rebuild_question(file: ClinicFile, *, days: int) -> PlanQuestion:
    """Everything from the Monday on, on so many days, may move within them."""
    now = morning_of(MONDAY, file)
    snapshot = ClinicSnapshot.of(file.setup, appointments=file.appointments, patients=file.patients, now=now)
    earliest = snapshot.first_minute_from_now
    latest = at_wall_clock(MONDAY + timedelta(days=days), 0, file.setup.zone)
    return PlanQuestion(
        snapshot=snapshot, tasks=tuple(_tasks(snapshot, earliest, latest)), prices=REBUILD_PRICES
    )


def _tasks(snapshot: ClinicSnapshot, earliest: Minute, latest: Minute) -> Iterator[Task]:
    for visit in snapshot.appointments:
        home = Assignment.of(visit)
        if visit.status.may_move and earliest <= home.start < latest:
            room = snapshot.setup.room_by_id.get(visit.room_id or "")
            yield Task(
                id=visit.id,
                kind=TaskKind.MOVABLE,
                service_id=visit.service_id,
                patient_id=visit.patient_id,
                duration_minutes=home.end - home.start,
                home=home,
                location_id=room.location_id if room else None,
                earliest=earliest,
                latest=latest,
            )
