"""The README's two commands, on a copy of the repository in an empty folder."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.service.running_service import free_port

ROOT = Path(__file__).resolve().parents[2]
TRACKED = ("git", "ls-files", "--cached", "--others", "--exclude-standard")


@pytest.mark.long
def test_two_commands_lead_from_nothing_to_ranked_slots(data_folder: Path) -> None:
    copy = data_folder / "slotwright"
    for name in subprocess.run(TRACKED, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment["PORT"] = str(free_port())
    with subprocess.Popen(
        ["make", "run"], cwd=copy, env=environment, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        printed = ""
        for line in running.stdout:
            printed += line
            if "curl" in line:
                break
        command = next(line.strip() for line in printed.splitlines() if "curl" in line)
        answer = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)  # noqa: S602
        running.terminate()
        running.wait(timeout=60)
    assert re.search(r'"slots":\s*\[\s*\{', answer.stdout), answer.stdout[:500]
