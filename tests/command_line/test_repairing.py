"""`slotwright repair`: from a clinic file and an absence to the best plan, without database or server."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.api.clinic_documents import FRIDAY, MONDAY, TUESDAY, a_clinic_file
from tests.command_line.running_commands import PATIENCE_SECONDS, Ran, Terminal

ROOT = Path(__file__).parent.parent.parent
NOW = ("--now", f"{MONDAY}T08:00")
THERE = ("--from", TUESDAY, "--to", TUESDAY, *NOW)


def a_booked_clinic(*visits: tuple[str, str, str]) -> dict[str, Any]:
    """The small clinic with scans by Dr Ada: the visit, its patient and its start."""
    booked = [
        {
            "id": name,
            "patientId": patient,
            "providerId": "ada",
            "serviceId": "scan",
            "roomId": "exam",
            "equipment": [{"id": "cart", "units": 1}],
            "start": f"{start}:00+02:00",
            "end": f"{start[:-2]}30:00+02:00",
            "status": "scheduled",
        }
        for name, patient, start in visits
    ]
    return a_clinic_file() | {"appointments": booked}


def stored(terminal: Terminal, document: dict[str, Any]) -> None:
    (terminal.folder / "clinic.json").write_text(json.dumps(document), encoding="utf-8")


def repair(terminal: Terminal, *words: str) -> Ran:
    return terminal.run("repair", "clinic.json", *words)


@pytest.fixture
def two_scans(terminal: Terminal) -> Terminal:
    """Pat at nine and Kim at ten on Tuesday, with Dr Ada."""
    stored(
        terminal, a_booked_clinic(("pats", "pat", f"{TUESDAY}T09:00"), ("kims", "kim", f"{TUESDAY}T10:00"))
    )
    return terminal


def test_the_displaced_get_the_cheapest_places(two_scans: Terminal) -> None:
    """A day earlier at the same time: nobody else gives scans there, and on Wednesday it is closed."""
    ran = repair(two_scans, "--provider", "ada", *THERE, "--json")
    assert (ran.status, ran.err) == (0, "")
    plan = ran.json()
    moves = {move["appointmentId"]: move for move in plan["moves"]}
    assert {name: (move["to"]["start"], move["price"]) for name, move in moves.items()} == {
        "pats": (f"{MONDAY}T09:00:00+02:00", 100),
        "kims": (f"{MONDAY}T10:00:00+02:00", 100),
    }
    assert moves["pats"]["from"] == {
        "providerId": "ada",
        "roomId": "exam",
        "equipment": [{"id": "cart", "units": 1}],
        "start": f"{TUESDAY}T09:00:00+02:00",
        "end": f"{TUESDAY}T09:30:00+02:00",
    }
    assert plan["unplaced"] == []
    optimality = plan["optimality"]
    assert (optimality["objective"], optimality["bound"], optimality["proven"]) == (200, 200, True)
    assert plan["kpis"]["after"]["patientsDisturbed"] == 2


def test_people_get_tables_with_the_reasons_and_the_proof(two_scans: Terminal) -> None:
    ran = repair(two_scans, "--provider", "ada", *THERE)
    assert (ran.status, ran.err) == (0, "")
    assert "Mon 2026-06-01 09:00" in ran.out
    assert "why pats: " in ran.out
    assert "patients disturbed" in ran.out
    assert "the plan costs 200, and no plan costs less" in ran.out


def test_whoever_has_no_place_is_told_what_stands_in_the_way(two_scans: Terminal) -> None:
    """Until Tuesday night, without the Monday: nothing is left."""
    words = ("--provider", "ada", "--from", MONDAY, "--to", TUESDAY, "--until", TUESDAY, *NOW)
    ran = repair(two_scans, *words)
    assert "no place: kims" in ran.out
    assert "closed: " in ran.out
    plan = repair(two_scans, *words, "--json").json()
    assert [one["appointmentId"] for one in plan["unplaced"]] == ["pats", "kims"]
    assert plan["optimality"]["objective"] == 200_000


def test_nothing_to_do_is_a_plan_too(two_scans: Terminal) -> None:
    ran = repair(two_scans, "--provider", "ben", *THERE)
    assert (ran.status, "nothing has to move" in ran.out) == (0, True)


def test_rooms_and_equipment_can_be_absent(two_scans: Terminal) -> None:
    for words in (("--room", "exam"), ("--equipment", "cart")):
        plan = repair(two_scans, *words, *THERE, "--json").json()
        assert [move["appointmentId"] for move in plan["moves"]] == ["pats", "kims"]


def test_a_patient_who_cannot_come_then_is_given_another_time(two_scans: Terminal) -> None:
    words = ("--not-then", f"pats={MONDAY}/{MONDAY}")
    plan = repair(two_scans, "--provider", "ada", *THERE, *words, "--json").json()
    starts = {move["appointmentId"]: move["to"]["start"] for move in plan["moves"]}
    assert starts == {"pats": "2026-06-04T09:00:00+02:00", "kims": f"{MONDAY}T10:00:00+02:00"}


def test_levels_are_proven_one_by_one(two_scans: Terminal) -> None:
    words = ("--order", "lexicographic", "--json")
    plan = repair(two_scans, "--provider", "ada", *THERE, *words).json()
    levels = [(one["level"], one["value"], one["proven"]) for one in plan["optimality"]["levels"]]
    assert levels == [("unplaced", 0, True), ("told", 2, True), ("shift", 200, True)]


def test_others_make_space_where_that_is_allowed(terminal: Terminal) -> None:
    """Until Monday night the only free half hours do not suit a visit that may start at ten only."""
    visits = [("pats", "pat", f"{TUESDAY}T09:00")]
    visits += [(f"kims{hour}", "kim", f"{MONDAY}T{hour}:00") for hour in ("09", "10", "11")]
    visits += [(f"sams{hour}", "sam", f"{MONDAY}T{hour}:30") for hour in ("09", "10")]
    document = a_booked_clinic(*visits)
    for one in document["appointments"]:
        if one["id"].startswith("sams"):
            one["end"] = f"{MONDAY}T{int(one['start'][11:13]) + 1}:00:00+02:00"
    stored(terminal, document)
    words = ("--provider", "ada", *THERE, "--until", MONDAY, "--json")
    at_half_past_eleven = f"pats={MONDAY}T11:00/{MONDAY}T12:00"
    alone = repair(terminal, *words, "--not-then", at_half_past_eleven).json()
    assert [one["appointmentId"] for one in alone["unplaced"]] == ["pats"]
    helped = repair(terminal, *words, "--not-then", at_half_past_eleven, "--allow", "moves").json()
    assert helped["unplaced"] == []
    assert len(helped["moves"]) == 2


def test_the_file_may_come_by_standard_input(terminal: Terminal) -> None:
    document = a_booked_clinic(("pats", "pat", f"{TUESDAY}T09:00"))
    ran = terminal.run("repair", "-", "--provider", "ada", *THERE, "--json", text=json.dumps(document))
    assert len(ran.json()["moves"]) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name who or what is absent by one of --provider, --room and --equipment"),
        (("--provider", "ada", "--room", "exam"), "name who or what is absent by one of"),
        (("--provider", "eve"), "no provider eve in this clinic; there is ada, ben"),
        (("--room", "eve"), "no room eve in this clinic; there is exam, shore"),
        (("--equipment", "eve"), "no equipment pool eve in this clinic; there is cart, tripod"),
        (("--provider", "ada", "--allow", "all"), "--allow must be one of none, rooms, moves, not 'all'"),
        (
            ("--provider", "ada", "--order", "best"),
            "--order must be one of prices, lexicographic, not 'best'",
        ),
        (("--provider", "ada", "--not-then", "pats"), "--not-then must be APPOINTMENT=START/END, not 'pats'"),
        (("--provider", "ada", "--not-then", "pats=now/then"), "start must be a date or a date-time"),
        (
            ("--provider", "ada", "--not-then", f"eves={MONDAY}/{MONDAY}"),
            "no appointment eves in this clinic",
        ),
        (("--provider", "ada", "--until", "2026-05-01"), "the horizon lies in the past"),
        (("--provider", "ada", "--until", "2027-05-01"), "a plan spans at most 92 days"),
        (("--provider", "ada", "--until", "then"), "until must be a date or a date-time"),
        (("--provider", "ada", "--time-limit", "0"), "Invalid value for '--time-limit'"),
        (("--provider", "ada", "--now", FRIDAY), "the absence of Dr Ada is over"),
    ],
)
def test_bad_use_is_one_line_and_status_two(two_scans: Terminal, words: tuple[str, ...], said: str) -> None:
    ran = repair(two_scans, *THERE, *words)
    assert ran.status == 2
    assert said in ran.complaint
    assert ran.out == ""


def test_dates_the_wrong_way_round_are_bad_use(two_scans: Terminal) -> None:
    ran = repair(two_scans, "--provider", "ada", "--from", FRIDAY, "--to", TUESDAY, *NOW)
    assert (ran.status, ran.complaint) == (2, "slotwright: end must be after start")


def test_machines_get_the_code(two_scans: Terminal) -> None:
    ran = repair(two_scans, "--provider", "ada", *THERE, "--now", FRIDAY, "--json")
    assert ran.status == 2
    assert json.loads(ran.complaint)["code"] == "ABSENCE_IN_THE_PAST"


class TestCtrlC:
    """A solve can be cut short by whoever watches it."""

    ENDLESS = """
import signal, sys, threading
from api.command_line import main
from models.plan import PlanProgress
from scenarios import solving
from solver.planning.planner import make_plan

def endless(question, limits, report):
    if {finds_a_plan}:
        report(PlanProgress(plan=make_plan(question, limits, lambda progress: None), bound=100, seconds=0.1))
    threading.Event().wait()

# Whoever runs these tests in the background has it ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
solving.solve_scenario.__kwdefaults__["planner"] = endless
sys.argv = ["slotwright", *sys.argv[1:]]
main()
"""

    def interrupted(self, terminal: Terminal, line: str, *, finds_a_plan: bool) -> tuple[int, str, str]:
        """Status, output, and what a terminal showed, of a solve without end: Ctrl-C once it shows a line."""
        ours, theirs = os.openpty()
        program = self.ENDLESS.format(finds_a_plan=finds_a_plan)
        words = ("repair", "clinic.json", "--provider", "ada", *THERE, "--json")
        process = subprocess.Popen(
            [sys.executable, "-c", program, *words],
            cwd=terminal.folder,
            env=terminal.environment({"TERM": "xterm", "PYTHONPATH": str(ROOT)}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
        )
        os.close(theirs)
        shown = ""
        while line not in shown:
            shown += os.read(ours, 4096).decode()
        process.send_signal(signal.SIGINT)
        try:
            out, _ = process.communicate(timeout=PATIENCE_SECONDS)
        finally:
            process.kill()
            process.communicate()
            os.close(ours)
        return process.returncode, out, shown

    def test_prints_the_best_plan_so_far(self, two_scans: Terminal) -> None:
        status, out, shown = self.interrupted(two_scans, "best so far", finds_a_plan=True)
        assert status == 0
        assert "best so far 200, at least 100 (gap 50.0 %)" in shown
        plan = json.loads(out)
        assert [move["appointmentId"] for move in plan["moves"]] == ["pats", "kims"]
        assert plan["moves"][0]["why"]

    def test_without_a_plan_is_an_interruption(self, two_scans: Terminal) -> None:
        status, out, _ = self.interrupted(two_scans, "looking for a plan", finds_a_plan=False)
        assert (status, out) == (130, "")
