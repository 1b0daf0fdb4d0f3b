"""What several test files about transactions share."""

from collections.abc import Callable

import psycopg
import pytest

from tests.postgres.databases import DatabaseServer


@pytest.fixture(params=[True, False], ids=["pipelined", "plain"])
def pipelined(request: pytest.FixtureRequest) -> bool:
    assert isinstance(request.param, bool)
    return request.param


@pytest.fixture
def cut(database_server: DatabaseServer) -> Callable[[object], None]:
    """Ends the connection of a backend, as a dying server does."""

    def terminate(pid: object) -> None:
        with psycopg.connect(database_server.admin, autocommit=True) as conn:
            conn.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    return terminate
