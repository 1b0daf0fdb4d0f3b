"""The ids of the service: UUIDs in their canonical form."""

import re
from typing import Final

from models.errors import NotFound

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def is_id(text: str) -> bool:
    """Whether a text is an id, in whatever case."""
    return _UUID.fullmatch(text) is not None


def canonical_id(kind: str, text: str) -> str:
    """An id as it is stored; what is no UUID names nothing, so it is NotFound."""
    if not is_id(text):
        raise NotFound(kind, text[:64])
    return text.lower()
