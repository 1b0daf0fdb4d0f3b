"""What leaves `reading`, `writing` and `retrying`: results, domain errors, and connections."""

import pytest

from models.postgres.connection import Pool, reading

pytestmark = pytest.mark.anyio


async def test_a_reader_is_the_service_and_cannot_write(pool: Pool) -> None:
    async with reading(pool) as conn:
        cursor = await conn.execute("SELECT current_user::text, current_setting('transaction_read_only')")
        assert await cursor.fetchone() == ("slotwright_app", "on")
