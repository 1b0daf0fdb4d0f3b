"""Many want everything at once, and holds run out meanwhile; then the books are audited."""

import pytest

from models.postgres.connection import Pool
from tests.workflows.busy_clinic import busy_crowd, found_wrong

pytestmark = pytest.mark.anyio


async def rush(pool: Pool, seed: int, times: int, *, rules_change: bool) -> None:
    crowd = await busy_crowd(pool, seed, rules_change=rules_change)
    for _ in range(times):
        await crowd.rush(60, together=12)
        assert await found_wrong(crowd.desk, limits=not rules_change) == [], crowd.told
    assert crowd.told["book: done"] > 0


@pytest.mark.parametrize("rules_change", [False, True])
async def test_nothing_is_held_twice_or_for_nobody(pool: Pool, rules_change: bool) -> None:
    await rush(pool, seed=1, times=4, rules_change=rules_change)


@pytest.mark.long
@pytest.mark.parametrize("rules_change", [False, True])
@pytest.mark.parametrize("seed", range(2, 32))
async def test_nor_is_it_for_long(pool: Pool, seed: int, rules_change: bool) -> None:
    await rush(pool, seed, times=8, rules_change=rules_change)
