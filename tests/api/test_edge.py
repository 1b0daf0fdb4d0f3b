"""What every answer carries, and what the outermost layer refuses or hides."""

import asyncio
import logging
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest
from fastapi import FastAPI

from api.edge import Edge
from api.logs import JsonLines
from api.problem import add_problem_handlers
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest, ServiceUnderTest

pytestmark = pytest.mark.anyio


class TestEveryAnswer:
    @pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/v1/clinics", "/docs", "/openapi.json"])
    async def test_has_an_id_a_timing_and_safe_headers(
        self, shared_service: ServiceUnderTest, path: str
    ) -> None:
        headers = (await shared_service.client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert len(headers["x-request-id"]) == 32
        assert 0 < float(headers["server-timing"].removeprefix("app;dur=")) < 60_000

    async def test_echoes_an_id_that_is_safe_to_echo(self, shared_service: ServiceUnderTest) -> None:
        answer = await shared_service.client.get("/healthz", headers={"X-Request-Id": "web-1.2_3"})
        assert answer.headers["x-request-id"] == "web-1.2_3"

    @pytest.mark.parametrize("offered", ["", "a b", "x" * 65, "a;b", "é"])
    async def test_replaces_an_id_that_is_not(self, shared_service: ServiceUnderTest, offered: str) -> None:
        headers = [(b"x-request-id", offered.encode("latin-1"))]
        answer = await shared_service.client.get("/healthz", headers=httpx.Headers(headers))
        assert answer.headers["x-request-id"] != offered


class TestRefusals:
    async def test_an_unknown_path(self, shared_service: ServiceUnderTest) -> None:
        for path in ("/", "/v1", "/v2/clinics", "/v1/clinics/", "/healthz/", "/v1/clinics/x/y/z"):
            assert_problem(await shared_service.client.get(path), 404, "NOT_FOUND")

    async def test_a_method_that_a_path_does_not_take(self, shared_service: ServiceUnderTest) -> None:
        answer = await shared_service.client.delete("/v1/clinics")
        assert_problem(answer, 405, "METHOD_NOT_ALLOWED")
        assert {"GET", "POST"} & set(answer.headers["allow"].split(", "))

    async def test_a_body_that_is_too_large(self, shared_service: ServiceUnderTest) -> None:
        headers = shared_service.platform | {"Content-Type": "application/json"}
        content = b" " * (1 << 20) + b"{}"
        answer = await shared_service.client.post("/v1/clinics", content=content, headers=headers)
        assert_problem(answer, 413, "TOO_LARGE")

    async def test_a_body_that_is_too_large_and_does_not_say_so(
        self, shared_service: ServiceUnderTest
    ) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b" " * (1 << 16)

        headers = shared_service.platform | {"Content-Type": "application/json"}
        answer = await shared_service.client.post("/v1/clinics", content=pieces(), headers=headers)
        assert_problem(answer, 413, "TOO_LARGE")

    async def test_a_clinic_file_may_be_larger(self, shared_service: ServiceUnderTest) -> None:
        headers = shared_service.platform | {"Content-Type": "application/json"}
        content = b" " * (2 << 20) + b"{}"
        answer = await shared_service.client.post("/v1/clinics/import", content=content, headers=headers)
        assert_problem(answer, 422, "INVALID_CLINIC")

    @pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/jsonx", "x"])
    async def test_a_body_that_is_not_json(self, shared_service: ServiceUnderTest, media_type: str) -> None:
        headers = shared_service.platform | {"Content-Type": media_type}
        answer = await shared_service.client.post("/v1/clinics", content=b"{}", headers=headers)
        assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")

    @pytest.mark.parametrize(
        "content",
        [b"{", b"\xff\xfe", b"[" * 50_000, b"1" * 5000, b'{"name": "\\ud800"}', b"null", b"[]", b'""'],
    )
    async def test_a_body_that_is_not_what_was_asked(
        self, shared_service: ServiceUnderTest, content: bytes
    ) -> None:
        headers = shared_service.platform | {"Content-Type": "application/json"}
        answer = await shared_service.client.post("/v1/clinics", content=content, headers=headers)
        assert_problem(answer, 400, "MALFORMED")

    async def test_a_key_that_cannot_even_be_quoted(self, shared_service: ServiceUnderTest) -> None:
        headers = shared_service.platform | {"Content-Type": "application/json"}
        content = b'{"name": "x", "timezone": "UTC", "\\udfff": 1}'
        answer = await shared_service.client.post("/v1/clinics", content=content, headers=headers)
        assert_problem(answer, 400, "MALFORMED")


class TestFailures:
    @pytest.fixture
    def broken(self) -> FastAPI:
        app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})
        app.add_middleware(Edge, access_log=True)
        add_problem_handlers(app)

        @app.get("/broken")
        async def broken() -> None:
            raise ZeroDivisionError("secret detail")

        return app

    async def test_a_failure_tells_nothing_and_is_logged(
        self, broken: FastAPI, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(broken), base_url="http://slotwright"
        ) as client:
            answer = await client.get("/broken", headers={"X-Request-Id": "find-me"})
        assert_problem(answer, 500, "INTERNAL")
        assert "secret" not in answer.text
        failure = next(record for record in caplog.records if record.name == "slotwright.failures")
        assert orjson.loads(JsonLines().format(failure))["requestId"] == "find-me"
        assert "secret detail" in caplog.text

    async def test_the_access_log_names_the_route_and_no_ids(
        self, broken: FastAPI, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "slotwright.access")
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(broken), base_url="http://slotwright"
        ) as client:
            await client.get("/broken?patientId=7")
        records = [record for record in caplog.records if record.name == "slotwright.access"]
        line = orjson.loads(JsonLines().format(records[0]))
        assert (line["method"], line["route"], line["status"]) == ("GET", "/broken", 500)
        assert line["message"] == "GET /broken 500"
        assert len(line["requestId"]) == 32
        assert line["milliseconds"] > 0


class TestHealth:
    async def test_says_that_it_is_alive(self, shared_service: ServiceUnderTest) -> None:
        answer = await shared_service.client.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

    async def test_says_that_it_is_ready(self, shared_service: ServiceUnderTest) -> None:
        body = (await shared_service.client.get("/readyz")).json()
        assert body["status"] == "ready"
        assert body["connections"] == 4

    async def test_is_alive_and_not_ready_without_connections(self, shared_service: ServiceUnderTest) -> None:
        pool = shared_service.runtime.pool
        taken = [await pool.getconn() for _ in range(4)]
        try:
            assert (await shared_service.client.get("/healthz")).status_code == 200
            answer = await asyncio.wait_for(shared_service.client.get("/readyz"), timeout=10)
        finally:
            for conn in taken:
                await pool.putconn(conn)
        assert_problem(answer, 503, "UNAVAILABLE")
        assert int(answer.headers["retry-after"]) >= 1
        assert (await shared_service.client.get("/readyz")).status_code == 200


async def test_a_caller_who_goes_away_leaves_no_connection_taken(shared_clinic: ClinicUnderTest) -> None:
    calls = [asyncio.create_task(shared_clinic.client.get("/providers")) for _ in range(40)]
    await asyncio.sleep(0.005)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    assert (await shared_clinic.client.get("/providers")).status_code == 200
    stats = shared_clinic.service.runtime.pool.get_stats()
    assert stats["pool_size"] == 4
