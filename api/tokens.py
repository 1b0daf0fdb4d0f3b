"""Bearer tokens: who calls, for which clinic, in which role.

The development issuer signs with a secret of its own (HS256); what is accepted is fixed here and
never taken from the token's header.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import jwt

from api.roles import Role

ISSUER: Final = "slotwright-development"
AUDIENCE: Final = "slotwright"
DEFAULT_LIFETIME: Final = timedelta(hours=12)
LEEWAY: Final = timedelta(seconds=10)
_ALGORITHM: Final = "HS256"
_LONGEST_TOKEN: Final = 4096
_LONGEST_SUBJECT: Final = 255
_REQUIRED: Final = ["exp", "iat", "iss", "aud", "sub", "role"]


class Unauthenticated(Exception):
    """No token, or one that proves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller; only a token of the platform may name no clinic."""

    subject: str
    role: Role
    clinic_id: str | None

    @property
    def only_clinic_id(self) -> str | None:
        """The one clinic that exists for the caller; None for the platform, which sees them all."""
        return None if self.role is Role.PLATFORM else self.clinic_id


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Signs tokens, and reads those that it signed."""

    secret: str
    clock: Callable[[], datetime]

    def issue(
        self,
        *,
        role: Role,
        subject: str,
        clinic_id: str | None = None,
        lifetime: timedelta = DEFAULT_LIFETIME,
    ) -> str:
        """A token for one caller that is good from now on for `lifetime`."""
        now = self.clock()
        claims: dict[str, object] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "role": role.value,
            "iat": now,
            "exp": now + lifetime,
        }
        if clinic_id is not None:
            claims["clinic_id"] = clinic_id
        return jwt.encode(claims, self.secret, algorithm=_ALGORITHM)

    def read(self, token: str) -> Principal:
        """The caller that a token names; Unauthenticated unless every claim holds now."""
        if len(token) > _LONGEST_TOKEN:
            raise Unauthenticated("the token is too long")
        try:
            claims = self._verified(token)
        except jwt.PyJWTError as refused:
            raise Unauthenticated(_reason(refused)) from refused
        except (ValueError, OverflowError, TypeError) as broken:
            raise Unauthenticated("the token cannot be read") from broken
        return _principal(claims)

    def _verified(self, token: str) -> dict[str, Any]:
        claims = _signed_claims(token, self.secret)
        self._check_times(claims)
        return claims

    def _check_times(self, claims: dict[str, Any]) -> None:
        """By the service's own clock, which tests can set."""
        now = self.clock().timestamp()
        leeway = LEEWAY.total_seconds()
        if now >= _seconds(claims, "exp") + leeway:
            raise Unauthenticated("the token has expired")
        if any(now < _seconds(claims, name) - leeway for name in ("iat", "nbf") if name in claims):
            raise Unauthenticated("the token is not valid yet")


@lru_cache(maxsize=1024)
def _signed_claims(token: str, secret: str) -> dict[str, Any]:
    """What a token says, if its signature holds; whether it holds now is asked at every call.

    A signature stays as good as it was, so it is verified once for many calls. A refusal is not kept.
    """
    claims: dict[str, Any] = jwt.decode(
        token,
        secret,
        algorithms=[_ALGORITHM],
        audience=AUDIENCE,
        issuer=ISSUER,
        options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
    )
    return claims


def _seconds(claims: dict[str, Any], name: str) -> float:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Unauthenticated(f"{name} is not a time")
    return float(value)


def _reason(refused: jwt.PyJWTError) -> str:
    if isinstance(refused, jwt.MissingRequiredClaimError):
        return f"the token lacks {refused.claim}"
    if isinstance(refused, jwt.InvalidAudienceError | jwt.InvalidIssuerError):
        return "the token is meant for another service"
    return "the token is not valid"


def _principal(claims: dict[str, Any]) -> Principal:
    subject, clinic_id = claims["sub"], claims.get("clinic_id")
    try:
        role = Role(claims["role"])
    except ValueError:
        raise Unauthenticated("the token names no known role") from None
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise Unauthenticated("the token names no subject")
    if clinic_id is None and role is not Role.PLATFORM:
        raise Unauthenticated("the token names no clinic")
    return Principal(subject=subject, role=role, clinic_id=None if clinic_id is None else _uuid(clinic_id))


def _uuid(clinic_id: object) -> str:
    try:
        return str(UUID(clinic_id)) if isinstance(clinic_id, str) else _no_clinic()
    except ValueError:
        return _no_clinic()


def _no_clinic() -> str:
    raise Unauthenticated("the token names no clinic")
