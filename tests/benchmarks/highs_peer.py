"""`python -m tests.benchmarks.highs_peer QUESTION [--cheapest N]`: HiGHS on a repair's matrix.

A process of its own, that prints what it found as one JSON line. Its time is that of `milp` alone: to read
the question, find the columns and build the matrix is not counted against it.
"""

import argparse
import json
import pickle
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from models.planning import PlanQuestion
from tests.benchmarks.highs_matrix import assignments_of, busy_around, columns_of, matrix_of
from tests.planning.linear_programs import SOLVER, cheapest

CHEAPEST = 400
SECONDS = 120.0


def peer_plan(
    question: PlanQuestion, most: int | None, seconds: float, *, real_rooms: bool = True
) -> dict[str, Any]:
    """Objective, bound and plan of the matrix within so many seconds."""
    started = perf_counter()
    busy = busy_around(question)
    columns = columns_of(busy, most)
    matrix = matrix_of(busy, columns, real_rooms=real_rooms)
    built = perf_counter() - started
    solved = cheapest(matrix.prices, matrix.rows, seconds=seconds)
    found: dict[str, Any] = {
        "solver": SOLVER,
        "cheapest": most,
        "rooms": "real" if real_rooms else "counted",
        "columns": len(matrix.prices),
        "rows": len(matrix.rows.high),
        "build_seconds": built,
        "solve_seconds": solved.seconds,
        "proven": solved.proven,
        "bound": solved.bound,
        "objective": None,
    }
    if solved.chosen is not None:
        chosen = [index for index in solved.chosen if index < len(columns)]
        placed, homeless = assignments_of(busy, columns, chosen)
        found["objective"] = round(solved.objective)
        found["unplaced"] = len(question.tasks) - len(chosen)
        found["without_a_room"] = homeless
        found["plan"] = {
            one: [at.provider_id, at.room_id, at.start, at.end] for one, at in sorted(placed.items())
        }
    return found


def main() -> int:
    """Solve the question in a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("question", type=Path)
    parser.add_argument("--cheapest", type=int, default=CHEAPEST, help="0: all of them")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--counted-rooms", action="store_true", help="the easier question")
    arguments = parser.parse_args()
    question = pickle.loads(arguments.question.read_bytes())  # noqa: S301  written by the benchmark itself
    most, real_rooms = arguments.cheapest or None, not arguments.counted_rooms
    print(json.dumps(peer_plan(question, most, arguments.seconds, real_rooms=real_rooms)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
