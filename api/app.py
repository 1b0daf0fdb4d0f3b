"""The application: lifespan, routes, error handlers, and the layers around them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Final

from fastapi import FastAPI
from starlette.middleware import Middleware

from api.allow import AllowedMethods
from api.edge import BodyLimit, Edge
from api.openapi import describe
from api.problem import add_problem_handlers
from api.routes import (
    absences,
    appointment_changes,
    appointments,
    availability,
    bookings,
    clinics,
    entities,
    health,
    rescheduling,
    rules,
    scenarios,
    slots,
)
from api.running import open_runtime
from api.settings import Settings, Switch, token_secret
from api.tokens import TokenIssuer
from api.workflows.runtime import Runtime, utc_now

VERSION: Final = "1"
MAX_BODY_BYTES: Final = 1 << 20
MAX_IMPORT_BYTES: Final = 64 << 20
ABOUT: Final = """\
Ranked slots out of a constraint model, booked where double booking is impossible.

JSON in camelCase. Every call but the health checks needs `Authorization: Bearer`. Every error is a
problem document (RFC 9457) with a stable `code`. Lists answer `{"items": [...], "nextCursor": null}`.
"""

PARTS: Final = (
    health,
    clinics,
    slots,
    availability,
    bookings,
    appointments,
    appointment_changes,
    rules,
    absences,
    scenarios,
    rescheduling,
    entities,
)

Clock = Callable[[], datetime]


def create_app(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    runtime: Callable[[], AbstractAsyncContextManager[Runtime]] | None = None,
) -> FastAPI:
    """The application, with a runtime that opens when it starts and closes when it stops."""
    opened = runtime or (lambda: open_runtime(settings, clock=clock))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened() as running:
            app.state.runtime = running
            app.state.stopping = asyncio.Event()
            yield

    app = FastAPI(
        title="slotwright",
        version=VERSION,
        summary="Scheduling for clinics",
        description=ABOUT,
        lifespan=lifespan,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        middleware=_layers(settings),
    )
    app.state.issuer = TokenIssuer(token_secret(settings), clock)
    routers = [part.router for part in PARTS]
    for router in routers:
        app.include_router(router)
    add_problem_handlers(app, AllowedMethods(routers))
    describe(app)
    return app


def _layers(settings: Settings) -> list[Middleware]:
    return [
        Middleware(Edge, access_log=settings.access_log is Switch.ON),
        Middleware(BodyLimit, default=MAX_BODY_BYTES, larger={clinics.IMPORT_PATH: MAX_IMPORT_BYTES}),
    ]
