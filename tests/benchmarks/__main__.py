"""`python -m tests.benchmarks [--only SUBJECT]... [--quick]`: measure, print the table, write `bench.json`.

Leaves with 1 if a ratio misses its target, with 2 for bad use.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from api.command_line.server import collect_garbage_rarely
from tests.benchmarks import (
    across_clinics,
    all_rules,
    booking,
    chains,
    explanation,
    first_answer,
    growth,
    rearranging,
    rebuild,
    repair,
    search_in_process,
    search_over_http,
)
from tests.benchmarks.report import others_share, print_table, write_document
from tests.benchmarks.rows import Row
from tests.benchmarks.run import Run

SUBJECTS: dict[str, Callable[[Run], list[Row]]] = {
    "search": search_in_process.measure,
    "rules": all_rules.measure,
    "explanation": explanation.measure,
    "chains": chains.measure,
    "rearranging": rearranging.measure,
    "repair": repair.measure,
    "rebuild": rebuild.measure,
    "http": search_over_http.measure,
    "booking": booking.measure,
    "growth": growth.measure,
    "across": across_clinics.measure,
    "start": first_answer.measure,
}
CHECKOUT = Path(__file__).resolve().parents[2]
WIDTH = 150
KEPT = CHECKOUT / ".slotwright" / "benchmarks"


def main() -> int:
    """Measure what was asked for."""
    arguments = _arguments()
    os.environ.pop("DATABASE_URL", None)  # nothing here may touch a database that somebody uses
    collect_garbage_rarely()
    chosen = arguments.only or list(SUBJECTS)
    rows: list[Row] = []
    others: dict[str, tuple[float, float]] = {}
    started = perf_counter()
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    with tempfile.TemporaryDirectory(prefix="slotwright-bench-") as folder, progress:
        Path(folder).chmod(0o711)  # the database may run under another account, which must reach its data
        run = Run(quick=arguments.quick, folder=Path(folder), kept=KEPT, progress=progress)
        for name in chosen:
            before = others_share()
            rows += SUBJECTS[name](run)
            others[name] = (before, others_share())
    print_table(rows, others, Console(width=None if sys.stdout.isatty() else WIDTH))
    write_document(rows, others, arguments.output, quick=arguments.quick, seconds=perf_counter() - started)
    return 1 if any(row.fails for row in rows) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="slotwright bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(SUBJECTS), help="may be repeated")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller data")
    parser.add_argument("--output", type=Path, default=CHECKOUT / "bench.json", metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
