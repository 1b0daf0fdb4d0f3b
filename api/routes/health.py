"""Operations: is the process alive, and can it serve?"""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from api.answers import json_answer
from api.dependencies import Running
from api.errors import KINDS
from api.openapi import problems
from api.payloads.basics import Payload
from models.errors import Unavailable
from models.postgres.connection import reading

router = APIRouter(tags=["operations"])


class Alive(Payload):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(Payload):
    """The process can serve; how busy its database connections are."""

    status: Literal["ready"] = "ready"
    connections: Annotated[int, Field(examples=[8])]
    idle: Annotated[int, Field(examples=[7])]
    waiting: Annotated[int, Field(examples=[0])]


@router.get("/healthz", operation_id="getHealth", response_model=Alive)
async def healthz() -> Response:
    """Whether the process answers at all; asks nothing of database or solver."""
    return json_answer({"status": "ok"})


@router.get(
    "/readyz", operation_id="getReadiness", response_model=Ready, responses=problems(KINDS[Unavailable])
)
async def readyz(runtime: Running) -> Response:
    """Whether the database can be reached, and how busy the connections to it are."""
    async with reading(runtime.pool) as conn:
        await (await conn.execute("SELECT 1")).fetchone()
    stats = runtime.pool.get_stats()
    size, idle, waiting = (stats.get(name, 0) for name in ("pool_size", "pool_available", "requests_waiting"))
    return json_answer({"status": "ready", "connections": size, "idle": idle, "waiting": waiting})
