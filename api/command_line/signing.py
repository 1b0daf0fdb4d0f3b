"""`slotwright token`: the development issuer on the command line."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import typer

from api.command_line.failures import BadUse
from api.roles import Role
from api.settings import Settings, token_secret
from api.tokens import TokenIssuer


def print_token(
    settings: Settings, *, clinic: str | None, role: str, subject: str | None, ttl_seconds: int, as_json: bool
) -> None:
    """Sign a token with the same secret as the service, which need not be running."""
    issuer = TokenIssuer(token_secret(settings), lambda: datetime.now(UTC))
    lifetime = timedelta(seconds=ttl_seconds)
    known_role = _role(role)
    signed = issuer.issue(
        role=known_role,
        subject=_subject(known_role, subject),
        clinic_id=_clinic(known_role, clinic),
        lifetime=lifetime,
    )
    expires_at = (issuer.clock() + lifetime).isoformat(timespec="seconds")
    typer.echo(json.dumps({"token": signed, "expiresAt": expires_at}) if as_json else signed)


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise BadUse(f"--role must be one of {', '.join(Role)}, not {name!r}") from None


def _clinic(role: Role, clinic_id: str | None) -> str | None:
    if clinic_id is None:
        if role is not Role.PLATFORM:
            raise BadUse(f"a token for the role {role} needs --clinic with the clinic's id")
        return None
    try:
        return str(UUID(clinic_id))
    except ValueError:
        raise BadUse(f"--clinic must be a clinic's id (a UUID), not {clinic_id!r}") from None


def _subject(role: Role, subject: str | None) -> str:
    if role is Role.PATIENT and subject is None:
        raise BadUse("a patient's token needs --subject with the patient's id")
    return subject or f"development-{role}"
