"""A process that uses the embedded server in the folder it is given, as the account it is given.

It prints `ready <pid of the postmaster> <conninfo>`; the line `write` makes it insert numbers, one
transaction each, and print each one that was acknowledged; an empty line ends it.
"""

import itertools
import os
import pwd
import sys
from pathlib import Path

import psycopg

from models.postgres.embedded import running_server


def insert_for_ever(conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS acknowledged (number bigint)")
        for number in itertools.count():
            conn.execute("INSERT INTO acknowledged VALUES (%s)", [number])
            print("acknowledged", number, flush=True)


def become(name: str) -> None:
    account = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def main() -> None:
    # Only now, for the account may not be able to read where Python is installed.
    if len(sys.argv) > 2:
        become(sys.argv[2])

    def progress(message: str) -> None:
        print("progress", message, flush=True)

    with running_server(Path(sys.argv[1]), progress=progress) as server:
        print("ready", server.postmaster_pid, server.conninfo(), flush=True)
        if sys.stdin.readline().strip() == "write":
            insert_for_ever(server.conninfo())


if __name__ == "__main__":
    main()
