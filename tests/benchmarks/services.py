"""The service as its users have it: a process of its own on a free port, with its own data."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import orjson

from api.clinic_file import dump_clinic
from api.roles import Role
from api.settings import read_settings, token_secret
from api.tokens import TokenIssuer
from models.clinic_file import ClinicFile
from tests.benchmarks.lean_http import one_answer, request_bytes

PROGRAM = Path(sys.executable).with_name("slotwright")
HOST = "127.0.0.1"
_A_DEATH = "died with status"
START_SECONDS, STOP_SECONDS = 60.0, 30.0
ALL_PROCESSES_SECONDS = 4.0
"""The first process answers at once; by then all the others do."""


@dataclass(frozen=True)
class Service:
    """A service that runs, and how to talk to it."""

    port: int
    data_dir: Path
    process: "subprocess.Popen[bytes]"

    @cached_property
    def token(self) -> str:
        """A token that may do everything in every clinic."""
        issuer = TokenIssuer(token_secret(read_settings(data_dir=self.data_dir)), lambda: datetime.now(UTC))
        return issuer.issue(role=Role.PLATFORM, subject="benchmark")

    def request(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> bytes:
        """A request as the bytes to send."""
        given = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return request_bytes(method, path, given, None if body is None else orjson.dumps(body))

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The JSON that one call answers; an error of any kind stops the benchmark."""
        answered = one_answer(HOST, self.port, self.request(method, path, body))
        if not 200 <= answered.status < 300:
            raise AssertionError(f"{method} {path} answered {answered.status}: {answered.body[:500]!r}")
        return orjson.loads(answered.body)

    def imported(self, file: ClinicFile) -> str:
        """The id of a clinic, imported over HTTP."""
        found: str = self.ask("POST", "/v1/clinics/import", dump_clinic(file))["id"]
        return found

    def ids(self, clinic_id: str, kind: str) -> dict[str, str]:
        """The ids of a clinic's entities of a kind by those in its file."""
        ids: dict[str, str] = {}
        cursor = ""
        while True:
            page = self.ask("GET", f"/v1/clinics/{clinic_id}/{kind}?limit=500{cursor}")
            ids |= {item["externalId"]: item["id"] for item in page["items"]}
            if page["nextCursor"] is None:
                return ids
            cursor = f"&cursor={page['nextCursor']}"


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running_service(data_dir: Path, *arguments: str, output: int | None = None) -> Iterator[Service]:
    """`slotwright serve` on that data, once it is ready; stopped in good order at the end."""
    process, port = started_service(data_dir, *arguments, output=output)
    try:
        wait_until_ready(process, port)
        sleep(ALL_PROCESSES_SECONDS)
        yield Service(port, data_dir, process)
    finally:
        stop(process)
    if _A_DEATH in _log_of(data_dir).read_text(encoding="utf-8"):
        raise AssertionError("one of the service's processes died while it was measured")


def started_service(
    data_dir: Path, *arguments: str, output: int | None = None
) -> tuple["subprocess.Popen[bytes]", int]:
    """The process, just started, and the port it will listen on."""
    port = free_port()
    environment = os.environ | {
        "HOST": HOST,
        "PORT": str(port),
        "SLOTWRIGHT_DATA": str(data_dir),
        "RATE_LIMITS": "off",
    }
    data_dir.mkdir(parents=True, exist_ok=True)
    with _log_of(data_dir).open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, "serve", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if output is None else output,
            stderr=log,
        )
    return process, port


def _log_of(data_dir: Path) -> Path:
    """What the latest service on these data has told."""
    return data_dir / "service.log"


def wait_until_ready(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Return once `/readyz` says yes."""
    deadline = monotonic() + START_SECONDS
    while monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the service ended with {process.returncode} while it started")
        try:
            if one_answer(HOST, port, request_bytes("GET", "/readyz", {}, None)).status == 200:
                return
        except OSError:
            pass
        sleep(0.05)
    raise AssertionError(f"the service was not ready within {START_SECONDS:.0f} s")


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a service as an operator would; a service that does not obey is a failure, and killed."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(f"the service did not stop within {STOP_SECONDS:.0f} s") from None
