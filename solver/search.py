"""The only place that runs CP-SAT."""

from dataclasses import dataclass
from typing import TypeAlias

from ortools.sat.python.cp_model import (
    FEASIBLE,
    INFEASIBLE,
    MODEL_INVALID,
    OPTIMAL,
    CpModel,
    CpSolver,
)

Status: TypeAlias = int


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


def found_one(status: Status) -> bool:
    """Whether there are values to read."""
    return status in (int(OPTIMAL), int(FEASIBLE))


def is_infeasible(status: Status) -> bool:
    """Whether the solver claims that there is no solution."""
    return status == int(INFEASIBLE)
