"""A real PostgreSQL for the tests, and a fresh, migrated database for each test that asks for one."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from models.postgres.connection import Database, Pool, open_pool
from models.postgres.migrate import migrate
from tests.postgres import databases


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def database_server() -> Iterator[databases.DatabaseServer]:
    """One server for the whole run."""
    with databases.server_for_tests() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_template(database_server: databases.DatabaseServer) -> Iterator[str]:
    """A database with every migration applied, made once and cloned by name."""
    name = database_server.create()
    asyncio.run(migrate(database_server.database(name)))
    yield name
    database_server.drop(name)


@pytest.fixture
def database(database_server: databases.DatabaseServer, migrated_template: str) -> Iterator[Database]:
    """A fresh database of the current shape, for this test alone."""
    with database_server.temporary(template=migrated_template) as fresh:
        yield fresh


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    """An open pool on the fresh database, with the rights of the service."""
    async with open_pool(database, size=4) as opened:
        yield opened
