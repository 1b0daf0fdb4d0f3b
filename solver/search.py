"""The only place that runs CP-SAT."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import TypeAlias

from ortools.sat.python.cp_model import (
    FEASIBLE,
    INFEASIBLE,
    MODEL_INVALID,
    OPTIMAL,
    CpModel,
    CpSolver,
    CpSolverSolutionCallback,
    IntVar,
)

Status: TypeAlias = int

LEAST_SECONDS = 0.05
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    """Limits of one solve. One worker: more only cost time on models this small."""

    time_limit_seconds: float = 2.0
    workers: int = 1
    seed: int = 0
    linearization_level: int = 1
    """2 pays where what matters is the proof: the relaxation then knows the constraints, too."""


def run(model: CpModel, settings: SearchSettings) -> tuple[CpSolver, Status]:
    """Solve; an invalid model raises, since it is a bug.

    Light presolve: none at all is a trap on large choices, and all of it costs more than it saves.
    Without probing, 9.15 claims that one optional interval between two pins cannot exist.
    """
    solver = CpSolver()
    parameters = solver.parameters
    parameters.max_time_in_seconds = settings.time_limit_seconds
    parameters.num_workers = settings.workers
    parameters.random_seed = settings.seed
    parameters.linearization_level = settings.linearization_level
    parameters.max_presolve_iterations = 1
    parameters.cp_model_probing_level = 1
    parameters.symmetry_level = 0
    parameters.catch_sigint_signal = False  # else the program's own handler is gone after the first solve
    status = solver.solve(model)
    if status == MODEL_INVALID:
        raise ValueError(f"the model is invalid: {model.validate()}")
    return solver, int(status)


@dataclass(frozen=True, slots=True, kw_only=True)
class LongSearchSettings:
    """Limits of a solve that may take as long as somebody waits for its proof."""

    time_limit_seconds: float
    workers: int = 2
    seed: int = 0
    subsolvers: tuple[str, ...] = ()
    """Those that are given a worker of their own; none named leaves the choice to the library."""


Better: TypeAlias = Callable[[Callable[[IntVar], bool]], object]
"""Told of every better solution, by which literals are true in it; from a thread of the solver."""


class _Watcher(CpSolverSolutionCallback):
    def __init__(self, better: Better) -> None:
        super().__init__()
        self.better = better

    def on_solution_callback(self) -> None:
        """Called by the solver, for one solution at a time."""
        self.better(self.boolean_value)


def run_long(
    model: CpModel,
    settings: LongSearchSettings,
    better: Better | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[CpSolver, Status]:
    """Solve with all of presolve but symmetries, until proven, out of time, or stopped.

    These models lean on their linear relaxation, so it knows all constraints.
    """
    solver = CpSolver()
    parameters = solver.parameters
    parameters.max_time_in_seconds = max(LEAST_SECONDS, settings.time_limit_seconds)
    parameters.num_workers = settings.workers
    parameters.random_seed = settings.seed
    parameters.linearization_level = 2
    parameters.symmetry_level = 0
    parameters.catch_sigint_signal = False
    parameters.subsolvers.extend(settings.subsolvers)
    with _stopping(solver, stopped):
        status = solver.solve(model, None if better is None else _Watcher(better))
    if status == MODEL_INVALID:
        raise ValueError(f"the model is invalid: {model.validate()}")
    return solver, int(status)


@contextmanager
def _stopping(solver: CpSolver, stopped: Callable[[], bool]) -> Iterator[None]:
    """Stop the solver soon after somebody says so."""
    over = Event()

    def watch() -> None:
        while not over.wait(POLL_SECONDS):
            if stopped():
                solver.stop_search()
                return

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def found_one(status: Status) -> bool:
    """Whether there are values to read."""
    return status in (int(OPTIMAL), int(FEASIBLE))


def is_optimal(status: Status) -> bool:
    """Whether nothing better can be."""
    return status == int(OPTIMAL)


def is_infeasible(status: Status) -> bool:
    """Whether the solver claims that there is no solution."""
    return status == int(INFEASIBLE)
