"""Clinic files on their way in: from a path or from standard input."""

import sys
from pathlib import Path

import orjson

from models.errors import InvalidRequest

STANDARD_INPUT = "-"


def read_document(file: str) -> object:
    """The JSON in a file, or on standard input; InvalidRequest says where it stops being JSON."""
    content = sys.stdin.buffer.read() if file == STANDARD_INPUT else Path(file).read_bytes()
    return parsed(content, file)


def parsed(content: bytes, name: str) -> object:
    """JSON, strictly: UTF-8, no NaN, nothing after the end."""
    try:
        document: object = orjson.loads(content)
    except orjson.JSONDecodeError as malformed:
        where = f"line {malformed.lineno}, column {malformed.colno}"
        raise InvalidRequest(f"{name} is not JSON: {malformed.msg} ({where})") from None
    return document
