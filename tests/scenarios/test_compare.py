"""Plans side by side."""

from typing import Any

from models.plan import Optimality, Plan
from scenarios.compare import compared
from scenarios.plan_document import plan_document
from tests.builders import a_clinic, at
from tests.scenarios.asking import a_move, a_plan, booked, place
from tests.scenarios.test_plan_document import a_report

ADA, BELA, CLEO = (
    booked(name, clock) for name, clock in (("ada", "09:00"), ("bela", "10:00"), ("cleo", "11:00"))
)
TO_ONE, TO_TWO = place(at("13:00")), place(at("14:00"))


def document(plan: Plan) -> dict[str, Any]:
    return plan_document(a_report(plan), a_clinic())


FIRST = document(
    a_plan(
        a_move(ADA, TO_ONE, five_minutes=48),
        a_move(BELA, TO_TWO, five_minutes=48),
        optimality=Optimality(objective=96, bound=96),
    )
)
SECOND = document(
    a_plan(
        a_move(ADA, TO_ONE, five_minutes=48),
        a_move(CLEO, place(at("11:00"), room_id="room-2")),
        unplaced=("bela",),
        optimality=Optimality(objective=100_048, bound=50_024),
    )
)


def test_plans_stand_side_by_side_in_the_order_asked_for() -> None:
    plans = compared({"two": SECOND, "one": FIRST})["plans"]
    assert plans == [
        {
            "scenarioId": "two",
            "objective": 100_048,
            "bound": 50_024,
            "gap": 0.5,
            "proven": False,
            "moves": 2,
            "patientsTold": 1,
            "unplaced": 1,
            "kpis": SECOND["kpis"],
        },
        {
            "scenarioId": "one",
            "objective": 96,
            "bound": 96,
            "gap": 0.0,
            "proven": True,
            "moves": 2,
            "patientsTold": 2,
            "unplaced": 0,
            "kpis": FIRST["kpis"],
        },
    ]


def test_appointments_that_end_up_in_different_places_are_named() -> None:
    differences = compared({"one": FIRST, "two": SECOND})["differences"]
    assert differences == [
        {
            "appointmentId": "bela",
            "places": [{"outcome": "moved", "to": FIRST["moves"][1]["to"]}, {"outcome": "unplaced"}],
        },
        {
            "appointmentId": "cleo",
            "places": [{"outcome": "unchanged"}, {"outcome": "moved", "to": SECOND["moves"][1]["to"]}],
        },
    ]


def test_equal_plans_differ_in_nothing() -> None:
    assert compared({"one": FIRST, "again": FIRST})["differences"] == []


def test_nothing_to_compare_is_an_empty_table() -> None:
    assert compared({}) == {"plans": [], "differences": []}
