"""`slotwright` as people run it: in a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("slotwright")
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line on stderr."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Terminal:
    """Where commands run: a folder, and an environment that names the data folder or a database."""

    folder: Path
    variables: dict[str, str]

    def run(self, *words: str, text: str | None = None, **variables: str) -> Ran:
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "COLUMNS": "200"}
        finished = subprocess.run(
            [PROGRAM, *words],
            cwd=self.folder,
            env=environment | self.variables | variables,
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return Ran(finished.returncode, finished.stdout, finished.stderr)
