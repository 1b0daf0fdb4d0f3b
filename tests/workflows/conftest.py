"""Desks in clinics of their own, on one database per file."""

from collections.abc import AsyncIterator, Iterator

import pytest

from models.postgres.connection import Connection, Database, Pool, open_pool
from tests.postgres.databases import DatabaseServer
from tests.workflows.desk import Desk, open_desk
from tests.workflows.waiting import watching


@pytest.fixture(scope="module")
def database(database_server: DatabaseServer, migrated_template: str) -> Iterator[Database]:
    """Clinics do not see each other, so that the tests of one file can share a database."""
    with database_server.temporary(template=migrated_template) as fresh:
        yield fresh


@pytest.fixture(scope="module")
async def pool(database: Database) -> AsyncIterator[Pool]:
    """Enough connections for the races."""
    async with open_pool(database, size=20) as opened:
        yield opened


@pytest.fixture
async def watcher(database_server: DatabaseServer, database: Database) -> AsyncIterator[Connection]:
    """Somebody who may see and end everybody's processes in the test's database."""
    async with watching(database_server, database) as conn:
        yield conn


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    """One provider, one room, one service; Monday, two hours before anybody works."""
    return await open_desk(pool)
