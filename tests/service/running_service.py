"""A real service in its own process, as an operator would start it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

COMMAND = str(Path(sys.executable).with_name("slotwright"))
PATIENCE_SECONDS = 60.0


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@dataclass
class RunningService:
    """One data folder, and the `slotwright serve` processes on it, one after the other."""

    data: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[str] | None" = None
    _orphans: list[psutil.Process] = field(default_factory=list)
    """Workers of a service that was killed, which may still answer for a moment."""

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the service and of commands on the same data."""
        names = ("PATH", "HOME", "LANG", "TMPDIR", "SLOTWRIGHT_PROCESSES", "SLOTWRIGHT_WORKERS")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        return kept | {"SLOTWRIGHT_DATA": str(self.data), "PORT": str(self.port), "HOST": "127.0.0.1"}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *options: str) -> None:
        """Start serving once nobody else does on this port, and wait until the service answers."""
        _, left = psutil.wait_procs(self._orphans, timeout=PATIENCE_SECONDS)
        assert not left, left
        with (self.data / "service.log").open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [COMMAND, "serve", *options], env=self.environment, stdout=log, stderr=log, text=True
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._is_ready():
            assert self.process.poll() is None, (self.data / "service.log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline, "the service did not become ready"
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """`kill -9` of the service alone: its database goes on, and its workers end their last calls."""
        assert self.process is not None
        databases = self.database_processes()
        children = psutil.Process(self.process.pid).children()
        self._orphans = [child for child in children if child not in databases]
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """A clean exit; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def _run(self, *words: str, text: str | None = None) -> "subprocess.CompletedProcess[str]":
        command, environment = [COMMAND, *words], self.environment
        return subprocess.run(
            command, check=False, env=environment, input=text, capture_output=True, text=True, timeout=120
        )

    def refused(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """A `slotwright` command on the same data that does not succeed."""
        done = self._run(*words)
        assert done.returncode != 0, done.stdout
        return done

    def command(self, *words: str, text: str | None = None) -> str:
        """What a `slotwright` command prints on the same data."""
        done = self._run(*words, text=text)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def import_clinic(self, document: dict[str, Any]) -> str:
        """Store a clinic file; the new clinic's id."""
        return self.command("import", "-", text=json.dumps(document))

    def client(self, clinic_id: str, role: str = "admin") -> httpx.Client:
        """A client with a token for one clinic; paths are relative to it."""
        token = self.command("token", "--clinic", clinic_id, "--role", role)
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=f"{self.url}/v1/clinics/{clinic_id}", headers=headers, timeout=30)

    def database_processes(self) -> list[psutil.Process]:
        """Every process of the embedded database on this data folder."""
        postmasters = [
            process
            for process in psutil.process_iter(["cmdline", "name"])
            if str(self.data) in " ".join(process.info["cmdline"] or ())
            and "postgres" in process.info["name"]
        ]
        found = list(postmasters)
        for postmaster in postmasters:
            with suppress(psutil.NoSuchProcess):
                found += postmaster.children(recursive=True)
        return found

    def kill_database(self) -> None:
        """`kill -9` of the whole database; some of it ends by itself once the first process is gone."""
        for process in self.database_processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()


@contextmanager
def running_service(data: Path, *options: str) -> Iterator[RunningService]:
    """A service that answers; ended with whatever it started, however the block ends."""
    service = RunningService(data)
    service.start(*options)
    try:
        yield service
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()
        service.kill_database()
