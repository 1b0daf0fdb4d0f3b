"""A real PostgreSQL of our own, started on demand and shared by every process that names its folder."""

from models.postgres.embedded.server import EmbeddedServer, EmbeddedServerFailed, running_server

__all__ = ["EmbeddedServer", "EmbeddedServerFailed", "running_server"]
