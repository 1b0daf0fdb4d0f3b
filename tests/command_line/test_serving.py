"""`slotwright serve`: says where it is, answers, and leaves nothing behind."""

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.command_line.running_commands import PROGRAM, Terminal

PATIENCE_SECONDS = 60


@contextmanager
def serving(terminal: Terminal, *words: str) -> "Iterator[tuple[subprocess.Popen[str], str]]":
    """A service in a process of its own, and all that it said until it was ready."""
    environment = terminal.environment({"SLOTWRIGHT_PROCESSES": "1", "PORT": "0"})
    process = subprocess.Popen(
        [PROGRAM, "serve", *words],
        cwd=terminal.folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if ("curl" if "--demo" in words else "A token") in line:
            break
    try:
        yield process, said
    finally:
        process.kill()
        process.communicate()


def stopped(process: "subprocess.Popen[str]", number: signal.Signals) -> int:
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert "Traceback" not in err
    return process.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_call_that_it_prints_returns_slots(
    terminal_on_database: Terminal, number: signal.Signals
) -> None:
    with serving(terminal_on_database, "--demo") as (process, said):
        found = re.search(r"curl -s -H '(\w+): (.*)' '(.*)'", said)
        assert found is not None, said
        name, value, url = found.groups()
        answer = httpx.get(url, headers={name: value}, timeout=30)
        assert answer.status_code == 200
        assert answer.json()["slots"]
        docs = re.search(r"http://\S+/docs", said)
        assert docs is not None
        assert httpx.get(docs.group()).status_code == 200
        assert stopped(process, number) == 0


def test_the_demo_clinic_is_loaded_once(terminal_on_database: Terminal) -> None:
    names = set()
    for _ in range(2):
        with serving(terminal_on_database, "--demo") as (process, said):
            clinic = re.search(r"Clinic\s+(.*)", said)
            assert clinic is not None, said
            names.add(clinic.group(1))
            assert stopped(process, signal.SIGTERM) == 0
    assert len(names) == 1


def test_without_a_demo_it_says_how_to_get_a_token(terminal_on_database: Terminal) -> None:
    with serving(terminal_on_database) as (process, said):
        assert "slotwright import FILE" in said
        assert "slotwright token --role platform" in said
        assert stopped(process, signal.SIGTERM) == 0


def test_a_port_that_is_taken_is_refused_before_anything_starts(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = terminal.spawn("serve", "--port", str(port))
    assert (ran.status, ran.out) == (1, "")
    assert f"port {port}" in ran.complaint
    assert not (terminal.folder / "data").exists()


def test_an_address_that_does_not_exist_is_refused(terminal: Terminal) -> None:
    ran = terminal.spawn("serve", "--host", "nowhere.invalid", "--port", "0")
    assert ran.status == 1
    assert "nowhere.invalid" in ran.complaint
