"""Who serves: a role that the guards of the database bind."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from models.errors import DatabaseUnusable, ServesAsSuperuser, Unavailable
from models.postgres.connection import Database, open_pool, reading
from models.postgres.ready import given_database, ready_database
from models.postgres.roles import refuse_old_server
from tests.postgres.databases import DatabaseServer

pytestmark = pytest.mark.anyio


@pytest.fixture
def login(database_server: DatabaseServer) -> Iterator[str]:
    """A role of the test's own that may log in and nothing else."""
    name = sql.Identifier(f"slotwright_test_login_{os.getpid()}")
    with psycopg.connect(database_server.admin, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        yield name.as_string().strip('"')
        conn.execute(sql.SQL("DROP OWNED BY {}").format(name))
        conn.execute(sql.SQL("DROP ROLE {}").format(name))


async def test_the_service_is_bound_and_the_owner_too(database: Database) -> None:
    async with open_pool(database, size=1) as pool, reading(pool) as conn:
        cursor = await conn.execute(
            "SELECT rolname::text, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert await cursor.fetchone() == ("slotwright_app", False, False, False, False)


@pytest.mark.parametrize("right", ["SUPERUSER", "BYPASSRLS"])
async def test_a_role_that_bypasses_the_guards_does_not_serve(
    database_server: DatabaseServer, database: Database, login: str, right: str
) -> None:
    with psycopg.connect(database_server.admin, autocommit=True) as conn:
        conn.execute(sql.SQL("ALTER ROLE {} " + right).format(sql.Identifier(login)))
        options = f"-c search_path=slotwright -c role={login}"
        as_admin = make_conninfo(database_server.admin, dbname=name_of(database), options=options)
    unrestricted = Database(owner_conninfo=database.owner_conninfo, service_conninfo=as_admin)
    with pytest.raises(ServesAsSuperuser, match=login):
        async with open_pool(unrestricted, size=1):
            pass


def name_of(database: Database) -> str:
    with psycopg.connect(database.owner_conninfo) as conn:
        return conn.info.dbname


async def test_making_ready_at_once_makes_each_role_once(
    database_server: DatabaseServer, database: Database
) -> None:
    url = make_conninfo(database_server.admin, dbname=name_of(database))
    made = await asyncio.gather(*[given_database(url) for _ in range(8)])
    assert len(set(made)) == 1


async def test_a_given_server_serves_as_the_restricted_role(
    database_server: DatabaseServer, database: Database, tmp_path: Path
) -> None:
    url = make_conninfo(database_server.admin, dbname=name_of(database))
    async with (
        ready_database(database_url=url, data_dir=tmp_path) as ready,
        open_pool(ready, size=1) as pool,
        reading(pool) as conn,
    ):
        cursor = await conn.execute("SELECT current_user::text")
        assert await cursor.fetchone() == ("slotwright_app",)


async def test_a_server_that_is_not_there_is_said_to_be_unreachable() -> None:
    with pytest.raises(Unavailable):
        await given_database("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")


async def test_an_old_server_is_refused_in_words(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psycopg.ConnectionInfo.server_version", 140_012)
    async with await psycopg.AsyncConnection.connect(database.owner_conninfo) as conn:
        with pytest.raises(DatabaseUnusable, match="PostgreSQL 14 is too old: slotwright needs 15 or newer"):
            refuse_old_server(conn)
