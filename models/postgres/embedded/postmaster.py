"""The server's own processes: making its folder, starting, finding, stopping them."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from psycopg import pq

from models.postgres.embedded.account import Account
from models.postgres.embedded.locks import FileLock
from models.postgres.embedded.settings import SUPERUSER

# The caller's PGOPTIONS, PGDATA, LC_* and the like are none of the server's business.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class StartFailed(Exception):
    """A program of PostgreSQL gave up; the message carries its last words."""


@dataclass(frozen=True, slots=True)
class PidFile:
    """What the postmaster wrote about itself into `postmaster.pid`."""

    pid: int
    cluster: Path
    sockets: Path | None


def read_pid_file(cluster: Path) -> PidFile | None:
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        sockets = Path(lines[4].strip()) if len(lines) > 4 and lines[4].strip() else None
        return PidFile(pid=int(lines[0]), cluster=Path(lines[1]), sockets=sockets)
    except (FileNotFoundError, ValueError, IndexError):
        return None


def create_cluster(cluster: Path, programs: Path, account: Account, *, durable: bool) -> None:
    """A new cluster in UTF-8 with checksums, whole or not at all."""
    unfinished = cluster.with_name(f"{cluster.name}.{secrets.token_hex(4)}")
    command = [str(programs / "initdb"), "-D", str(unfinished), "-U", SUPERUSER, "--auth=peer"]
    # The builtin provider sorts the same on every machine, whatever locales that has.
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--data-checksums", "--no-instructions", *_how_to_sync(durable=durable)]
    for leftover in cluster.parent.glob(f"{cluster.name}.*"):
        shutil.rmtree(leftover, ignore_errors=True)
    made = subprocess.run(  # noqa: S603  a program of the wheel
        command,
        cwd="/",
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **account.subprocess_arguments(),
    )
    if made.returncode != 0:
        raise StartFailed(f"initdb failed: {made.stdout.strip()}")
    unfinished.rename(cluster)


def _how_to_sync(*, durable: bool) -> list[str]:
    if not durable:
        return ["--no-sync"]
    # One call for the file system, instead of one for each of a thousand files on a disk that may be busy.
    return ["--sync-method=syncfs"] if sys.platform == "linux" else []


def start_postmaster(
    cluster: Path, programs: Path, account: Account, server_lock: FileLock
) -> subprocess.Popen[bytes]:
    """Start it in a session of its own (no Ctrl-C reaches it), with the server lock handed down."""
    with (cluster.parent / "log" / "start.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603  a program of the wheel
            [str(programs / "postgres"), "-D", str(cluster)],
            cwd="/",
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(server_lock.fileno(),),
            **account.subprocess_arguments(),
        )


def clear_leftovers(cluster: Path, sockets: Path) -> bool:
    """Remove what a killed server left; False where `postmaster.pid` names a living server of this folder.

    PostgreSQL would refuse to start if the old process id now belonged to anything else: usual after a
    restart in a container, and after copying the folder of a running server.
    """
    found = read_pid_file(cluster)
    if found is not None and _is_postgres(found.pid, cluster):
        return False
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    for leftover in sockets.glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)
    return True


def _is_postgres(pid: int, cluster: Path) -> bool:
    """Whether `pid` is alive and runs on this cluster; where that cannot be seen, any living one counts."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        listed = subprocess.run(  # noqa: S603  a fixed command
            ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
        )
        arguments = listed.stdout
    return os.fsencode(cluster) in arguments


def ping(sockets: Path) -> pq.Ping:
    """OK: it serves. REJECT: it starts, recovers or stops. NO_RESPONSE: nobody listens."""
    conninfo = f"host={sockets} port=5432 user={SUPERUSER} dbname=postgres connect_timeout=2"
    return pq.Ping(pq.PGconn.ping(conninfo.encode()))


def signal_postmaster(cluster: Path, how: signal.Signals) -> None:
    """Tell the postmaster; call only while its lock shows that the process id is truly its own."""
    found = read_pid_file(cluster)
    if found is not None:
        try:
            os.kill(found.pid, how)
        except ProcessLookupError:
            return


def last_words(home: Path, lines: int = 12) -> str:
    """The end of the newest logs, for an error message."""
    logs = sorted((home / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
    text = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in logs[-2:])
    return "\n".join(text.splitlines()[-lines:])
