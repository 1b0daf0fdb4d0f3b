"""A real PostgreSQL for the tests, and a fresh, migrated database for each test that asks for one."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest

from models.postgres.connection import Database, Pool, open_pool
from models.postgres.migrate import migrate
from tests.postgres import databases

LEFT_OUT = {"long": "make test-long", "services": ".ci/run, where the services are"}
_left_out: Counter[str] = Counter()


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    _left_out.update(marker for item in items for marker in LEFT_OUT if item.get_closest_marker(marker))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several processes that test side by side hands over what it has counted."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(_left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Each of those processes has left out the same tests; one that crashed does not say which."""
    told = getattr(node, "workeroutput", {})
    _left_out.update(Counter(told.get("left_out", {})) - _left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for marker, count in sorted(_left_out.items()):
        terminalreporter.write_line(f"left out: {count} tests marked {marker} ({LEFT_OUT[marker]})")


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
