"""Plans are made once, often for empty tables, and kept: they have to be good for full ones."""

from datetime import timedelta
from uuid import uuid4

import pytest

from models.postgres import read_evidence
from models.postgres.connection import Pool, reading
from tests.builders import NOW

pytestmark = pytest.mark.anyio

VALUES = {
    "clinic_id": uuid4(),
    "clinic_lock": 1,
    "key_lock": 2,
    "subject": "somebody",
    "operation": "book",
    "key": "a",
    "now": NOW,
    "patient_id": uuid4(),
    "provider_id": uuid4(),
    "resource_nos": [1, 2],
    "low": NOW,
    "high": NOW + timedelta(hours=1),
    "group_service_id": None,
    "group_provider_id": None,
    "starts_at": NOW,
    "ends_at": NOW,
    "without": None,
}


@pytest.mark.parametrize("statement", ["take_turn", "read_evidence", "kept_reply"])
async def test_a_key_is_found_by_itself_and_not_by_its_expiry(pool: Pool, statement: str) -> None:
    async with reading(pool) as conn:
        lines = await (await conn.execute(f"EXPLAIN {read_evidence.queries[statement]}", VALUES)).fetchall()
    plan = "\n".join(line for (line,) in lines)
    assert "idempotency_key_pkey on idempotency_key" in plan, plan
    assert "idempotency_key_by_expiry" not in plan, plan
