"""The database as the commands find it: the one of `serve`, running or not."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.command_line.progress import Tell, told_progress
from api.settings import Settings
from models.postgres.connection import Database
from models.postgres.ready import ready_database


@asynccontextmanager
async def the_database(settings: Settings, tell: Tell | None = None) -> AsyncIterator[Database]:
    """The database that the settings name, up to date; kept running while inside."""
    async with ready_database(
        database_url=settings.database_url, data_dir=settings.data_dir, progress=tell
    ) as database:
        yield database


def migrate_database(settings: Settings, *, as_json: bool) -> None:
    """Apply what is missing; say so when nothing was."""
    told: list[str] = []

    async def migrated() -> None:
        async with the_database(settings, told.append):
            pass

    with told_progress():
        asyncio.run(migrated())
    print(json.dumps({"migrated": True, "steps": told}) if as_json else "the database is up to date")
