"""Who did it, and what was answered: what is written beside every change."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks for a change: the token's `sub` and the role that it was issued for."""

    subject: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as it went out, byte for byte, so that a repeated order can be given it again."""

    status: int
    headers: Mapping[str, str]
    body: bytes
