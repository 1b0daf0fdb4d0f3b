"""`slotwright bench`: the benchmarks live beside the tests, in a checkout."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import typer

from api.command_line.failures import BadUse

CHECKOUT = Path(__file__).resolve().parents[2]


def run_benchmarks(only: list[str], *, quick: bool) -> None:
    """Run `python -m tests.benchmarks` in the checkout that this program runs from."""
    if not (CHECKOUT / "tests" / "benchmarks" / "__main__.py").is_file():
        raise BadUse("the benchmarks are part of a source checkout, and this is an installed copy")
    if find_spec("pytest") is None:
        raise BadUse("the benchmarks need the development packages: run `make bench`")
    options = [*(word for subject in only for word in ("--only", subject)), *(["--quick"] if quick else [])]
    command = [sys.executable, "-m", "tests.benchmarks", *options]
    finished = subprocess.run(command, cwd=CHECKOUT, check=False)  # noqa: S603  our own program
    raise typer.Exit(finished.returncode)
