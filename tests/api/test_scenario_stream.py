"""Scenarios told of while they are solved: events over a real socket."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.command_line.server import Server
from api.roles import Role
from api.tokens import TokenIssuer
from api.workflows import read_scenarios
from api.workflows.runtime import utc_now
from tests.api.planning_desk import PlanningDesk, a_plan
from tests.api.problems import assert_problem
from tests.api.service_under_test import SECRET, ClinicUnderTest, settings_for

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 60


@dataclass
class Serving:
    """A server, its task, and a client who is an admin of the clinic."""

    server: Server
    task: "asyncio.Task[None]"
    client: httpx.AsyncClient

    @asynccontextmanager
    async def watching(self, scenario: dict[str, Any]) -> AsyncIterator["Stream"]:
        accept = {"Accept": "text/event-stream"}
        async with self.client.stream("GET", f"/scenarios/{scenario['id']}", headers=accept) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield Stream(answer.aiter_lines())


@dataclass
class Stream:
    """The lines of an event stream."""

    lines: AsyncIterator[str]

    async def next(self) -> tuple[str, dict[str, Any]]:
        """The next event, whatever silence comes before it."""
        name = await self.line("event: ")
        return name, json.loads(await self.line("data: "))

    async def line(self, beginning: str) -> str:
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for line in self.lines:
                if line.startswith(beginning):
                    return line.removeprefix(beginning)
        raise AssertionError("the stream has ended")

    async def rest(self) -> list[str]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return [line async for line in self.lines]


@pytest.fixture
def desk(clinic: ClinicUnderTest) -> PlanningDesk:
    return PlanningDesk(clinic)


@pytest.fixture
async def serving(clinic: ClinicUnderTest, tmp_path: Path) -> AsyncIterator[Serving]:
    """The service as `slotwright serve` runs it, on the tests' database."""
    token = TokenIssuer(SECRET, utc_now).issue(role=Role.ADMIN, subject="somebody", clinic_id=clinic.id)
    server = Server(settings_for(tmp_path), clinic.service.runtime)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            assert not task.done()
            await asyncio.sleep(0.01)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}{clinic.path}"
        async with httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE_SECONDS
        ) as client:
            yield Serving(server, task, client)
        server.should_exit = True
        await task


async def test_every_change_is_told_until_it_is_over(desk: PlanningDesk, serving: Serving) -> None:
    scenario = await desk.asked()
    async with serving.watching(scenario) as stream:
        assert await stream.next() == ("progress", scenario)
        taken = await desk.taken_up(scenario)
        name, body = await stream.next()
        assert (name, body["status"]) == ("progress", "solving")
        await desk.found(taken, a_plan(20, 15))
        name, body = await stream.next()
        assert (name, body["progress"]["incumbent"], body["progress"]["bound"]) == ("progress", 20, 15)
        await desk.finished(taken, a_plan(20, 20))
        name, body = await stream.next()
        assert (name, body["status"]) == ("done", "solved")
        assert body == (await desk.get(scenario)).json()
        assert await stream.rest() == [""]


async def test_what_is_over_is_told_once(desk: PlanningDesk, serving: Serving) -> None:
    scenario = await desk.asked()
    await desk.solved(scenario)
    async with serving.watching(scenario) as stream:
        assert (await stream.next())[0] == "done"
        assert await stream.rest() == [""]


async def test_silence_is_told_too(
    desk: PlanningDesk, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_scenarios, "SILENCE_SECONDS", 0.1)
    async with serving.watching(await desk.asked()) as stream:
        await stream.next()
        assert await stream.line(": ") == "no news"
        assert await stream.line(": ") == "no news"


async def test_whoever_watches_keeps_no_connection(desk: PlanningDesk, serving: Serving) -> None:
    """More of them than there are connections, and everybody is answered."""
    scenario = await desk.asked()
    async with AsyncExitStack() as opened:
        streams = [await opened.enter_async_context(serving.watching(scenario)) for _ in range(12)]
        for stream in streams:
            await stream.next()
        assert (await serving.client.get("/scenarios")).status_code == 200
        await desk.solved(scenario)
        assert {(await stream.next())[1]["status"] for stream in streams} <= {"solving", "solved"}


async def test_a_scenario_that_is_deleted_has_no_more_news(desk: PlanningDesk, serving: Serving) -> None:
    scenario = await desk.asked()
    async with serving.watching(scenario) as stream:
        await stream.next()
        await desk.delete(scenario)
        assert await stream.rest() == [""]


async def test_the_service_stops_without_waiting_for_those_who_watch(
    desk: PlanningDesk, serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving.watching(await desk.asked()) as stream:
        await stream.next()
        with caplog.at_level(logging.ERROR):
            serving.server.should_exit = True
            assert await stream.rest() == [""]
            await asyncio.wait_for(serving.task, PATIENCE_SECONDS)
    assert caplog.messages == []


async def test_what_is_not_there_is_a_problem_document(
    desk: PlanningDesk, serving: Serving, foreign_clinic: ClinicUnderTest
) -> None:
    theirs = await PlanningDesk(foreign_clinic).asked()
    answer = await serving.client.get(f"/scenarios/{theirs['id']}", headers={"Accept": "text/event-stream"})
    assert_problem(answer, 404, "NOT_FOUND")
