"""The solver's threads: as many as allowed, a queue that ends, and places that are given back."""

import asyncio
import threading

import pytest

from api.workflows.runtime import SolverPool
from models.errors import Overloaded

pytestmark = pytest.mark.anyio


async def test_the_queue_ends_and_opens_again() -> None:
    solving, gate = SolverPool(threads=1, waiting_per_thread=1), threading.Event()
    inside = [asyncio.create_task(solving.run(gate.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await solving.run(lambda: None)
    gate.set()
    assert await asyncio.gather(*inside) == [True, True]
    assert await solving.run(lambda: "free") == "free"
    solving.close()


async def test_a_caller_who_goes_away_keeps_the_place_until_the_work_is_over() -> None:
    solving, gate, begun = SolverPool(threads=1, waiting_per_thread=0), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        gate.wait()

    caller = asyncio.create_task(solving.run(work))
    await asyncio.to_thread(begun.wait)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    with pytest.raises(Overloaded):
        await solving.run(lambda: None)
    gate.set()
    async with asyncio.timeout(5):
        while True:
            try:
                assert await solving.run(lambda: 1) == 1
                break
            except Overloaded:
                await asyncio.sleep(0.005)
    solving.close()


async def test_what_the_work_raises_reaches_its_caller_and_frees_the_place() -> None:
    solving = SolverPool(threads=1, waiting_per_thread=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await solving.run(lambda: 1 // 0)
    solving.close()
