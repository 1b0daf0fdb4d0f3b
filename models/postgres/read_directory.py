"""Which clinics there are, and of which version each one is: what a search across them begins with."""

from collections.abc import Collection, Mapping
from uuid import UUID

from models.postgres.connection import Connection
from models.postgres.ids import uuid_or_none
from models.postgres.named_queries import named_queries

queries = named_queries(__file__)


async def visible_clinics(conn: Connection, only: str | None) -> Mapping[str, int]:
    """The `config_version` of every clinic, or of the one that is named, if it is there."""
    found = None if only is None else uuid_or_none(only)
    if only is not None and found is None:
        return {}
    rows = await conn.execute(queries["visible_clinics"], {"only": found})
    return dict(await rows.fetchall())


async def versions_of_clinics(conn: Connection, ids: Collection[str]) -> Mapping[str, int]:
    """The `config_version` of some clinics; those that are gone are left out."""
    rows = await conn.execute(queries["versions_of_clinics"], {"ids": [UUID(one) for one in ids]})
    return dict(await rows.fetchall())
