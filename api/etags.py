"""Entity tags and the conditions on them (RFC 9110, section 13.1)."""

import re
from typing import Final

from api.errors import Malformed, PreconditionRequired
from models.errors import VersionMismatch

_TAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_VERSION: Final = re.compile(r'"([1-9]\d{0,8})"', re.ASCII)


def version_tag(version: int) -> str:
    """The strong tag of a version.

    >>> version_tag(3)
    '"3"'
    """
    return f'"{version}"'


def known_tags(header: str | None) -> frozenset[str]:
    """The tags that `If-None-Match` names, compared weakly; a header that makes no sense names none.

    >>> sorted(known_tags('W/"a", "b"'))
    ['"a"', '"b"']
    """
    return frozenset(tag.removeprefix("W/") for tag in _TAG.findall(header or ""))


def expected_version(header: str | None) -> int | None:
    """The version that `If-Match` names; None for `*` and for no header at all.

    A tag that no version ever had, a weak one among them, matches nothing: VersionMismatch.
    """
    if header is None or header.strip() == "*":
        return None
    if _TAG.fullmatch(header.strip()) is None:
        raise Malformed("If-Match must be one entity tag in quotes, or *")
    version = _VERSION.fullmatch(header.strip())
    if version is None:
        raise VersionMismatch(0, "what If-Match names")
    return int(version[1])


def required_version(header: str | None) -> int | None:
    """As `expected_version`, for calls that must name one."""
    if header is None:
        raise PreconditionRequired("send If-Match with the ETag that you have seen")
    return expected_version(header)
