"""`slotwright` as people run it: in a process of its own, or, where that makes no difference, in this one."""

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.command_line import main

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
    capture: pytest.CaptureFixture[str]

    def run(self, *words: str, text: str = "", **variables: str) -> Ran:
        """Run a command in this process."""
        self.capture.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ:
                patch.delenv(name)
            for name, value in self.environment(variables).items():
                patch.setenv(name, value)
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", ["slotwright", *words])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
            with pytest.raises(SystemExit) as left:
                main()
        out, err = self.capture.readouterr()
        assert isinstance(left.value.code, int)
        return Ran(left.value.code, out, err)

    def spawn(self, *words: str, text: str = "", **variables: str) -> Ran:
        """Run a command in a process of its own."""
        finished = subprocess.run(
            [PROGRAM, *words],
            cwd=self.folder,
            env=self.environment(variables),
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return Ran(finished.returncode, finished.stdout, finished.stderr)

    def environment(self, variables: dict[str, str]) -> dict[str, str]:
        """The environment of a command: this process's own is kept out, but for the bare necessities."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        return kept | {"COLUMNS": "200"} | self.variables | variables
