"""A database that is there, has its roles and its current shape: what every command asks for first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from psycopg import AsyncConnection

from models.postgres.connection import Database
from models.postgres.constraints import DATABASE_NAME, OWNER_ROLE, SERVICE_ROLE
from models.postgres.embedded import EmbeddedServer, running_server
from models.postgres.embedded.patience import Progress
from models.postgres.migrate import migrate
from models.postgres.refusals import domain_errors
from models.postgres.roles import ensure_embedded_roles, ensure_service_role, refuse_old_server


@asynccontextmanager
async def ready_database(
    *, database_url: str | None, data_dir: Path, progress: Progress | None = None
) -> AsyncIterator[Database]:
    """The database at `database_url`, or the embedded one in `data_dir`, migrated and ready to serve.

    The embedded server is shared with every process inside such a block, and stopped by the last one.
    """
    if database_url is not None:
        database = await given_database(database_url)
        await migrate(database, progress=progress)
        yield database
        return
    async with _shared_server(data_dir, progress) as server:
        database = await embedded_database(server)
        await migrate(database, progress=progress)
        yield database


async def given_database(database_url: str) -> Database:
    """A server somebody else runs: new enough, and with the role to serve as."""
    with domain_errors():
        async with await AsyncConnection.connect(database_url, autocommit=True) as conn:
            refuse_old_server(conn)
            await ensure_service_role(conn)
    return Database.at(database_url)


async def embedded_database(server: EmbeddedServer, dbname: str = DATABASE_NAME) -> Database:
    """The database on our own server, with its two roles."""
    with domain_errors():
        async with await AsyncConnection.connect(server.conninfo(), autocommit=True) as conn:
            await ensure_embedded_roles(conn, dbname)
    return Database.at(
        owner=server.conninfo(user=OWNER_ROLE, dbname=dbname),
        service=server.conninfo(user=SERVICE_ROLE, dbname=dbname),
    )


@asynccontextmanager
async def _shared_server(data_dir: Path, progress: Progress | None) -> AsyncIterator[EmbeddedServer]:
    """`running_server` for the event loop: starting and stopping wait in a thread."""
    sharing = running_server(data_dir, progress=progress)
    joining = asyncio.create_task(asyncio.to_thread(sharing.__enter__))
    try:
        yield await asyncio.shield(joining)
    finally:
        # Cancelled while it starts, it must still be stopped once it has.
        await asyncio.wait([joining])
        if joining.exception() is None:
            await asyncio.shield(asyncio.to_thread(sharing.__exit__, None, None, None))
