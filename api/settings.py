"""What the environment says, read once at the start."""

import secrets
import socket
from enum import StrEnum
from os import cpu_count
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.errors import InvalidRequest

MIN_SECRET_BYTES = 32
MOST_PROCESSES = 8
_SECRET_FILE = "token-secret"  # noqa: S105  a name, not a secret


class Switch(StrEnum):
    """On or off, as people write it in a shell."""

    ON = "on"
    OFF = "off"


class Settings(BaseSettings):
    """Every setting of the service; each is an environment variable, named by its alias."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    database_url: str | None = Field(default=None, alias="DATABASE_URL")
    host: str = Field(default="127.0.0.1", alias="HOST", min_length=1)
    port: int = Field(default=8000, alias="PORT", ge=0, le=65535)
    data_dir: Path = Field(default_factory=lambda: _home() / ".slotwright", alias="SLOTWRIGHT_DATA")
    rate_limits: Switch = Field(default=Switch.ON, alias="RATE_LIMITS")
    token_secret: SecretStr | None = Field(
        default=None, alias="SLOTWRIGHT_TOKEN_SECRET", min_length=MIN_SECRET_BYTES
    )
    # A burst of 50 callers fits into connections and queue, which holds twice as many.
    database_connections: int = Field(default=10, alias="SLOTWRIGHT_DATABASE_CONNECTIONS", ge=1, le=200)
    processes: int | None = Field(default=None, alias="SLOTWRIGHT_PROCESSES", ge=1, le=64)
    solver_threads: int | None = Field(default=None, alias="SLOTWRIGHT_SOLVER_THREADS", ge=1, le=256)
    job_workers: int = Field(default=1, alias="SLOTWRIGHT_WORKERS", ge=0, le=64)
    # What the solver reserves counts, used or not: a hundred threads' worth of nothing is a gigabyte.
    solver_memory_mb: int = Field(default=1536, alias="SLOTWRIGHT_SOLVER_MEMORY_MB", ge=256, le=1 << 20)
    access_log: Switch = Field(default=Switch.OFF, alias="SLOTWRIGHT_ACCESS_LOG")

    @property
    def serving_processes(self) -> int:
        """How many processes serve together: as many as there are cores, unless a variable says otherwise."""
        if not hasattr(socket, "SO_REUSEPORT"):
            return 1
        return self.processes or min(cpu_count() or 1, MOST_PROCESSES)

    @property
    def solving_threads(self) -> int:
        """How many threads of each process solve: together as many as there are cores."""
        return self.solver_threads or max(1, (cpu_count() or 1) // self.serving_processes)


def _home() -> Path:
    """The checkout, from wherever a command is called in it or outside; else the current folder."""
    checkout = Path(__file__).resolve().parents[1]
    return checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()


def read_settings(**overrides: object) -> Settings:
    """The settings of this process; InvalidRequest names the first variable that makes no sense.

    >>> read_settings(port=8080).port
    8080
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # names are checked by pydantic
    except ValidationError as invalid:
        fault = invalid.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(fault["loc"][0]) if fault["loc"] else "settings"
        raise InvalidRequest(f"{name}: {fault['msg']}", field=name) from None


def token_secret(settings: Settings) -> str:
    """The key that signs tokens: the given one, else a random one kept in the data folder."""
    if settings.token_secret is not None:
        return settings.token_secret.get_secret_value()
    path = settings.data_dir / _SECRET_FILE
    known = _read_secret(path)
    return known or _create_secret(path)


def _read_secret(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def _create_secret(path: Path) -> str:
    """Whoever links the file first decides; readers never see half a secret."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_text(secrets.token_urlsafe(MIN_SECRET_BYTES), encoding="ascii")
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    secret = _read_secret(path)
    if secret is None:
        raise InvalidRequest(f"{path} is empty: delete it, and a new secret is made")
    return secret
