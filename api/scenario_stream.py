"""A scenario told of again and again while it is solved: server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from api.scenario_answer import scenario_body
from api.workflows.read_scenarios import watched
from api.workflows.runtime import Runtime
from models.stored_scenario import StoredScenario

EVENT_STREAM: Final = "text/event-stream"
_HEADERS: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_NO_NEWS: Final = b": no news\n\n"

A_STREAM: Final[dict[str, Any]] = {
    "schema": {
        "type": "string",
        "description": "`progress` whenever something changes, then `done`; `data` is the scenario.",
    },
    "example": 'event: progress\ndata: {"id": "..."}\n\nevent: done\ndata: {"id": "..."}\n\n',
}
"""The stream, as the published description has it."""


def wants_stream(request: Request) -> bool:
    """Whether the caller asks for events."""
    return EVENT_STREAM in request.headers.get("accept", "")


def scenario_stream(request: Request, runtime: Runtime, scenario: StoredScenario) -> Response:
    """Events until the scenario is over, the caller goes away, or the service stops."""
    stopping: asyncio.Event = request.app.state.stopping
    return StreamingResponse(_events(runtime, scenario, stopping), media_type=EVENT_STREAM, headers=_HEADERS)


async def _events(
    runtime: Runtime, scenario: StoredScenario, stopping: asyncio.Event
) -> AsyncIterator[bytes]:
    async for seen in watched(runtime, scenario, stopping):
        yield _NO_NEWS if seen is None else _event(seen)


def _event(scenario: StoredScenario) -> bytes:
    name = b"done" if scenario.status.is_over else b"progress"
    return b"event: " + name + b"\ndata: " + orjson.dumps(scenario_body(scenario)) + b"\n\n"
