"""JSON documents that are read by other means than pydantic: whole clinic files."""

import orjson

from api.errors import Malformed

JSON = "application/json"


def is_json(content_type: str) -> bool:
    """Whether a Content-Type says JSON.

    >>> is_json("application/problem+json; charset=utf-8"), is_json("text/plain")
    (True, False)
    """
    media_type = content_type.split(";")[0].strip().lower()
    return media_type == JSON or (media_type.startswith("application/") and media_type.endswith("+json"))


def parsed(content: bytes, name: str) -> object:
    """JSON, strictly: UTF-8, no NaN, nothing after the end. Malformed says where it stops being that."""
    try:
        document: object = orjson.loads(content)
    except orjson.JSONDecodeError as broken:
        where = f"line {broken.lineno}, column {broken.colno}"
        raise Malformed(f"{name} is not JSON: {broken.msg} ({where})") from None
    return document
