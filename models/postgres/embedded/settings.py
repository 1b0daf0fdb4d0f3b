"""The configuration of the embedded server, rewritten at each start so that a new version brings its own."""

import sys
from pathlib import Path

from models.postgres.constraints import OWNER_ROLE, SERVICE_ROLE
from models.postgres.embedded.account import Account

SUPERUSER = "postgres"
ROLES = (SUPERUSER, OWNER_ROLE, SERVICE_ROLE)

SETTINGS = """\
# Written at each start of the server; changes made here are lost.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 128MB
max_wal_size = 1GB
checkpoint_timeout = 5min
fsync = {durable}
synchronous_commit = {durable}
full_page_writes = {durable}
recovery_init_sync_method = {sync_method}
deadlock_timeout = 100ms
timezone = 'UTC'
log_timezone = 'UTC'
jit = off

# One file per weekday, emptied when its day comes round again. Refused statements are not logged: a taken
# slot is daily business, and the details of an error would put patients into a log.
logging_collector = on
log_directory = '../log'
log_filename = 'postgres-%u.log'
log_file_mode = 0600
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] '
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_checkpoints = off
"""

# The kernel vouches for the account at the other end of the socket, so there is no password to keep.
HOST_BASED_AUTHENTICATION = "local all all peer map=slotwright\n"


def write_settings(cluster: Path, *, sockets: Path, account: Account, durable: bool) -> None:
    """Settings, who may connect, and as which role."""
    settings = SETTINGS.format(
        sockets=sockets,
        durable="on" if durable else "off",
        # One call for the file system, instead of one per file, before a killed server recovers.
        sync_method="syncfs" if sys.platform == "linux" else "fsync",
    )
    accounts = sorted({account.name, account.caller})
    identities = [f'slotwright "{name}" "{role}"\n' for name in accounts for role in ROLES]
    files = {
        "slotwright.conf": settings,
        "pg_hba.conf": HOST_BASED_AUTHENTICATION,
        "pg_ident.conf": "".join(identities),
    }
    for name, text in files.items():
        _replace(cluster / name, text, account)
    main = cluster / "postgresql.conf"
    include = "include 'slotwright.conf'\n"
    if include not in main.read_text(encoding="utf-8"):
        with main.open("a", encoding="utf-8") as file:
            file.write(f"\n{include}")


def _replace(path: Path, text: str, account: Account) -> None:
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.chmod(0o600)
    account.own(unfinished)
    unfinished.replace(path)
