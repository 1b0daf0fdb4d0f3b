"""Small clinics in which one thing decides what a plan can do, and how surely it says so."""

from models.plan import Plan
from models.planning import REBUILD_PRICES, Allowance, Others, PlanLimits
from models.scenario import Scenario, ScenarioMode
from models.snapshot import ClinicSnapshot
from scenarios.questions import question_of
from solver.planning.planner import make_plan
from tests.builders import a_clinic, a_pool, a_provider, a_room, an_ecg, at, overbooking
from tests.scenarios.asking import a_scenario, absence, asked_of, booked, wanted

LIMITS = PlanLimits(seconds=10.0, workers=1)


def planned(scenario: Scenario, snapshot: ClinicSnapshot) -> Plan:
    """The plan for a scenario."""
    return make_plan(question_of(scenario, snapshot), LIMITS, lambda _: None)


def prices(plan: Plan) -> dict[str, int]:
    """What each move costs, by appointment."""
    return {move.appointment_id: move.price for move in plan.moves}


def test_a_visit_off_its_step_stays_where_it_is_and_holds_nothing_up() -> None:
    """Steps may have changed since it was booked: whoever stays is not judged again."""
    snapshot = asked_of(None, booked("bela", "09:07"))
    for others in Others:
        scenario = a_scenario(
            wanted("new", earliest=at("10:00"), latest=at("11:01")), allowance=Allowance(others=others)
        )
        plan = planned(scenario, snapshot)
        assert prices(plan) == {"new": 0}
        assert plan.optimality.proven


def test_a_visit_leaves_its_room_and_its_time_where_a_new_one_can_be_nowhere_else() -> None:
    """There is one room: whoever could leave it is to blame as well where two do not fit."""
    clinic = a_clinic(providers=[a_provider(), a_provider("silva")])
    only_then = wanted("new", provider_ids=frozenset({"silva"}), earliest=at("09:00"), latest=at("09:01"))
    scenario = a_scenario(only_then, mode=ScenarioMode.REBUILD, prices=REBUILD_PRICES)
    plan = planned(scenario, asked_of(clinic, booked("bela", "09:00")))
    assert plan.unplaced == ()
    assert prices(plan) == {"new": 0, "bela": REBUILD_PRICES.told + 6}
    assert plan.optimality.proven


def test_a_rebuild_without_a_price_for_waiting_still_moves_people_to_make_space() -> None:
    clinic = a_clinic()
    only_then = wanted("new", earliest=at("09:00"), latest=at("09:01"))
    prices_of_it = REBUILD_PRICES.__class__(told=100, movable_pay_for_distance=True)
    scenario = a_scenario(only_then, mode=ScenarioMode.REBUILD, prices=prices_of_it)
    plan = planned(scenario, asked_of(clinic, booked("bela", "09:00")))
    assert prices(plan) == {"new": 0, "bela": 106}
    assert plan.optimality.proven


def test_visits_on_top_of_others_are_counted_by_day_and_the_plan_is_proven() -> None:
    clinic = a_clinic(
        providers=[a_provider(), a_provider("silva")],
        rooms=[a_room(), a_room("room-2"), a_room("room-3"), a_room("room-4")],
        overbooking=[overbooking(max_per_day=1, provider_id="silva")],
    )
    morning = [
        booked(name, clock, provider_id="silva", room_id="room-2")
        for name, clock in (("ada", "08:00"), ("bela", "08:30"), ("cleo", "09:00"))
    ]
    away = [booked(name, clock) for name, clock in (("dora", "08:00"), ("emil", "08:30"))]
    scenario = a_scenario(absence("08:00", "16:00"), latest=at("09:30"))
    plan = planned(scenario, asked_of(clinic, *morning, *away))
    assert len(plan.moves) == len(plan.unplaced) == 1
    assert plan.optimality.proven


def test_what_a_full_pool_cannot_lend_costs_nothing_to_nobody() -> None:
    """Of two pools one is always lent out: the price of the other is what competes, and the bound knows."""
    clinic = a_clinic(
        providers=[a_provider(), a_provider("silva"), a_provider("tanaka")],
        rooms=[a_room(), a_room("room-2"), a_room("room-3")],
        services=[an_ecg()],
        equipment=[a_pool(quantity=1), a_pool("ecg-2", quantity=0)],
    )
    away = [
        booked(name, clock, equipment=())
        for name, clock in (("ada", "08:00"), ("bela", "08:30"), ("cleo", "09:00"))
    ]
    scenario = a_scenario(absence("08:00", "10:00"), latest=at("10:00"))
    plan = planned(scenario, asked_of(clinic, *away))
    assert plan.optimality.objective == plan.optimality.bound == 3 * 30
