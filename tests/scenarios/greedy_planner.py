"""A planner that looks at every place for one task after the other: slow and plain."""

from collections.abc import Iterator

from models.errors import RuleViolated, SlotUnavailable
from models.placing import Wish, placed
from models.plan import Optimality, Plan, PlanMove, PlanProgress
from models.plan_checks import lifted, placement_of, with_planned, without_notice
from models.planning import Assignment, PlanLimits, PlanPrices, PlanQuestion, Task, TaskKind
from models.rules import first_violation
from models.setup import ClinicSetup
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.wall_clock import local_date, minute_of_day
from solver.planning.planner import Report


def greedy_plan(question: PlanQuestion, limits: PlanLimits, report: Report) -> Plan:
    """Each task in turn stays if it can, else takes its cheapest place."""
    snapshot = without_notice(lifted(question.snapshot, {task.id for task in question.tasks}))
    moves: list[PlanMove] = []
    unplaced: list[str] = []
    for task in question.tasks:
        snapshot, move, found = _settled(task, snapshot, question.prices)
        moves += [] if move is None else [move]
        unplaced += [] if found else [task.id]
    objective = sum(move.price for move in moves) + question.prices.unplaced * len(unplaced)
    plan = Plan(
        moves=tuple(moves),
        unplaced=tuple(unplaced),
        optimality=Optimality(objective=objective, bound=min(objective, 1)),
    )
    report(PlanProgress(plan=plan, bound=0, seconds=0.5))
    return plan


def _settled(
    task: Task, snapshot: ClinicSnapshot, prices: PlanPrices
) -> tuple[ClinicSnapshot, PlanMove | None, bool]:
    if task.home is not None:
        home = placement_of(task.home, task.service_id, task.patient_id, snapshot)
        if first_violation(home, snapshot) is None:
            return with_planned(snapshot, task.id, home), None, True
    priced = [(_parts(task, one, snapshot.setup, prices), one) for one in _places(task, snapshot)]
    if not priced:
        return snapshot, None, False
    parts, best = min(priced, key=lambda one: (sum(one[0].values()), one[1].start, one[1].provider.id))
    move = PlanMove(
        appointment_id=task.id,
        before=task.home,
        after=Assignment(
            provider_id=best.provider.id,
            room_id=best.room.id if best.room else None,
            equipment=tuple(sorted(best.equipment, key=lambda use: use.id)),
            start=best.start,
            end=best.end,
        ),
        price=sum(parts.values()),
        parts=parts,
    )
    return with_planned(snapshot, task.id, best), move, True


def _places(task: Task, snapshot: ClinicSnapshot) -> Iterator[Placement]:
    setup = snapshot.setup
    service = setup.service(task.service_id)
    for start in range(task.earliest, task.latest):
        end = start + task.duration_minutes
        if any(start < high and low < end for low, high in task.excluded):
            continue
        for provider in setup.providers:
            if task.provider_ids is not None and provider.id not in task.provider_ids:
                continue
            wish = Wish(
                service=service,
                provider=provider,
                start=start,
                end=end,
                patient=snapshot.patient(task.patient_id),
                location=None if task.location_id is None else setup.location(task.location_id),
            )
            if start % 5 == 0:
                try:
                    yield placed(wish, snapshot)
                except (RuleViolated, SlotUnavailable):
                    continue


def _parts(task: Task, place: Placement, setup: ClinicSetup, prices: PlanPrices) -> dict[str, int]:
    zone = setup.zone_of(place.location)
    if task.home is None:
        waits = (local_date(place.start, zone) - local_date(task.earliest, zone)).days
        found = {"day": waits * prices.wait_day}
    else:
        days = abs((local_date(place.start, zone) - local_date(task.home.start, zone)).days)
        minutes = abs(minute_of_day(place.start, zone) - minute_of_day(task.home.start, zone))
        found = {
            "told": prices.told if task.kind is TaskKind.MOVABLE else 0,
            "day": days * prices.day,
            "five_minutes": -(-minutes // 5) * prices.five_minutes,
            "provider": prices.provider if place.provider.id != task.home.provider_id else 0,
        }
    return {name: price for name, price in found.items() if price}
