"""`slotwright worker`: takes up work, and leaves in good order."""

import signal
import subprocess

import psycopg
import pytest

from models.postgres.connection import Database
from tests.command_line.running_commands import PROGRAM, Terminal
from tests.postgres.processes import eventually

PATIENCE_SECONDS = 60


def workers(database: Database) -> int:
    with psycopg.connect(database.owner_conninfo) as conn:
        row = conn.execute("SELECT count(*) FROM procrastinate_workers").fetchone()
        assert row is not None
        return int(row[0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_works_until_it_is_told_to_end(
    terminal_on_database: Terminal, database: Database, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [PROGRAM, "worker", "--concurrency", "2"],
        cwd=terminal_on_database.folder,
        env=terminal_on_database.environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        eventually(lambda: workers(database) == 2, "a worker for scenarios and one for the upkeep")
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, out, err) == (0, "", "")
    assert workers(database) == 0


def test_a_database_that_is_not_there_is_a_failure(terminal: Terminal) -> None:
    ran = terminal.spawn("worker", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
    assert (ran.status, ran.out) == (1, "")
    assert "not reachable" in ran.complaint


@pytest.mark.parametrize("words", [["--concurrency", "0"], ["--concurrency", "many"]])
def test_odd_numbers_of_scenarios_are_refused(terminal: Terminal, words: list[str]) -> None:
    assert terminal.run("worker", *words).status == 2
