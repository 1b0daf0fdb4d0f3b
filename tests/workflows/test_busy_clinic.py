"""Many want everything at once, and holds run out meanwhile; then the books are audited."""

import pytest

from models.postgres.connection import Pool
from tests.workflows.busy_clinic import busy_crowd, found_wrong

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("rules_change", [False, True])
@pytest.mark.parametrize("seed", range(int(__import__("os").environ.get("FROM","0")),int(__import__("os").environ.get("SEEDS","2"))))
async def test_nothing_is_held_twice_or_for_nobody(pool: Pool, seed: int, rules_change: bool) -> None:
    crowd = await busy_crowd(pool, seed, rules_change=rules_change)
    for _ in range(int(__import__("os").environ.get("ROUNDS","4"))):
        await crowd.rush(60, together=12)
        assert await found_wrong(crowd.desk, limits=not rules_change) == [], crowd.told
    print(crowd.told)
