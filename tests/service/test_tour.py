"""The tour of the HTTP API in `docs/http.md`, run as it stands against a service with the demo clinic."""

import re
import subprocess
import sys
from pathlib import Path

from tests.service.running_service import RunningService, running_service

TOUR = Path(__file__).resolve().parents[2] / "docs/http.md"


def commands_of_the_tour() -> str:
    """The shell blocks of the page, one after the other."""
    return "\n".join(re.findall(r"```sh\n(.*?)```", TOUR.read_text(encoding="utf-8"), re.DOTALL))


def toured(service: RunningService, folder: Path) -> str:
    """What the commands print; one that fails ends the tour."""
    tools = f"{Path(sys.executable).parent}:{service.environment['PATH']}"
    script = f"set -eu\n{commands_of_the_tour()}".replace("http://127.0.0.1:8000", service.url)
    done = subprocess.run(
        ["bash", "-c", script],
        check=False,
        cwd=folder,
        env=service.environment | {"PATH": tools},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return done.stdout


def test_every_call_of_the_tour_does_what_the_page_says(data_folder: Path, tmp_path: Path) -> None:
    with running_service(data_folder, "--demo") as service:
        printed = toured(service, tmp_path)
        toured(service, tmp_path)  # and again, as often as you like
    story = [
        '"proven": true',
        "304\n",
        "HTTP/1.1 201 Created",
        '"status":"scheduled"',
        '"code":"SLOT_UNAVAILABLE"',
        '"status":"confirmed"',
        "HTTP/1.1 201 Created",
        '{"items":[{',
        "HTTP/1.1 200 OK",
        '"version":3',
        '"status":"canceled"',
        '"items":',
        '"fairness":5',
        '"code":"RULES_CONFLICT"',
        "event: done",
        '"status":"committed"',
        "204\n",
        '"kind":"absence"',
    ]
    told = 0
    for event in story:
        told = printed.find(event, told)
        assert told >= 0, f"{event} is missing in:\n{printed}"
        told += len(event)
    assert (tmp_path / "clinic.json").read_text(encoding="utf-8").startswith('{"schemaVersion":1')
