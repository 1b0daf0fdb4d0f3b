"""The life of the embedded server: shared, killed, recovered, adopted, stopped; with real processes."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from models.postgres.embedded import EmbeddedServerFailed, places, running_server
from models.postgres.embedded.account import Account
from tests.postgres.databases import reachable_folder
from tests.postgres.processes import (
    OtherProcess,
    children_of,
    eventually,
    is_alive,
    processes_with,
    stopped,
)

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")


@pytest.fixture
def folder() -> Iterator[Path]:
    with reachable_folder() as path:
        yield path
        for pid in processes_with(str(path)):
            os.kill(pid, signal.SIGKILL)


def user_of(folder: Path) -> OtherProcess:
    return OtherProcess("tests.postgres.server_user", str(folder))


def ready(user: OtherProcess) -> tuple[int, str]:
    pid, _, conninfo = user.line("ready").partition(" ")
    return int(pid), conninfo


class TestSharing:
    def test_two_users_share_one_server_and_the_last_one_stops_it(self, folder: Path) -> None:
        with user_of(folder) as first, user_of(folder) as second:
            server, _ = ready(first)
            assert ready(second)[0] == server
            first.leave()
            assert is_alive(server)
            second.leave()
            assert not is_alive(server)
        assert processes_with(str(folder)) == []

    def test_four_processes_that_start_at_once_get_one_server(self, folder: Path) -> None:
        with ExitStack() as stack:
            users = [stack.enter_context(user_of(folder)) for _ in range(4)]
            servers = {ready(user)[0] for user in users}
            assert len(servers) == 1
            for user in users:
                user.leave()
            assert not is_alive(servers.pop())

    def test_one_process_may_use_it_twice(self, folder: Path) -> None:
        with running_server(folder) as outer:
            with running_server(folder) as inner:
                assert inner.postmaster_pid == outer.postmaster_pid
            with psycopg.connect(outer.conninfo()) as conn:
                assert conn.execute("SELECT 1").fetchone() == (1,)
        assert processes_with(str(folder)) == []

    def test_a_copy_of_a_running_folder_gets_a_server_of_its_own(self, folder: Path) -> None:
        with running_server(folder / "original") as original:
            with psycopg.connect(original.conninfo(), autocommit=True) as conn:
                conn.execute("CHECKPOINT")
            shutil.copytree(folder / "original", folder / "copy", symlinks=True, ignore=_only_regular_files)
            for path in [folder / "copy" / "postgres", *(folder / "copy" / "postgres").rglob("*")]:
                owner = (folder / "original" / "postgres").stat()
                os.chown(path, owner.st_uid, owner.st_gid)
            with running_server(folder / "copy") as copy:
                assert copy.postmaster_pid != original.postmaster_pid
                with psycopg.connect(copy.conninfo()) as conn:
                    assert conn.execute("SHOW data_directory").fetchone() == (
                        str(folder / "copy" / "postgres" / "cluster"),
                    )


def _only_regular_files(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(folder) / name).is_socket()]


class TestKilledUsers:
    def test_the_next_start_adopts_the_server_and_its_clean_exit_stops_it(self, folder: Path) -> None:
        with user_of(folder) as killed:
            server, _ = ready(killed)
            killed.kill()
        assert is_alive(server)
        with user_of(folder) as heir:
            assert ready(heir)[0] == server
            heir.leave()
        assert not is_alive(server)

    def test_a_killed_user_does_not_count_when_the_other_leaves(self, folder: Path) -> None:
        with user_of(folder) as killed, user_of(folder) as other:
            server, _ = ready(killed)
            ready(other)
            killed.kill()
            other.leave()
        assert not is_alive(server)

    def test_interrupting_the_terminal_does_not_reach_the_server(self, folder: Path) -> None:
        with running_server(folder) as server:
            assert server.postmaster_pid is not None
            assert os.getsid(server.postmaster_pid) == server.postmaster_pid


class TestKilledServers:
    def test_no_acknowledged_row_is_lost(self, folder: Path) -> None:
        with user_of(folder) as writer:
            server, _ = ready(writer)
            writer.tell("write")
            while int(writer.line("acknowledged")) < 200:
                pass
            os.kill(server, signal.SIGKILL)
            writer.kill()
            acknowledged = [int(line.split()[1]) for line in writer.remaining_lines() if "acknow" in line]
        with running_server(folder) as recovered, psycopg.connect(recovered.conninfo()) as conn:
            assert recovered.postmaster_pid != server
            stored = {number for (number,) in conn.execute("SELECT number FROM acknowledged")}
        assert set(range(max(acknowledged, default=200) + 1)) <= stored

    def test_a_service_that_lives_on_has_it_back(self, folder: Path) -> None:
        with running_server(folder) as server:
            first = server.postmaster_pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            eventually(lambda: server.postmaster_pid not in (None, first), "another postmaster")
            eventually(lambda: _answers(server.conninfo()), "an answer")
        assert processes_with(str(folder)) == []

    def test_a_start_during_recovery_waits_for_it(self, folder: Path) -> None:
        with user_of(folder) as first:
            server, conninfo = ready(first)
            _write_ahead(conninfo, megabytes=80)
            first.kill()
            os.kill(server, signal.SIGKILL)
        with user_of(folder) as starter, user_of(folder) as waiter:
            startup = eventually(lambda: _startup_process(folder), "recovery")
            with stopped(startup):
                # Both say so after a second, instead of giving up or coming back too early.
                assert "waiting" in starter.line("progress")
                assert "waiting" in waiter.line("progress")
                starter.kill()
            assert ready(waiter)[0] != server
            waiter.leave()
        assert processes_with(str(folder)) == []

    def test_a_process_id_that_now_belongs_to_another_program_is_no_hindrance(self, folder: Path) -> None:
        with user_of(folder) as first:
            server, _ = ready(first)
            first.kill()
            os.kill(server, signal.SIGKILL)
        eventually(lambda: not processes_with(str(folder)), "the end of its children")
        pid_file = folder / "postgres" / "cluster" / "postmaster.pid"
        pid_file.write_text(pid_file.read_text().replace(f"{server}\n", f"{os.getpid()}\n", 1))
        with running_server(folder) as recovered:
            assert recovered.postmaster_pid not in (server, os.getpid())


def _answers(conninfo: str) -> bool:
    try:
        with psycopg.connect(conninfo) as conn:
            return conn.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def _write_ahead(conninfo: str, *, megabytes: int) -> None:
    """Leave that much to replay."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("SET synchronous_commit = off")
        conn.execute("CREATE TABLE filler (text text)")
        conn.execute(
            "INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, %s)", [megabytes * 1000]
        )


def _startup_process(folder: Path) -> int | None:
    for postmaster in processes_with(f"{folder}/postgres/cluster"):
        for child in children_of(postmaster):
            if child in processes_with("startup"):
                return child
    return None


class TestPlaces:
    def test_a_path_too_long_for_a_socket_gets_one_elsewhere(self, folder: Path) -> None:
        long = folder / ("x" * 120)
        with running_server(long) as server, psycopg.connect(server.conninfo()) as conn:
            assert conn.execute("SHOW listen_addresses").fetchone() == ("",)
            (sockets,) = conn.execute("SHOW unix_socket_directories").fetchone() or ("",)
            assert Path(sockets).stat().st_mode & 0o777 == 0o700
        assert not Path(sockets).exists()

    def test_data_of_another_version_are_refused_in_words(self, folder: Path) -> None:
        with running_server(folder):
            pass
        (folder / "postgres" / "cluster" / "PG_VERSION").write_text("17\n")
        with (
            pytest.raises(EmbeddedServerFailed, match=r"written by PostgreSQL 17.* brings 18"),
            running_server(folder),
        ):
            pass
        assert processes_with(str(folder)) == []

    def test_a_server_that_cannot_start_says_why(self, folder: Path) -> None:
        with running_server(folder):
            pass
        (folder / "postgres" / "cluster" / "global" / "pg_control").unlink()
        with pytest.raises(EmbeddedServerFailed, match="pg_control"), running_server(folder):
            pass

    @AS_ROOT
    def test_root_puts_data_that_the_account_could_not_reach_elsewhere(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(places, "REACHABLE_BY_ALL", folder / "reachable")
        closed = folder / "closed" / "data"
        closed.mkdir(parents=True)
        closed.parent.chmod(0o700)
        with running_server(closed) as first:
            server = first.postmaster_pid
            with running_server(closed) as second:
                assert second.postmaster_pid == server
        assert (closed / "postgres").is_symlink()
        assert (closed / "postgres").resolve().parent == folder / "reachable"

    @AS_ROOT
    def test_root_copies_programs_that_the_account_could_not_reach(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(places, "REACHABLE_BY_ALL", folder / "reachable")
        reaches = Account.can_reach
        monkeypatch.setattr(
            Account, "can_reach", lambda self, path: "site-packages" not in str(path) and reaches(self, path)
        )
        with running_server(folder / "data") as server, psycopg.connect(server.conninfo()) as conn:
            assert server.postmaster_pid in processes_with(str(folder / "reachable"))
            assert conn.execute("SELECT 1").fetchone() == (1,)

    @AS_ROOT
    def test_an_ordinary_account_needs_nothing_of_this(self, folder: Path) -> None:
        own = folder / "own"
        own.mkdir()
        shutil.chown(own, "nobody")
        with OtherProcess("tests.postgres.server_user", str(own), "nobody") as user:
            server, _ = ready(user)
            assert Path(f"/proc/{server}").stat().st_uid == own.stat().st_uid
            with running_server(own) as shared:
                assert shared.postmaster_pid == server
            user.leave()
        assert not is_alive(server)
