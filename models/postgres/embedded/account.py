"""The account of the operating system that the server runs as: PostgreSQL refuses to run as root.

Root needs no new account and no `useradd`: the server runs as `postgres` where that account exists, else
as `nobody`, and the folder of the data belongs to it.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNPRIVILEGED = ("postgres", "nobody")


class NoAccount(Exception):
    """There is no account that the server could run as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who the server runs as, and who calls: both may connect to it."""

    name: str
    caller: str
    uid: int
    gid: int

    @property
    def differs_from_caller(self) -> bool:
        return self.uid != os.geteuid()

    def subprocess_arguments(self) -> dict[str, Any]:
        """What makes `subprocess` drop root's rights; nothing for everybody else."""
        if not self.differs_from_caller:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, *paths: Path) -> None:
        """Hand files made by root to the server."""
        if self.differs_from_caller:
            for path in paths:
                os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def can_reach(self, path: Path) -> bool:
        """Whether every folder on the way to `path`, and `path` itself, opens for the account."""
        if not self.differs_from_caller:
            return True
        found = subprocess.run(  # noqa: S603  a fixed command
            ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
            cwd="/",
            check=False,
            **self.subprocess_arguments(),
        )
        return found.returncode == 0


def account_for(owner_of_data: int | None) -> Account:
    """Whoever owns the data; without data, the caller or, for root, an unprivileged account."""
    try:
        caller = pwd.getpwuid(os.geteuid())
    except KeyError:
        raise NoAccount(
            f"PostgreSQL needs an account with a name, and user id {os.geteuid()} has none here"
        ) from None
    if owner_of_data in (None, caller.pw_uid) and caller.pw_uid != 0:
        return _account(caller, caller)
    if caller.pw_uid != 0:
        raise NoAccount(f"the data belong to user id {owner_of_data}, and this is {caller.pw_name}")
    if owner_of_data:
        return _account(pwd.getpwuid(owner_of_data), caller)
    for name in UNPRIVILEGED:
        try:
            return _account(pwd.getpwnam(name), caller)
        except KeyError:
            continue
    raise NoAccount("PostgreSQL does not run as root, and there is no account postgres or nobody")


def _account(entry: pwd.struct_passwd, caller: pwd.struct_passwd) -> Account:
    return Account(name=entry.pw_name, caller=caller.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
