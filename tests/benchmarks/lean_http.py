"""An HTTP client that costs next to nothing, so that the service is measured and not its client.

Requests are bytes made beforehand; each connection sends one, waits for its answer, sends the next.
"""

import selectors
import socket
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from time import perf_counter, sleep

SILENCE_SECONDS = 30.0
_END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer: how long it took for the client and, by its own account, for the service."""

    status: int
    client_ms: float
    server_ms: float
    etag: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a number of clients did together."""

    seconds: float
    answers: list[Answered] = field(repr=False)

    @property
    def per_second(self) -> float:
        return len(self.answers) / self.seconds

    def statuses(self) -> dict[int, int]:
        """How often each status came."""
        counts: dict[int, int] = {}
        for answered in self.answers:
            counts[answered.status] = counts.get(answered.status, 0) + 1
        return counts


def request_bytes(method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """An HTTP/1.1 request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def one_answer(host: str, port: int, request: bytes) -> Answered:
    """The answer to a single request on a connection of its own."""
    return drive(host, port, [request], keep_bodies=True).answers[0]


def drive(
    host: str,
    port: int,
    requests: Sequence[bytes],
    *,
    clients: int = 1,
    seconds: float | None = None,
    keep_bodies: bool = False,
) -> Load:
    """All the requests, or as many as so many clients get answered in `seconds`."""
    waiting = deque(requests)
    answers: list[Answered] = []
    with selectors.DefaultSelector() as selector:
        connections = [Connection(host, port) for _ in range(min(clients, len(waiting)))]
        try:
            started = perf_counter()
            for connection in connections:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
                connection.send(waiting.popleft())
            asking = len(connections)
            while asking:
                ready = selector.select(SILENCE_SECONDS)
                if not ready:
                    raise TimeoutError(f"the service has been silent for {SILENCE_SECONDS:.0f} s")
                for key, _ in ready:
                    connection = key.data
                    answered = connection.received(keep_bodies)
                    if answered is None:
                        continue
                    answers.append(answered)
                    if waiting and (seconds is None or perf_counter() - started < seconds):
                        connection.send(waiting.popleft())
                    else:
                        asking -= 1
            elapsed = perf_counter() - started
        finally:
            for connection in connections:
                connection.close()
    if seconds is not None and elapsed < seconds:
        raise AssertionError(f"{len(requests)} requests lasted only {elapsed:.1f} s of {seconds:.1f}")
    return Load(seconds=elapsed, answers=answers)


def paced(host: str, port: int, request: bytes, *, per_second: float, seconds: float) -> list[float]:
    """Milliseconds of requests sent at fixed moments, waiting in line included."""
    with closing(Connection(host, port)) as connection:
        began = perf_counter()
        times = []
        for number in range(int(per_second * seconds)):
            due = began + number / per_second
            sleep(max(0.0, due - perf_counter()))
            answered = connection.exchange(request)
            if answered.status != 200:
                raise AssertionError(f"a paced request answered {answered.status}")
            times.append((perf_counter() - due) * 1000)
        return times


@contextmanager
def own_process() -> Iterator[ProcessPoolExecutor]:
    """A process for a client, so that it does not share an interpreter with anything measured."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        executor.submit(perf_counter).result()
        yield executor


class Connection:
    """A connection that is kept alive, with one request under way."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=SILENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self.held = b""

    def close(self) -> None:
        self.socket.close()

    def exchange(self, request: bytes, *, keep_body: bool = False) -> Answered:
        """Send one request and wait for its answer."""
        self.send(request)
        while (answered := self.received(keep_body)) is None:
            pass
        return answered

    def send(self, request: bytes) -> None:
        self.held = b""
        self.sent_at = perf_counter()
        self.socket.sendall(request)

    def received(self, keep_body: bool) -> Answered | None:
        """The answer once it is here whole."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionError("the service closed the connection")
        self.held = self.held + piece if self.held else piece
        end = self.held.find(_END_OF_HEAD)
        if end < 0:
            return None
        head = self.held[:end]
        status = int(head[9:12])
        length = int(_header(head, b"content-length") or 0)
        if _header(head, b"transfer-encoding"):
            raise ValueError("chunked answers are not read here")
        begin = end + len(_END_OF_HEAD)
        if len(self.held) < begin + length:
            return None
        client_ms = (perf_counter() - self.sent_at) * 1000
        timing = _header(head, b"server-timing")
        server_ms = float(timing.rpartition(b"dur=")[2]) if timing else 0.0
        body = self.held[begin:] if keep_body else b""
        etag = _header(head, b"etag").decode()
        return Answered(status, client_ms, server_ms, etag, body)


def _header(head: bytes, name: bytes) -> bytes:
    begin = head.find(b"\r\n" + name + b":")  # uvicorn writes names in lower case
    if begin < 0:
        return b""
    begin += len(name) + 3
    end = head.find(b"\r\n", begin)
    return head[begin : end if end >= 0 else len(head)].strip()
