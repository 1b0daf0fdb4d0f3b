"""The application on a real database, in this process, with a clock that tests can set."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from api.app import create_app
from api.clinic_file import parse_clinic
from api.roles import Role
from api.running import open_runtime_on
from api.settings import Settings, read_settings
from api.tokens import TokenIssuer
from api.workflows.import_clinic import import_clinic
from api.workflows.runtime import Runtime
from models.postgres.connection import Database
from models.records import Actor
from tests.api.clinic_documents import NOW

SECRET = "s" * 32
TESTER = Actor(subject="tester", role="platform")


@dataclass
class Clock:
    """Stands still until it is told to go on."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class ClinicUnderTest:
    """A stored clinic: `ids` leads from the file's ids to the service's."""

    service: "ServiceUnderTest"
    id: str
    ids: Mapping[str, str]
    client: httpx.AsyncClient

    @property
    def path(self) -> str:
        return f"/v1/clinics/{self.id}"

    def headers(self, role: Role = Role.ADMIN, subject: str = "somebody") -> dict[str, str]:
        """A caller of this clinic."""
        return self.service.headers(role, subject, self.id)


@dataclass
class ServiceUnderTest:
    """The application, a client without a token, and whatever tests need to call as somebody."""

    app: FastAPI
    runtime: Runtime
    clock: Clock
    client: httpx.AsyncClient
    issuer: TokenIssuer = field(init=False)

    def __post_init__(self) -> None:
        self.issuer = TokenIssuer(SECRET, self.clock)

    def headers(self, role: Role, subject: str = "somebody", clinic_id: str | None = None) -> dict[str, str]:
        token = self.issuer.issue(role=role, subject=subject, clinic_id=clinic_id)
        return {"Authorization": f"Bearer {token}"}

    @property
    def platform(self) -> dict[str, str]:
        return self.headers(Role.PLATFORM)

    async def store(self, document: dict[str, Any]) -> ClinicUnderTest:
        """Import a clinic file; the clinic's own client is an admin and starts at the clinic's path."""
        clinic_id = await import_clinic(self.runtime, parse_clinic(document), TESTER)
        client = self.client_for(self.headers(Role.ADMIN, clinic_id=clinic_id), f"/v1/clinics/{clinic_id}")
        return ClinicUnderTest(self, clinic_id, await _ids(client), client)

    def client_for(self, headers: dict[str, str], path: str = "") -> httpx.AsyncClient:
        return _client(self.app, headers=headers, path=path)


async def _ids(client: httpx.AsyncClient) -> dict[str, str]:
    ids: dict[str, str] = {}
    for kind in ("locations", "providers", "rooms", "equipment", "services", "overbooking", "patients"):
        answer = await client.get(f"/{kind}", params={"limit": 500})
        ids |= {item["externalId"]: item["id"] for item in answer.json()["items"]}
    return ids


def _client(app: FastAPI, *, headers: dict[str, str] | None = None, path: str = "") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://slotwright{path}", headers=headers)


def settings_for(data_dir: Path) -> Settings:
    """Settings that depend on nothing outside."""
    return read_settings(data_dir=data_dir, token_secret=SECRET, database_connections=4)


@asynccontextmanager
async def service_on(database: Database, data_dir: Path) -> AsyncIterator[ServiceUnderTest]:
    """The application on a database, as it runs while it serves."""
    clock, settings = Clock(), settings_for(data_dir)
    async with open_runtime_on(database, settings, clock=clock) as runtime:
        app = create_app(settings, clock=clock, runtime=lambda: nullcontext(runtime))
        async with app.router.lifespan_context(app), _client(app) as client:
            yield ServiceUnderTest(app, runtime, clock, client)
