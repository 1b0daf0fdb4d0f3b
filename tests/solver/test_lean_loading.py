"""The solver without pandas, in a process of its own: whatever was loaded before stays loaded."""

import subprocess
import sys

LOADED = """
import sys
from solver.lean_loading import load_without_pandas
load_without_pandas()
assert not any(name.partition(".")[0] == "pandas" for name in sys.modules)
from ortools.sat.python.cp_model import OPTIMAL, CpModel, CpSolver
model = CpModel()
chosen = [model.new_bool_var("") for _ in range(3)]
model.add(sum(chosen) <= 2)
model.maximize(sum(weight * one for weight, one in zip((3, 1, 2), chosen)))
solver = CpSolver()
assert solver.solve(model) == OPTIMAL
assert solver.objective_value == 5
import pandas
assert pandas.Series([1, 2]).sum() == 3
load_without_pandas()
assert sys.modules["pandas"] is pandas
"""


def test_it_solves_and_leaves_pandas_to_others() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
