"""A server for tests, the embedded one or the one that DATABASE_URL names, and databases on it."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from models.postgres.connection import Database
from models.postgres.constraints import OWNER_ROLE, SERVICE_ROLE
from models.postgres.embedded import running_server
from models.postgres.ready import embedded_database, given_database


@dataclass(frozen=True, kw_only=True)
class DatabaseServer:
    """Where databases can be made; `admin` makes them, `owner` and `service` are logins to use them."""

    admin: str
    owner: str
    service: str
    is_embedded: bool
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def create(self, *, template: str = "template0") -> str:
        """A new database with a name of its own: empty, or a clone of `template`."""
        name = f"slotwright_test_{os.getpid()}_{next(self.numbers)}"
        # Copying files beats copying pages through the log where nothing is flushed to disk, and only there.
        strategy = sql.SQL("file_copy" if self.is_embedded else "wal_log")
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {} ENCODING 'UTF8'")
        self._run(command.format(sql.Identifier(name), sql.Identifier(template), strategy))
        if self.is_embedded:
            given = sql.SQL("ALTER DATABASE {} OWNER TO {}")
            self._run(given.format(sql.Identifier(name), sql.Identifier(OWNER_ROLE)))
        return name

    def drop(self, name: str) -> None:
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def temporary(self, *, template: str = "template0") -> Iterator[Database]:
        """A database that is gone when the block ends, whoever is still connected."""
        name = self.create(template=template)
        try:
            yield self.database(name)
        finally:
            self.drop(name)

    def database(self, name: str) -> Database:
        return Database.at(
            owner=make_conninfo(self.owner, dbname=name), service=make_conninfo(self.service, dbname=name)
        )

    def _run(self, command: sql.Composed) -> None:
        with psycopg.connect(self.admin, autocommit=True) as conn:
            conn.execute(command)


def server_of_this_machine() -> DatabaseServer:
    """A full PostgreSQL with its extensions, run by somebody else: for tests marked `services`."""
    url = os.environ.get("SERVICES_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
    return DatabaseServer(admin=url, owner=url, service=url, is_embedded=False)


@contextmanager
def server_for_tests() -> Iterator[DatabaseServer]:
    """A server with both roles; the embedded one lives in a short path and gives up safety for speed."""
    given = os.environ.get("DATABASE_URL")
    if given:
        asyncio.run(given_database(given))
        yield DatabaseServer(admin=given, owner=given, service=given, is_embedded=False)
        return
    with reachable_folder() as folder, running_server(folder, durable=False) as server:
        asyncio.run(embedded_database(server))
        yield DatabaseServer(
            admin=server.conninfo(),
            owner=server.conninfo(user=OWNER_ROLE),
            service=server.conninfo(user=SERVICE_ROLE),
            is_embedded=True,
        )


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A temporary folder that the server's account can reach when the tests run as root."""
    with tempfile.TemporaryDirectory(prefix="slotwright-", dir="/tmp") as folder:
        path = Path(folder)
        path.chmod(0o711)
        yield path
