"""The trail of changes. A booking writes its own row of it, together with everything else."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from models.postgres.connection import Connection
from models.postgres.named_queries import named_queries
from models.records import Actor

queries = named_queries(__file__)


async def write_audit(
    conn: Connection,
    clinic_id: str,
    actor: Actor,
    at: datetime,
    *,
    action: str,
    entity: str,
    entity_id: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """One row of the trail; `before` and `after` hold ids, statuses and times, never personal data."""
    values = {
        "clinic_id": clinic_id,
        "at": at,
        "subject": actor.subject,
        "role": actor.role,
        "action": action,
        "entity": entity,
        "entity_id": entity_id,
        "before": None if before is None else orjson.dumps(before).decode(),
        "after": None if after is None else orjson.dumps(after).decode(),
    }
    await conn.execute(queries["write_audit"], values)
