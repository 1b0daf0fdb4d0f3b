"""Plans as JSON: what a document says, and that it reads back as the same plan."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from models.explanation import Closing
from models.plan import Level, LevelProof, Optimality, Plan, PlanMove, PlanProgress
from models.planning import Assignment
from models.setup import ClinicSetup
from scenarios.kpis import Kpis
from scenarios.plan_document import plan_document, plan_of_document, progress_document
from scenarios.report import PlanReport
from tests.builders import MONDAY, a_clinic, a_location, a_provider, a_room, at, moment, units
from tests.scenarios.asking import a_move, a_plan, booked, place

KPIS = Kpis(
    patients_disturbed=1,
    minutes_shifted=15,
    unplaced=1,
    idle_minutes=30,
    overtime_minutes=5,
    utilisation_by_provider={"okoro": 0.5},
    utilisation_by_room={"room-1": 0.25},
)
BELA = booked("bela", "10:00", equipment=(units("ecg-2"), units("ecg-1", 2)))
TO_LEE = a_move(
    BELA,
    place(at("10:15"), provider_id="lee", room_id=None, equipment=(units(),)),
    five_minutes=3,
    provider=30,
)
CLOSING = Closing(
    rule="provider_is_working",
    resource="providers/okoro",
    message="Dr Okoro does not work then",
    starts_at=moment("10:00"),
)
PLAN = a_plan(TO_LEE, unplaced=("ada",), optimality=Optimality(objective=100_033, bound=66_689))


def a_report(plan: Plan = PLAN) -> PlanReport:
    return PlanReport(
        plan=plan,
        why={"bela": "Dr Okoro is absent"},
        closed_by={"ada": (CLOSING,)},
        before=KPIS,
        after=KPIS,
    )


def stored(document: dict[str, Any]) -> dict[str, Any]:
    """As it comes back from a database."""
    read: dict[str, Any] = json.loads(json.dumps(document))
    return read


def test_a_document_says_everything_about_a_plan() -> None:
    document = plan_document(a_report(), a_clinic())
    kpis = {
        "patientsDisturbed": 1,
        "minutesShifted": 15,
        "unplaced": 1,
        "idleMinutes": 30,
        "overtimeMinutes": 5,
        "utilisationByProvider": {"okoro": 0.5},
        "utilisationByRoom": {"room-1": 0.25},
    }
    assert document == {
        "moves": [
            {
                "appointmentId": "bela",
                "from": {
                    "providerId": "okoro",
                    "roomId": "room-1",
                    "equipment": [{"id": "ecg-1", "units": 2}, {"id": "ecg-2", "units": 1}],
                    "start": "2026-06-01T10:00:00+00:00",
                    "end": "2026-06-01T10:30:00+00:00",
                },
                "to": {
                    "providerId": "lee",
                    "roomId": None,
                    "equipment": [{"id": "ecg-1", "units": 1}],
                    "start": "2026-06-01T10:15:00+00:00",
                    "end": "2026-06-01T10:45:00+00:00",
                },
                "tellsPatient": True,
                "price": 33,
                "priceParts": {"five_minutes": 3, "provider": 30},
                "why": "Dr Okoro is absent",
            }
        ],
        "unplaced": [
            {
                "appointmentId": "ada",
                "closedBy": [
                    {
                        "rule": "provider_is_working",
                        "resourceId": "okoro",
                        "resource": "providers/okoro",
                        "message": "Dr Okoro does not work then",
                        "start": "2026-06-01T10:00:00+00:00",
                    }
                ],
            }
        ],
        "kpis": {"before": kpis, "after": kpis},
        "optimality": {
            "objective": 100_033,
            "bound": 66_689,
            "gap": 0.33333,
            "proven": False,
            "levels": [],
        },
    }


def test_times_are_told_by_the_clock_of_the_place() -> None:
    setup = a_clinic(
        timezone="Europe/Berlin",
        locations=[a_location(), a_location("far", timezone="America/New_York")],
        rooms=[a_room(), a_room("room-2", location_id="far")],
        providers=[a_provider()],
    )
    day = date(2026, 3, 20)  # when New York has changed its clocks and Berlin has not
    visit = booked("bela", "14:00", day=day)
    places = (place(at("14:00", day), room_id=room) for room in ("room-2", None))
    document = plan_document(a_report(a_plan(*(a_move(visit, one) for one in places))), setup)
    assert document["moves"][0]["from"]["start"] == "2026-03-20T15:00:00+01:00"
    assert document["moves"][0]["to"]["start"] == "2026-03-20T10:00:00-04:00"
    assert document["moves"][1]["to"]["start"] == "2026-03-20T15:00:00+01:00"


class TestReadBack:
    @pytest.mark.parametrize(
        "plan",
        [
            a_plan(),
            PLAN,
            a_plan(a_move(None, place(at("10:00"))), a_move(BELA, place(at("10:00"), room_id="room-2"))),
            a_plan(
                optimality=Optimality(
                    objective=12,
                    bound=12,
                    levels=(
                        LevelProof(level=Level.UNPLACED, value=0, bound=0),
                        LevelProof(level=Level.TOLD, value=3, bound=2),
                    ),
                )
            ),
        ],
        ids=["empty", "a move and one unplaced", "a new visit and a change of rooms", "lexicographic"],
    )
    def test_a_document_is_the_same_plan(self, plan: Plan) -> None:
        assert plan_of_document(stored(plan_document(a_report(plan), a_clinic()))) == plan

    def test_a_doubled_hour_stays_the_one_that_it_was(self) -> None:
        zone, day = "Europe/Berlin", date(2026, 10, 25)
        setup = a_clinic(timezone=zone)
        both = [place(at("02:30", day, zone, fold=fold)) for fold in (0, 1)]
        plan = a_plan(*(a_move(BELA, one) for one in both))
        document = plan_document(a_report(plan), setup)
        starts = [move["to"]["start"] for move in document["moves"]]
        assert starts == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]
        assert plan_of_document(stored(document)) == plan

    @pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe"])
    def test_every_minute_around_a_change_of_the_clock_is_itself(self, zone: str) -> None:
        setup: ClinicSetup = a_clinic(timezone=zone)
        first = at("00:00", date(2026, 4, 4), zone)
        moves: list[PlanMove] = [a_move(BELA, place(first + 7 * step, 7)) for step in range(400)]
        plan = a_plan(*moves)
        assert plan_of_document(stored(plan_document(a_report(plan), setup))) == plan


class TestProgress:
    def test_can_be_committed_and_explains_nothing_yet(self) -> None:
        document = progress_document(PlanProgress(plan=PLAN, bound=66_689, seconds=1.5), a_clinic())
        assert plan_of_document(stored(document)) == PLAN
        assert [move["why"] for move in document["moves"]] == [None]
        assert document["unplaced"] == [{"appointmentId": "ada", "closedBy": []}]
        assert document["kpis"] is None

    def test_tells_the_better_bound_that_is_known_by_now(self) -> None:
        progress = PlanProgress(plan=PLAN, bound=100_033, seconds=1.5)
        document = progress_document(progress, a_clinic())
        assert document["optimality"]["bound"] == 100_033
        assert document["optimality"]["proven"]
        assert document["optimality"]["gap"] == 0


def test_a_place_that_the_clinic_has_given_up_is_read_by_the_clock_of_the_clinic() -> None:
    gone: Assignment = place(at("10:00", MONDAY + timedelta(days=1)), room_id="attic")
    document = plan_document(a_report(a_plan(a_move(BELA, gone))), a_clinic(timezone="Europe/Berlin"))
    assert document["moves"][0]["to"]["start"] == "2026-06-02T12:00:00+02:00"
