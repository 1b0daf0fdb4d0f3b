"""Clinic files on their way in: from a path or from standard input."""

import sys
from pathlib import Path

from api.command_line.failures import BadUse
from api.documents import parsed
from api.errors import Malformed

STANDARD_INPUT = "-"


def read_document(file: str) -> object:
    """The JSON in a file, or on standard input; BadUse says where it stops being JSON."""
    content = sys.stdin.buffer.read() if file == STANDARD_INPUT else Path(file).read_bytes()
    try:
        return parsed(content, "standard input" if file == STANDARD_INPUT else file)
    except Malformed as malformed:
        raise BadUse(str(malformed)) from None
