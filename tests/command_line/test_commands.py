"""Commands answer on stdout, complain in one line on stderr, and leave with 0, 1 or 2."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

import jwt
import pytest

from api.clinic_file.dump import dump_clinic
from api.settings import read_settings, token_secret
from scenarios.one_room_short import one_room_short
from tests.api.canonical import canonical
from tests.api.clinic_documents import a_clinic_file
from tests.builders import NOBODY
from tests.command_line.running_commands import Terminal


def saved(terminal: Terminal, document: Any, name: str = "clinic.json") -> str:
    (terminal.folder / name).write_text(json.dumps(document), encoding="utf-8")
    return name


class TestHelp:
    def test_names_every_command(self, terminal: Terminal) -> None:
        ran = terminal.spawn("--help")
        assert ran.status == 0
        for command in ("serve", "migrate", "token", "import", "export", "search", "bench"):
            assert command in ran.out

    def test_says_which_version_this_is(self, terminal: Terminal) -> None:
        ran = terminal.run("--version")
        assert (ran.status, ran.out, ran.err) == (0, f"slotwright {version('slotwright')}\n", "")

    def test_is_quick(self, terminal: Terminal) -> None:
        terminal.spawn("--help")
        seconds = []
        for _ in range(3):
            started = perf_counter()
            terminal.spawn("--help")
            seconds.append(perf_counter() - started)
        assert min(seconds) <= 0.5

    def test_touches_nothing(self, terminal: Terminal) -> None:
        terminal.spawn("import", "--help")
        assert list(terminal.folder.iterdir()) == []


class TestBadUse:
    @pytest.mark.parametrize(
        "words",
        [
            ["dance"],
            ["token"],
            ["token", "--clinic", "x", "--role", "admin"],
            ["token", "--clinic", NOBODY, "--role", "root"],
            ["token", "--clinic", NOBODY, "--role", "patient"],
            ["token", "--clinic", NOBODY, "--role", "admin", "--ttl", "0"],
            ["import"],
            ["import", "missing.json"],
            ["import", "."],
            ["search", "missing.json", "--service", "x", "--from", "2026-06-01", "--to", "2026-06-02"],
            ["serve", "--port", "x"],
            ["serve", "--port", "70000"],
            ["export"],
            ["--dance"],
        ],
        ids=" ".join,
    )
    def test_is_one_line_and_status_2(self, terminal: Terminal, words: list[str]) -> None:
        ran = terminal.run(*words)
        assert (ran.status, ran.out) == (2, "")
        assert ran.complaint.startswith("slotwright: ")

    def test_shows_no_traceback(self, terminal: Terminal) -> None:
        ran = terminal.spawn("import", "missing.json")
        assert (ran.status, ran.complaint) == (2, "slotwright: missing.json: No such file or directory")

    def test_is_json_for_machines(self, terminal: Terminal) -> None:
        ran = terminal.run("import", "missing.json", "--json")
        assert ran.status == 2
        assert json.loads(ran.complaint)["code"] == "BAD_USE"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("PORT", "http"),
            ("RATE_LIMITS", "maybe"),
            ("SLOTWRIGHT_TOKEN_SECRET", "short"),
            ("SLOTWRIGHT_SOLVER_THREADS", "0"),
        ],
    )
    def test_a_bad_setting_is_named(self, terminal: Terminal, name: str, value: str) -> None:
        ran = terminal.run("token", "--clinic", str(uuid4()), "--role", "admin", **{name: value})
        assert ran.status == 2
        assert name in ran.complaint
        assert "short" not in ran.complaint or value != "short"

    def test_a_database_that_is_not_there(self, terminal: Terminal) -> None:
        ran = terminal.run("migrate", DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
        assert ran.status == 1
        assert ran.complaint.startswith("slotwright: ")

    def test_a_database_url_that_is_none(self, terminal: Terminal) -> None:
        ran = terminal.run("migrate", DATABASE_URL="not a url")
        assert ran.status in (1, 2)
        assert ran.complaint.startswith("slotwright: ")


class TestToken:
    def test_of_the_platform_names_no_clinic(self, terminal: Terminal) -> None:
        ran = terminal.run("token", "--role", "platform")
        assert (ran.status, ran.err) == (0, "")
        claims = jwt.decode(ran.out.strip(), options={"verify_signature": False})
        assert claims["role"] == "platform"
        assert "clinic_id" not in claims

    @pytest.mark.parametrize("role", ["patient", "front_desk", "provider", "manager", "admin"])
    def test_of_anybody_else_needs_one(self, terminal: Terminal, role: str) -> None:
        ran = terminal.run("token", "--role", role, "--subject", str(uuid4()))
        assert (ran.status, ran.out) == (2, "")
        assert "--clinic" in ran.complaint

    def test_carries_what_was_asked(self, terminal: Terminal) -> None:
        clinic, patient = str(uuid4()), str(uuid4())
        words = ["--clinic", clinic, "--role", "patient", "--subject", patient, "--ttl", "60"]
        ran = terminal.run("token", *words)
        claims = jwt.decode(ran.out.strip(), options={"verify_signature": False})
        assert (claims["clinic_id"], claims["role"], claims["sub"]) == (clinic, "patient", patient)
        assert claims["exp"] - claims["iat"] == 60

    def test_says_when_it_ends_to_machines(self, terminal: Terminal) -> None:
        ran = terminal.run("token", "--clinic", str(uuid4()), "--role", "admin", "--json")
        assert datetime.fromisoformat(ran.json()["expiresAt"]) > datetime.now(UTC)

    def test_is_signed_with_a_secret_that_only_the_owner_reads(self, terminal: Terminal) -> None:
        first = terminal.run("token", "--clinic", str(uuid4()), "--role", "admin").out.strip()
        second = terminal.run("token", "--clinic", str(uuid4()), "--role", "admin").out.strip()
        path = terminal.folder / "data" / "token-secret"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for token in (first, second):
            jwt.decode(token, path.read_text(), algorithms=["HS256"], audience="slotwright")

    def test_a_secret_of_the_environment_wins(self, terminal: Terminal) -> None:
        words = ["token", "--clinic", str(uuid4()), "--role", "admin"]
        token = terminal.run(*words, SLOTWRIGHT_TOKEN_SECRET="k" * 40).out.strip()
        jwt.decode(token, "k" * 40, algorithms=["HS256"], audience="slotwright")
        assert not (terminal.folder / "data").exists()


class TestImportAndExport:
    def test_an_import_prints_the_id_and_nothing_else(self, terminal_on_database: Terminal) -> None:
        ran = terminal_on_database.spawn("import", saved(terminal_on_database, a_clinic_file()))
        assert (ran.status, ran.err) == (0, "")
        clinic_id = ran.out.strip()
        assert len(clinic_id) == 36
        exported = terminal_on_database.run("export", "--clinic", clinic_id)
        assert canonical(exported.json()) == canonical(a_clinic_file())

    def test_a_pipe_does_too(self, terminal_on_database: Terminal) -> None:
        ran = terminal_on_database.run("import", "-", "--json", text=json.dumps(a_clinic_file()))
        written = terminal_on_database.run("export", "--clinic", ran.json()["id"], "--output", "out.json")
        assert (written.status, written.out) == (0, "")
        document = json.loads((terminal_on_database.folder / "out.json").read_text(encoding="utf-8"))
        assert canonical(document) == canonical(a_clinic_file())

    def test_a_fault_is_named_by_its_path(self, terminal_on_database: Terminal) -> None:
        document = a_clinic_file()
        document["services"][0]["durationMinutes"] = -5
        file = saved(terminal_on_database, document)
        ran = terminal_on_database.run("import", file)
        assert (ran.status, ran.out) == (2, "")
        assert "$.services[0].durationMinutes" in ran.complaint
        told = json.loads(terminal_on_database.run("import", file, "--json").complaint)
        assert told["code"] == "INVALID_CLINIC"
        assert told["errors"][0]["path"] == "$.services[0].durationMinutes"

    @pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"a": NaN}', "\x00"])
    def test_what_is_no_clinic_file_is_refused(self, terminal: Terminal, text: str) -> None:
        ran = terminal.run("import", "-", text=text)
        assert (ran.status, ran.out) == (2, "")
        assert ran.complaint

    @pytest.mark.parametrize("clinic", [NOBODY, "elm", "\x01"])
    def test_an_export_of_nothing_is_refused(self, terminal_on_database: Terminal, clinic: str) -> None:
        ran = terminal_on_database.run("export", "--clinic", clinic)
        assert (ran.status, ran.out) == (2, "")
        assert "no clinic" in ran.complaint


class TestSearch:
    WEEK = ("--from", "2026-06-01", "--to", "2026-06-05", "--now", "2026-06-01T06:00:00Z")

    def test_gives_the_body_of_the_http_call_with_the_files_ids(self, terminal: Terminal) -> None:
        file = saved(terminal, a_clinic_file())
        ran = terminal.run("search", file, "--service", "scan", *self.WEEK, "--limit", "3", "--json")
        body = ran.json()
        assert (ran.status, len(body["slots"])) == (0, 3)
        assert body["metadata"]["proven"] is True
        assert body["metadata"]["fetchedAt"] == "2026-06-01T06:00:00Z"
        assert {slot["provider"]["id"] for slot in body["slots"]} <= {"ada", "ben"}

    def test_narrows_by_provider_location_and_patient(self, terminal: Terminal) -> None:
        file = saved(terminal, a_clinic_file())
        words = ["search", file, "--service", "scan", *self.WEEK, "--json"]
        at_the_coast = terminal.run(*words, "--location", "coast").json()["slots"]
        assert {slot["provider"]["id"] for slot in at_the_coast} == {"ben"}
        by_ada = terminal.run(*words, "--provider", "ada", "--provider", "ada").json()["slots"]
        assert {slot["provider"]["id"] for slot in by_ada} == {"ada"}
        for_sam = terminal.run(*words, "--patient", "sam").json()["slots"]
        assert {slot["provider"]["id"] for slot in for_sam} == {"ada"}

    def test_shows_people_a_table(self, terminal: Terminal) -> None:
        ran = terminal.run("search", saved(terminal, a_clinic_file()), "--service", "video", *self.WEEK)
        assert ran.status == 0
        assert "Dr Ada" in ran.out
        assert "proven" in ran.out

    def test_lets_what_is_booked_make_space(self, terminal: Terminal) -> None:
        file = saved(terminal, dict(dump_clinic(one_room_short(date(2026, 6, 2)))))
        day = ("--from", "2026-06-02", "--to", "2026-06-02", "--now", "2026-06-01T06:00:00Z")
        words = ["search", file, "--service", "scan", *day]
        assert terminal.run(*words).out.startswith("no slot fits")
        assert "6 slots, proven the best" in terminal.run(*words, "--rearrange", "rooms").out
        slot = terminal.run(*words, "--rearrange", "rooms", "--json").json()["slots"][0]
        assert slot["rearranges"][0]["to"] == {"roomId": "exam-room", "equipment": []}

    def test_no_slot_is_an_answer(self, terminal: Terminal) -> None:
        words = ("--from", "2026-06-03", "--to", "2026-06-03", "--now", "2026-06-01")
        ran = terminal.run("search", saved(terminal, a_clinic_file()), "--service", "video", *words)
        assert (ran.status, ran.out.splitlines()[0]) == (0, "no slot fits")

    @pytest.mark.parametrize(
        "words",
        [
            ["--service", "nothing", *WEEK],
            ["--service", "scan", *WEEK, "--patient", "nobody"],
            ["--service", "scan", *WEEK, "--provider", "nobody"],
            ["--service", "scan", *WEEK, "--location", "nowhere"],
            ["--service", "scan", *WEEK, "--limit", "0"],
            ["--service", "scan", *WEEK, "--rearrange", "people"],
            ["--service", "scan", *WEEK, "--limit", "501"],
            ["--service", "scan", "--from", "monday", "--to", "2026-06-05"],
            ["--service", "scan", "--from", "2026-06-05", "--to", "2026-06-01"],
            ["--service", "scan", "--from", "2026-03-29T02:30", "--to", "2026-03-30", "--location", "main"],
            ["--service", "scan", "--from", "2026-06-01", "--to", "2026-06-05", "--now", "later"],
        ],
        ids=" ".join,
    )
    def test_a_bad_question_is_refused(self, terminal: Terminal, words: list[str]) -> None:
        file = saved(terminal, a_clinic_file())
        ran = terminal.run("search", file, *words)
        assert (ran.status, ran.out) == (2, "")
        assert ran.complaint.startswith("slotwright: ")
        assert "code" in json.loads(terminal.run("search", file, *words, "--json").complaint)

    def test_who_mistypes_an_id_is_told_which_there_are(self, terminal: Terminal) -> None:
        file = saved(terminal, a_clinic_file())
        ran = terminal.run("search", file, "--service", "nothing", *self.WEEK)
        assert "no service nothing in this clinic; there is" in ran.complaint
        assert "scan" in ran.complaint

    def test_needs_no_data_folder(self, terminal: Terminal) -> None:
        terminal.run("search", saved(terminal, a_clinic_file()), "--service", "scan", *self.WEEK)
        assert [path.name for path in terminal.folder.iterdir()] == ["clinic.json"]


def test_migrating_twice_is_harmless(terminal_on_database: Terminal) -> None:
    for _ in range(2):
        ran = terminal_on_database.run("migrate")
        assert (ran.status, ran.out.strip()) == (0, "the database is up to date")


def test_a_secret_is_made_once_however_many_ask(tmp_path: Path) -> None:
    settings = read_settings(data_dir=tmp_path / "data")
    with ThreadPoolExecutor(8) as threads:
        secrets = set(threads.map(lambda _: token_secret(settings), range(32)))
    assert len(secrets) == 1
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["token-secret"]
