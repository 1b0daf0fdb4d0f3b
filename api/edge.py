"""What every answer passes on its way out: request id, timing, safe headers, no bare failures."""

import logging
import re
from time import perf_counter
from typing import Final
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Problem, problem_of
from api.problem import problem_response

REQUEST_ID: Final = "X-Request-Id"
_ACCEPTABLE_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

_failures = logging.getLogger("slotwright.failures")
_access = logging.getLogger("slotwright.access")


class Edge:
    """The outermost layer: whatever happens inside, the answer has an id, a timing and safe headers."""

    def __init__(self, app: ASGIApp, *, access_log: bool = False) -> None:
        self.app = app
        self.access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await _Exchange(scope, send, access_log=self.access_log).run(self.app, receive)


class _Exchange:
    """One call and its answer."""

    def __init__(self, scope: Scope, send: Send, *, access_log: bool) -> None:
        self.started_at = perf_counter()
        self.scope = scope
        self.forward = send
        self.access_log = access_log
        self.status: int | None = None
        offered = Headers(scope=scope).get(REQUEST_ID, "")
        self.id = scope["request_id"] = offered if _ACCEPTABLE_ID.fullmatch(offered) else uuid4().hex

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        """Answer the call; a failure nobody foresaw is logged here and answers a bare 500."""
        try:
            await app(self.scope, receive, self.send)
        except Exception as failure:
            fields = {"fields": {"requestId": self.id}}
            _failures.exception("%s %s failed", self.scope["method"], self.id, extra=fields)
            if self.status is not None:
                raise
            await problem_response(problem_of(failure), self.id)(self.scope, receive, self.send)
        finally:
            if self.access_log:
                self.log()

    async def send(self, message: Message) -> None:
        """Forward a message; the first one gets the headers that every answer carries."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID] = self.id
            headers["X-Content-Type-Options"] = "nosniff"
            headers.setdefault("Cache-Control", "no-store")
            headers["Server-Timing"] = f"app;dur={self.milliseconds:.3f}"
        await self.forward(message)

    @property
    def milliseconds(self) -> float:
        return (perf_counter() - self.started_at) * 1000

    def log(self) -> None:
        """One line of the access log; the route's template stands for the path, which may carry ids."""
        route = self.scope.get("route")
        line = {
            "requestId": self.id,
            "method": self.scope["method"],
            "route": getattr(route, "path", None),
            "status": self.status,
            "milliseconds": round(self.milliseconds, 3),
        }
        _access.info("%s %s %s", line["method"], line["route"], line["status"], extra={"fields": line})


class BodyLimit:
    """Refuses bodies that are larger than their path allows, declared or not."""

    def __init__(self, app: ASGIApp, *, default: int, larger: dict[str, int]) -> None:
        self.app = app
        self.default = default
        self.larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.larger.get(scope["path"], self.default)
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            await problem_response(_too_large(limit), scope.get("request_id"))(scope, receive, send)
            return
        await self.app(scope, _counted(receive, limit), send)


def _counted(receive: Receive, limit: int) -> Receive:
    total = 0

    async def receive_some() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise HTTPException(413, _too_large(limit).detail)
        return message

    return receive_some


def _too_large(limit: int) -> Problem:
    return problem_of(HTTPException(413, f"the body may have at most {limit} bytes"))
