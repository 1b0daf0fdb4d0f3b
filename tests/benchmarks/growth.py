"""What search and booking cost when a hundred times as many visits are stored."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from itertools import count
from random import Random

from tests.benchmarks.http_questions import Questions
from tests.benchmarks.lean_http import Answered, Load, drive, own_process
from tests.benchmarks.measuring import Sample, sample
from tests.benchmarks.rows import Row, compared, times_at_most
from tests.benchmarks.run import Run
from tests.benchmarks.services import HOST, Service, running_service
from tests.benchmarks.stored_clinics import ORIGINALS, StoredClinics, stored

COPIES, COPIES_QUICK = 100, 10
ASKED_PER_ORIGINAL = 10
BLOCK = 25


def measure(run: Run) -> list[Row]:
    """The rows of this subject."""
    today = date.today()  # noqa: DTZ011  any day of this month would do
    copies = run.rounds(COPIES, COPIES_QUICK)
    with run.telling(f"growth: {ORIGINALS * copies} clinics", ORIGINALS * (copies + 1)) as tick:
        few = stored(run.kept, 1, today, tick)
        many = stored(run.kept, copies, today, tick)
    with ExitStack() as opened:
        services = [opened.enter_context(running_service(one.data_dir)) for one in (few, many)]
        client = opened.enter_context(own_process())
