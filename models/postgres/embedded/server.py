"""One running server per folder, shared by all processes that use it and stopped by the last of them."""

import logging
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import pq
from psycopg.conninfo import make_conninfo

from models.errors import DatabaseUnusable
from models.postgres.embedded import places
from models.postgres.embedded.account import Account, NoAccount, account_for
from models.postgres.embedded.locks import FileLock, held_exclusively, open_lock
from models.postgres.embedded.patience import Patience, Progress
from models.postgres.embedded.postmaster import (
    StartFailed,
    clear_leftovers,
    create_cluster,
    last_words,
    ping,
    read_pid_file,
    signal_postmaster,
    start_postmaster,
)
from models.postgres.embedded.settings import SUPERUSER, write_settings

# Replaying a day of write-ahead log can take minutes; a server that says so is waited for.
START_SECONDS = 900.0
# A server that neither answers nor says that it is starting has failed.
SILENT_SECONDS = 60.0
FAST_STOP_SECONDS = 120.0
IMMEDIATE_STOP_SECONDS = 20.0
REAP_SECONDS = 5.0
# A server killed under a running service is back a moment later.
WATCH_SECONDS = 0.25
PAUSE_AFTER_FAILURE_SECONDS = 5.0

logger = logging.getLogger("slotwright.database")


class EmbeddedServerFailed(DatabaseUnusable):
    """The embedded PostgreSQL could not be started or stopped; the message says why."""


class EmbeddedServer:
    """This process's share in the server at `home`; the kernel takes it back when the process dies."""

    def __init__(self, home: Path, account: Account, *, durable: bool, progress: Progress | None) -> None:
        self.home = home
        self._account = account
        self._durable = durable
        self._progress = progress
        self._cluster = home / "cluster"
        self._users = FileLock(home / "users.lock")
        self._started: subprocess.Popen[bytes] | None = None
        self._sockets = home / "sockets"

    def conninfo(self, *, user: str = SUPERUSER, dbname: str = "postgres") -> str:
        return make_conninfo(host=str(self._sockets), port=5432, user=user, dbname=dbname)

    @property
    def postmaster_pid(self) -> int | None:
        found = read_pid_file(self._cluster)
        return found.pid if found is not None else None

    def join(self) -> None:
        """Use the running server, or start it, through recovery where it was killed."""
        patience = self._patience("waiting for another process to start the database", START_SECONDS)
        with held_exclusively(self.home / "start.lock", patience):
            self._users.try_shared()
            self._ensure_running()

    def stop_if_last(self) -> bool:
        """Give the share back; the last user stops the server and leaves no process of it. Idempotent."""
        patience = self._patience("waiting for another process to let go of the database", START_SECONDS)
        with held_exclusively(self.home / "start.lock", patience):
            self._users.release()
            is_last = self._users.try_exclusive()
            if is_last:
                self._stop()
        self._users.close()
        self._let_go()
        return is_last

    def _ensure_running(self) -> None:
        """Return once it serves: it may serve already, start, recover, or have died a moment ago."""
        starting = self._patience("waiting for the database to start", START_SECONDS)
        silent = self._patience("waiting for the database to answer", SILENT_SECONDS)
        has_started = False
        while True:
            if self.is_dead():
                if has_started:
                    raise EmbeddedServerFailed(
                        f"the database did not start; its log:\n{last_words(self.home)}"
                    )
                has_started = self._start()
            answer = self._ping()
            if answer == pq.Ping.OK:
                return
            if answer == pq.Ping.REJECT:
                silent = self._patience("waiting for the database to answer", SILENT_SECONDS)
            if starting.is_over() or silent.is_over():
                raise EmbeddedServerFailed(f"the database does not answer; its log:\n{last_words(self.home)}")
            starting.pause()

    def is_dead(self) -> bool:
        """No process of the server is left; those of a killed one end by themselves, but not at once."""
        if self._started is not None:
            self._started.poll()
        with open_lock(self.home / "server.lock") as server_lock:
            return server_lock.try_exclusive()

    def _start(self) -> bool:
        """Start it, through recovery where it was killed; False where another one holds the folder."""
        programs = places.programs_for(self._account)
        if not self._cluster.exists():
            self._create_cluster(programs)
        self._check_version()
        sockets = places.socket_folder(self.home, self._account)
        places.private_folder(self.home / "log", self._account)
        if not clear_leftovers(self._cluster, sockets):
            return False
        write_settings(self._cluster, sockets=sockets, account=self._account, durable=self._durable)
        with open_lock(self.home / "server.lock") as server_lock:
            if not server_lock.try_exclusive():
                return False
            self._started = start_postmaster(self._cluster, programs, self._account, server_lock)
        return True

    def _create_cluster(self, programs: Path) -> None:
        if self._progress is not None:
            self._progress(f"making a database in {self.home}")
        create_cluster(self._cluster, programs, self._account, durable=self._durable)

    def _check_version(self) -> None:
        found = (self._cluster / "PG_VERSION").read_text(encoding="utf-8").strip()
        if found != str(places.MAJOR_VERSION):
            raise EmbeddedServerFailed(
                f"the data in {self.home} were written by PostgreSQL {found}, and this program brings "
                f"{places.MAJOR_VERSION}: export the clinics with the program that wrote them, "
                "and import them into a new folder"
            )

    def _ping(self) -> pq.Ping:
        found = read_pid_file(self._cluster)
        # In a copy of a running server's folder, the file still names the original.
        if found is None or found.sockets is None or found.cluster != self._cluster:
            return pq.Ping.NO_RESPONSE
        self._sockets = found.sockets
        return ping(found.sockets)

    def _stop(self) -> None:
        """Fast first; a server that does not obey is told to drop everything, and recovers next time."""
        for how, seconds in ((signal.SIGINT, FAST_STOP_SECONDS), (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS)):
            patience = self._patience("waiting for the database to stop", seconds)
            if not self.is_dead():
                signal_postmaster(self._cluster, how)
            while not patience.is_over():
                if self.is_dead():
                    places.leave_no_socket_folder(self.home, self._sockets)
                    return
                patience.pause()
        raise EmbeddedServerFailed(f"the database does not stop; its log:\n{last_words(self.home)}")

    def _let_go(self) -> None:
        """Reap the postmaster where it was a child of ours and has ended; else it is init's."""
        if self._started is None:
            return
        try:
            self._started.wait(REAP_SECONDS if self.is_dead() else 0)
        except subprocess.TimeoutExpired:
            # Its destructor would warn about a running child, which is what a shared server is.
            self._started.returncode = 0
        self._started = None

    def _patience(self, activity: str, seconds: float) -> Patience:
        return Patience(activity, seconds=seconds, progress=self._progress)


@contextmanager
def running_server(
    data_dir: Path, *, durable: bool = True, progress: Progress | None = None
) -> Iterator[EmbeddedServer]:
    """The server of `data_dir`, shared while the block runs; the last block to end stops it.

    `durable=False` trades safety for speed and is for tests only: what a crash finds unwritten is lost.
    """
    with _failures_explained(data_dir):
        account = account_for(places.owner_of_home(data_dir))
        home = places.settle_home(data_dir, account)
        server = EmbeddedServer(home, account, durable=durable, progress=progress)
    try:
        with _failures_explained(data_dir):
            server.join()
        with _watched(server):
            yield server
    finally:
        server.stop_if_last()


@contextmanager
def _watched(server: EmbeddedServer) -> Iterator[None]:
    """While the block runs, a thread starts the server again whenever it has been killed."""
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(WATCH_SECONDS):
            if server.is_dead():
                logger.warning("the database has died: starting it again")
                try:
                    server.join()
                except (DatabaseUnusable, OSError, StartFailed) as error:
                    logger.error("the database could not be started again: %s", error)
                    is_over.wait(PAUSE_AFTER_FAILURE_SECONDS)

    thread = threading.Thread(target=watch, name="embedded database", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


@contextmanager
def _failures_explained(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except (NoAccount, places.Misplaced, StartFailed, OSError) as error:
        raise EmbeddedServerFailed(f"no database in {data_dir}: {error}") from error
