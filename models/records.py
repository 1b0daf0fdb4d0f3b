"""What is written beside every change: who did it, what it was, and how it was answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """A change in the words of its audit row and of its event: ids, field names, statuses, times."""

    actor: Actor
    at: datetime
    action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    event: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """A caller's name for one order, and a fingerprint that tells the order itself from another."""

    clinic_id: str
    subject: str
    operation: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReply:
    """The answer that a key was given, and the fingerprint of the order that got it."""

    fingerprint: bytes
    reply: Reply
