"""The database as the commands find it: the one of `serve`, running or not."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import typer

from api.command_line.progress import Progress, shown_progress
from api.settings import Settings
from api.workflows.runtime import Runtime
from models.postgres.connection import open_pool
from models.postgres.ready import ready_database


@asynccontextmanager
async def command_runtime(settings: Settings, progress: Progress) -> AsyncIterator[Runtime]:
    """A runtime for one command: one connection, and a solver that is not loaded unless asked."""
    async with (
        ready_database(
            database_url=settings.database_url, data_dir=settings.data_dir, progress=progress.tell
        ) as database,
        open_pool(database, size=1) as pool,
    ):
        yield Runtime(pool=pool)


def migrate_database(settings: Settings, *, as_json: bool) -> None:
    """Bring the database up to date."""

    async def migrated(progress: Progress) -> None:
        async with command_runtime(settings, progress):
            pass

    with shown_progress() as progress:
        asyncio.run(migrated(progress))
    typer.echo(json.dumps({"status": "current"}) if as_json else "the database is up to date")
