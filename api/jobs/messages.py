"""What a worker and its solving process say to each other: each thing behind its length in eight bytes."""

import asyncio
import os
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import orjson

LENGTH = struct.Struct(">Q")
STOP = b"s"
"""All that the worker ever says after its order; the end of the pipe means that it is gone."""


class Kind(StrEnum):
    """What a message is about."""

    BEGUN = "begun"
    """The solver is loaded and at work: from now on its time counts."""
    DRAFT = "draft"
    EXPLAINING = "explaining"
    """The last draft is the plan; what follows is said about it."""
    DONE = "done"
    STOPPED = "stopped"
    """It was asked to stop; the plan is its document, or else the last draft."""
    REFUSED = "refused"
    """The scenario cannot be solved as it is, for `reason`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One word of the solving process; a draft without a `document` is the one before with another bound."""

    kind: Kind
    document: Mapping[str, Any] | None = None
    objective: int | None = None
    bound: int | None = None
    reason: str | None = None


def framed(body: bytes) -> bytes:
    """Something said, behind its length."""
    return LENGTH.pack(len(body)) + body


def send(fd: int, message: Message) -> None:
    """Write the message whole; the worker reads all the time."""
    left = memoryview(framed(orjson.dumps(asdict(message))))
    while left:
        left = left[os.write(fd, left) :]


def received_whole(fd: int) -> bytes:
    """The next thing that was sent, without reading beyond it; EOFError where it ends within."""
    (length,) = LENGTH.unpack(_exactly(fd, LENGTH.size))
    return _exactly(fd, length)


def _exactly(fd: int, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = os.read(fd, min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


async def received(reader: asyncio.StreamReader) -> Message | None:
    """The next message; None when there is none to come, be it that the process died within one."""
    try:
        (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
        values = orjson.loads(await reader.readexactly(length))
    except asyncio.IncompleteReadError:
        return None
    return Message(**values | {"kind": Kind(values["kind"])})
