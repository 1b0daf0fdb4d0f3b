"""The trail of changes, and answers kept under keys. A booking writes its own rows of both."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from models.postgres.connection import Connection
from models.postgres.named_queries import named_queries
from models.postgres.write_appointments import reply_values
from models.records import Actor, IdempotencyKey, Reply

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


async def keep_reply(
    conn: Connection, clinic_id: UUID, actor: Actor, at: datetime, key: IdempotencyKey, reply: Reply
) -> None:
    """The answer to a call that changed nothing: its repetition gets the same, whatever comes between."""
    values = {
        "clinic_id": clinic_id,
        "subject": actor.subject,
        "now": at,
        **reply_values(key, reply, at),
    }
    await conn.execute(queries["keep_reply"], values)
