"""The socket that listens, for the first process and its workers alike."""

import errno
import socket

from api.command_line.failures import Failed

BACKLOG = 2048


def listening(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket that listens there; Failed says what to do where somebody else does.

    `shared` lets further processes of ours listen on the same port.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG, reuse_port=shared)
    except socket.gaierror as unknown:
        raise Failed(f"there is no address {host}: {unknown.strerror}") from None
    except OSError as refused:
        if refused.errno == errno.EADDRINUSE:
            raise Failed(f"port {port} on {host} is taken: choose another with --port or PORT") from None
        raise Failed(f"cannot listen on {host}:{port}: {refused.strerror}") from None


def first_listening(host: str, port: int, *, shared: bool) -> socket.socket:
    """The first process's socket: alone on the port, even where it lets its own workers in later."""
    if shared and port:
        # Sharing would also let in a stranger's service of the same user: look first, without sharing.
        listening(host, port).close()
    return listening(host, port, shared=shared)
