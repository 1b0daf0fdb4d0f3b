"""A terminal in a folder of its own, with or without a database."""

from dataclasses import replace
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from models.postgres.connection import Database
from tests.command_line.running_commands import Terminal
from tests.postgres.databases import DatabaseServer


@pytest.fixture
def terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Terminal:
    """A terminal whose commands need no database."""
    return Terminal(tmp_path, {"SLOTWRIGHT_DATA": str(tmp_path / "data")}, capfd)


@pytest.fixture
def terminal_on_database(terminal: Terminal, database: Database, database_server: DatabaseServer) -> Terminal:
    """A terminal whose commands find a fresh database, as the operator of its server."""
    name = conninfo_to_dict(database.owner_conninfo)["dbname"]
    url = make_conninfo(database_server.admin, dbname=name)
    return replace(terminal, variables={**terminal.variables, "DATABASE_URL": url})
