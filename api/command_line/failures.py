"""Whatever goes wrong becomes one line on stderr and an exit status."""

import errno
import json
import os
import sys
from typing import Any, Final, NoReturn

import typer

BAD_USE: Final = 2
FAILED: Final = 1
INTERRUPTED: Final = 130
DEBUG: Final = "SLOTWRIGHT_DEBUG"


class BadUse(Exception):
    """The command was called in a way that cannot work."""


class Failed(Exception):
    """The command was right, and could not be carried out."""


def run(program: typer.Typer) -> NoReturn:
    """Run the program on the process's arguments; `--json` among them makes errors machine-readable."""
    try:
        status = typer.main.get_command(program).main(standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        _leave_pipe()
    except Exception as error:
        if os.environ.get(DEBUG) == "1":
            raise
        sys.exit(_report(error, as_json="--json" in sys.argv[1:]))
    sys.exit(status if isinstance(status, int) else 0)


def _leave_pipe() -> NoReturn:
    """Whoever read our output has gone; stay silent when the interpreter flushes what is left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(FAILED)


def _report(error: Exception, *, as_json: bool) -> int:
    status, code, message, more = _told(error)
    line = " ".join(message.split())
    if not line:  # typer has printed the help already
        return status
    if as_json:
        typer.echo(json.dumps({"code": code, "detail": line, **more}), err=True)
    else:
        typer.echo(f"slotwright: {line}", err=True)
    return status


def _told(error: Exception) -> tuple[int, str, str, dict[str, Any]]:
    """Exit status, stable code, message, and what only machines want to know."""
    format_message = getattr(error, "format_message", None)
    if callable(format_message):  # typer's own complaints about the arguments
        return BAD_USE, "BAD_USE", str(format_message()), {}
    if isinstance(error, BadUse):
        return BAD_USE, "BAD_USE", str(error), {}
    if isinstance(error, Failed):
        return FAILED, "FAILED", str(error), {}
    if isinstance(error, OSError):
        return _told_by_the_system(error)
    return _told_by_the_domain(error)


def _told_by_the_system(error: OSError) -> tuple[int, str, str, dict[str, Any]]:
    where = f"{error.filename}: " if error.filename else ""
    bad_use = error.errno in {errno.ENOENT, errno.EACCES, errno.EISDIR, errno.ENOTDIR}
    code = "BAD_USE" if bad_use else "FAILED"
    return BAD_USE if bad_use else FAILED, code, f"{where}{error.strerror or error}", {}


def _told_by_the_domain(error: Exception) -> tuple[int, str, str, dict[str, Any]]:
    from api.errors import INTERNAL, problem_of
    from models.errors import InvalidClinic, InvalidRequest, InvalidScenario, NotFound, SlotwrightError

    if not isinstance(error, SlotwrightError):
        hint = f"set {DEBUG}=1 to see where"
        return FAILED, INTERNAL.code, f"{type(error).__name__}: {error} ({hint})", {}
    problem = problem_of(error)
    code = problem.kind.code if problem.kind is not INTERNAL else "FAILED"
    bad_input = isinstance(error, InvalidClinic | InvalidRequest | InvalidScenario | NotFound)
    return BAD_USE if bad_input else FAILED, code, str(error), dict(problem.extra)
