"""Several processes behind one address."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from tests.service.running_service import PATIENCE_SECONDS, RunningService, running_service


@pytest.fixture
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLOTWRIGHT_PROCESSES", "2")
    monkeypatch.setenv("SLOTWRIGHT_WORKERS", "0")


def workers_of(service: RunningService) -> list[psutil.Process]:
    """The service's processes but the first and the database's."""
    assert service.process is not None
    children = psutil.Process(service.process.pid).children()
    return [child for child in children if is_alive(child) and "spawn_main" in " ".join(child.cmdline())]


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_alive(process: psutil.Process) -> bool:
    """A zombie only waits to be counted by its parent."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def listeners(service: RunningService, process: psutil.Process) -> int:
    return sum(
        one.status == psutil.CONN_LISTEN and one.laddr.port == service.port
        for one in process.net_connections()
    )


@pytest.mark.usefixtures("two_processes")
def test_a_worker_that_dies_is_replaced_and_none_outlives_the_first_process(data_folder: Path) -> None:
    with running_service(data_folder) as service:
        assert eventually(lambda: len(workers_of(service)) == 1)
        (worker,) = workers_of(service)
        assert eventually(lambda: listeners(service, worker) == 1)
        worker.kill()
        assert eventually(lambda: [one.pid for one in workers_of(service)] not in ([], [worker.pid]))
        (another,) = workers_of(service)
        assert eventually(lambda: listeners(service, another) == 1)
        assert all(httpx.get(f"{service.url}/healthz").status_code == 200 for _ in range(20))
        service.kill()
        assert eventually(lambda: not is_alive(another))


@pytest.mark.usefixtures("two_processes")
def test_a_clean_exit_leaves_no_process_behind(data_folder: Path) -> None:
    with running_service(data_folder) as service:
        assert eventually(lambda: len(workers_of(service)) == 1)
        assert service.process is not None
        everything = (
            psutil.Process(service.process.pid).children(recursive=True) + service.database_processes()
        )
        assert service.stop() == 0
        assert eventually(lambda: not any(is_alive(process) for process in everything))


@pytest.mark.usefixtures("two_processes")
def test_a_stranger_cannot_share_the_port(data_folder: Path) -> None:
    with running_service(data_folder) as service:
        taken = service.refused("serve")
        assert taken.returncode == 1
        assert f"port {service.port}" in taken.stderr
