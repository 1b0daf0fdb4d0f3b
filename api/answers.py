"""Answers as bytes, made by orjson: the way every successful call leaves."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import orjson
from fastapi import Response

from models.records import Reply

JSON: Final = "application/json"
REVALIDATED: Final = {"Cache-Control": "private, no-cache"}
"""May be kept by the caller, who asks each time whether it still holds."""


def json_answer(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return encoded_answer(orjson.dumps(body), status=status, headers=headers)


def encoded_answer(
    content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON answer that is bytes already."""
    return Response(content, status_code=status, media_type=JSON, headers=dict(headers or {}))


def reply_answer(reply: Reply, *, is_repeated: bool = False) -> Response:
    """An answer that was made inside a transaction, or kept from an earlier call with the same key."""
    repeated = {"Idempotency-Replayed": "true"} if is_repeated else {}
    return encoded_answer(reply.body, status=reply.status, headers={**reply.headers, **repeated})


def tagged_answer(content: bytes | None, etag: str) -> Response:
    """An answer with its entity tag; without content, the one whose caller has it already."""
    headers = {"ETag": etag, **REVALIDATED}
    if content is None:
        return Response(status_code=304, headers=headers)
    return encoded_answer(content, headers=headers)


def tagged_json_answer(body: Any, etag: str, seen: Collection[str]) -> Response:
    """The same from a body, left out where the caller has seen that tag."""
    return tagged_answer(None if etag in seen else orjson.dumps(body), etag)
