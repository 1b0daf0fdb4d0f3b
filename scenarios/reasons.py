"""Why each appointment moves, in words for a clerk; never with a patient's name.

"Dr Okoro is absent from Mon 2026-06-01 08:00 to 12:00; 2 days later, 15 minutes earlier in the day, with
Dr Lee, in Room 3; costs 233: 200 for 2 days, 3 for 15 minutes, 30 for another provider"
"""

from collections.abc import Iterator, Mapping

from models.plan import Plan, PlanMove
from models.planning import Assignment, PlanQuestion, Task, TaskKind
from models.scenario import Scenario
from models.setup import ClinicSetup
from models.wall_clock import local_date, minute_of_day
from scenarios.causes import Causes
from scenarios.plan_document import zone_of_place
from scenarios.wording import counted, listed, moment_text

_FIVE = 5


def reasons_of(scenario: Scenario, question: PlanQuestion, plan: Plan) -> Mapping[str, str]:
    """For each move of a plan, by the appointment's id: its cause, what changes, and what it costs."""
    causes = Causes(scenario, question, plan)
    tasks = {task.id: task for task in question.tasks}
    return {
        move.appointment_id: why_of(move, causes.of(move), tasks.get(move.appointment_id), question)
        for move in plan.moves
    }


def why_of(move: PlanMove, cause: str, task: Task | None, question: PlanQuestion) -> str:
    """One move in words; `task` is None for one that only changes room or units for others."""
    setup = question.snapshot.setup
    changes = listed(_changes(move, setup)) if move.before else _place(move.after, setup)
    if not move.price:
        return f"{cause}; {changes}; costs nothing"
    parts = listed(_parts(move, task, setup))
    return f"{cause}; {changes}; costs {move.price:,}: {parts}"


# what changes


def _changes(move: PlanMove, setup: ClinicSetup) -> Iterator[str]:
    before, after = move.before, move.after
    if before is None:
        return
    days, minutes = _shift(before, after, setup)
    if days:
        yield f"{counted(abs(days), 'day')} {'later' if days > 0 else 'earlier'}"
    if minutes:
        yield f"{counted(abs(minutes), 'minute')} {'later' if minutes > 0 else 'earlier'} in the day"
    if not days and not minutes and before.start == after.start:
        yield "at the same time"
    elif not days and not minutes:
        yield "at the same time on the clock, which is set back in between"
    if before.provider_id != after.provider_id:
        yield f"with {setup.provider(after.provider_id).name}"
    if before.room_id != after.room_id and after.room_id is not None:
        yield f"in {setup.room(after.room_id).name}"
    if before.equipment != after.equipment and after.equipment:
        yield f"with {_equipment(after, setup)}"


def _shift(before: Assignment, after: Assignment, setup: ClinicSetup) -> tuple[int, int]:
    """Local days and minutes of the day by which a start moves, by the clock of the place that it leaves."""
    zone = zone_of_place(before, setup)
    days = (local_date(after.start, zone) - local_date(before.start, zone)).days
    return days, minute_of_day(after.start, zone) - minute_of_day(before.start, zone)


def _place(at: Assignment, setup: ClinicSetup) -> str:
    """A place of its own: when, with whom and where."""
    parts = [moment_text(at.start, zone_of_place(at, setup)), f"with {setup.provider(at.provider_id).name}"]
    if at.room_id is not None:
        parts.append(f"in {setup.room(at.room_id).name}")
    return listed(parts)


def _equipment(at: Assignment, setup: ClinicSetup) -> str:
    return " and ".join(
        setup.pool_by_id[use.id].name if use.units == 1 else f"{use.units} of {setup.pool_by_id[use.id].name}"
        for use in at.equipment
    )


# what it costs


def _parts(move: PlanMove, task: Task | None, setup: ClinicSetup) -> Iterator[str]:
    named = {
        "day": _days(move, task, setup),
        "five_minutes": _minutes(move, setup),
        "provider": "another provider",
        "told": "a patient who has to be told though nothing displaced them",
    }
    for part, price in move.parts.items():
        yield f"{price:,} for {named.get(part, part.replace('_', ' '))}"
    rest = move.price - sum(move.parts.values())
    if rest:
        yield f"{rest:,} for what else it causes"


def _days(move: PlanMove, task: Task | None, setup: ClinicSetup) -> str:
    if move.before is not None:
        return counted(abs(_shift(move.before, move.after, setup)[0]), "day")
    if task is None or task.kind is not TaskKind.WANTED:
        return "days"
    zone = zone_of_place(move.after, setup)
    waited = (local_date(move.after.start, zone) - local_date(task.earliest, zone)).days
    return f"{counted(waited, 'day')} of waiting"


def _minutes(move: PlanMove, setup: ClinicSetup) -> str:
    minutes = 0 if move.before is None else abs(_shift(move.before, move.after, setup)[1])
    rounded = -(-minutes // _FIVE) * _FIVE
    return counted(minutes, "minute") + (f", rounded up to {rounded}" if rounded != minutes else "")
