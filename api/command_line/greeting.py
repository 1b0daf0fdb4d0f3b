"""What `serve` says once it answers: where to read, and a call that works as it stands."""

import socket
from datetime import timedelta
from urllib.parse import urlencode

from api.command_line.progress import Progress
from api.roles import Role
from api.settings import Settings, token_secret
from api.tokens import DEFAULT_LIFETIME, TokenIssuer
from api.workflows.evidence import known_setup
from api.workflows.read_entities import list_clinics
from api.workflows.runtime import Runtime, utc_now
from models.setup import ClinicSetup

DAYS_SHOWN = 6


async def demo_clinic_of(runtime: Runtime, progress: Progress) -> str:
    """The clinic to show: the first one there is, or the demo clinic, loaded into an empty database."""
    known = await list_clinics(runtime, limit=1)
    if known.items:
        return known.items[0].id
    with progress.doing("loading the demo clinic"):
        return await _loaded(runtime)


async def greeting(
    runtime: Runtime, settings: Settings, listener: socket.socket, clinic_id: str | None
) -> str:
    """The service's address; for a clinic also a token and a call that returns its best slots."""
    address = _address(listener)
    lines = ["slotwright is ready", "", f"  API documentation  {address}/docs"]
    if clinic_id is None:
        return "\n".join([*lines, *await _first_steps(runtime), ""])
    setup = (await known_setup(runtime, clinic_id)).setup
    issuer = TokenIssuer(token_secret(settings), utc_now)
    token = issuer.issue(role=Role.ADMIN, subject="development-admin", clinic_id=clinic_id)
    hours = DEFAULT_LIFETIME // timedelta(hours=1)
    lines += [
        f"  Clinic             {setup.clinic.name} ({clinic_id})",
        f"  Admin's token      {token}",
        f"                     (good for {hours} hours; more: slotwright token --help)",
        "",
        "The best slots of the coming days:",
        "",
        f"  {_call(address, clinic_id, token, setup)}",
        "",
    ]
    return "\n".join(lines)


async def _first_steps(runtime: Runtime) -> list[str]:
    known = await list_clinics(runtime, limit=1)
    if known.items:
        return [f"  A token            slotwright token --clinic {known.items[0].id} --role admin"]
    return [
        "  A clinic           slotwright import FILE",
        "  A token            slotwright token --role platform",
    ]


def _address(listener: socket.socket) -> str:
    host, port, *_ = listener.getsockname()
    if host in ("0.0.0.0", "::"):  # noqa: S104  what listens everywhere answers here too
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _call(address: str, clinic_id: str, token: str, setup: ClinicSetup) -> str:
    offered = {service for provider in setup.providers for service in provider.service_ids}
    service = next((one for one in setup.services if one.id in offered), None)
    if service is None:
        return f"(clinic {clinic_id} offers nothing yet)"
    tomorrow = utc_now().astimezone(setup.zone).date() + timedelta(days=1)
    query = urlencode(
        {"serviceId": service.id, "start": tomorrow, "end": tomorrow + timedelta(days=DAYS_SHOWN), "limit": 5}
    )
    url = f"{address}/v1/clinics/{clinic_id}/availability?{query}"
    return f"curl -s -H 'Authorization: Bearer {token}' '{url}'"


async def _loaded(runtime: Runtime) -> str:
    from api.command_line.files import OPERATOR
    from api.workflows.import_clinic import import_clinic
    from scenarios.demo_clinic import demo_clinic

    return await import_clinic(runtime, demo_clinic(utc_now().date()), OPERATOR)
