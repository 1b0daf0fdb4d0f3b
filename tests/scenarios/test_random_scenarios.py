"""Random scenarios about random practices: every plan is explained, and its figures and document hold."""

import json
from random import Random

import pytest

from models.clinic import Provider
from models.hours import Window
from models.plan_checks import PlannedVisit, lifted, objections
from models.planning import REBUILD_PRICES, REPAIR_PRICES
from models.scenario import (
    AppointmentsAdded,
    EquipmentAdded,
    HoursChanged,
    ProviderAdded,
    ResourceAbsent,
    Scenario,
    ScenarioChange,
    ScenarioMode,
    WantedVisit,
)
from models.wall_clock import instant_of
from scenarios.plan_document import plan_document, plan_of_document
from scenarios.questions import question_of
from scenarios.solving import solve_scenario
from tests.builders import a_pool, hours
from tests.scenarios.asking import rules_of
from tests.scenarios.greedy_planner import greedy_plan
from tests.solver.random_practices import Practice, practice_of


def a_change(kind: str, practice: Practice, random: Random) -> ScenarioChange:
    setup = practice.setup
    everything = [
        ref for ref in setup.resource_index if ref.split("/")[0] in ("providers", "rooms", "equipment")
    ]
    resource = random.choice(everything)
    if kind == "absent":
        start = random.randrange(7 * 60, 15 * 60)
        return ResourceAbsent(
            resource=resource,
            starts_at=instant_of(practice.minute(0, start)),
            ends_at=instant_of(practice.minute(0, start + random.randrange(1, 400))),
        )
    if kind == "hours":
        return HoursChanged(resource=resource, hours=(hours(resource, "09:00", "14:00"),))
    if kind == "provider":
        locum = Provider(
            id="locum",
            name="Dr Locum",
            location_ids=tuple(one.id for one in setup.locations),
            service_ids=tuple(one.id for one in setup.services),
        )
        return ProviderAdded(provider=locum, hours=(hours("", "10:00", "12:00"),))
    if kind == "equipment":
        return EquipmentAdded(pool=a_pool("more", location_id=setup.locations[0].id))
    service = random.choice(setup.services)
    if kind == "rules":
        longer = {"buffer_after_minutes": random.choice([0, 10, 30]), "seats": random.choice([1, 2])}
        return rules_of(service, **longer, max_per_day=random.choice([None, 1, 2]))
    service_id = random.choice(random.choice(setup.providers).service_ids)
    visits = (WantedVisit(id=f"new-{number}", patient_id="ada", service_id=service_id) for number in range(3))
    return AppointmentsAdded(wanted=tuple(visits))


def a_scenario_about(practice: Practice, random: Random) -> Scenario:
    kinds = ["absent", "hours", "provider", "equipment", "rules", "wanted"]
    asked = random.sample(kinds, k=random.randint(1, 3))
    rebuild = random.random() < 0.4
    evening: Window = (practice.minute(0, 14 * 60), practice.minute(0, 24 * 60))
    return Scenario(
        name="random",
        mode=ScenarioMode.REBUILD if rebuild else ScenarioMode.REPAIR,
        earliest=practice.minute(0, 0),
        latest=practice.minute(practice.days, 0),
        changes=tuple(a_change(kind, practice, random) for kind in asked),
        prices=REBUILD_PRICES if rebuild else REPAIR_PRICES,
        not_then={one.id: (evening,) for one in practice.appointments if random.random() < 0.3},
    )


@pytest.mark.parametrize("seed", range(40))
def test_a_plan_is_explained_whatever_is_asked(seed: int) -> None:
    random, practice = Random(seed), practice_of(seed, visits=10, closes=16 * 60)
    scenario, snapshot = a_scenario_about(practice, random), practice.snapshot
    report = solve_scenario(scenario, snapshot, lambda _: None, planner=greedy_plan)
    plan, question = report.plan, question_of(scenario, snapshot)
    tasks = {task.id: task for task in question.tasks}
    visits = [
        PlannedVisit(
            appointment_id=move.appointment_id,
            service_id=tasks[move.appointment_id].service_id,
            patient_id=tasks[move.appointment_id].patient_id,
            at=move.after,
        )
        for move in plan.moves
    ]
    gone = {*(visit.appointment_id for visit in visits), *plan.unplaced}
    assert objections(visits, lifted(question.snapshot, gone)) == []
    assert set(report.why) == {move.appointment_id for move in plan.moves}
    assert set(report.closed_by) == set(plan.unplaced)
    assert all(report.closed_by.values())
    for kpis in (report.before, report.after):
        shares = [*kpis.utilisation_by_provider.values(), *kpis.utilisation_by_room.values()]
        assert all(0 <= share <= 1 for share in shares)
        assert min(kpis.idle_minutes, kpis.overtime_minutes) >= 0
    document = json.loads(json.dumps(plan_document(report, practice.setup)))
    assert plan_of_document(document) == plan
