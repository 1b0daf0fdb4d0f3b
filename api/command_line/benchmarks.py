"""`slotwright bench`: the benchmarks live beside the tests, in a checkout."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import typer

from api.command_line.failures import BadUse

CHECKOUT = Path(__file__).resolve().parents[2]


def run_benchmarks() -> None:
    """Run `python -m tests.benchmarks` in the checkout that this program runs from."""
    if not (CHECKOUT / "tests" / "benchmarks" / "__main__.py").is_file():
        raise BadUse("the benchmarks are part of a source checkout, and this is an installed copy")
    if find_spec("pytest") is None:
        raise BadUse("the benchmarks need the development packages: run `make bench`")
    finished = subprocess.run([sys.executable, "-m", "tests.benchmarks"], cwd=CHECKOUT, check=False)
    raise typer.Exit(finished.returncode)
