"""What only a PostgreSQL with its extensions and its own logins can show."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from models.postgres import constraints
from models.postgres.connection import open_pool, reading
from models.postgres.migrate import migrate
from models.postgres.ready import given_database
from models.postgres.roles import RoleMissing
from tests.postgres.databases import DatabaseServer, server_of_this_machine

pytestmark = [pytest.mark.anyio, pytest.mark.services]

LOGIN = "slotwright_test_login"


@pytest.fixture
def server() -> DatabaseServer:
    return server_of_this_machine()


@pytest.fixture
def login(server: DatabaseServer) -> Iterator[str]:
    """A login without rights, for one test."""
    name = sql.Identifier(LOGIN)
    with psycopg.connect(server.admin, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        yield LOGIN
        conn.execute(sql.SQL("DROP ROLE {}").format(name))


async def test_the_guard_spelled_for_distribution_is_valid(server: DatabaseServer) -> None:
    await given_database(server.admin)
    with server.temporary() as database:
        await migrate(database)
        with psycopg.connect(database.owner_conninfo) as conn:
            conn.execute("CREATE EXTENSION btree_gist")
            conn.execute("ALTER TABLE claim DROP CONSTRAINT units_are_never_held_twice")
            conn.execute(f"ALTER TABLE claim ADD {constraints.UNITS_ARE_NEVER_HELD_TWICE_DISTRIBUTED}")


async def test_a_login_that_may_not_take_the_role_is_told_what_to_run(
    server: DatabaseServer, login: str
) -> None:
    await given_database(server.admin)
    url = make_conninfo(server.admin, user=login)
    with pytest.raises(RoleMissing, match=f'GRANT slotwright_app TO "{login}"'):
        await given_database(url)
    with psycopg.connect(server.admin, autocommit=True) as conn:
        conn.execute(sql.SQL("GRANT slotwright_app TO {}").format(sql.Identifier(login)))
    ready = await given_database(url)
    async with open_pool(ready, size=1) as pool, reading(pool) as conn_as_login:
        cursor = await conn_as_login.execute("SELECT current_user::text, session_user::text")
        assert await cursor.fetchone() == ("slotwright_app", login)
