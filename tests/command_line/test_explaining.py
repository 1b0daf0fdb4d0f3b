"""`slotwright search` on why nothing fits."""

import json
from typing import Any

from tests.api.clinic_documents import TUESDAY, a_clinic_file
from tests.command_line.running_commands import Terminal

WEDNESDAY, THURSDAY = "2026-06-03", "2026-06-04"


def search(terminal: Terminal, start: str, end: str, *more: str) -> tuple[str, Any]:
    """Scans, in words and as JSON."""
    (terminal.folder / "clinic.json").write_text(json.dumps(a_clinic_file()), encoding="utf-8")
    words = ["search", "clinic.json", "--service", "scan", "--from", start, "--to", end, *more]
    words += ["--now", "2026-06-01T08:00"]
    told, as_json = terminal.run(*words), terminal.run(*words, "--json")
    assert (told.status, as_json.status) == (0, 0), told.err
    return told.out, json.loads(as_json.out)


def test_an_empty_answer_is_explained_without_asking(terminal: Terminal) -> None:
    told, body = search(terminal, WEDNESDAY, WEDNESDAY)
    assert body["metadata"]["nextAvailableDate"] == THURSDAY
    [closing] = body["explanation"]["closedBy"]
    assert (closing["rule"], closing["resource"], closing["hides"]) == (
        "location_is_open",
        "locations/main",
        None,
    )
    assert "no slot fits" in told
    assert "the clinic is closed then (location_is_open)" in told
    assert f"would help: on {THURSDAY}:" in told
    assert f"next: {THURSDAY}" in told


def test_one_instant_with_one_person_is_explained(terminal: Terminal) -> None:
    told, body = search(terminal, f"{TUESDAY}T12:00", f"{TUESDAY}T12:01", "--provider", "ada", "--explain")
    assert [one["resourceId"] for one in body["explanation"]["closedBy"]] == ["ada"]
    assert "Dr Ada does not work then" in told


def test_what_hides_other_slots_is_told_when_asked_for(terminal: Terminal) -> None:
    told, body = search(terminal, TUESDAY, TUESDAY, "--explain")
    assert body["slots"]
    assert body["explanation"]["closedBy"][0]["rule"] == "provider_is_working"
    assert body["explanation"]["relaxations"] == []
    assert "starts)" in told


def test_slots_are_not_explained_unless_asked_for(terminal: Terminal) -> None:
    told, body = search(terminal, TUESDAY, TUESDAY)
    assert body["explanation"] is None
    assert "closed" not in told
