"""Where the next page of a list starts, as text that clients hand back unread."""

from base64 import b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import datetime

import orjson

from api.errors import Fault, Malformed
from api.identifiers import is_id

MAX_POSITION = 2**62


def cursor_of(*parts: int | str) -> str:
    """The cursor that stands for the last item of a page.

    >>> parts_of(cursor_of(7, "a"))
    [7, 'a']
    """
    return urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=").decode("ascii")


def parts_of(cursor: str) -> list[object]:
    """What a cursor was made of; Malformed unless it is one."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = orjson.loads(b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
    except (NotBase64, UnicodeEncodeError, orjson.JSONDecodeError):
        raise malformed_cursor() from None
    if not isinstance(parts, list):
        raise malformed_cursor()
    return parts


def position_of(cursor: str | None) -> int:
    """The position behind which a page starts; 0 without a cursor."""
    if cursor is None:
        return 0
    match parts_of(cursor):
        case [int(position)] if not isinstance(position, bool) and 0 <= position <= MAX_POSITION:
            return position
    raise malformed_cursor()


def moment_and_id_of(cursor: str) -> tuple[datetime, str]:
    """The place in a list in the order of moments, then ids; Malformed unless it is one."""
    match parts_of(cursor):
        case [str(moment), str(identifier)] if is_id(identifier):
            return _aware(moment), identifier
    raise malformed_cursor()


def _aware(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise malformed_cursor() from None
    if moment.tzinfo is None:
        raise malformed_cursor()
    return moment


def malformed_cursor() -> Malformed:
    """What to raise for text that is no cursor."""
    fault = Fault("cursor", "is not a cursor that this list gave")
    return Malformed(f"cursor {fault.message}", (fault,))
